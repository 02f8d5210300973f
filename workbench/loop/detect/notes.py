"""What the reader of a run should know beside its findings: whom reviewers reject, and which clusters have no cause."""

from collections.abc import Mapping

import polars as pl

from workbench import causes


def demotions(demoted: Mapping[str, str]) -> list[str]:
    """Return one note a detector that reviewers reject, with the reason."""
    return [f"{code}: {why}" for code, why in sorted(demoted.items())]


def without_cause(clusters: pl.DataFrame, proposal: causes.Proposal) -> list[str]:
    """Return one note a reason, with the numbers of the clusters that have no cause for it."""
    numbers = dict(clusters.select("cluster_id", "cluster").iter_rows())
    by_reason: dict[causes.Reason, list[int]] = {}
    for cluster_id, why in proposal.without.items():
        by_reason.setdefault(why, []).append(numbers[cluster_id])
    return [
        f"cluster{'s' if len(found) > 1 else ''} {', '.join(map(str, sorted(found)))}: no cause, {causes.WHY[why]}"
        for why, found in sorted(by_reason.items())
    ]
