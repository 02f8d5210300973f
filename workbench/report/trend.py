"""What is new, growing or fading: each problem's share of the last days' traces against its share before.

A share that moved is chance until a test says otherwise, and with many problems some test always does: the claims of a
page count together.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, NamedTuple

import polars as pl

from workbench.report.course import traces_by_day
from workbench.report.detection import DetectionReport
from workbench.report.last_days import last_days
from workbench.stats.exact import over_representation
from workbench.stats.intervals import ratio_of_shares
from workbench.stats.multiplicity import benjamini_hochberg

State = Literal["new", "growing", "fading", "gone", "steady"]
"""New and gone: in none of the traces before, or of late; steady: no difference beyond chance."""
MAX_Q = 0.05
"""The false-discovery rate of the page: of twenty problems said to move, one may be chance."""


class Trend(NamedTuple):
    """How one problem moved."""

    state: State
    recent: int
    """Traces of the last days with it."""
    n_recent: int
    """Traces of the last days."""
    before: int
    """Traces before with it."""
    n_before: int
    """Traces before."""
    ratio: float
    """Share of late over share before; infinite where it was in none before."""
    low: float
    """Lower end of the 95 % interval of the ratio."""
    high: float
    """Upper end of the 95 % interval of the ratio."""
    q_value: float
    """False-discovery-rate adjusted one-sided p of the direction it moved in, over both directions of all problems."""


def trends(report: DetectionReport, *, recent_days: int) -> Mapping[str, Trend]:
    """Return how each problem moved, by cluster id; empty where there is no traffic before the last days.

    Parameters
    ----------
    report
        The detection run.
    recent_days
        The days that are compared with those before, up to the last one with traffic; 1 to 60.

    Notes
    -----
    Fisher's exact test in both directions, Benjamini and Hochberg (1995) over all of them; the interval of the ratio is
    the score interval. A session counts in the day of its first finding, against that day's traces.

    Raises
    ------
    ValueError
        If `recent_days` is out of its bounds.
    """
    if not 1 <= recent_days <= 60:
        raise ValueError(f"recent_days == {recent_days}, must be 1 to 60")
    drawn = last_days(report.traffic["on"])
    if drawn is None or not report.problems:
        return {}
    is_recent = pl.col("on") > drawn.last - timedelta(days=recent_days)
    known = report.traffic.drop_nulls("on")
    n_recent, n_before = (int(known.filter(of)["n"].sum()) for of in (is_recent, ~is_recent))
    if not n_recent or not n_before:
        return {}
    found = (
        traces_by_day(report)
        .group_by("cluster_id")
        .agg(recent=pl.col("n").filter(is_recent).sum(), all=pl.col("n").sum())
    )
    counts = {cluster_id: (recent, every - recent) for cluster_id, recent, every in found.iter_rows()}
    ids = [problem.cluster_id for problem in report.problems]
    recent = [min(counts.get(one, (0, 0))[0], n_recent) for one in ids]
    before = [min(counts.get(one, (0, 0))[1], n_before) for one in ids]
    up = over_representation(recent, n_recent, other_hits=before, other_n=n_before)
    down = over_representation(before, n_before, other_hits=recent, other_n=n_recent)
    q_values = benjamini_hochberg([*up, *down])
    interval = ratio_of_shares(recent, n_recent, other_hits=before, other_n=n_before)
    return {
        one: Trend(
            _state(recent[at], before[at], float(q_values[at]), float(q_values[at + len(ids)])),
            recent[at],
            n_recent,
            before[at],
            n_before,
            (recent[at] / n_recent) / (before[at] / n_before) if before[at] else float("inf"),
            float(interval.low[at]),
            float(interval.high[at]),
            float(min(q_values[at], q_values[at + len(ids)])),
        )
        for at, one in enumerate(ids)
    }


def _state(recent: int, before: int, q_up: float, q_down: float) -> State:
    if q_up <= MAX_Q:
        return "growing" if before else "new"
    if q_down <= MAX_Q:
        return "fading" if recent else "gone"
    return "steady"
