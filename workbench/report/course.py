"""The course of each problem: traces with it by day, against all traces of that day.

Twice the findings in twice the traffic is no news; a share says what a count cannot.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

import polars as pl

from workbench.report import formats
from workbench.report.detection import DetectionReport
from workbench.report.last_days import last_days


class Course(NamedTuple):
    """One entry a day, from the first drawn day to the last, days without anything too."""

    days: tuple[date, ...]
    found: tuple[int, ...]
    """Traces with the problem."""
    traces: tuple[int, ...]
    """All traces."""

    @property
    def words(self) -> str:
        """The same as a sentence, for who cannot see it."""
        if not any(self.found):
            return "No trace with it in these days."
        most = max(range(len(self.days)), key=lambda at: self.found[at])
        highest = f"{formats.count(self.found[most])} of {formats.count(self.traces[most])}"
        return (
            f"Traces with it by day, {self.days[0]:%Y-%m-%d} to {self.days[-1]:%Y-%m-%d}: "
            f"{formats.count(sum(self.found))} in all, the most, {highest}, on {self.days[most]:%Y-%m-%d}."
        )


def courses(report: DetectionReport) -> Mapping[str, Course]:
    """Return the course of each problem by cluster id, over the last days that have traffic; none without a time."""
    drawn = last_days(report.traffic["on"])
    if drawn is None:
        return {}
    days = tuple(drawn.first + timedelta(days=at) for at in range((drawn.last - drawn.first).days + 1))
    traffic = dict(report.traffic.drop_nulls("on").iter_rows())
    found = _by_day(report)
    return {
        problem.cluster_id: Course(
            days,
            tuple(found.get((problem.cluster_id, day), 0) for day in days),
            tuple(traffic.get(day, 0) for day in days),
        )
        for problem in report.problems
    }


def traces_by_day(report: DetectionReport) -> pl.DataFrame:
    """Return traces with a problem: cluster_id, on (the day of its first finding, UTC) and n."""
    return (
        report.findings.filter(pl.col("cluster_id").is_not_null(), pl.col("at").is_not_null())
        .group_by("cluster_id", pl.coalesce("trace_id", "session_id").alias("unit"))
        .agg(pl.col("at").min().dt.date().alias("on"))
        .group_by("cluster_id", "on")
        .agg(pl.len().cast(pl.Int64).alias("n"))
    )


def _by_day(report: DetectionReport) -> dict[tuple[str, date], int]:
    return {(cluster_id, on): n for cluster_id, on, n in traces_by_day(report).iter_rows()}
