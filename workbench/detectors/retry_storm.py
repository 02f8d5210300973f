"""A storm: one tool is tried again and again with slightly other arguments, or in a burst, and most tries fail.

The agent guesses at what the tool wants while the user waits and the backend is hammered. It is no loop: a loop makes
the same call over and over, and `repeated_call` reports it. Here calls that are the same count once, and those of a
loop not at all, so that neither reports what the other does.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import combinations
from typing import NamedTuple

import polars as pl
from rapidfuzz import fuzz

from workbench.detectors.detector import Detector
from workbench.detectors.mask import MAX_RAW_CHARACTERS, label, masked
from workbench.detectors.reading import TOOLS, of_traces
from workbench.detectors.repeated_call import MAX_EVIDENCE_SPANS, MIN_CALLS
from workbench.detectors.together import Asking
from workbench.detectors.tool_calls import COLUMNS, HAS_FAILED, IS_TOLD, TOOL, words_of_failure
from workbench.detectors.units import KEY, answer, first_of, traces

MIN_TRIES = 3
"""A call, one corrected try, and a third: of the 82 tools that refused something in a run of tau2-airline or tau-bench,
71 refused at most two different calls."""
FAILED_SHARE = 0.5
"""Most tries fail where more than half do, 0 to 1."""
ALIKE = 80.0
"""Of 1,919 pairs of unrelated failing shell commands in the SWE-bench runs 95 % are less alike (rapidfuzz's ratio, 0 to
100); of 28 retries in the tau-bench runs 95 % are more alike than 91."""
BURST_CALLS = 10
"""Failed calls that make a storm whatever their arguments: more than any client library retries by itself (2 to 6)."""
BURST_SECONDS = 60.0
"""The time in which those calls begin: within a user's patience (Nielsen's ten seconds), six times over."""
MAX_COMPARED = 50
"""Tries that are compared with each other: 1,225 pairs, some 5 ms."""

_STORM = pl.Struct({"n_alike": pl.Int64, "n_burst": pl.Int64})


class _Try(NamedTuple):
    """One failed call."""

    arguments: str | None
    at: datetime | None


def judge(spans: pl.LazyFrame, calls: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace.

    Of several tools the one with the most failed tries is reported. Tries need no order; a burst needs times.
    """
    n_failed = pl.col("has_failed").sum()
    trying = calls.group_by("trace_id", "tool").agg(n_failed).filter(pl.col("has_failed") >= MIN_TRIES)
    judged = (
        traces(spans.select("trace_id", "session_id"))
        .join(calls.group_by("trace_id").agg(pl.col("is_told").any()), on="trace_id", how="left")
        .join(_storms(_failed(of_traces(spans, trying)), calls), on="trace_id", how="left")
    )
    return answer(
        judged,
        is_found=(pl.col("n_alike") >= MIN_TRIES) | (pl.col("n_burst") >= BURST_CALLS),
        reason=first_of(
            (pl.col("is_told").is_null(), "no tool call recorded"),
            (~pl.col("is_told"), "neither status, result nor end recorded"),
            (pl.col("n_unrecorded") >= MIN_TRIES, "arguments not recorded"),
        ),
        text=pl.concat_str(label(pl.col("tool")), masked(pl.col("error")), separator=": "),
        evidence=pl.struct(
            label(pl.col("tool")),
            *("n_calls", "n_failed", "n_alike", "n_burst", "span_ids"),
            least_tries=pl.lit(MIN_TRIES, dtype=pl.Int64),
        ),
    )


def _failed(spans: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a trace and tool with enough failed calls: what was asked in them, when, and an error."""
    short = {"input": pl.col("input"), "error": words_of_failure()}
    return (
        spans.filter((pl.col("kind") == "TOOL") & HAS_FAILED)
        .select(
            *("trace_id", "span_id", "started_at", TOOL),
            *(words.str.slice(0, MAX_RAW_CHARACTERS).alias(name) for name, words in short.items()),
        )
        .group_by("trace_id", "tool")
        .agg(
            pl.len().cast(pl.Int64).alias("n_failed"),
            pl.struct(arguments="input", at="started_at").alias("tries"),
            pl.col("error").min(),
            pl.col("input").is_null().sum().cast(pl.Int64).alias("n_unrecorded"),
            pl.col("span_id").sort().head(MAX_EVIDENCE_SPANS).alias("span_ids"),
        )
        .filter(pl.col("n_failed") >= MIN_TRIES)
    )


def _storms(failed: pl.LazyFrame, calls: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a trace in which most calls of a tool failed: its storm, or the one that comes nearest to one."""
    n_calls = (
        calls.join(failed.select("trace_id"), on="trace_id", how="semi")
        .group_by("trace_id", "tool")
        .agg(pl.len().cast(pl.Int64).alias("n_calls"))
    )
    storm = pl.col("tries").map_batches(_measured, return_dtype=_STORM, is_elementwise=True)
    worst = (pl.col("n_alike") >= MIN_TRIES, "n_failed", "tool")
    return (
        failed.join(n_calls, on=["trace_id", "tool"], nulls_equal=True)
        .filter(pl.col("n_failed") > FAILED_SHARE * pl.col("n_calls"))
        .with_columns(storm.struct.unnest())
        .group_by("trace_id")
        .agg(pl.exclude("tries").sort_by(*worst).last())
    )


def _measured(groups: pl.Series) -> pl.Series:
    tries = ([_Try(one["arguments"], one["at"]) for one in group] for group in groups)
    return pl.Series([{"n_alike": _n_alike(group), "n_burst": _n_burst(group)} for group in tries], dtype=_STORM)


def _n_alike(tries: Sequence[_Try]) -> int:
    """Return how many different calls are much like another one; the calls of a loop are left out."""
    counts = Counter(one.arguments for one in tries if one.arguments is not None)
    different = sorted(arguments for arguments, n in counts.items() if n < MIN_CALLS)[:MAX_COMPARED]
    alike = {
        one for pair in combinations(different, 2) if fuzz.ratio(*pair, score_cutoff=ALIKE) >= ALIKE for one in pair
    }
    return len(alike)


def _n_burst(tries: Sequence[_Try]) -> int:
    """Return how many failed calls began within one stretch of BURST_SECONDS; the calls of a loop are left out."""
    counts = Counter(one.arguments for one in tries)
    times = sorted(
        one.at.timestamp()
        for one in tries
        if one.at is not None and (one.arguments is None or counts[one.arguments] < MIN_CALLS)
    )
    most, first = 0, 0
    for place, at in enumerate(times):
        while at - times[first] > BURST_SECONDS:
            first += 1
        most = max(most, place - first + 1)
    return most


DETECTOR = Detector(
    code="retry_storm",
    version=1,
    unit="trace",
    severity="medium",
    question="Was one tool tried again and again, with most tries failing?",
    detect=Asking(TOOLS, (TOOL, IS_TOLD, HAS_FAILED), judge, columns=(*KEY, "kind", "started_at", *COLUMNS)),
    decided_by=("tool_name", "failing_tool"),
    reads="trace",
)
