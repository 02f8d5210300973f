"""What users said: each message once, in the order of their visit, with the trace in which it was said.

Sources repeat a conversation in every input of a model, so that whoever counts messages there counts them many times.
New in an input is only the user's message that it ends with; all before it was new in an earlier one. Where the root of
a trace records messages, it alone is read; where it records plain text or nothing, so are the model calls that take up
its words. All this is told without reading JSON: only messages that a detector asks for are parsed.
"""

from typing import NamedTuple

import orjson
import polars as pl

from workbench.detectors.recorded import requests
from workbench.detectors.units import IN_TIME, traces
from workbench.schemas import SPANS, require

COLUMNS = ("trace_id", "span_id", "parent_span_id", "session_id", "kind", "agent", "started_at", "input", "attributes")
"""What is read of schemas.SPANS."""
SILENT = ("TOOL", "RETRIEVER", "EMBEDDING", "RERANKER", "GUARDRAIL", "EVALUATOR")
"""Kinds of spans whose input no user wrote."""
MAX_SAID_CHARACTERS = 2_000
"""What is looked at of a message; what is longer is a document that came with it. Of the 3,586 messages of users in the
recorded runs of tau-bench, tau2-bench and AgentRx the longest has 757 characters."""
NOTHING_SAID = "no words of a user recorded"
"""Why a trace cannot be judged by what was said in it."""
NOT_FOLLOWED = "the user said nothing after it"
"""Why an answer cannot be judged by what the user said to it: silence is neither praise nor blame."""

_USER = r'"(?:role|type)"\s*:\s*"(?:user|human)"'
_USERS = ("user", "human")
_LAST_SPEAKER = r'(?s)^.*"(?:role|type)"\s*:\s*"(user|human|assistant|ai|model|tool|function)"'
_OPENING = r'^\s*([^"\\\x00-\x1f]{1,60})'
"""What is compared of a root's words: as many as JSON writes as they are."""
_PLACE = r":(\d{1,9})$"
"""So loaders number the spans of a run, whose source may have no times."""
_LAST_PLACE = 10**9
_WITHIN_TRACE = (IN_TIME, "place", "span_id")
_UNANSWERED = "unanswered"
"""The attribute in which loaders of chats keep what was said after the last answer."""


class Heard(NamedTuple):
    """Where users said something, before it is read."""

    traces: pl.DataFrame
    """One row a trace: trace_id, span_id (null), session_id, began_at, n_turns (null for 0) and is_followed: the user
    said something after an answer of this trace."""
    turns: pl.DataFrame
    """One row a message of a user, in the order of each talk: talk, trace_id, span_id, is_followed, the facts, and
    `last_words`: the messages after the last answer of a trace, as JSON, where they are such. A talk is a session, or a
    trace that has no session or no time."""


def listen(spans: pl.LazyFrame, *facts: pl.Expr) -> Heard:
    """Return where users said something, and the named facts of each place, which go by the columns of its span.

    Parameters
    ----------
    spans
        Frame in schemas.SPANS.
    facts
        Expressions over COLUMNS, such as whether the `input` may hold a word.
    """
    require(spans, COLUMNS, of="conversation")
    began = traces(spans.select("trace_id", "session_id", "started_at"), pl.col("started_at").min().alias("began_at"))
    # One after the other: collected together, both would have every input in memory, for the scan that they share.
    units, roots = began.collect(engine="streaming"), _roots(spans, *facts).collect(engine="streaming")
    calls = _calls(spans, roots, *facts)
    alone = roots.filter(pl.col("is_marked").is_not_null()).join(calls, on="trace_id", how="anti")
    heard = pl.concat(
        [alone.drop("is_marked", "opening"), calls, _last_words(spans, roots, calls, *facts)], how="diagonal"
    )
    turns = _in_order(heard.join(units.drop("span_id"), on="trace_id"))
    said = turns.group_by("trace_id").agg(pl.len().alias("n_turns"), pl.col("is_followed").any())
    return Heard(units.join(said, on="trace_id", how="left"), turns)


def read(spans: pl.LazyFrame, turns: pl.DataFrame) -> pl.DataFrame:
    """Return turns with what was said in them, `text`, and `before`, the user's message before it, null for the first.

    `answered` is the trace whose answer came between the two: that of `before`, or that of `text` where no other is
    known. Turns in which no user says anything after all are left out.

    Parameters
    ----------
    spans
        Frame in schemas.SPANS.
    turns
        Whole talks of Heard.turns, in their order.
    """
    key = ["trace_id", "span_id"]
    wanted = spans.filter(_is_of(turns)).select(*key, "input").join(turns.lazy().select(key), on=key, how="semi")
    inputs = (wanted if turns.height else wanted.head(0)).collect(engine="streaming")
    placed = turns.join(inputs, on=key, how="left", maintain_order="left").with_columns(
        pl.coalesce("last_words", "input").alias("input")
    )
    said = [requests(text) if text is not None else [] for text in placed["input"]]
    known = placed.drop("input").with_columns(
        pl.col("last_words").is_not_null().alias("is_after_answer"),
        pl.Series("text", [_bounded(words[-1]) if words else None for words in said], dtype=pl.String),
        pl.Series("earlier", [_bounded(words[-2]) if len(words) > 1 else None for words in said], dtype=pl.String),
    )
    follows = pl.col("talk") == pl.col("talk").shift()
    return known.filter(pl.col("text").is_not_null()).select(
        pl.exclude("earlier", "last_words"),
        pl.coalesce(pl.when(follows).then(pl.col("text").shift()), "earlier").alias("before"),
        pl.coalesce(pl.when(follows).then(pl.col("trace_id").shift()), "trace_id").alias("answered"),
    )


def of_talks(turns: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """Return all turns of the talks that have a turn among `chosen`, in their order."""
    return turns.join(chosen.select("talk").unique(), on="talk", how="semi", maintain_order="left")


def in_json(*patterns: str) -> str:
    r"""Return a pattern that holds in an input as recorded wherever one of `patterns` holds in a message, or oftener.

    JSON may write a letter of no ASCII as an escape, and a new line as two characters that begin no word. No message
    begins where its JSON does: patterns that begin with ^ are not for this.

    >>> in_json(r"\bcan['’]t\b")
    "(?i)can(?:['’]|\\\\u2019)t|\\\\u00[c-f]"
    """
    loose = (one.replace(r"\b", "").replace("['’]", r"(?:['’]|\\u2019)") for one in patterns)
    return "(?i)" + "|".join((*loose, r"\\u00[c-f]"))


def _roots(spans: pl.LazyFrame, *facts: pl.Expr) -> pl.LazyFrame:
    is_marked = pl.col("input").str.contains(_USER)
    return spans.filter(pl.col("parent_span_id").is_null(), pl.col("kind").is_in(SILENT).not_()).select(
        *("trace_id", "span_id", "started_at"),
        pl.lit(0, dtype=pl.Int64).alias("place"),
        # Null where the root records no input.
        is_marked.alias("is_marked"),
        pl.when(~is_marked).then(pl.col("input").str.extract(_OPENING)).alias("opening"),
        *facts,
    )


def _calls(spans: pl.LazyFrame, roots: pl.DataFrame, *facts: pl.Expr) -> pl.DataFrame:
    """Return the model calls that a new message of the user led to, in traces whose root does not record messages.

    They count if the first of them takes up the root's words, and only those of the same agent: what agents write to
    one another has the user's role too.
    """
    unmarked = roots.filter(pl.col("is_marked").fill_null(value=False).not_()).sort("trace_id", *_WITHIN_TRACE)
    silent = unmarked.unique("trace_id", keep="first", maintain_order=True)
    silent = silent.join(roots.filter("is_marked"), on="trace_id", how="anti").select("trace_id", "opening")
    of_silent = spans.filter(
        pl.col("parent_span_id").is_not_null(), pl.col("kind") == "LLM", pl.col("input").is_not_null(), _is_of(silent)
    ).join(silent.lazy(), on="trace_id")
    takes_up = pl.col("input").str.contains(pl.concat_str(pl.lit('"'), "opening"), literal=True)
    # A condition beside the join would be asked of every call of the window, before the join.
    is_turn = pl.col("input").str.extract(_LAST_SPEAKER).is_in(_USERS)
    calls = of_silent.select(
        *("trace_id", "span_id", "started_at"),
        pl.col("span_id").str.extract(_PLACE).cast(pl.Int64).fill_null(_LAST_PLACE - 1).alias("place"),
        is_turn.alias("is_turn"),
        pl.coalesce("agent", "parent_span_id").alias("speaker"),
        pl.coalesce(takes_up, True).alias("takes_up"),
        *facts,
    )
    read = calls.filter("is_turn").drop("is_turn")
    found = (read if silent.height else read.head(0)).collect(engine="streaming").sort("trace_id", *_WITHIN_TRACE)
    first = found.filter(pl.col("trace_id").is_first_distinct(), "takes_up").select("trace_id", "speaker")
    return found.join(first, on=["trace_id", "speaker"], how="semi", nulls_equal=True).drop("speaker", "takes_up")


def _last_words(spans: pl.LazyFrame, roots: pl.DataFrame, calls: pl.DataFrame, *facts: pl.Expr) -> pl.DataFrame:
    """Return what users said after the last answer of a trace, which is in no model call's input."""
    has_some = pl.col("attributes").str.contains(f'"{_UNANSWERED}":[', literal=True)
    rooted = roots.join(calls, on="trace_id", how="semi")
    kept = spans.filter(pl.col("parent_span_id").is_null(), _is_of(rooted), has_some).select(
        "trace_id", "span_id", "attributes"
    )
    found = (kept if rooted.height else kept.head(0)).collect(engine="streaming")
    said = [orjson.dumps(orjson.loads(text).get(_UNANSWERED, [])).decode() for text in found["attributes"]]
    rows = found.drop("attributes").with_columns(pl.Series("input", said, dtype=pl.String))
    absent = (pl.lit(None, dtype=dtype).alias(name) for name, dtype in SPANS.schema.items() if name not in rows.columns)
    return (
        rows.filter(pl.col("input").str.contains(_USER), pl.col("input").str.extract(_LAST_SPEAKER).is_in(_USERS))
        .with_columns(absent)
        .select(
            *("trace_id", "span_id", "started_at"),
            pl.lit(_LAST_PLACE, dtype=pl.Int64).alias("place"),
            pl.col("input").alias("last_words"),
            *facts,
        )
    )


def _in_order(heard: pl.DataFrame) -> pl.DataFrame:
    """Return the turns in the order of their talks; of several roots of a trace the first counts."""
    is_timed = pl.col("began_at").is_not_null() & pl.col("session_id").is_not_null()
    ordered = heard.with_columns(pl.when(is_timed).then("session_id").otherwise("trace_id").alias("talk")).sort(
        "talk", "began_at", "trace_id", *_WITHIN_TRACE
    )
    is_another_root = (pl.col("place") == 0) & (pl.col("trace_id") == pl.col("trace_id").shift())
    is_followed = pl.col("talk") == pl.col("talk").shift(-1)
    return (
        ordered.filter(is_another_root.not_().fill_null(value=True))
        .with_columns(is_followed.fill_null(value=False).alias("is_followed"))
        .drop("session_id", "began_at", "started_at", "place")
    )


def _is_of(chosen: pl.DataFrame) -> pl.Expr:
    """Return whether a span is of one of the traces: told before the span's texts are read, as no join is."""
    return pl.col("trace_id").is_in(chosen["trace_id"].unique().implode())


def _bounded(words: str) -> str:
    return words[:MAX_SAID_CHARACTERS]
