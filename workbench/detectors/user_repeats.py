"""An answer after which the user says the same again, in the same or in other words.

Nobody repeats a request that was met. What is found is the trace with the answer that did not meet it.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process

from workbench.detectors.conversation import COLUMNS, NOT_FOLLOWED, NOTHING_SAID, Heard, read
from workbench.detectors.detector import Detector
from workbench.detectors.listening import TALKS
from workbench.detectors.mask import masked
from workbench.detectors.together import Asking
from workbench.detectors.units import answer, first_of

Similarity: TypeAlias = Callable[[Sequence[str], Sequence[str]], Sequence[float]]
"""How alike each text of one list is to its neighbour in the other, 0 to 1."""

_WORDS_BETWEEN = """
a an and are as at be been but by can could did do does for from had has have hello help hi how i i'd i'll i'm i've if
in into is it it's its just know let like me my need no not of ok okay on or our please so some still sure than thank
thanks that that's the their them then there this to too us want was we were what when which will with would yes you
your get got any also again
aber auf bitte das dass der die du ein eine einen es für ich im in ist kann können man mein meine mich mir mit nicht
noch sie und von was wie wir zu
au ce cela ces de des du elle en est et il je j'ai la le les ma me mes moi mon ne nous pas pour que qui s'il se sur un
une vous
al como con de del el en es esta este la las lo los me mi mis no para por puede que se su una un y yo
"""

MIN_SHARE = 0.52
"""Two messages are one request from this share of common words on (Jaccard, 1901), with the least counts below. Of two
texts of clinc150 that two people wrote for one intent 0.6 % share half of their words, of any two 0.01 %. All 7 traces
of tau-bench and tau2-bench that are found so have a repeat, read one by one; at just a half, every other had none."""
MIN_COMMON = 5
"""Words that both have, at least, where each also has words of its own: the weather in Paris is not that in Rome."""
MIN_CONTAINED = 4
"""Words that both have, at least, where one says nothing that the other does not."""
MIN_SAME = 3
"""Words of a message that is repeated to the letter, at least."""
MIN_SHINGLES = 0.15
"""Share of the shorter message's pairs of neighbouring words that the other has too (Broder, 1997), at least: long
messages of one trade share its words, and seldom in the same order."""
MIN_ALIKE = 60.0
"""Inputs that are less alike, as they are recorded (percent, insertions and deletions), are not read: one in forty of
the repeats is, and of all consecutive messages more than nine in ten are."""
TAIL_CHARACTERS = 1_500
"""What is compared of an input as it is recorded: its end, where the newest message is."""
FACTS = (pl.col("input").str.tail(TAIL_CHARACTERS).str.to_lowercase().alias("tail"),)
"""What it listens for. In lower case it is a copy: a part of a text would keep all texts beside it in memory."""
ASSENT = r"(?i)^\W*(?:yes|yeah|yep|sure|ok|okay|great|perfect|thanks|thank you|ja|danke|oui|merci|sí|si|vale|gracias)\b"
"""Who confirms several steps says yes several times."""
FILLERS = frozenset(_WORDS_BETWEEN.split())
"""Words that say nothing of what is asked, in four languages."""

_NAME = r"[\p{Ll}\p{N},;]\s+\p{Lu}[\p{L}]+"
_WORD = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]|[\p{L}\p{N}]+(?:'[\p{L}]+)*"
_NEWEST = r'(?s)^.*"(?:role|type)"\s*:\s*"(?:user|human)"(.{12,})$'


def judge(spans: pl.LazyFrame, heard: Heard, *, similarity: Similarity | None = None) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace.

    A trace is clear if the user went on with something else, and cannot be judged if the user said nothing after it.

    Parameters
    ----------
    spans, heard
        As for every detector that listens, with FACTS.
    similarity
        Compares messages by their meaning, beside their words: two that reach MIN_SHARE are one request.
    """
    turns = heard.turns.with_row_index("row")
    said = read(spans, (turns if similarity else turns.filter(_may_repeat(turns))).drop("tail"))
    # Turns between two that were read may have been left out.
    is_next = (pl.col("row") - pl.col("row").shift() == 1) | (pl.col("talk") != pl.col("talk").shift())
    follows = pl.col("before").is_not_null() & is_next.fill_null(value=True)
    pairs = said.filter(follows, ~pl.col("text").str.contains(ASSENT))
    share = _shares(pairs)
    if similarity:
        share = np.maximum(share, np.asarray(similarity(pairs["before"].to_list(), pairs["text"].to_list())))
    repeated = (
        pairs.with_columns(pl.Series("share", share, dtype=pl.Float64))
        .filter(pl.col("share") >= MIN_SHARE)
        .group_by("answered", maintain_order=True)
        .agg(pl.len().alias("n_repeats"), pl.col("share").max(), pl.col("text", "before", "trace_id").first())
        .rename({"answered": "trace_id", "trace_id": "said_in"})
    )
    judged = heard.traces.lazy().join(repeated.lazy(), on="trace_id", how="left")
    return answer(
        judged,
        is_found=pl.col("text").is_not_null(),
        reason=first_of(
            (pl.col("n_turns").is_null(), NOTHING_SAID),
            (~pl.col("is_followed"), NOT_FOLLOWED),
        ),
        text=masked(pl.col("before")),
        evidence=pl.struct(
            "said_in", "n_repeats", "share", again=masked(pl.col("text")), least_share=pl.lit(MIN_SHARE)
        ),
    )


def _may_repeat(turns: pl.DataFrame) -> pl.Series:
    """Return where a turn's input is much like the one before it or after it in the talk: their messages may be one."""
    newest = turns.select(pl.coalesce(pl.col("last_words").str.to_lowercase(), "tail"))["last_words"]
    has_more = newest.str.count_matches('"user"|"human"') > 1
    newest = newest.scatter(has_more.arg_true(), newest.filter(has_more).str.extract(_NEWEST))
    places = np.flatnonzero((turns["talk"] == turns["talk"].shift()).fill_null(value=False))
    texts = newest.fill_null("").to_list()
    before, text = [texts[place - 1] for place in places], [texts[place] for place in places]
    is_alike = np.zeros(turns.height + 1, dtype=bool)
    is_alike[places] = process.cpdist(before, text, scorer=fuzz.ratio, score_cutoff=MIN_ALIKE) >= MIN_ALIKE
    return pl.Series(is_alike[:-1] | is_alike[1:])


def _shares(pairs: pl.DataFrame) -> np.ndarray:
    """Return the share of common words of each message and the one before it, 0 where that says nothing; shape (n,)."""
    both = pl.col("before", "text").str.replace_all("’", "'", literal=True)
    words = pairs.select(both.str.to_lowercase().str.extract_all(_WORD))
    names = pairs.select(
        both.str.extract_all(_NAME).list.eval(pl.element().str.slice(1).str.strip_chars().str.to_lowercase())
    )
    told = zip(words.iter_rows(), names.iter_rows(), strict=True)
    return np.array([_share(*said, names={*one, *other}) for said, (one, other) in told], dtype=float)


def _share(before: list[str], text: list[str], *, names: set[str]) -> float:
    if before == text and len(text) >= MIN_SAME:
        return 1.0
    one, other = set(before) - FILLERS, set(text) - FILLERS
    common, only_one, only_other = one & other, one - other, other - one
    if len(common) < (MIN_COMMON if only_one and only_other else MIN_CONTAINED):
        return 0.0
    if _contained(set(pairwise(before)), set(pairwise(text))) < MIN_SHINGLES:
        return 0.0
    # Where each names something of its own, or a number, it is another request of the same kind.
    if all(any(word in names or _has_digit(word) for word in words) for words in (only_one, only_other)):
        return 0.0
    return len(common) / len(one | other)


def _contained(one: set[tuple[str, str]], other: set[tuple[str, str]]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)


DETECTOR = Detector(
    code="user_repeats",
    version=1,
    unit="trace",
    severity="medium",
    question="Did the user have to say the same again after the answer?",
    detect=Asking(TALKS, FACTS, judge, COLUMNS),
    groups_by="detector",
)
