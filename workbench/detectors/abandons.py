"""A user who leaves unserved: who gives up in words, or whose last message never got an answer.

Nobody comes back to complain of it. A run that ended early, by an error, at a limit or with nothing to say, is the
business of premature_end and is not told twice.
"""

import polars as pl

from workbench.detectors.conversation import COLUMNS, NOTHING_SAID, Heard, in_json, of_talks, read
from workbench.detectors.detector import Detector
from workbench.detectors.listening import TALKS
from workbench.detectors.mask import masked
from workbench.detectors.premature_end import ENDED_EARLY
from workbench.detectors.together import Asking
from workbench.detectors.units import answer, first_of

ENGLISH = (
    r"\bnever ?mind\b",
    r"\bforget (?:it|about it|that|this)\b",
    r"\bi(?:['’]ll| will| am going to|['’]m going to)? (?:just )?give up\b",
    r"\bdon['’]t bother\b",
    r"\bi(?:['’]ll| will)(?: just| rather)? (?:do it myself|figure it out (?:myself|on my own)|look elsewhere"
    r"|go elsewhere"
    r"|try (?:somewhere|something) else|find another|take my business|cancel my (?:account|subscription|membership))\b",
    r"\b(?:this|that|it)(?:['’]s| is| was)(?: all| just| so| completely| totally| really| pretty)? (?:useless"
    r"|pointless|hopeless"
    r"|a waste of|going nowhere|getting (?:me )?nowhere)\b",
    r"\bwast(?:e|ing) (?:of )?(?:my |our )?time\b",
    r"\byou(?:['’]re| are)(?: all| just| so| completely| really)? (?:useless|no help|not help\w*|hopeless)\b",
    r"\bi(?:['’]m| am) done (?:with this|with you|here|trying)\b",
)
GERMAN = (
    r"\bvergiss (?:es|das)\b",
    r"\bvergessen sie(?: es| das)\b",
    r"\bich gebe? (?:es )?auf\b",
    r"\blass(?:en sie)? (?:es|mal|das) (?:gut )?(?:sein|bleiben)\b",
    r"\b(?:bringt (?:ja |doch |so )?nichts|zeitverschwendung|hat keinen (?:sinn|zweck))\b",
)
FRENCH = (
    r"\blaisse[zr]?[ -]tomber\b",
    r"\boubli(?:e|ez) (?:ça|cela|tout)\b",
    r"\b(?:j['’]abandonne|perte de temps)\b",
    r"\btant pis\b",
)
SPANISH = (
    r"\b(?:olv[íi]d[ae]l[oa]|d[ée]j[ae]lo)\b",
    r"\b(?:me rindo|p[ée]rdida de tiempo|no sirve(?:s)? (?:de|para) nada)\b",
)
GIVES_UP = "(?i)" + "|".join((*ENGLISH, *GERMAN, *FRENCH, *SPANISH))
"""How users give up, in four languages."""
HINT = in_json(*ENGLISH, *GERMAN, *FRENCH, *SPANISH)
"""What an input with such words holds, before its JSON is read."""
SERVED = (
    r"(?i)\b(?:thanks|thank you|thx|bye|goodbye|that['’]s all|all set|perfect|great|awesome|danke|tschüss|merci"
    r"|au revoir"
    r"|gracias|adiós)\b|###\w+###|\bTERMINATE\b"
)
"""Words that expect no answer: thanks, good-byes, and how benchmarks' simulated users end."""
MIN_WORDS = 4
"""A last message without a question mark asks for something from this length: "ok", "yes please do" are no requests."""

_COLUMNS = (*COLUMNS, "output", "status", "error_type", "error_message", "finish_reason")


def judge(spans: pl.LazyFrame, heard: Heard) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace.

    Only the last trace of a talk can be found. An answer counts as missing only where answers are recorded: in another
    trace of the talk, or in the same trace before the user's last words. The words of a finding are what the user came
    for, and where the last message is a question of its own, that.
    """
    turns = heard.turns.join(_unanswered(spans, heard.turns), on="trace_id", how="left")
    is_open = pl.col("last_words").is_not_null() & ~pl.col("last_words").str.contains(SERVED)
    may_leave = ~pl.col("is_followed") & (pl.col("may_give_up") | is_open | pl.col("is_unanswered"))
    left = _left(read(spans, of_talks(turns, turns.filter(may_leave))))
    judged = heard.traces.lazy().join(left.lazy(), on="trace_id", how="left")
    return answer(
        judged,
        is_found=pl.col("how").is_not_null(),
        reason=first_of((pl.col("n_turns").is_null(), NOTHING_SAID)),
        text=masked(pl.when(pl.col("how") == "gave up").then("came_for").otherwise("text")),
        evidence=pl.struct("how", last_words=masked(pl.col("text")), came_for=masked(pl.col("came_for"))),
    )


def _left(said: pl.DataFrame) -> pl.DataFrame:
    """Return one row a trace with which a user left unserved: how, the last words, and what the user came for."""
    text = pl.col("text")
    asks = text.str.contains("?", literal=True) | (text.str.count_matches(r"[\p{L}\p{N}]+") >= MIN_WORDS)
    # Null where the run ended early.
    has_no_answer = pl.col("is_unanswered").is_not_null() & (pl.col("is_after_answer") | pl.col("is_unanswered"))
    how = (
        pl.when(text.str.contains(GIVES_UP))
        .then(pl.lit("gave up"))
        .when(has_no_answer & asks & ~text.str.contains(SERVED))
        .then(pl.lit("no answer to the last message"))
    )
    return (
        said.with_columns(text.first().over("talk").alias("came_for"))
        .filter(~pl.col("is_followed"))
        .select("trace_id", "text", "came_for", how.alias("how"))
        .filter(pl.col("how").is_not_null())
    )


def _unanswered(spans: pl.LazyFrame, turns: pl.DataFrame) -> pl.DataFrame:
    """Return one row a trace with turns, and whether it alone of its talk has no answer; not those that ended early."""
    is_root = pl.col("parent_span_id").is_null()
    says_why = pl.coalesce("error_type", "error_message").is_not_null() | pl.col("finish_reason").is_in(ENDED_EARLY)
    is_early = is_root & ((pl.col("status") == "ERROR") | says_why.fill_null(value=False))
    answered, early = pl.collect_all(
        [
            spans.filter(is_root | (pl.col("kind") == "LLM"), pl.col("output").is_not_null())
            .select("trace_id")
            .unique(),
            spans.filter(is_early).select("trace_id").unique(),
        ],
        engine="streaming",
    )
    known = (
        turns.select("trace_id", "talk")
        .unique()
        .join(answered.with_columns(pl.lit(value=True).alias("is_answered")), on="trace_id", how="left")
    )
    in_talk = pl.col("is_answered").any().over("talk")
    return known.join(early, on="trace_id", how="anti").select(
        "trace_id", (pl.col("is_answered").is_null() & in_talk).alias("is_unanswered")
    )


DETECTOR = Detector(
    code="abandons",
    version=1,
    unit="trace",
    severity="high",
    question="Did the user give up, or leave without an answer to the last message?",
    detect=Asking(TALKS, (pl.col("input").str.contains(HINT).alias("may_give_up"),), judge, _COLUMNS),
    groups_by="detector",
)
