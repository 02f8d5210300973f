"""A shadow of live traffic: a random sample of what users asked, answered by the candidate too, and by nobody seen.

The champion's stored answers stand beside the candidate's. They are no baseline: they were given on other days, by
whatever was live then, and those that failed would often not fail again. So this decides nothing; it shows what to look
at before users see it.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import NamedTuple

import polars as pl

from workbench.boundaries.paths import file_name
from workbench.changes.work_tree import checked_out
from workbench.errors import InsufficientDataError
from workbench.experiments.arm import Spend
from workbench.experiments.budget import UNLIMITED
from workbench.experiments.cache import Cache
from workbench.experiments.case import Case
from workbench.experiments.kinds import FailureKind
from workbench.experiments.outcome import Outcome
from workbench.experiments.result_rows import trace_of
from workbench.experiments.runner import AT_ONCE, run, run_digest
from workbench.experiments.schedule import schedule
from workbench.experiments.session import Progress
from workbench.experiments.to_end import to_end
from workbench.loop.compare.failures import compare_failures
from workbench.loop.compare.recorded_runs import Runs
from workbench.loop.exposures.traffic import spans_of_traces
from workbench.loop.holdouts.trace_cases import cases_of
from workbench.loop.named import app_of
from workbench.loop.run_telemetry import telemetry_of
from workbench.loop.validate.finding import Tested, find_tested
from workbench.loop.validate.running import MakeArm
from workbench.schemas import SIGNALS
from workbench.store import Workspace, derived
from workbench.windows import Window

NO_BASELINE = "stored answers are no baseline: this shows what to look at, and decides nothing"
SIDES = ("champion", "candidate")
"""Who answered: what was live, and the version under test."""
_MEASURED = {"latency_ms": pl.Float64, "cost_usd": pl.Float64, "output_tokens": pl.Int64}
SCHEMA = pl.Schema(
    {
        "trace_id": pl.String(),
        "case_id": pl.String(),
        "side": pl.String(),
        "output": pl.String(),
        "is_error": pl.Boolean(),
        "n_words": pl.Int64(),
        **{name: dtype() for name, dtype in _MEASURED.items()},
    }
)


class Shadow(NamedTuple):
    """What a shadow replay came to."""

    answers: pl.DataFrame
    """One row a trace of the sample and side: both answers, and what they took; null where not known."""
    kinds: tuple[FailureKind, ...]
    """Kinds of failure that detectors find; the baseline's are the champion's."""
    n_there: int
    """Traces of the window."""
    n_without: int
    """Traces that were drawn and of which no question is recorded."""
    n_missing: int
    """Questions that were not asked; to run it again goes on where the sample is the same."""
    stopped: str
    """Why it was stopped; empty where it was not."""
    spent: Spend
    """What it was charged with."""


def shadow(
    workspace: Workspace,
    name: str,
    *,
    window: Window,
    n: int,
    seed: int,
    make_arm: MakeArm,
    now: Callable[[], datetime],
    budget: Spend = UNLIMITED,
    cache: Cache | None = None,
    n_at_once: int = AT_ONCE,
    progress: Callable[[Progress], None] | None = None,
) -> Shadow:
    """Return how the candidate answers a random sample of live traffic, beside what was answered; nothing is decided.

    The answers stay in the workspace's folder of experiments, where retention and erasure reach them.

    Parameters
    ----------
    workspace
        Where the traffic lies.
    name
        What answers: a change by its id, or a candidate by its id or name.
    window
        The traces to draw from, by their start.
    n, seed
        How many, and the seed of the draw.
    make_arm
        Makes an arm of a version.
    now
        Gives the time, UTC.
    budget, cache, n_at_once, progress
        As of `run_experiment`.

    Raises
    ------
    ConfigError
        If there is no such change or candidate.
    GateError
        If it has no commit, or is not frozen.
    InsufficientDataError
        If no trace of the window says what was asked.
    """
    tested = find_tested(workspace, name)
    drawn, n_there = _drawn(workspace, tested, window=window, n=n, seed=seed)
    read = cases_of(workspace, drawn)
    if not read.cases:
        fix = "widen the window, or ingest traces with their inputs"
        raise InsufficientDataError(f"no trace in window {window} says what was asked", fix=fix)
    arm = tested.arms[1]
    with ExitStack() as stack:
        folder = stack.enter_context(checked_out(app_of(workspace), arm.commit))
        items = schedule(read.cases, [make_arm(folder, arm.name, arm.commit)], seed=seed)
        journal = workspace.experiments / file_name(f"shadow {run_digest(items)}", suffix=".jsonl")
        journal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        done = to_end(run(items, journal, now=now, budget=budget, cache=cache, n_at_once=n_at_once, progress=progress))
    asked = {case.case_id: case for case in read.cases}
    spans = spans_of_traces(workspace, [case.trace_id for case in read.cases if case.trace_id is not None])
    answers = pl.concat([_champion(spans, read.cases), _candidate(done.outcomes, asked)])
    theirs = telemetry_of(done.outcomes, experiment_id="shadow", day=now().date(), key_user=workspace.user_key)
    kinds = compare_failures(
        Runs(spans, SIGNALS.empty(), {case.trace_id or "": case.case_id for case in read.cases}, {}),
        Runs(theirs, SIGNALS.empty(), {trace_of(one.answer) or "": one.case_id for one in done.outcomes}, {}),
        now=now(),
    )
    return Shadow(answers, kinds, n_there, len(read.without), done.n_missing, done.stopped, done.spent)


def medians(answers: pl.DataFrame) -> Mapping[str, Mapping[str, float | None]]:
    """Return by side how many answered, how many failed, and the medians of what the answers took.

    Only traces whose answer both sides have count, so that both are of the same questions.
    """
    both = answers.filter((~pl.col("is_error")).all().over("trace_id"), pl.len().over("trace_id") == len(SIDES))
    found: dict[str, Mapping[str, float | None]] = {}
    for side in SIDES:
        every, kept = answers.filter(pl.col("side") == side), both.filter(pl.col("side") == side)
        middle = kept.select(pl.col("n_words", *_MEASURED).median().cast(pl.Float64)).row(0, named=True)
        found[side] = {"n": every.height, "n_errors": int(every["is_error"].sum()), **middle}
    return found


def _drawn(workspace: Workspace, tested: Tested, *, window: Window, n: int, seed: int) -> tuple[tuple[str, ...], int]:
    """Return a random sample of the window's traces, without those that the change was written from."""
    developed = [trace for change in tested.changes for trace in change.development]
    traces = workspace.telemetry.traces(window=window).select("trace_id").filter(~pl.col("trace_id").is_in(developed))
    every = traces.collect(engine="streaming")["trace_id"].sort()
    return tuple(every.sample(min(n, len(every)), seed=seed, shuffle=True)), len(every)


def _champion(spans: pl.DataFrame, cases: tuple[Case, ...]) -> pl.DataFrame:
    """Return the stored answers."""
    of_trace = {case.trace_id: case.case_id for case in cases}
    traces = derived.traces(spans.lazy()).collect(engine="streaming").sort("trace_id")
    rows = [
        {
            "trace_id": row["trace_id"],
            "case_id": of_trace[row["trace_id"]],
            "side": SIDES[0],
            "output": row["output"],
            "is_error": row["status"] == "ERROR" or row["output"] is None,
            "n_words": None if row["output"] is None else len(row["output"].split()),
            "latency_ms": row["duration_ms"],
            "cost_usd": row["cost_usd"],
            "output_tokens": row["output_tokens"],
        }
        for row in traces.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def _candidate(outcomes: tuple[Outcome, ...], asked: Mapping[str, Case]) -> pl.DataFrame:
    """Return the candidate's answers, by the trace that each question came from."""
    rows = [
        {
            "trace_id": asked[one.case_id].trace_id,
            "case_id": one.case_id,
            "side": SIDES[1],
            "output": one.answer.output,
            "is_error": one.answer.status == "error",
            "n_words": None if one.answer.output is None else len(one.answer.output.split()),
            **{name: getattr(one.answer, name) for name in _MEASURED},
        }
        for one in outcomes
    ]
    return pl.DataFrame(rows, schema=SCHEMA)
