"""Planned looks at a running comparison: how small p must be at each, so that all together err no more than one would.

Ten looks at .05 make a useless change look good one time in five. O'Brien and Fleming's spending leaves nearly all of
the error for the end, so looking costs almost no power and a clear gain still stops early.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]

ALPHA = 0.05
"""One-sided, as of the ship decision."""
_NODES = 256
"""Of the integral at each look; twice as many move the boundaries of looks a hundredth apart by less than 1e-13."""
_CLOSEST = 0.01
_WIDEST = 9.0
"""Standard deviations beyond which a normal curve holds less than 1e-18."""


class Looks(NamedTuple):
    """The boundary of each look, arrays of shape (looks,)."""

    shares: Numbers
    """Of the planned units seen, rising, above 0, at most 1."""
    z: Numbers
    """The score that must be reached."""
    alphas: Numbers
    """The one-sided p that must be reached, of whatever test: `z` as a tail. One less twice it is the level of the
    interval that holds at all looks together."""
    spent: Numbers
    """Error spent up to and with the look."""


def obrien_fleming_spent(shares: ArrayLike, *, alpha: float = ALPHA) -> Numbers:
    """Return how much of the one-sided error may be spent once these shares of the planned units are seen.

    Notes
    -----
    Lan, DeMets (1983), Discrete sequential boundaries for clinical trials, whose first function resembles the boundary
    of O'Brien, Fleming (1979), A multiple testing procedure for clinical trials: 2 - 2 Phi(z_(alpha / 2) / sqrt(t)).

    Examples
    --------
    >>> obrien_fleming_spent([0.25, 0.5, 1.0]).round(4).tolist()
    [0.0001, 0.0056, 0.05]
    """
    from scipy.special import ndtr, ndtri  # at the top it costs every command a tenth of a second

    if not 0 < alpha < 1:
        raise ValueError(f"alpha == {alpha}, must be above 0 and below 1")
    return np.asarray(2 * ndtr(ndtri(alpha / 2) / np.sqrt(_checked(shares))))


def plan_looks(shares: ArrayLike, *, alpha: float = ALPHA) -> Looks:
    """Return the boundaries of looks at these shares of the planned units; valid however the shares came about.

    A look may come sooner or later than planned: give the shares as they were. Only at share 1 all error is spent.

    Parameters
    ----------
    shares
        Units seen over units planned, rising by at least 0.01, above 0, at most 1.
    alpha
        One-sided error of all looks together.

    Raises
    ------
    ValueError
        If the shares are no such, or `alpha` is out of bounds.

    Notes
    -----
    Armitage, McPherson, Rowe (1969), Repeated significance tests on accumulating data: the density of the score among
    what has not stopped is carried from look to look by quadrature.

    Examples
    --------
    >>> plan_looks([0.5, 1.0]).alphas.round(4).tolist()
    [0.0056, 0.0482]
    """
    from scipy.optimize import brentq
    from scipy.special import ndtr

    times = _checked(shares)
    spent = obrien_fleming_spent(times, alpha=alpha)
    bounds: list[float] = []
    state = _State.start()
    for at, share in enumerate(times):
        to_spend = spent[at] - (spent[at - 1] if at else 0.0)
        start = state
        z = brentq(
            lambda z, start=start, share=share, due=to_spend: _log(start.crossing(z, share)) - _log(due),
            -_WIDEST,
            4 * _WIDEST,
            xtol=1e-13,
        )
        bounds.append(float(z))
        state = state.after(float(z), share)
    z_values = np.array(bounds)
    return Looks(times, z_values, np.asarray(ndtr(-z_values)), spent)


class _State(NamedTuple):
    """Where the sum of what was seen may be among what has not stopped: a density on nodes."""

    share: float
    at: Numbers
    mass: Numbers
    """Density times the weight of the node."""

    @classmethod
    def start(cls) -> "_State":
        return cls(0.0, np.zeros(1), np.ones(1))

    def crossing(self, z: float, share: float) -> float:
        """Return the chance to reach the boundary at the next look."""
        from scipy.special import ndtr

        step = share - self.share
        away = (z * np.sqrt(share) - self.at) / np.sqrt(step)
        return float(self.mass @ ndtr(-away))

    def after(self, z: float, share: float) -> "_State":
        step = share - self.share
        low = -_WIDEST * np.sqrt(share)
        high = max(min(z * np.sqrt(share), _WIDEST * np.sqrt(share)), low)
        nodes, weights = _quadrature()
        at = low + (high - low) * (nodes + 1) / 2
        away = (at[:, None] - self.at) / np.sqrt(step)
        density = (np.exp(-(away**2) / 2) @ self.mass) / np.sqrt(2 * np.pi * step)
        return _State(share, at, density * weights * (high - low) / 2)


@cache
def _quadrature() -> tuple[Numbers, Numbers]:
    """Return nodes and weights of Gauss and Legendre: always the same, and most of the time that boundaries take."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return nodes, weights


def _log(chance: float) -> float:
    return float(np.log(max(chance, 1e-300)))


def _checked(shares: ArrayLike) -> Numbers:
    times = np.asarray(shares, np.float64)
    if times.ndim != 1 or times.size == 0 or not (times > 0).all() or not (times <= 1).all():
        raise ValueError("shares must be one or more numbers above 0 and at most 1")
    if (np.diff(times) < _CLOSEST * (1 - 1e-9)).any():
        raise ValueError(f"shares must rise by at least {_CLOSEST} from look to look")
    return times
