"""The order in which changes and bundles come: by the pain of the issues that they are for, each counted once."""

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import NamedTuple


class Pain(NamedTuple):
    """How much an issue, or several, hurt users."""

    value: float
    """The estimate."""
    low: float
    """Lower end of its 95 % interval."""
    high: float
    """Upper end of its 95 % interval."""


def summed(issue_ids: Iterable[str], pain: Mapping[str, Pain] | None) -> Pain | None:
    """Return the pain of some issues in all, each counted once; None where that of one of them is not known.

    The interval is recovered from theirs, which are taken to be independent: how far the sum's end lies from the sum is
    the square root of the sum of the squares of how far theirs lie (MOVER: Zou and Donner 2008, "Construction of
    confidence limits about effect measures").

    >>> summed(["iss_1", "iss_2", "iss_1"], {"iss_1": Pain(10, 7, 16), "iss_2": Pain(5, 1, 13)})
    Pain(value=15, low=10.0, high=25.0)
    """
    wanted = sorted(set(issue_ids))
    if pain is None or not wanted or any(issue not in pain for issue in wanted):
        return None
    each = [pain[issue] for issue in wanted]
    value = sum(one.value for one in each)
    below = sqrt(sum((one.value - one.low) ** 2 for one in each))
    above = sqrt(sum((one.high - one.value) ** 2 for one in each))
    return Pain(value, value - below, value + above)


def by_pain(issues_of: Mapping[str, Sequence[str]], pain: Mapping[str, Pain] | None) -> tuple[str, ...]:
    """Return ids of changes, the one for the greatest pain first; those of which it is not known last, by id.

    Parameters
    ----------
    issues_of
        The issues that each change is for.
    pain
        The pain of each issue; None where it was not measured.
    """
    sums = {change: summed(issues, pain) for change, issues in issues_of.items()}
    return tuple(sorted(sums, key=lambda change: (_rank(sums[change]), change)))


def _rank(pain: Pain | None) -> tuple[bool, float]:
    return pain is None, 0.0 if pain is None else -pain.value
