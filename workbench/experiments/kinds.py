"""Kinds of failure in two sets of runs: which ones only the candidate has, and which it no longer has.

A score that rises may hide a new kind of failure behind the old ones that it mended; who decides has to see it.
"""

from collections.abc import Collection
from typing import NamedTuple

import polars as pl

from workbench.experiments.pairs import ARMS
from workbench.schemas import require

SHOWN_CASES = 20
"""Cases that are named of a kind."""
COLUMNS = ("detector", "text", "arm", "case_id", "trace_id")


class FailureKind(NamedTuple):
    """One kind of failure."""

    detector: str
    """The detector that finds it; `failed_check` where the source says itself which of its checks failed."""
    text: str
    """The words that its findings have in common, numbers and ids masked; empty where they are what users said."""
    n_baseline: int
    """Runs of the baseline that have it."""
    n_candidate: int
    """Runs of the candidate that have it."""
    case_ids: tuple[str, ...]
    """Cases of those runs, at most SHOWN_CASES, sorted, shorter ids first."""

    @property
    def words(self) -> str:
        """What it is called: the detector, and the words of its findings."""
        return " ".join([self.detector.replace("_", " "), *([f"({self.text})"] if self.text else [])])


def failure_kinds(found: pl.DataFrame, *, spoken: Collection[str]) -> tuple[FailureKind, ...]:
    """Return every kind of failure, the most frequent first.

    Parameters
    ----------
    found
        One row a finding: `detector`, `text`, `arm`, `case_id`, `trace_id`.
    spoken
        Detectors whose findings have the words of users: what those came for is a topic, and no kind of failure.
    """
    require(found, COLUMNS, of="experiments.kinds")
    if found.is_empty():
        return ()
    text = pl.when(pl.col("detector").is_in(list(spoken))).then(pl.lit("")).otherwise(pl.col("text"))
    by_kind = (
        found.with_columns(text.alias("text"))
        .group_by("detector", "text")
        .agg(
            *(pl.col("trace_id").filter(pl.col("arm") == arm).n_unique().alias(arm) for arm in ARMS),
            pl.col("case_id").unique().alias("case_ids"),
        )
        .sort(pl.col("baseline") + pl.col("candidate"), "detector", "text", descending=[True, False, False])
    )
    return tuple(
        FailureKind(
            row["detector"],
            row["text"],
            row["baseline"],
            row["candidate"],
            tuple(sorted(row["case_ids"], key=lambda case: (len(case), case))[:SHOWN_CASES]),
        )
        for row in by_kind.iter_rows(named=True)
    )


def new_kinds(kinds: Collection[FailureKind]) -> tuple[FailureKind, ...]:
    """Return the kinds that only the candidate has."""
    return tuple(kind for kind in kinds if kind.n_candidate and not kind.n_baseline)


def gone_kinds(kinds: Collection[FailureKind]) -> tuple[FailureKind, ...]:
    """Return the kinds that only the baseline has."""
    return tuple(kind for kind in kinds if kind.n_baseline and not kind.n_candidate)
