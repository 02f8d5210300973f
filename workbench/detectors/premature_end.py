"""A run that ended before it was done: at a limit, by an error, without an answer, or with a tool call left open.

Such a run leaves the user with nothing, and its last words rarely say so.
"""

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.explain import first_errors, words_of_error
from workbench.detectors.mask import label, masked
from workbench.detectors.recorded import asks_for_tool, says_nothing
from workbench.detectors.units import answer, first_of, traces
from workbench.schemas import require

ENDED_EARLY = (
    *("max_steps", "step_limit", "max_iterations", "max_turns", "error_max_turns", "recursion_limit"),
    *("too_many_errors", "agent_error", "user_error", "error", "error_during_execution", "limitsexceeded"),
    *("timeout", "time_limit", "token_limit", "cost_limit", "message_limit", "cancelled", "interrupted"),
)
"""Why runs end that are not done: words of tau2-bench, LangGraph, CrewAI, Claude's SDK, Inspect and SWE-agent."""
ASKED_FOR_TOOL = ("tool_calls", "tool_call", "tool_use", "function_call")
"""What providers call a tool call as a reason to stop."""

_COLUMNS = (
    *("trace_id", "span_id", "session_id", "parent_span_id", "kind", "name", "tool_name", "started_at", "ended_at"),
    *("status", "error_type", "error_message", "finish_reason", "input", "output"),
)


def detect(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace; signals are not read.

    What the root span says decides first. The order of spans decides only where every span of the trace has a time, and
    a tool that was asked for is missed only in traces that record tool calls.
    """
    del signals
    require(spans, _COLUMNS, of="premature_end")
    ends = _ends(spans).with_columns(_ended_by().alias("ended_by")).with_columns(_problem().alias("problem"))
    found = ends.filter(pl.col("problem").is_not_null())
    errors = first_errors(spans.join(found.select("trace_id"), on="trace_id", how="semi"))
    judged = ends.join(errors, on="trace_id", how="left")
    # The run's own error often is the reason again.
    repeats = pl.col("error").str.ends_with(pl.col("ended_by")).fill_null(value=False)
    adds = pl.when(~repeats).then("error")
    return answer(
        judged,
        is_found=pl.col("problem").is_not_null(),
        reason=first_of(
            (pl.col("n_roots") == 0, "no root span"),
            (pl.col("says_end").not_(), "end not recorded"),
        ),
        text=pl.concat_str("problem", adds, separator=": ", ignore_nulls=True),
        evidence=pl.struct("problem", label(pl.col("finish_reason")), "status", label(pl.col("error_type"))),
    )


def _ends(spans: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a trace: what its root says of its end, and what its last model call left open."""
    is_root, is_llm, is_tool = pl.col("parent_span_id").is_null(), pl.col("kind") == "LLM", pl.col("kind") == "TOOL"
    reason = pl.col("finish_reason").str.to_lowercase().str.strip_chars("[]\"' ")
    of_run, at = is_root & ~is_llm, pl.col("started_at")
    asks = reason.is_in(ASKED_FOR_TOOL) | asks_for_tool(pl.when(is_llm).then("output"))
    says_end = (is_root | is_llm) & pl.any_horizontal(pl.col("output", "finish_reason").is_not_null())
    facts = spans.select(
        *("trace_id", "session_id"),
        is_root.alias("is_root"),
        pl.when(of_run & reason.is_in(ENDED_EARLY)).then(reason).alias("early_reason"),
        pl.when(of_run).then(reason).alias("finish_reason"),
        pl.when(is_root).then("status").alias("status"),
        _kind_of_error(is_root).alias("error_type"),
        says_nothing(pl.when(of_run & (pl.col("kind") == "AGENT")).then("output")).alias("is_silent"),
        says_end.alias("says_end"),
        at.is_null().alias("is_unordered"),
        pl.when(is_llm).then(at).alias("last_llm_at"),
        pl.when(is_llm & asks).then(at).alias("last_asking_at"),
        pl.when(is_tool).then(at).alias("last_tool_at"),
    )
    return traces(
        facts,
        pl.col("is_root").sum().alias("n_roots"),
        # ERROR sorts before OK and UNSET.
        pl.col("early_reason", "finish_reason", "status", "error_type").min(),
        pl.col("is_silent", "says_end", "is_unordered").any(),
        pl.col("last_llm_at", "last_asking_at", "last_tool_at").max(),
    ).with_columns(pl.coalesce("early_reason", "finish_reason").alias("finish_reason"))


def _kind_of_error(is_root: pl.Expr) -> pl.Expr:
    """Return the type of a root's error; without one its message, masked, since it names amounts and people."""
    message = pl.when(is_root & pl.col("error_type").is_null()).then("error_message")
    return pl.when(is_root & words_of_error().is_not_null()).then(pl.coalesce("error_type", masked(message)))


def _problem() -> pl.Expr:
    """Return what ended the run early, in words; null where nothing did."""
    asks_last = pl.col("last_asking_at") == pl.col("last_llm_at")
    left_open = ~pl.col("is_unordered") & asks_last & (pl.col("last_tool_at") < pl.col("last_llm_at"))
    return (
        pl.when(pl.col("ended_by").is_not_null())
        .then(pl.concat_str(pl.lit("ended by "), "ended_by"))
        .when("is_silent")
        .then(pl.lit("ended without an answer"))
        .when(left_open)
        .then(pl.lit("ended with a tool asked for and not called"))
    )


def _ended_by() -> pl.Expr:
    """Return the one word for the limit or error that ended the run; null where the root names none."""
    failed = (pl.col("status") == "ERROR") | pl.col("error_type").is_not_null()
    return (
        pl.when(pl.col("finish_reason").is_in(ENDED_EARLY))
        .then("finish_reason")
        .when(failed)
        .then(label(pl.col("error_type")).fill_null("an error"))
    )


DETECTOR = Detector(
    code="premature_end",
    version=2,
    unit="trace",
    severity="high",
    question="Did the run end at a limit, by an error, or without an answer?",
    detect=detect,
    decided_by=("finish_reason",),
    reads="trace",
)
