"""Whether a whole cluster may be judged at once: after enough of its traces, drawn at random, were all but alike."""

from collections.abc import Sequence
from typing import NamedTuple

from workbench.stats.intervals import jeffreys

LEAST_CHECKED = 10
"""Traces that a person must have judged one by one: ten alike show that 83 % or more are (Jeffreys, one-sided 95 %)."""
LEAST_ALIKE = 0.9
"""Share of these that must have the label: one slip in ten is forgiven, two are a mixed cluster."""


class CheckSample(NamedTuple):
    """What a person had judged of a cluster one by one."""

    n_checked: int
    """Traces judged, from the first drawn on without a gap."""
    n_agreed: int
    """Those that have the label."""
    low: float
    """Lower bound of the share of the cluster that has it, one-sided 95 %."""

    @property
    def is_enough(self) -> bool:
        """Whether the rest may be judged with them."""
        return self.n_checked >= LEAST_CHECKED and self.n_agreed >= LEAST_ALIKE * self.n_checked


def check_sample(labels: Sequence[str | None], *, label: str) -> CheckSample:
    """Return how far the traces that were judged bear a label out.

    Only those before the first that was left out count: who looks for what agrees and judges that has no random sample.

    Parameters
    ----------
    labels
        What the person said of the cluster's traces, in the random order in which they were drawn; None where nothing.
    label
        What all of them are to have.

    >>> check_sample(["confirmed"] * 9 + ["rejected", None, "confirmed"], label="confirmed").n_agreed
    9
    """
    n_checked = next((place for place, said in enumerate(labels) if said is None), len(labels))
    n_agreed = sum(said == label for said in labels[:n_checked])
    return CheckSample(n_checked, n_agreed, float(jeffreys(n_agreed, n_checked, level=0.90).low))
