"""The order in which changes and bundles come: by the pain of the issues that they are for, each counted once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from workbench.records import ReleaseCandidate


class Pain(NamedTuple):
    """How much an issue, or several, hurt users."""

    value: float
    """The estimate."""
    low: float
    """Lower end of its 95 % interval."""
    high: float
    """Upper end of its 95 % interval."""

    @property
    def words(self) -> str:
        """The pain with its interval, as people read it."""
        return f"{self.value:,.1f} ({self.low:,.1f} to {self.high:,.1f})"


PainOf = Callable[[Collection[str]], Pain | None]
"""From issues to their pain in all, each counted once; None where that of one of them is not known.

It is asked of whoever measured it, for no interval of a sum follows from those of its parts: what a detector gets wrong
it gets wrong in all of its issues.
"""


def pain_for(candidate: ReleaseCandidate) -> Pain | None:
    """Return the pain that a candidate is for, as it was when that was put together; None where it was not known."""
    if candidate.pain is None or candidate.pain_low is None or candidate.pain_high is None:
        return None
    return Pain(candidate.pain, candidate.pain_low, candidate.pain_high)


def not_measured(issue_ids: Collection[str]) -> Pain | None:
    """Return None: nobody measured the pain of any issue."""


def by_pain(issues_of: Mapping[str, Sequence[str]], pain: PainOf) -> tuple[str, ...]:
    """Return ids of changes, the one for the greatest pain first; those of which it is not known last, by id.

    Parameters
    ----------
    issues_of
        The issues that each change is for.
    pain
        The pain of issues.
    """
    ranks = {change: rank_of(pain(issues)) for change, issues in issues_of.items()}
    return tuple(sorted(ranks, key=lambda change: (ranks[change], change)))


def rank_of(pain: Pain | None) -> tuple[bool, float]:
    """Return what sorts by pain, the greatest first and what is not known last."""
    return pain is None, 0.0 if pain is None else -pain.value
