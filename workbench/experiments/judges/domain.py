"""Whether a judge was held against people on texts like those that it judges: a rate from elsewhere says little.

No threshold of likeness is fixed: how near the texts of the calibration set are to each other is the yardstick.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from workbench.embedder import Embed
from workbench.experiments.likeness import nearest, vectors

USUAL_SHARE = 0.10
"""Of a set's own texts, those called far: the yardstick lies so that nine in ten are nearer to another of the set."""
FOREIGN_SHARE = 0.50
"""Share of the cases that are far, beyond which the set is of another domain. With 50 texts of one domain of clinc150,
none of 50 draws of others of that domain is, and 79 % of those of another one; with 150 texts none, and 99 %."""
MIN_TEXTS = 20
"""Of the calibration set: with 20, one draw of the same domain in 50 is called another one."""
_AT_ONCE = 1_024


class Domain(NamedTuple):
    """How far cases are from a calibration set."""

    far_share: float
    """Share of the cases that are further from all of the set than nine in ten of its own texts are from the rest."""
    is_foreign: bool
    """Whether more than half are."""


def domain_of(cases: Sequence[str], calibration: Sequence[str], *, embed: Embed) -> Domain | None:
    """Return how far cases are from a calibration set; None where there is no case, or the set is too small to tell.

    Parameters
    ----------
    cases
        What is asked in the experiment.
    calibration
        What was asked where people judged too.
    embed
        What tells likeness.
    """
    if not cases or len(calibration) < MIN_TEXTS:
        return None
    known = vectors(calibration, embed=embed)
    own = []
    for start in range(0, len(known), _AT_ONCE):
        alike = known[start : start + _AT_ONCE] @ known.T
        alike[np.arange(len(alike)), np.arange(start, start + len(alike))] = -np.inf
        own.append(alike.max(axis=1))
    least = np.quantile(np.concatenate(own), USUAL_SHARE)
    far = nearest(vectors(cases, embed=embed), known).similarities < least
    share = float(far.mean())
    return Domain(share, share > FOREIGN_SHARE)
