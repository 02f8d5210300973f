"""Who reviews what, as values: a reviewer's seat, what they have before them, and how far they have come."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

HOLD = timedelta(minutes=15)
"""How long an item waits for whoever took it: the longest trace is read in less, and a lunch break frees it."""

ADJUDICATION = ":adjudication"
"""Ends the key of an adjudication's reservations; the id of a review has no colon."""


class Own(NamedTuple):
    """How one reviewer stands to one item."""

    until_at: str | None
    """How long it is held for them; None if it was let go."""
    done_at: str | None
    """When they judged it; None while they have not."""
    skipped_at: str | None
    """When they passed it over; None if they did not."""
    is_flagged: bool
    """Whether they want others to look at it."""
    draft: str
    """A note that they began."""


NOTHING = Own(None, None, None, is_flagged=False, draft="")
"""How a reviewer stands to an item that they never had."""


class Draft(NamedTuple):
    """A note that is not said yet."""

    review_id: str
    """The review."""
    place: int
    """The place of the item that it is about."""
    text: str
    """What it says so far."""
    row: tuple[str, str]
    """Under which key and for whom it is kept."""


class Seat(NamedTuple):
    """One reviewer's place in one review, and which of its items are theirs to judge."""

    review_id: str
    """The review."""
    reviewer: str
    """Who judges."""
    places: Sequence[int]
    """The places that may be theirs, in the order in which they are to come."""
    n_per_item: int
    """Reviewers that each item is to have, at least 1."""
    is_adjudicating: bool = False
    """Whether they decide between reviewers who disagree; that is a queue of its own."""

    @property
    def key(self) -> str:
        """What the reservations of this queue are kept under."""
        return f"{self.review_id}{ADJUDICATION}" if self.is_adjudicating else self.review_id


class Taken(NamedTuple):
    """One item that a reviewer has before them."""

    place: int
    """Its place."""
    row: Own
    """How they stand to it."""


class Standing(NamedTuple):
    """How far a reviewer has come."""

    n_left: int
    """Items that are left to judge, skipped ones among them."""
    n_done: int
    """Items that they judged."""
    n_skipped: int
    """Items that they passed over and did not judge since."""
    n_flagged: int
    """Items that others should look at."""
    times: tuple[datetime, ...]
    """When they judged last, oldest first; what was judged at once has one time."""
    done: Mapping[str, int]
    """How many items each reviewer has judged."""


class Left(NamedTuple):
    """Where a reviewer stands, item by item."""

    queue: tuple[int, ...]
    """What is left to judge, in the order in which it comes; skipped items last."""
    own: Mapping[int, Own]
    """What they took, by place."""
