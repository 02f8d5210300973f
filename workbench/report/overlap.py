"""Which problems are mostly another one seen again: several detectors find the same fault, each in its own words.

They stay apart, because each may have a cause of its own; a reader is told, so that she does not count one fault twice.
"""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from workbench.report import formats
from workbench.report.detection import DetectionReport

MIN_SHARED = 0.5
"""Share of a problem's traces that makes it "mostly" the same: the usual meaning of the word."""


class Overlap(NamedTuple):
    """The earlier problem that a problem shares most of its traces with."""

    rank: int
    """That problem's place in the report."""
    share: float
    """Share of this problem's traces that have that one too, MIN_SHARED to 1."""

    @property
    def words(self) -> str:
        """The same as words."""
        return f"mostly the same traces as {self.rank} ({formats.share(self.share)})"


def overlaps(report: DetectionReport) -> Mapping[int, Overlap]:
    """Return, by rank, the problems that share at least MIN_SHARED of their traces with one ranked before them.

    Of several the one that shares most is named, of equals the first.
    """
    ranks = pl.DataFrame(
        {
            "cluster_id": [problem.cluster_id for problem in report.problems],
            "rank": [problem.rank for problem in report.problems],
        },
        schema={"cluster_id": pl.String, "rank": pl.Int64},
    )
    touched = report.findings.join(ranks, on="cluster_id").select("rank", "trace_id").drop_nulls().unique()
    sizes = touched.group_by("rank").agg(pl.len().alias("n"))
    shared = (
        touched.join(touched, on="trace_id", suffix="_before")
        .filter(pl.col("rank_before") < pl.col("rank"))
        .group_by("rank", "rank_before")
        .agg(pl.len().alias("n_shared"))
        .join(sizes, on="rank")
        .select("rank", "rank_before", (pl.col("n_shared") / pl.col("n")).alias("share"))
        .filter(pl.col("share") >= MIN_SHARED)
        .sort(["share", "rank_before"], descending=[True, False])
    )
    most: dict[int, Overlap] = {}
    for rank, before, share in shared.iter_rows():
        most.setdefault(rank, Overlap(before, share))
    return most
