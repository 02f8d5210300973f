"""Two result sets that somebody recorded, made comparable: cases paired, and all that is odd about them told.

What is compared was not planned here, so that the gate's questions about plan and holdout have no answer; those about
the results themselves have, and a comparison that fails one of them is invalid as an experiment is.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import polars as pl

from workbench.counted import counted
from workbench.errors import ConfigError
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.paired_validity import too_many_missing
from workbench.experiments.pairs import ARMS
from workbench.experiments.plan import Plan
from workbench.experiments.scores import Scored
from workbench.experiments.times import clocks
from workbench.experiments.validity import judges_differ
from workbench.schemas import RESULTS

NAMED_CASES = 10
"""Cases that a sentence lists."""


class Wanted(NamedTuple):
    """What the comparison is to show."""

    margin: float | None = None
    """The loss that would be accepted, in the score's unit."""
    mwe: float = 0.0
    """The least gain that is worth a change."""
    direction: Literal[1, -1] = 1
    """-1 where a lower score is better."""


class Counts(NamedTuple):
    """Rows and cases of the two result sets."""

    n_rows: tuple[int, int]
    """Rows of each: baseline, candidate."""
    n_repeated: tuple[int, int]
    """Rows of each that are there again, and were left out."""
    n_cases: tuple[int, int]
    """Cases of each."""
    only: tuple[tuple[str, ...], tuple[str, ...]]
    """Cases that only one of them has, sorted."""


class Recorded(NamedTuple):
    """Two result sets as one table, with the plan by which they are compared."""

    plan: Plan
    results: pl.DataFrame
    """schemas.RESULTS, of no experiment."""
    counts: Counts
    faults: tuple[str, ...]
    """What makes the comparison invalid, a sentence each."""
    notes: tuple[str, ...]
    """What to know before believing it, a sentence each."""


class _Arm(NamedTuple):
    rows: pl.DataFrame
    n_repeated: int
    faults: tuple[str, ...]
    notes: tuple[str, ...]


def pair_recorded(baseline: Scored, candidate: Scored, *, wanted: Wanted) -> Recorded:
    """Return both result sets as results of the two arms, of the metrics that both have.

    Parameters
    ----------
    baseline, candidate
        What was recorded.
    wanted
        What the comparison is to show.
    """
    arms = [_settle_trials(one, arm) for one, arm in zip((baseline, candidate), ARMS, strict=True)]
    names = sorted(set(arms[0].rows["metric"]) & set(arms[1].rows["metric"]))
    results = _results(arms).filter(pl.col("metric").is_in(names))
    metrics, notes = [], []
    for name in names:
        metric, note = _metric(name, results, wanted)
        metrics.append(metric)
        notes += note
    cases = [set(arm.rows["case_id"]) for arm in arms]
    only = (_in_order(cases[0] - cases[1]), _in_order(cases[1] - cases[0]))
    n_trials = results.group_by("case_id", "arm", "metric").len()["len"].max()
    plan = Plan(
        metrics=tuple(metrics) or (_nothing(wanted),),
        n_cases=max(2, len(cases[0] & cases[1])),
        n_trials=int(n_trials or 1),  # type: ignore[arg-type]
        holdout_id="",
        max_cases=max(2, len(cases[0] | cases[1])),
    )
    return Recorded(
        plan,
        results,
        Counts(
            (baseline.rows.height, candidate.rows.height),
            (arms[0].n_repeated, arms[1].n_repeated),
            (len(cases[0]), len(cases[1])),
            only,
        ),
        (*(fault for arm in arms for fault in arm.faults), *_faults(plan, results, names)),
        (
            *(f"{arm}: {note}" for arm, one in zip(ARMS, (baseline, candidate), strict=True) for note in one.notes),
            *(note for arm in arms for note in arm.notes),
            *_only(only),
            *_uneven(results),
            *notes,
            *clocks(baseline.rows["time"].to_list(), candidate.rows["time"].to_list()),
        ),
    )


def _settle_trials(scored: Scored, arm: str) -> _Arm:
    """Return the runs with the number of each trial; of rows that are there twice, one.

    Where nothing says which trial a row is, as many rows of each case are trials, and a few repeated ones are a fault
    of the file: which of two different scores is right, it does not say.
    """
    rows = scored.rows
    key = ["metric", "case_id"]
    if rows["trial"].is_null().any():
        repeated = rows.group_by(key).agg(pl.len().alias("n"), pl.col("row").n_unique().alias("n_rows"))
        counts = set(repeated["n"].to_list())
        is_even = len(counts) == 1 and counts != {1}
        if is_even and (repeated["n_rows"] > 1).any():
            numbered = rows.with_columns(pl.int_range(pl.len()).over(key).alias("trial"))
            note = f"{arm}: nothing names the trial; {counted(max(counts), 'row')} of each case, taken for trials"
            return _Arm(numbered, 0, (), (note,))
    once = rows.unique([*key, "trial", "row"], keep="first", maintain_order=True)
    n_repeated = rows.height - once.height
    twice = once.group_by([*key, "trial"]).len().filter(pl.col("len") > 1)["case_id"].unique().sort().to_list()
    notes = (
        (f"{arm}: {counted(n_repeated, 'row is', 'rows are')} there again, word for word, counted once",)
        if n_repeated
        else ()
    )
    faults = (
        (f"{arm}: {_cases(twice)} stand there more than once with different rows, and nothing tells trials apart",)
        if twice
        else ()
    )
    numbered = once.with_columns(pl.col("trial").rank("dense").over(key).fill_null(1).cast(pl.Int64).sub(1))
    if twice:
        numbered = numbered.unique([*key, "trial"], keep="first", maintain_order=True)
    return _Arm(numbered, n_repeated, faults, notes)


def _results(arms: Sequence[_Arm]) -> pl.DataFrame:
    day = datetime.fromtimestamp(0, UTC).date()
    parts = [
        arm.rows.with_columns(
            pl.lit("").alias("experiment_id"),
            pl.lit(name).alias("arm"),
            pl.lit(day).alias("day"),
        )
        for arm, name in zip(arms, ARMS, strict=True)
    ]
    return RESULTS.fitted(pl.concat(parts))


def _metric(name: str, results: pl.DataFrame, wanted: Wanted) -> tuple[Metric, list[str]]:
    """Return the metric of a score, whose kind and range are read off the values of both arms."""
    values = results.filter(pl.col("metric") == name, pl.col("status") == "ok")["value"].drop_nulls().to_list()
    notes: list[str] = []
    low, high = min(values, default=0.0), max(values, default=1.0)
    is_binary = set(values) <= {0.0, 1.0}
    if not is_binary and not (low >= 0 and high <= 1):
        high = high if high > low else low + 1
        notes.append(f"{name}: its range is taken to be what was seen, {low:g} to {high:g}")
    else:
        low, high = 0.0, 1.0
    width = high - low
    for word, amount in (("margin", wanted.margin), ("mwe", wanted.mwe)):
        if amount is not None and not 0 <= amount < width:
            raise ConfigError(f"{word} == {amount}, must be from 0 and below {width:g}, the range of {name}")
    metric = Metric(
        name=name,
        role="target",
        direction=wanted.direction,
        kind="binary" if is_binary else "bounded",
        range=(low, high),
        mwe=Amount(wanted.mwe),
        margin=None if wanted.margin is None else Amount(wanted.margin),
    )
    return metric, notes


def _nothing(wanted: Wanted) -> Metric:
    """Return what stands for a metric where the two have none in common: nothing is estimated of it."""
    return Metric(name="score", role="target", direction=wanted.direction, mwe=Amount(0.0))


def _faults(plan: Plan, results: pl.DataFrame, names: Sequence[str]) -> list[str]:
    if not names or results.is_empty():
        return ["the two have no score in common"]
    return [
        *judges_differ(results, metrics=plan.metrics),
        *(fault for metric in plan.metrics for fault in too_many_missing(results, metric, by=("case_id",))),
    ]


def _only(only: tuple[Sequence[str], Sequence[str]]) -> list[str]:
    return [
        f"{_cases(cases)} {'is' if len(cases) == 1 else 'are'} in the {arm} only"
        for arm, cases in zip(ARMS, only, strict=True)
        if cases
    ]


def _uneven(results: pl.DataFrame) -> list[str]:
    """Return a note where cases do not all have as many trials, in both arms."""
    counts = results.group_by("arm", "metric", "case_id").len()
    by_arm = {arm: counts.filter(pl.col("arm") == arm)["len"].unique().sort().to_list() for arm in ARMS}
    if max(map(len, by_arm.values())) <= 1 and by_arm["baseline"] == by_arm["candidate"]:
        return []
    one, other = ("/".join(map(str, by_arm[arm])) for arm in ARMS)
    return [f"cases have {one} trials in the baseline and {other} in the candidate; the mean of those there are counts"]


def _in_order(cases: Collection[str]) -> tuple[str, ...]:
    """Return cases sorted, shorter ids first, so that numbers stand in their order."""
    return tuple(sorted(cases, key=lambda case: (len(case), case)))


def _cases(cases: Sequence[str]) -> str:
    listed = ", ".join(map(repr, cases[:NAMED_CASES])) + (", ..." if len(cases) > NAMED_CASES else "")
    return f"{len(cases):,} case{'' if len(cases) == 1 else 's'} ({listed})"
