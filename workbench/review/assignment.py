"""Whose item is whose, where reviewers are named: each has as many, and each pair of neighbours has some in common."""

from collections.abc import Sequence


def assigned(n_items: int, *, reviewers: Sequence[str], reviewer: str, n_per_item: int) -> tuple[int, ...]:
    """Return the places that a reviewer is to judge, in order.

    Item p belongs to the reviewers (p + k) mod R for k < n_per_item.

    Raises
    ------
    ValueError
        If the reviewer is none of them.

    >>> assigned(6, reviewers=("ann", "ben", "cem"), reviewer="ann", n_per_item=2)
    (0, 2, 3, 5)
    """
    if reviewer not in reviewers:
        raise ValueError(f"reviewer == {reviewer!r}, must be one of {', '.join(reviewers)}")
    at = reviewers.index(reviewer)
    return tuple(place for place in range(n_items) if (at - place) % len(reviewers) < n_per_item)
