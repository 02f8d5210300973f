"""The pain of each issue: how many users it really reaches, from few verdicts and many findings, as draws.

A cluster holds what a detector found, right or wrong. How often it was right is told by a sample of verdicts with known
chances, and by what was said of the same detector's other clusters; what nobody looked at is drawn accordingly.
"""

from collections.abc import Mapping, Sequence
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
    """One cluster that counts for an issue, with what was said of its traces."""

    key: str
    """What tells it from others: the issue whose cluster it is."""
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
        By issue, one row a trace and cluster: part (a key of its parts), item (what it is a copy of), session_id, user
        (never null), user_tier (null where not known), label (`confirmed` or `rejected` where people said so, of the
        trace or a copy; null else).
    parts
        By issue, its clusters.
    missed
        By issue, draws of users whom it reaches where no detector saw it.
    n_draws
        How many draws.
    seed
        What they follow from.

    Notes
    -----
    `stats.beta_shrinkage.draw_shares` gives each cluster's share of right items, `stats.affected.draw_affected` what
    that makes in users and visits; what people said of a trace is taken as it is.
    """
    rng = np.random.default_rng(seed)
    every = [part for of_issue in parts.values() for part in of_issue]
    drawn = draw_shares(
        [part.hits for part in every],
        [part.n for part in every],
        kinds=np.array([part.detector for part in every], dtype=str),
        n_draws=n_draws,
        rng=rng,
    )
    known = {tier for frame in traces.values() for tier in frame["user_tier"].drop_nulls()}
    tiers = (*sorted(known - {UNKNOWN_TIER}), UNKNOWN_TIER)
    told, at = [], 0
    for issue_id, of_issue in parts.items():
        shares = drawn[:, at : at + len(of_issue)]
        at += len(of_issue)
        more = (missed or {}).get(issue_id, np.zeros(0))
        told.append(_suffering(issue_id, traces[issue_id], of_issue, shares, tiers=tiers, missed=more, rng=rng))
    return told


def _suffering(
    issue_id: str,
    traces: pl.DataFrame,
    parts: Sequence[Part],
    shares: Numbers,
    *,
    tiers: tuple[str, ...],
    missed: Numbers,
    rng: np.random.Generator,
) -> Suffering:
    require(traces, _TRACES, of="backlog.measure")
    place = {part.key: at for at, part in enumerate(parts)}
    coded = traces.with_columns(
        item=pl.struct("part", "item").rank("dense") - 1,
        session=pl.struct("user", "session_id").rank("dense") - 1,
        person=pl.col("user").rank("dense") - 1,
        of_part=pl.col("part").replace_strict(place, return_dtype=pl.Int64),
    )
    items = coded.group_by("item").agg(pl.col("of_part").first(), pl.col("label").drop_nulls().first()).sort("item")
    of_part = items["of_part"].to_numpy()
    known = items["label"].replace_strict({"confirmed": 1.0, "rejected": 0.0}, return_dtype=pl.Float64).to_numpy()
    of_whole = np.array([part.share for part in parts], dtype=np.float64)[of_part]
    chances = np.where(np.isnan(known), shares[:, of_part], known) * of_whole
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
    return Suffering(issue_id=issue_id, users=users, sessions=sessions, tiers=tiers, n_missed=missed)
