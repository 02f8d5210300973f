"""One value a user: cases of a user resemble each other, so many of them say little more than a few.

A test that takes ten cases of each of thirty users for three hundred finds effects that are only users.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


def user_means(values: ArrayLike, users: ArrayLike) -> Numbers:
    """Return the mean of each user's values, in the order of the sorted users, shape (users,).

    `t_test` and `t_interval` of the means of differences have users less one degrees of freedom. What is estimated is
    the mean over users: one user counts as one, however often they come.

    Parameters
    ----------
    values
        One a case, shape (cases,).
    users
        Whose case it is, shape (cases,); integers or text.

    Raises
    ------
    ValueError
        If the shapes differ, or a value is not finite.

    Notes
    -----
    Donner, Klar (2000), Design and analysis of cluster randomization trials, chapter 6: analysis at the cluster level.

    Examples
    --------
    >>> user_means([0.0, 1.0, 1.0], ["ann", "ann", "bo"]).tolist()
    [0.5, 1.0]
    """
    numbers, owners = np.asarray(values, np.float64), np.asarray(users)
    if numbers.ndim != 1 or numbers.shape != owners.shape:
        raise ValueError(f"values have shape {numbers.shape} and users {owners.shape}, must be (cases,) of the same")
    if not np.isfinite(numbers).all():
        raise ValueError("a value is not finite")
    _, of_user = np.unique(owners, return_inverse=True)
    counts = np.bincount(of_user)
    return np.asarray(np.bincount(of_user, weights=numbers, minlength=counts.size) / np.maximum(counts, 1))
