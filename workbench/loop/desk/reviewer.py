"""Who sits at a desk, and which items of the review may be theirs."""

from collections.abc import Sequence
from typing import NamedTuple

from workbench.errors import ConfigError
from workbench.loop.desk.item import Item
from workbench.loop.desk.log import Log
from workbench.records import Actor, Identity, Review
from workbench.review import assigned
from workbench.store.seats import Seat


class Reviewer(NamedTuple):
    """One reviewer of one review."""

    name: str
    """Their name."""
    identity: Identity
    """How it was obtained."""
    is_adjudicating: bool
    """Whether they decide between others."""

    @property
    def actor(self) -> Actor:
        """Who the ledger says has appended."""
        return Actor(kind="HUMAN", name=self.name, identity=self.identity)


def seat_of(reviewer: Reviewer, review: Review, items: Sequence[Item], log: Log) -> Seat:
    """Return the reviewer's place: items assigned to them, or any; of an adjudicator those that others disagree on.

    Nobody decides what they are a party to, nor before all have judged: they would read what they are yet to say.

    Raises
    ------
    ConfigError
        If the review names its reviewers, and not this one.
    """
    places: Sequence[int]
    if reviewer.is_adjudicating:
        parties = log.disagreed()
        places = [
            item.place
            for item in items
            if not item.is_erased and len(by := parties.get(item.target, ())) >= review.n_per_item
            if reviewer.name not in by
        ]
        return Seat(review.id, reviewer.name, places, 1, is_adjudicating=True)
    places = range(len(items))
    if review.reviewers:
        places = _assigned(reviewer, review)
    return Seat(review.id, reviewer.name, [one for one in places if not items[one].is_erased], review.n_per_item)


def _assigned(reviewer: Reviewer, review: Review) -> tuple[int, ...]:
    if reviewer.name not in review.reviewers:
        fix = f"its reviewers are {', '.join(review.reviewers)}"
        raise ConfigError(f"reviewer == {reviewer.name!r}, must be one of the review's", where=review.id, fix=fix)
    return assigned(review.n_items, reviewers=review.reviewers, reviewer=reviewer.name, n_per_item=review.n_per_item)
