"""Who is asked what, when: all of it known before the first call, and the same for the same seed.

Arms alternate case by case, and so does which of them is first, so that an hour in which the provider is slow or has
changed its model falls on all arms alike.
"""

import random
from collections.abc import Sequence
from typing import NamedTuple

from workbench.experiments.arm import Arm
from workbench.experiments.case import Case
from workbench.ids import digest

SEED_BITS = 31
"""What every model server takes as a seed."""


class Item(NamedTuple):
    """One question to one arm."""

    arm: Arm
    """Who is asked."""
    case: Case
    """What is asked."""
    trial: int
    """Which run of the case in this arm, from 0."""
    seed: int
    """The same for all arms of a case and trial: chance that arms share does not tell them apart."""

    @property
    def key(self) -> str:
        """What stands for it: all that its answer depends on. Another version, model, setting or case has another."""
        arm = self.arm
        return digest(arm.name, arm.version, arm.adapter, self.case.asked_digest, f"{self.trial} {self.seed}")


def schedule(cases: Sequence[Case], arms: Sequence[Arm], *, n_trials: int = 1, seed: int) -> tuple[Item, ...]:
    """Return all questions in the order in which they are asked; deterministic.

    Each trial goes through the cases in an order of its own; of a case all arms are asked one after the other, and the
    arm that is first alternates from case to case.

    Parameters
    ----------
    cases
        The cases.
    arms
        The arms.
    n_trials
        Runs of each case in each arm.
    seed
        What all order and all seeds follow from.

    Raises
    ------
    ValueError
        If there is no case, arm or trial, or a case or arm is there twice.
    """
    if not cases or not arms or n_trials < 1:
        raise ValueError(f"{len(cases)} cases, {len(arms)} arms, {n_trials} trials, must each be at least 1")
    if len({case.case_id for case in cases}) < len(cases) or len({arm.name for arm in arms}) < len(arms):
        raise ValueError("a case or an arm is there twice, each must have a name of its own")
    by_id = sorted(cases, key=lambda case: case.case_id)
    items = []
    for trial in range(n_trials):
        rng = random.Random(f"{seed} {trial}")  # noqa: S311  (an order, no secret)
        first = rng.randrange(len(arms))
        for place, case in enumerate(rng.sample(by_id, k=len(by_id))):
            own = _seed_of(case, seed=seed, trial=trial)
            turn = (first + place) % len(arms)
            items += [Item(arm, case, trial, own) for arm in (*arms[turn:], *arms[:turn])]
    return tuple(items)


def _seed_of(case: Case, *, seed: int, trial: int) -> int:
    return int(digest(str(seed), case.case_id, str(trial)), 16) >> (256 - SEED_BITS)
