"""How common a problem is, from a sample of verdicts: in each cluster, by detector, and where no detector found any.

A cluster is what a program put together; how many of its traces have the problem, only verdicts tell. Each trace that
was judged stands for those that had the same chance to be, and how sure that is stands beside every number.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.ids import digest
from workbench.records import CONTROL, SamplingMode
from workbench.schemas import require
from workbench.stats.survey import draw_totals

Numbers = NDArray[np.float64]

N_DRAWS = 4_000
"""The ends of a 95 % interval then vary by some hundredth of its length from seed to seed."""
ENDS = (0.025, 0.975)
_NEEDED = ("place", "kind", "cluster_id", "detector", "n_alike", "inclusion_probability", "label")
_COUNTS = ("n_traces", "n_drawn", "n_judged", "n_confirmed", "n_rejected", "n_uncertain", "n_counted")
_SCHEMA = {
    "cluster_id": pl.String,
    "detector": pl.String,
    **dict.fromkeys(_COUNTS, pl.Int64),
    **dict.fromkeys(("traces", "traces_low", "traces_high", "share", "low", "high"), pl.Float64),
}
_LEANS = "uncertain"


class Total(NamedTuple):
    """How many traces of a population have a problem."""

    value: float
    """The estimate."""
    draws: Numbers
    """(draws,) what it may be."""
    least: float
    """What is known to have it."""
    most: float
    """What is not known not to have it."""
    has_hit: bool
    """Whether any trace judged has it."""
    has_miss: bool
    """Whether any trace judged has it not."""

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval; where none has it that was judged, it may be none."""
        return float(np.quantile(self.draws, ENDS[0])) if self.has_hit else self.least

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval; where all have it that were judged, it may be all."""
        return float(np.quantile(self.draws, ENDS[1])) if self.has_miss else self.most


def prevalence(
    judged: pl.DataFrame, *, n_population: Mapping[str, int], mode: SamplingMode = "random", seed: int = 0
) -> pl.DataFrame:
    """Return one row a cluster under review: its verdicts, and how many of its traces have the problem.

    Parameters
    ----------
    judged
        The items of the review as of `outcomes`; those of kind trace count.
    n_population
        Traces from which they were drawn, by cluster; CONTROL for those that no detector had found.
    mode
        How the sample was chosen. Where doubtful traces came first and not all were judged, the sample leans to them,
        and nothing is estimated.
    seed
        Seed of the draws.

    Returns
    -------
    DataFrame
        cluster_id (CONTROL for the traces that no detector had found), detector, n_traces (of the population), n_drawn,
        n_judged, n_confirmed, n_rejected, n_uncertain, n_counted (items; the last as of `in_turn`), traces (that have
        the problem), traces_low, traces_high, share (of n_traces), low, high: 95 % intervals. Estimates are null where
        none is possible. In the order of n_population.

    Notes
    -----
    `stats.survey.draw_totals`; uncertain ones count as not judged, and so do those judged out of their turn.

    An item has its chance however many traces say it. Where a few items are most of a cluster, intervals are too short:
    of one that 50 traces say beside 50 others, samples of 20 items hold the truth 9 times in 100, not 95.
    """
    totals = totals_by_cluster(judged, n_population=n_population, mode=mode, seed=seed)
    rows = []
    for cluster_id, n_traces in n_population.items():
        of_cluster = _of(judged, cluster_id)
        counts = dict(of_cluster["label"].value_counts().iter_rows())
        detector = of_cluster["detector"].drop_nulls().first() if cluster_id != CONTROL else None
        rows.append(
            {
                "cluster_id": cluster_id,
                "detector": detector,
                "n_traces": n_traces,
                "n_drawn": of_cluster.height,
                "n_judged": of_cluster["label"].count(),
                **{f"n_{label}": counts.get(label, 0) for label in ("confirmed", "rejected", "uncertain")},
                "n_counted": in_turn(of_cluster)["label"].count(),
                **_told(totals.get(cluster_id), n_traces),
            }
        )
    return pl.DataFrame(rows, schema=_SCHEMA)


def prevalence_by_detector(
    judged: pl.DataFrame, *, n_population: Mapping[str, int], mode: SamplingMode = "random", seed: int = 0
) -> pl.DataFrame:
    """Return one row a detector: how many of the traces in its clusters have the problem, over the clusters judged.

    Parameters
    ----------
    judged, n_population, mode, seed
        As of `prevalence`.

    Returns
    -------
    DataFrame
        detector, n_clusters (of which something was judged), n_clusters_all, n_traces (of those judged; a trace counts
        once a cluster), n_confirmed, n_rejected, share, low, high; by detector.
    """
    clusters = prevalence(judged, n_population=n_population, mode=mode, seed=seed).drop_nulls("detector")
    totals = totals_by_cluster(judged, n_population=n_population, mode=mode, seed=seed)
    rows = []
    for (detector,), of_detector in clusters.group_by("detector", maintain_order=True):
        known = of_detector.filter(pl.col("traces").is_not_null())
        n_traces = int(known["n_traces"].sum())
        total = sum_of([totals[cluster_id] for cluster_id in known["cluster_id"]])
        rows.append(
            {
                "detector": detector,
                "n_clusters": known.height,
                "n_clusters_all": of_detector.height,
                "n_traces": n_traces,
                "n_confirmed": of_detector["n_confirmed"].sum(),
                "n_rejected": of_detector["n_rejected"].sum(),
                **{name: _told(total, n_traces)[name] for name in ("share", "low", "high")},
            }
        )
    counts = ("n_clusters", "n_clusters_all", "n_traces", "n_confirmed", "n_rejected")
    schema = {"detector": pl.String, **dict.fromkeys(counts, pl.Int64)}
    return pl.DataFrame(rows, schema={**schema, **dict.fromkeys(("share", "low", "high"), pl.Float64)}).sort("detector")


def totals_by_cluster(
    judged: pl.DataFrame, *, n_population: Mapping[str, int], mode: SamplingMode = "random", seed: int = 0
) -> Mapping[str, Total]:
    """Return how many traces have the problem, of each cluster of which enough was judged; as of `prevalence`."""
    require(judged, _NEEDED, of="review.prevalence")
    totals = {}
    for cluster_id, n_traces in n_population.items():
        of_cluster = in_turn(_of(judged, cluster_id))
        sure = of_cluster.filter(pl.col("label").is_in(["confirmed", "rejected"]))
        leans = mode == _LEANS and cluster_id != CONTROL and of_cluster["label"].null_count() > 0
        if sure.height and not leans:
            rng = np.random.default_rng([seed, int(digest(cluster_id)[:8], 16)])
            totals[cluster_id] = _total(sure, n_drawn=of_cluster.height, n_traces=n_traces, rng=rng)
    return totals


def in_turn(judged: pl.DataFrame) -> pl.DataFrame:
    """Return the items by place, without the labels that a cluster's items have after the first that was left out.

    Items come in random order: a run from the first on is a random sample, what somebody picked by a search is none.
    """
    is_after = pl.col("label").is_null().cum_sum().over("kind", "cluster_id") > 0
    return judged.sort("place").with_columns(label=pl.when(~is_after).then("label"))


def sum_of(totals: Sequence[Total]) -> Total | None:
    """Return several totals as one; None where there is none."""
    if not totals:
        return None
    return Total(
        sum(one.value for one in totals),
        np.sum([one.draws for one in totals], axis=0),
        sum(one.least for one in totals),
        sum(one.most for one in totals),
        any(one.has_hit for one in totals),
        any(one.has_miss for one in totals),
    )


def _of(judged: pl.DataFrame, cluster_id: str) -> pl.DataFrame:
    is_of = pl.col("cluster_id").is_null() if cluster_id == CONTROL else pl.col("cluster_id") == cluster_id
    return judged.filter(pl.col("kind") == "trace", is_of)


def _total(sure: pl.DataFrame, *, n_drawn: int, n_traces: int, rng: np.random.Generator) -> Total:
    """Return the total of one cluster; whoever stopped early left a random rest, for which the others stand."""
    is_hit = (sure["label"] == "confirmed").to_numpy()
    alike = sure["n_alike"].to_numpy().astype(np.float64)
    weights = alike / sure["inclusion_probability"].to_numpy() * (n_drawn / sure.height)
    n_traces = max(n_traces, int(alike.sum()))
    draws = draw_totals(is_hit, weights, n_population=n_traces, n_draws=N_DRAWS, rng=rng, n_alike=alike)
    known, unseen = float(alike[is_hit].sum()), n_traces - float(alike.sum())
    rest = weights - alike
    share = float(rest[is_hit].sum() / rest.sum()) if rest.sum() > 0 else float(is_hit.mean())
    return Total(known + share * unseen, draws, known, known + unseen, bool(is_hit.any()), bool((~is_hit).any()))


def _told(total: Total | None, n_traces: int) -> dict[str, float | None]:
    if total is None or not n_traces:
        return dict.fromkeys(("traces", "traces_low", "traces_high", "share", "low", "high"))
    traces = {"traces": total.value, "traces_low": total.low, "traces_high": total.high}
    return {**traces, **{name: traces[of] / n_traces for name, of in _SHARES.items()}}


_SHARES = {"share": "traces", "low": "traces_low", "high": "traces_high"}
