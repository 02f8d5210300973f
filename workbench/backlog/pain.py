"""The pain of each issue: how many users it really reaches, from few verdicts and many findings, as draws.

A cluster holds what a detector found, right or wrong. How often it was right is told by a sample of verdicts with known
chances, and by what was said of the same detector's other clusters; what nobody looked at is drawn accordingly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.backlog.weights import Weights
from workbench.records import Severity
from workbench.schemas import require
from workbench.stats.affected import draw_affected
from workbench.stats.beta_shrinkage import draw_shares

Numbers = NDArray[np.float64]

N_DRAWS = 1_000
"""The ends of an interval then vary by 4 % of its length from seed to seed, as measured on the sample; at most 8 %."""
UNKNOWN_TIER = ""
"""What stands for the tier of a user of whom none is known."""
_TRACES = ("part", "item", "session_id", "user", "user_tier", "label")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One cluster, or a part of it, that counts for an issue, with what was said of its traces."""

    key: str
    """What tells it from others: the issue whose cluster it is."""
    cluster: str
    """The cluster; parts of the same one were split, and rest on one sample."""
    detector: str
    """Its detector: clusters of the same one tell of each other."""
    hits: float
    """Items that were confirmed, of a random sample, in effective numbers."""
    n: float
    """Items of that sample; 0 where nobody looked."""
    share: float = 1.0
    """How much of it counts for the issue: less than all where people split it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suffering:
    """What one issue does to users, as draws that belong together."""

    issue_id: str
    users: Numbers
    """(draws, tiers) users that it reaches."""
    sessions: Numbers
    """(draws,) visits in which it does."""
    tiers: tuple[str, ...]
    """The tiers; UNKNOWN_TIER is last."""
    n_missed: Numbers = field(default_factory=lambda: np.zeros(0))
    """(draws,) of `users` and `sessions`, those that detectors missed; empty where nothing tells of them."""
    n_judged: int = 0
    """Items of its clusters of which people said whether they have it."""
    n_confirmed: int = 0
    """Those that have it."""

    def pain(self, weights: Weights, severity: Severity) -> Numbers:
        """Return draws of users x severity x tier x visits a user, (draws,)."""
        of_tiers = np.array([weights.tiers.get(tier, 1.0) for tier in self.tiers])
        n_users = self.users.sum(axis=1)
        often = self.sessions / np.maximum(n_users, 1) if weights.recurs else 1.0
        return np.asarray(weights.severity[severity] * (self.users @ of_tiers) * often)


def measure(
    traces: Mapping[str, pl.DataFrame],
    parts: Mapping[str, Sequence[Part]],
    *,
    missed: Mapping[str, Numbers] | None = None,
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> list[Suffering]:
    """Return what each issue does to users, in the order of `parts`; deterministic given seed.

    Parameters
    ----------
    traces
        By issue, one row a trace and part: part (a key of its parts), item (what it is a copy of), session_id, user
        (never null), user_tier (null where not known), label (`confirmed` or `rejected` where people said so, of the
        trace or a copy; null else).
    parts
        By issue, its clusters or what it holds of them.
    missed
        By issue, draws of users whom it reaches where no detector saw it.
    n_draws
        How many draws.
    seed
        What they follow from.

    Notes
    -----
    `stats.beta_shrinkage.draw_shares` gives each cluster's share of right items, `stats.affected.draw_affected` what
    that makes in users and visits; what people said of a trace is taken as it is. Of an item in several clusters of an
    issue, which is right or wrong once, the cluster tells by which it most likely counts.
    """
    rng = np.random.default_rng(seed)
    samples = _samples(part for of_issue in parts.values() for part in of_issue)
    drawn = draw_shares(
        [part.hits for part in samples.values()],
        [part.n for part in samples.values()],
        kinds=np.array([part.detector for part in samples.values()], dtype=str),
        n_draws=n_draws,
        rng=rng,
    )
    place = {cluster: at for at, cluster in enumerate(samples)}
    known = {tier for frame in traces.values() for tier in frame["user_tier"].drop_nulls()}
    tiers = (*sorted(known - {UNKNOWN_TIER}), UNKNOWN_TIER)
    told = []
    for issue_id, of_issue in parts.items():
        held = _held(of_issue, place)
        more = (missed or {}).get(issue_id, np.zeros(0))
        told.append(_suffering(issue_id, traces[issue_id], held, drawn, tiers=tiers, missed=more, rng=rng))
    return told


def _samples(parts: Iterable[Part]) -> dict[str, Part]:
    """Return by cluster the part of which most was judged: all of them were judged by the same sample, or less."""
    most: dict[str, Part] = {}
    for part in parts:
        most[part.cluster] = max(most.get(part.cluster, part), part, key=lambda one: one.n)
    return most


def _held(parts: Sequence[Part], place: Mapping[str, int]) -> pl.DataFrame:
    """Return one row a part: its cluster, and how much of it counts."""
    rows = [(part.key, place[part.cluster], part.share) for part in parts]
    return pl.DataFrame(rows, schema={"part": pl.String, "cluster": pl.Int64, "held": pl.Float64}, orient="row")


def _suffering(
    issue_id: str,
    traces: pl.DataFrame,
    held: pl.DataFrame,
    shares: Numbers,
    *,
    tiers: tuple[str, ...],
    missed: Numbers,
    rng: np.random.Generator,
) -> Suffering:
    require(traces, _TRACES, of="backlog.measure")
    coded = traces.with_columns(
        item=pl.col("item").rank("dense") - 1,
        session=pl.struct("user", "session_id").rank("dense") - 1,
        person=pl.col("user").rank("dense") - 1,
    )
    items = _items(coded, held, shares.mean(axis=0))
    known = items["known"].to_numpy()
    chances = np.where(np.isnan(known), shares[:, items["cluster"].to_numpy()], known) * items["held"].to_numpy()
    persons = coded.group_by("person").agg(pl.col("user_tier").drop_nulls().first()).sort("person")
    codes = {tier: at for at, tier in enumerate(tiers)}
    drawn = draw_affected(
        chances,
        item=coded["item"].to_numpy(),
        session=coded["session"].to_numpy(),
        user=coded["person"].to_numpy(),
        user_class=persons["user_tier"].fill_null(UNKNOWN_TIER).replace_strict(codes, return_dtype=pl.Int64).to_numpy(),
        n_classes=len(tiers),
        rng=rng,
    )
    users, sessions = drawn.users, drawn.sessions
    if len(missed):
        users = users.copy()
        users[:, -1] += missed
        sessions = sessions + missed
    return Suffering(
        issue_id=issue_id,
        users=users,
        sessions=sessions,
        tiers=tiers,
        n_missed=missed,
        n_judged=int((~np.isnan(known)).sum()),
        n_confirmed=int((known == 1).sum()),
    )


def _items(coded: pl.DataFrame, held: pl.DataFrame, expected: Numbers) -> pl.DataFrame:
    """Return one row an item, by item: known (1 or 0 where people said so of it, else NaN), and the cluster that tells.

    That is the one by which it most likely counts, with how much of that cluster the issue holds: its parts in all.
    """
    known = pl.when(pl.col("label").count() > 0).then((pl.col("label") == "confirmed").any().cast(pl.Float64))
    labels = coded.group_by("item").agg(known=known.otherwise(float("nan")))
    by_cluster = (
        coded.select("item", "part")
        .unique()
        .join(held, on="part")
        .group_by("item", "cluster")
        .agg(pl.col("held").sum().clip(upper_bound=1.0))
        .join(labels, on="item")
    )
    of_cluster = pl.col("known").fill_nan(pl.lit(expected).gather(pl.col("cluster")))
    return (
        by_cluster.with_columns(chance=of_cluster * pl.col("held"))
        .sort("item", "chance", "cluster", descending=[False, True, False])
        .unique("item", keep="first", maintain_order=True)
    )
