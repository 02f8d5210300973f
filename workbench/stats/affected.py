"""How many people a problem really reaches: traces are right or wrong, a person is reached if any of theirs is right.

The share of traces that are right says nothing of people by itself: who has ten traces in a group of which half are
wrong is reached nearly surely, who has one is reached or not.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]

_AT_A_TIME = 4_000_000
"""Traces times draws held at once, a byte each and eight for the random numbers."""


class Affected(NamedTuple):
    """Draws of what a problem reaches."""

    users: Numbers
    """(draws, classes) persons by class."""
    sessions: Numbers
    """(draws,) visits."""


def draw_affected(
    chances: ArrayLike,
    *,
    item: ArrayLike,
    session: ArrayLike,
    user: ArrayLike,
    user_class: ArrayLike,
    n_classes: int,
    rng: np.random.Generator,
) -> Affected:
    """Return draws of how many persons and visits have at least one trace that is right.

    Parameters
    ----------
    chances
        (draws, items) the chance of each item to be right; 0 or 1 where it is known.
    item, session, user
        (traces,) whole numbers from 0: the item that a trace is a copy of, right or wrong together with it, its visit
        and its person. A visit is of one person.
    user_class
        (users,) the class of each person, from 0, below `n_classes`.
    n_classes
        How many classes there are.
    rng
        What the draws follow from.

    Notes
    -----
    Given its chance, an item is right or wrong whatever others of the same person are. Where those are alike, 95 %
    intervals of persons hold the truth 94 times in 100 at a correlation of .3, and 89 times at .6
    (`tests/benchmarks/pain.py --likeness`).
    """
    chance = np.asarray(chances, dtype=np.float64)
    of_item, of_session, of_user = (np.asarray(one, dtype=np.int64) for one in (item, session, user))
    classes = np.asarray(user_class, dtype=np.int64)
    n_draws = len(chance)
    users, sessions = np.zeros((n_draws, n_classes)), np.zeros(n_draws)
    if not len(of_item):
        return Affected(users, sessions)
    order = np.lexsort((of_session, of_user))
    of_item, of_session, of_user = of_item[order], of_session[order], of_user[order]
    session_starts = _starts(of_session)
    user_starts = _starts(of_user[session_starts])
    classes_of_users = classes[of_user[session_starts][user_starts]]
    step = max(1, _AT_A_TIME // max(len(of_item), chance.shape[1]))
    for at in range(0, n_draws, step):
        some = chance[at : at + step]
        is_right = (rng.random(some.shape) < some)[:, of_item]
        visits = np.logical_or.reduceat(is_right, session_starts, axis=1)
        persons = np.logical_or.reduceat(visits, user_starts, axis=1)
        sessions[at : at + step] = visits.sum(axis=1)
        for one in range(n_classes):
            users[at : at + step, one] = persons[:, classes_of_users == one].sum(axis=1)
    return Affected(users, sessions)


def _starts(ordered: Indices) -> Indices:
    """Return where each run of equal values begins."""
    return np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1) != 0)
