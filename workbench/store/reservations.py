"""Who has which item of a review before them: reservations that expire, notes that are not said yet, and who is done.

It is mutable and no decision, and so outside the ledger's chain; what was judged, the ledger alone knows, and this is
mended from it.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from workbench.store.database import RESERVATIONS, transaction

HOLD = timedelta(minutes=15)
"""How long an item waits for whoever took it: the longest trace is read in less, and a lunch break frees it."""


class Reservations:
    """The reservations of one workspace."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def take(
        self, review_id: str, reviewer: str, *, n_items: int, n_per_item: int, now: datetime, hold: timedelta = HOLD
    ) -> int | None:
        """Return the place of the item that the reviewer is to judge next, and hold it for them; None if none is left.

        What they had before them comes back until it is judged. Else it is the first item that they have neither judged
        nor skipped and that fewer than `n_per_item` others judge or have judged; then what they skipped.

        Parameters
        ----------
        review_id
            The review.
        reviewer
            Who asks.
        n_items
            Items of the review; their places count from 0.
        n_per_item
            Reviewers that each item is to have, at least 1.
        now
            The time, UTC.
        hold
            How long the item is held.
        """
        with transaction(self._engine) as connection:
            _take_turn(connection)
            rows = connection.execute(sa.select(RESERVATIONS).where(RESERVATIONS.c.review_id == review_id)).all()
            own = {row.place: row for row in rows if row.reviewer == reviewer}
            held = Counter(row.place for row in rows if row.reviewer != reviewer and _is_held(row, now))
            place = next(_candidates(own, held, n_items=n_items, n_per_item=n_per_item, now=now), None)
            if place is not None:
                _put(connection, review_id, place, reviewer, until_at=_iso(now + hold), skipped_at=None)
        return place

    def finish(self, review_id: str, reviewer: str, places: Collection[int], *, now: datetime) -> None:
        """Note what the reviewer has judged; the ledger has it already. Drafts of it go."""
        self._put_all(review_id, reviewer, places, done_at=_iso(now), draft="")

    def reopen(self, review_id: str, reviewer: str, place: int, *, now: datetime, hold: timedelta = HOLD) -> None:
        """Put an item before the reviewer again, after an undo."""
        self._put_all(review_id, reviewer, [place], done_at=None, skipped_at=None, until_at=_iso(now + hold))

    def skip(self, review_id: str, reviewer: str, place: int, *, now: datetime) -> None:
        """Let an item go, for others and for the reviewer's end."""
        self._put_all(review_id, reviewer, [place], skipped_at=_iso(now), until_at=None)

    def keep_draft(self, review_id: str, reviewer: str, place: int, text: str) -> None:
        """Keep a note that is not said yet, so that a kernel that dies does not take it along."""
        self._put_all(review_id, reviewer, [place], draft=text)

    def draft(self, review_id: str, reviewer: str, place: int) -> str:
        """Return the note that the reviewer had begun on an item; empty if there is none."""
        c = RESERVATIONS.c
        wanted = sa.select(c.draft).where(c.review_id == review_id, c.reviewer == reviewer, c.place == place)
        with transaction(self._engine) as connection:
            return connection.scalar(wanted) or ""

    def done(self, review_id: str) -> dict[str, tuple[int, ...]]:
        """Return the places that each reviewer has judged, in the order in which they were judged."""
        c = RESERVATIONS.c
        wanted = sa.select(c.reviewer, c.place).where(c.review_id == review_id, c.done_at.is_not(None))
        with transaction(self._engine) as connection:
            rows = connection.execute(wanted.order_by(c.done_at, c.place)).all()
        places: dict[str, list[int]] = {}
        for row in rows:
            places.setdefault(row.reviewer, []).append(row.place)
        return {reviewer: tuple(of_them) for reviewer, of_them in sorted(places.items())}

    def _put_all(self, review_id: str, reviewer: str, places: Collection[int], **values: Any) -> None:
        with transaction(self._engine) as connection:
            _take_turn(connection)
            for place in places:
                _put(connection, review_id, place, reviewer, **values)


def _candidates(
    own: dict[int, Any], held: Counter[int], *, n_items: int, n_per_item: int, now: datetime
) -> Iterator[int]:
    """Yield the places in the order in which the reviewer is to have them."""
    free = [place for place in range(n_items) if held[place] < n_per_item]
    yield from (place for place in free if place in own and own[place].done_at is None and _is_held(own[place], now))
    yield from (place for place in free if place not in own or not (own[place].done_at or own[place].skipped_at))
    yield from (place for place in free if place in own and own[place].skipped_at and not own[place].done_at)


def _is_held(row: Any, now: datetime) -> bool:
    return row.done_at is not None or (row.until_at is not None and row.until_at > _iso(now))


def _put(connection: sa.Connection, review_id: str, place: int, reviewer: str, **values: Any) -> None:
    key = {"review_id": review_id, "place": place, "reviewer": reviewer}
    is_it = sa.and_(*(RESERVATIONS.c[name] == value for name, value in key.items()))
    changed = connection.execute(RESERVATIONS.update().where(is_it).values(**values))
    if changed.rowcount == 0:
        connection.execute(RESERVATIONS.insert().values(**key, **{"draft": "", **values}))


def _iso(moment: datetime) -> str:
    """Return a time whose texts sort as the times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _take_turn(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE reservations IN SHARE ROW EXCLUSIVE MODE"))
