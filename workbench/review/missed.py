"""What detectors missed: the share of unflagged traces that have a problem, and the recall of all detectors together.

How good detectors are at what they find says nothing of what they do not see. A random sample of the traces that none
of them found is the only witness.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl

from workbench.records import CONTROL, SamplingMode
from workbench.review.prevalence import ENDS, Total, in_turn, sum_of, totals_by_cluster


class Missed(NamedTuple):
    """What detectors missed, with 95 % intervals; None where it cannot be told."""

    n_control: int
    """Traces that no detector had found."""
    n_judged: int
    """Those of them that somebody judged, and was sure of."""
    n_problems: int
    """Those of these that have a problem."""
    share: float | None
    """Share of the traces that no detector had found that have one."""
    low: float | None
    high: float | None
    recall: float | None
    """Share of all traces with a problem that at least one detector had found."""
    recall_low: float | None
    recall_high: float | None
    """None too while nothing is known of a cluster under review: what it holds is not counted as found."""


def missed(
    judged: pl.DataFrame,
    *,
    n_population: Mapping[str, int],
    n_clusters: Mapping[str, int],
    mode: SamplingMode = "random",
    seed: int = 0,
) -> Missed:
    """Return what detectors missed, as a sample of the traces that none of them found tells.

    Where something is found in traces that are in no cluster under review, or in one of which nothing is known yet, the
    recall is at least as great. A trace has a problem if any of its findings is confirmed.

    Parameters
    ----------
    judged, n_population, mode, seed
        As of `prevalence`.
    n_clusters
        By trace: of how many clusters under review it is a member; a trace that is not named is in one. A trace that
        has a problem in several of them is found once.

    Notes
    -----
    The recall is found / (found + missed), each drawn from its posterior (`stats.survey.draw_totals`). A trace counts
    in each of its clusters by one over their number (Lavallee 2007, Indirect sampling, the weight share method).
    """
    of_traces = _as_traces(judged)
    totals = totals_by_cluster(of_traces, n_population=n_population, mode=mode, seed=seed)
    of_control = judged.filter(pl.col("kind") == "trace", pl.col("cluster_id").is_null())
    n_problems = int((of_control["label"] == "confirmed").sum())
    n_judged = n_problems + int((of_control["label"] == "rejected").sum())
    n_control = n_population.get(CONTROL, 0)
    control = totals.get(CONTROL)
    if control is None or not n_control:
        return Missed(n_control, n_judged, n_problems, *[None] * 6)
    shares = (control.value / n_control, control.low / n_control, control.high / n_control)
    found = sum_of([total for cluster_id, total in totals.items() if cluster_id != CONTROL])
    once = _share_of_distinct(of_traces, n_clusters)
    if found is None or once is None:
        return Missed(n_control, n_judged, n_problems, *shares, None, None, None)
    value, low, high = _recall(found, control, once)
    is_whole = all(cluster_id in totals for cluster_id, n_traces in n_population.items() if n_traces)
    return Missed(n_control, n_judged, n_problems, *shares, value, low, high if is_whole else None)


def _as_traces(judged: pl.DataFrame) -> pl.DataFrame:
    """Return the items judged in turn; one that was rejected is confirmed where its trace is, in another cluster."""
    is_found = pl.col("kind") == "trace", pl.col("label") == "confirmed", pl.col("cluster_id").is_not_null()
    has_problem = pl.col("target_id").is_in(judged.filter(*is_found)["target_id"].to_list())
    is_rejected = (pl.col("kind") == "trace") & (pl.col("label") == "rejected")
    one = pl.when(is_rejected & has_problem).then(pl.lit("confirmed")).otherwise("label")
    return in_turn(judged).with_columns(label=one)


def _recall(found: Total, control: Total, once: float) -> tuple[float | None, float | None, float | None]:
    with np.errstate(invalid="ignore"):
        drawn = found.draws * once / (found.draws * once + control.draws)
    low, high = np.quantile(np.nan_to_num(drawn), ENDS)
    value = found.value * once / (found.value * once + control.value) if found.value + control.value else None
    return value, float(low) if found.has_hit else 0.0, float(high) if control.has_hit else 1.0


def _share_of_distinct(judged: pl.DataFrame, n_clusters: Mapping[str, int]) -> float | None:
    """Return how many traces with a problem there are to one membership of such a trace; None where there is none."""
    hits = judged.filter(pl.col("kind") == "trace", pl.col("cluster_id").is_not_null(), pl.col("label") == "confirmed")
    if hits.is_empty():
        return None
    weights = (hits["n_alike"] / hits["inclusion_probability"]).to_numpy()
    times = np.array([n_clusters.get(trace_id, 1) for trace_id in hits["target_id"]], dtype=np.float64)
    return float((weights / times).sum() / weights.sum())
