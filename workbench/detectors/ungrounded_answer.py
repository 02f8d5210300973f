"""An answer that has little in common with the documents that were retrieved for it: invented, or from memory.

Retrieval is there so that the answer stands on something. What is measured is K-Precision: the share of the answer's
words that the documents have; of simple measures it agrees best with people on faithfulness (Adlakha and others, 2024,
Evaluating Correctness and Faithfulness of Instruction-Following Models for Question Answering). Words are compared by
their beginnings, so that no language needs a list; the question's words and what tools answered are no invention.
"""

import re
from typing import Any, NamedTuple

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.mask import label
from workbench.detectors.recorded import last_answer
from workbench.detectors.units import IN_TIME, answer, first_of, traces
from workbench.schemas import require

LOW_SHARE = 0.15
"""Of the answer's words, 0 to 1. On the simulated research desk the least of 6,281 sound answers has .54, answers in
another language than the documents .09 to .38, and of 339 invented ones 99 % have .15 or less."""
MIN_WORDS = 20
"""Different words: a shorter answer greets, asks back or refuses; it claims too little to be held against anything."""
ABSENT_SHARE = 0.8
"""Of the answer's numbers and names, 0 to 1: of the sound answers 99 % have at most .25 that no document has, of those
paired with another trace's documents half have .8 or more."""
HALF = 0.5
"""Where more than half of the words, or of the numbers and names, are in the documents, the others may be reasoning."""
MIN_FACTS = 5
"""Numbers and names: with fewer, one sum that was worked out is a quarter of them."""
STEM = 5
"""Letters by which words are compared: endings of most European languages lie behind the fifth."""
MAX_CHARACTERS = 400_000
"""Of all that a trace asked and retrieved: 100,000 tokens, the most that common models take in. With more nothing is
said: what was cut off might have the words."""

_SOURCES = ("RETRIEVER", "RERANKER", "TOOL")
_COLUMNS = (
    *("trace_id", "span_id", "session_id", "parent_span_id", "kind", "agent", "prompt_name", "name"),
    *("started_at", "input", "output"),
)
_MEASURE = pl.Struct(
    {
        **dict.fromkeys(("n_words", "n_facts"), pl.Int64),
        **dict.fromkeys(("word_share", "absent_share"), pl.Float64),
        "is_unspaced": pl.Boolean,
    }
)
_WORD = re.compile(r"[^\W\d_]{4,}")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_NAME = re.compile(r"(?<=[^\W\d_A-Z,;] )[A-Z][^\W\d_]{2,}")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{4,}")


class Measure(NamedTuple):
    """How much of an answer is in its sources."""

    n_words: int
    """Different words of the answer."""
    n_facts: int
    """Different numbers and names of the answer."""
    word_share: float
    """Share of its words that the sources have, 0 to 1; 1 where it has none."""
    absent_share: float
    """Share of its numbers and names that no source has, 0 to 1; 0 where it has none."""
    is_unspaced: bool
    """True where it is written without spaces between words."""


def detect(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace; signals are not read.

    The answer is the root's output, or that of the last call of the model where the root has none.
    """
    del signals
    require(spans, _COLUMNS, of="ungrounded_answer")
    # Known before what is long is read: most apps retrieve nothing, or nearly always.
    retrieving = spans.filter(pl.col("kind") == "RETRIEVER").select("trace_id").unique().collect(engine="streaming")
    retrieved = spans.filter((pl.col("kind") == "RETRIEVER") & pl.col("output").is_not_null())
    with_documents = (retrieved if retrieving.height else spans.head(0)).select("trace_id").unique().collect()
    about = spans.join(with_documents.lazy(), on="trace_id", how="semi") if with_documents.height else spans.head(0)
    judged = traces(spans.select("trace_id", "session_id")).join(_measured(about), on="trace_id", how="left")
    few_words = (pl.col("word_share") < LOW_SHARE) & ((pl.col("n_facts") < MIN_FACTS) | (pl.col("absent_share") > HALF))
    strange_facts = (
        (pl.col("n_facts") >= MIN_FACTS) & (pl.col("absent_share") >= ABSENT_SHARE) & (pl.col("word_share") < HALF)
    )
    is_long = pl.col("n_words") >= MIN_WORDS
    problem = (
        pl.when(few_words)
        .then(pl.lit("hardly a word of the answer is in the documents"))
        .otherwise(pl.lit("numbers and names of the answer are not in the documents"))
    )
    return answer(
        judged,
        is_found=is_long & ~pl.col("is_unspaced") & (few_words | strange_facts),
        reason=first_of(
            (pl.col("is_answered").is_null(), "no documents retrieved"),
            (~pl.col("is_answered"), "answer not recorded"),
            (pl.col("n_words").is_null(), "too much retrieved to compare"),
            (pl.col("is_unspaced"), "written without spaces between words"),
            (~is_long, f"answer of fewer than {MIN_WORDS} different words"),
        ),
        text=pl.concat_str(label(pl.col("what")), problem, separator=": ", ignore_nulls=True),
        evidence=pl.struct("word_share", "absent_share", "n_words", "n_facts", low_share=pl.lit(LOW_SHARE)),
    )


def measure(answer_text: str, sources: str) -> Measure:
    """Return how much of an answer is in its sources.

    >>> measure("The court affirmed in 2019.", "In 2019 the courts affirm it.")
    Measure(n_words=2, n_facts=1, word_share=1.0, absent_share=0.0, is_unspaced=False)
    """
    words, known = _stems(answer_text), _stems(sources)
    numbers, names = _numbers(answer_text), {_stem(name) for name in _NAME.findall(answer_text)}
    absent = (numbers - _numbers(sources)) | (names - known)
    n_facts = len(numbers) + len(names)
    return Measure(
        len(words),
        n_facts,
        len(words & known) / len(words) if words else 1.0,
        len(absent) / n_facts if n_facts else 0.0,
        _UNSPACED.search(answer_text) is not None,
    )


def _measured(spans: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a trace: whether its answer is recorded, how it compares with the sources, and what answered."""
    is_root, is_llm = pl.col("parent_span_id").is_null(), pl.col("kind") == "LLM"
    output = pl.col("output").str.slice(0, MAX_CHARACTERS + 1)  # one more: then it is seen to be too long
    in_order = (
        IN_TIME.filter(is_llm & pl.col("output").is_not_null()),
        pl.col("span_id").filter(is_llm & pl.col("output").is_not_null()),
    )
    gathered = spans.group_by("trace_id").agg(
        output.filter(pl.col("kind").is_in(_SOURCES)).drop_nulls().alias("sources"),
        pl.col("input").filter(is_root).drop_nulls().alias("asked"),
        output.filter(is_root & ~pl.col("kind").is_in(_SOURCES)).drop_nulls().first().alias("of_root"),
        output.filter(is_llm & pl.col("output").is_not_null()).sort_by(*in_order).last().alias("of_model"),
        pl.coalesce(pl.col("prompt_name").drop_nulls().min(), pl.col("agent").drop_nulls().min()).alias("what"),
    )
    text = pl.coalesce("of_root", "of_model")
    compared = pl.struct(text.alias("answer"), "sources", "asked").map_batches(
        _each, return_dtype=_MEASURE, is_elementwise=True
    )
    return gathered.select("trace_id", "what", text.is_not_null().alias("is_answered"), compared.struct.unnest())


def _each(asked: pl.Series) -> pl.Series:
    return pl.Series([_one(**one) for one in asked], dtype=_MEASURE)


def _one(*, answer: str | None, sources: list[str], asked: list[str]) -> dict[str, Any] | None:
    if answer is None:
        return None
    known = " ".join([*asked, *sources])
    return None if len(known) > MAX_CHARACTERS else measure(last_answer(answer), known)._asdict()


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in _WORD.findall(text)}


def _stem(word: str) -> str:
    return word.casefold()[:STEM]


def _numbers(text: str) -> set[str]:
    return {number.replace(",", "") for number in _NUMBER.findall(text)}


DETECTOR = Detector(
    code="ungrounded_answer",
    version=1,
    unit="trace",
    severity="high",
    question="Is little of the answer in the documents that were retrieved for it?",
    detect=detect,
    reads="trace",
)
