"""How common the problem was, and how common it may be at most to be called gone."""

from typing import NamedTuple

from workbench.counted import counted

TARGET_RATIO = 0.5
"""Of what it was: a problem of which more than half is left was not mended."""
_PRIOR = 0.5
"""Jeffreys' prior of a share."""


class Before(NamedTuple):
    """How common the problem was before the ship."""

    n: int
    """Traces that were examined."""
    n_found: int
    """Those in which a detector found it."""
    precision: float
    """How often that was right."""

    @property
    def share(self) -> float:
        """Share of traces that had it, as far as detectors find it."""
        return self.n_found / self.n * self.precision if self.n else 0.0


def before_of(n: int, n_found: int, *, n_right: float, n_judged: float) -> Before:
    """Return how common it was.

    Parameters
    ----------
    n, n_found
        Traces examined, and those in which it was found.
    n_right, n_judged
        Of a sample of these, in effective numbers, how many people judged, and how many had it.

    Notes
    -----
    The precision is the mean under Jeffreys' prior; where nobody judged, everything found is taken to be right. What
    detectors missed is not counted, which makes the target that follows a strict one.

    Examples
    --------
    >>> before_of(1000, 40, n_right=9.5, n_judged=12).share
    0.03076923076923077
    """
    precision = (n_right + _PRIOR) / (n_judged + 2 * _PRIOR) if n_judged else 1.0
    return Before(n, n_found, min(precision, 1.0))


def target_of(before: Before, *, ratio: float = TARGET_RATIO) -> float:
    """Return the share of traces below which the problem is gone.

    Raises
    ------
    ValueError
        If the ratio is not above 0 and below 1, or the problem was never found.

    Examples
    --------
    >>> target_of(Before(1000, 40, 1.0))
    0.02
    """
    if not 0 < ratio < 1:
        raise ValueError(f"ratio == {ratio}, must be above 0 and below 1")
    if not before.share:
        raise ValueError(
            f"it was found in {before.n_found} of {counted(before.n, 'trace')}: there is nothing to fall from"
        )
    return before.share * ratio
