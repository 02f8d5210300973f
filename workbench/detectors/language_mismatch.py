"""An answer in another language than the user's message, which did not ask for it.

A prompt, a retrieved document or a tool's result in another language carries the model along; the user cannot read it.
"""

import polars as pl

from workbench.detectors.conversation import COLUMNS, NOTHING_SAID, Heard, of_talks, read
from workbench.detectors.detector import Detector
from workbench.detectors.language import are_kin, languages, prose
from workbench.detectors.listening import TALKS
from workbench.detectors.mask import masked
from workbench.detectors.recorded import last_answer
from workbench.detectors.together import Asking
from workbench.detectors.units import answer, first_of

ENGLISH = (
    "the|and|you|that|with|have|this|are|what|your|please|would|could|should|because|which|they|their|been|from"
    "|about|there"
    "|both|how|when|not|need|may|given|had|under|but|were"
)
"""Words that are common in English and in no other language of many users: two of them in a message and in its answer
tell what a model would, in a thousandth of its time."""
OTHERS = (
    "der|und|ist|nicht|ich|das|eine?|für|sie|wir|bitte|kann",
    "les|est|une|vous|je|pas|pour|dans|nous|bonjour",
    "el|los|las|una|por|usted|puedo|quiero|hola|gracias",
    "il|gli|della|che|sono|vorrei|grazie|anche|questo",
    "não|uma|para|obrigad[oa]|meu|minha|são|isso",
    "het|een|ik|niet|voor|wij|graag|dat|zijn",
    "nie|jest|jestem|mam|czy|jak|gdzie",
)
"""The same of German, French, Spanish, Italian, Portuguese, Dutch and Polish."""
ASKS_ABOUT_LANGUAGE = (
    r"(?i)\b(?:translat\w+|übersetz\w+|tradu[ciz]\w+|traduire|language|sprache|langue|idioma|lingua|english|englisch"
    r"|anglais|inglés|inglese"
    r"|german|deutsch|allemand|alemán|tedesco|french|französisch|français|francés|francese|spanish|spanisch|español"
    r"|espagnol"
    r"|spagnolo|italian\w*|portugu\w+|dutch|nederlands|niederländisch|russian|russisch|russe|ruso|chinese|chinesisch"
    r"|chinois"
    r"|chino|mandarin|japan\w+|korean\w*|arabic|arabisch|arabe|hindi|turkish|türkisch|polish|polnisch|swedish"
    r"|latin\w*|greek"
    r"|hebrew|vietnamese|thai|ukrainian)\b"
)
"""Who speaks of languages may well want another one."""
ABOUT_LANGUAGE = "the user speaks of a language"
NOT_TOLD = "message or answer too short, or in no language that can be told"

_SPEAKERS = r'"(?:system|developer|assistant|ai|model)"'
_COLUMNS = (*COLUMNS, "output")


def judge(spans: pl.LazyFrame, heard: Heard) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace.

    Compared are each message and the answer that its own span records, without code, quotes and addresses.
    """
    answered = heard.turns.filter("is_answered")
    told = pl.concat(
        [
            answered.filter("is_one").select("trace_id", pl.lit("clear").alias("state")),
            _compared(spans, heard.turns, answered.filter(~pl.col("is_one"))),
        ],
        how="diagonal_relaxed",
    )
    worst_first = pl.col("state").replace_strict({"found": 0, "clear": 1, ABOUT_LANGUAGE: 2, NOT_TOLD: 3})
    each = told.sort(worst_first, maintain_order=True).unique("trace_id", keep="first", maintain_order=True)
    judged = heard.traces.lazy().join(each.lazy().rename({"state": "verdict"}), on="trace_id", how="left")
    return answer(
        judged,
        is_found=pl.col("verdict") == "found",
        reason=first_of(
            (pl.col("n_turns").is_null(), NOTHING_SAID),
            (pl.col("verdict").is_null(), "answer not recorded"),
            *((pl.col("verdict") == reason, reason) for reason in (ABOUT_LANGUAGE, NOT_TOLD)),
        ),
        text=pl.format("asked in {}, answered in {}", "asked_in", "answered_in"),
        evidence=pl.struct("asked_in", "answered_in", asked=masked(pl.col("text")), answered=masked(pl.col("words"))),
    )


def _facts() -> tuple[pl.Expr, pl.Expr]:
    # Instructions in an input may be in a language of their own.
    is_one = _both(ENGLISH, "input", "output") & ~pl.col("input").str.contains(_SPEAKERS)
    return is_one.fill_null(value=False).alias("is_one"), pl.col("output").is_not_null().alias("is_answered")


def _both(words: str, one: str, other: str) -> pl.Expr:
    """Return whether two columns both have two of the words."""
    # ASCII word boundaries: Unicode's cost ten times as much, and no word above begins or ends with any other letter.
    word = rf"(?-u:\b)(?:{words})(?-u:\b)"
    twice = rf"(?is){word}.*?{word}"
    return pl.col(one).str.contains(twice) & pl.col(other).str.contains(twice)


def _compared(spans: pl.LazyFrame, turns: pl.DataFrame, doubtful: pl.DataFrame) -> pl.DataFrame:
    """Return one row a doubtful turn: its state, and of those found what was asked and answered in which language."""
    key = ["trace_id", "span_id"]
    said = read(spans, doubtful)
    of_said = spans.filter(pl.col("trace_id").is_in(said["trace_id"].unique().implode()))
    outputs = (
        of_said.select(*key, "output").join(said.lazy().select(key), on=key, how="semi").collect(engine="streaming")
    )
    known = said.join(outputs, on=key, how="left")
    words = pl.Series(
        "words", [None if output is None else last_answer(output) for output in known["output"]], pl.String
    )
    told = _in_languages(known.with_columns(words))
    about = _speak_of_languages(spans, of_talks(turns, told.filter(~pl.col("is_one"))))
    state = (
        pl.when(pl.col("is_one").is_null())
        .then(pl.lit(NOT_TOLD))
        .when("is_one")
        .then(pl.lit("clear"))
        .when("is_about")
        .then(pl.lit(ABOUT_LANGUAGE))
        .otherwise(pl.lit("found"))
    )
    joined = told.join(about, on=key, how="left", maintain_order="left")
    return joined.select("trace_id", state.alias("state"), "asked_in", "answered_in", "text", "words")


def _speak_of_languages(spans: pl.LazyFrame, turns: pl.DataFrame) -> pl.DataFrame:
    """Return one row a turn: whether the user has spoken of a language in it, or before it in the talk."""
    speaks = pl.col("text").str.contains(ASKS_ABOUT_LANGUAGE)
    return read(spans, turns).select(
        "trace_id", "span_id", speaks.cast(pl.Int8).cum_max().over("talk").cast(pl.Boolean).alias("is_about")
    )


def _in_languages(known: pl.DataFrame) -> pl.DataFrame:
    """Return the turns with the languages of `text` and `words`, and whether they are one; null cannot be told."""
    bare = known.with_columns(asked=prose(known["text"]), answered=prose(known["words"]))
    has_common = pl.any_horizontal(_both(words, "asked", "answered") for words in (ENGLISH, *OTHERS))
    is_common = bare.select(has_common.fill_null(value=False)).to_series()
    asked = pl.Series(languages(bare["asked"].set(is_common, None)), dtype=pl.String)
    answered = pl.Series(languages(bare["answered"].set(is_common, None)), dtype=pl.String)
    are_one = [
        True if common else None if one is None or other is None else are_kin(one, other)
        for common, one, other in zip(is_common, asked, answered, strict=True)
    ]
    return known.with_columns(
        asked.alias("asked_in"), answered.alias("answered_in"), pl.Series("is_one", are_one, dtype=pl.Boolean)
    )


DETECTOR = Detector(
    code="language_mismatch",
    version=1,
    unit="trace",
    severity="medium",
    question="Is the answer in another language than the user's message?",
    detect=Asking(TALKS, _facts(), judge, _COLUMNS),
)
