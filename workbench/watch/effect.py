"""What the change did to the problem, as detectors find it, against the best comparison that the traffic allows.

Users who were held back at random live through the same days. Where none were, issues that nobody mended tell what the
days did. Where there are none either, before and after are compared, and the label says that this is all.
"""

from typing import NamedTuple

import numpy as np
import polars as pl

from workbench.records import WatchDesign
from workbench.schemas import require
from workbench.stats.quasi_binomial import shift
from workbench.stats.user_ratios import Sums, log_ratio
from workbench.stats.welch import Difference, difference_interval

CONTROL_HITS = 20
"""Findings of control issues on each side of the ship: fewer would add more noise than the days they take out."""
LEAST_USERS = 20
"""In each arm of a hold-back."""
_LEAST_WEEKS = 4


class Effect(NamedTuple):
    """How the problem moved."""

    design: WatchDesign
    """What it is measured against."""
    ratio: float
    """How many times as common it is with the change."""
    low: float
    """Lower end of the 95 % interval."""
    high: float
    """Upper end of it."""


def best_effect(weeks: pl.DataFrame, arms: pl.DataFrame | None = None) -> Effect | None:
    """Return the effect by the best design that there is enough of; None while there is not enough of any.

    Parameters
    ----------
    weeks
        As of `traffic.by_week`.
    arms
        One row a user of a flag after the ship: is_changed (by assignment), n (traces), n_found; None where no users
        were held back.
    """
    found = held_back(arms) if arms is not None else None
    return found or against_controls(weeks) or before_after(weeks)


def held_back(arms: pl.DataFrame) -> Effect | None:
    """Return the effect between users who have the change and users who were held back, at the same time.

    Notes
    -----
    `stats.user_ratios.log_ratio`: users with many traces count for one. None where an arm has few users or no finding.
    """
    require(arms, ("is_changed", "n", "n_found"), of="watch.held_back")
    sides = [arms.filter(pl.col("is_changed") == is_changed, pl.col("n") > 0) for is_changed in (False, True)]
    if any(side.height < LEAST_USERS or not side["n_found"].sum() for side in sides):
        return None
    old, new = (Sums(side["n_found"].to_numpy(), side["n"].to_numpy()) for side in sides)
    return _effect("hold_back", log_ratio(old, new))


def against_controls(weeks: pl.DataFrame) -> Effect | None:
    """Return the effect beside issues that nobody mended: how its part of the findings of both moved.

    A day that makes every problem more frequent moves both, and not that part. None where control issues were hardly
    found, or there are few weeks.
    """
    sides = weeks.group_by("is_after").agg(pl.col("n_controls").sum())
    if sides.height < 2 or sides["n_controls"].min() < CONTROL_HITS:  # type: ignore[operator]
        return None
    both = weeks.with_columns(n=pl.col("n_found") + pl.col("n_controls")).filter(pl.col("n") > 0)
    return _shifted(both, "control_issues")


def before_after(weeks: pl.DataFrame) -> Effect | None:
    """Return the effect by comparing weeks before and after alone; None where there are few."""
    return _shifted(weeks.filter(pl.col("n") > 0), "before_after")


def _shifted(weeks: pl.DataFrame, design: WatchDesign) -> Effect | None:
    """Return by how much the odds moved: of a rare problem, about by how much its share did."""
    if weeks.height < _LEAST_WEEKS or weeks["is_after"].n_unique() < 2 or not weeks["n_found"].sum():
        return None
    moved = shift(weeks["n_found"].to_numpy(), weeks["n"].to_numpy(), is_after=weeks["is_after"].to_numpy())
    return _effect(design, moved.log_odds)


def _effect(design: WatchDesign, logarithm: Difference) -> Effect:
    low, high = difference_interval(logarithm)
    return Effect(design, *(float(np.exp(end)) for end in (logarithm.value, low, high)))
