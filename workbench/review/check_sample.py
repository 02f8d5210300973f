"""Whether a whole cluster may be judged at once: after enough of its traces, drawn at random, were all but alike."""

from collections.abc import Sequence
from math import log2
from typing import NamedTuple

LEAST_CHECKED = 10
"""Traces that a person must have judged one by one: ten alike show that 69 % or more are."""
LEAST_ALIKE = 0.9
"""Share of these that must have the label: one slip in ten is forgiven, two are a mixed cluster."""

ERROR = 0.05
"""Chance that any of the bounds told while one judges on is above the truth."""


class CheckSample(NamedTuple):
    """What a person had judged of a cluster one by one."""

    n_checked: int
    """Traces judged, from the first drawn on without a gap."""
    n_agreed: int
    """Those that have the label."""
    low: float
    """Lower bound of the share of the cluster's distinct items that has it, one-sided 95 % however often one looks."""

    @property
    def is_enough(self) -> bool:
        """Whether the rest may be judged with them."""
        return self.n_checked >= LEAST_CHECKED and self.n_agreed >= LEAST_ALIKE * self.n_checked


def check_sample(labels: Sequence[str | None], *, label: str) -> CheckSample:
    """Return how far the traces that were judged bear a label out.

    Only those before the first that was left out count: who looks for what agrees and judges that has no random sample.

    The bound is of items: one that many traces say alike counts once. Who may judge the rest as soon as enough agree
    looks again and again until luck lets them: so the bound is made at 10, 20, 40 and so on, each with its part of the
    error.

    Parameters
    ----------
    labels
        What the person said of the cluster's traces, in the random order in which they were drawn; None where nothing.
    label
        What all of them are to have.

    Notes
    -----
    Clopper, Pearson (1934), The use of confidence or fiducial limits; the parts of the error sum to it (Bonferroni).

    Examples
    --------
    >>> check_sample(["confirmed"] * 9 + ["rejected", None, "confirmed"], label="confirmed").n_agreed
    9
    """
    n_checked = next((place for place, said in enumerate(labels) if said is None), len(labels))
    n_agreed = sum(said == label for said in labels[:n_checked])
    return CheckSample(n_checked, n_agreed, _bound([said == label for said in labels[:n_checked]]))


def _bound(is_agreed: Sequence[bool]) -> float:
    """Return the exact bound at the last look, of 10, 20, 40 and so on; at each the chance of an error is halved."""
    if len(is_agreed) < LEAST_CHECKED:
        return 0.0
    from scipy.special import betaincinv  # at the top it costs every command a tenth of a second

    look = int(log2(len(is_agreed) / LEAST_CHECKED))
    n_looked = LEAST_CHECKED << look
    n_agreed = sum(is_agreed[:n_looked])
    return float(betaincinv(n_agreed, n_looked - n_agreed + 1, ERROR / 2 ** (look + 1))) if n_agreed else 0.0
