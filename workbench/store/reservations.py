"""Who has which item of a review before them: reservations that expire, notes that are not said yet, and who is done.

It is mutable and no decision, and so outside the ledger's chain. What was judged is noted in the transaction that
appends the verdict, so that neither is there without the other.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from workbench.errors import TakenError
from workbench.records import ERASED
from workbench.store.database import RESERVATIONS, REVIEW_ITEMS, Write, transaction

HOLD = timedelta(minutes=15)
"""How long an item waits for whoever took it: the longest trace is read in less, and a lunch break frees it."""

_ADJUDICATION = ":adjudication"
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
        return f"{self.review_id}{_ADJUDICATION}" if self.is_adjudicating else self.review_id


class Left(NamedTuple):
    """Where a reviewer stands."""

    queue: tuple[int, ...]
    """What is left to judge, in the order in which it comes; skipped items last."""
    own: Mapping[int, Own]
    """What they took, by place."""
    done: Mapping[str, int]
    """How many items each reviewer has judged."""


class Reservations:
    """The reservations of one workspace."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def take(self, seat: Seat, *, now: datetime, hold: timedelta = HOLD) -> int | None:
        """Return the place of the item that the reviewer is to judge next, and hold it for them; None if none is left.

        What they had before them last comes back until it is judged. Else it is the first item that they have neither
        judged nor skipped and that fewer than `n_per_item` others judge or have judged; then what they skipped.
        """
        with self._turn() as connection:
            place = next(_queue(connection, seat, now), None)
            if place is not None:
                _put(connection, seat, place, until_at=_iso(now + hold), skipped_at=None)
        return place

    def hold(self, seat: Seat, place: int, *, now: datetime, hold: timedelta = HOLD) -> bool:
        """Hold an item for the reviewer and return true; false if others have it, as many as it needs."""
        with self._turn() as connection:
            if _n_others(connection, seat, place, now) >= seat.n_per_item:
                return False
            _put(connection, seat, place, until_at=_iso(now + hold))
        return True

    def left(self, seat: Seat, *, now: datetime) -> Left:
        """Return what is left to judge, what the reviewer took, and how much each has done; nothing is held."""
        c = RESERVATIONS.c
        counted = (
            sa.select(c.reviewer, sa.func.count().label("n"))
            .where(c.review_id == seat.key, c.done_at.is_not(None))
            .group_by(c.reviewer)
            .order_by(c.reviewer)
        )
        with transaction(self._engine) as connection:
            queue, own = tuple(_queue(connection, seat, now)), _own(connection, seat)
            done = {row.reviewer: row.n for row in connection.execute(counted)}
            return Left(queue, own, done)

    def own(self, seat: Seat, place: int) -> Own:
        """Return how the reviewer stands to one item."""
        with transaction(self._engine) as connection:
            return _own(connection, seat, RESERVATIONS.c.place == place).get(place, NOTHING)

    def skip(self, seat: Seat, place: int, *, now: datetime) -> None:
        """Let an item go, for others and for the reviewer's end."""
        self._put(seat, place, skipped_at=_iso(now), until_at=None)

    def flag(self, seat: Seat, place: int, *, is_flagged: bool) -> None:
        """Note that the reviewer wants others to look at an item, or no longer does."""
        self._put(seat, place, is_flagged=is_flagged)

    def keep_draft(self, seat: Seat, place: int, text: str, *, now: datetime, hold: timedelta = HOLD) -> None:
        """Keep a note that is not said yet, so that a kernel that dies does not take it along; it is held anew."""
        with self._turn() as connection:
            _check_not_erased(connection, seat, place)
            is_free = _n_others(connection, seat, place, now) < seat.n_per_item
            held = {"until_at": _iso(now + hold)} if is_free else {}
            _put(connection, seat, place, draft=text, **held)

    def finishing(self, seat: Seat, place: int, *, now: datetime) -> Write:
        """Return the noting that the reviewer has judged an item, for the transaction that appends the verdict.

        Drafts of it go. The transaction fails with TakenError where others have the item, as many as it needs.
        """

        def write(connection: sa.Connection) -> None:
            _take_turn(connection)
            _check_not_erased(connection, seat, place)
            if _n_others(connection, seat, place, now) >= seat.n_per_item:
                what = "another reviewer has it by now: nothing was saved"
                raise TakenError(what, where=f"item {place + 1}", fix="go on with the next")
            before = _own(connection, seat, RESERVATIONS.c.place == place).get(place, NOTHING)
            _put(connection, seat, place, done_at=before.done_at or _iso(now), draft="")

        return write

    def finishing_all(self, seat: Seat, places: Collection[int], *, now: datetime) -> Write:
        """Return the noting that the reviewer has judged several items at once: those that others do not have."""

        def write(connection: sa.Connection) -> None:
            _take_turn(connection)
            full, own = _full(connection, seat, now), _own(connection, seat)
            for place in places:
                if place not in full and not own.get(place, NOTHING).done_at:
                    _put(connection, seat, place, done_at=_iso(now), draft="")

        return write

    def reopening(self, seat: Seat, place: int, *, draft: str, now: datetime, hold: timedelta = HOLD) -> Write:
        """Return the putting back of an item with its note, for the transaction that takes its verdict back."""
        values = {"done_at": None, "skipped_at": None, "until_at": _iso(now + hold), "draft": draft}

        def write(connection: sa.Connection) -> None:
            _take_turn(connection)
            _put(connection, seat, place, **values)

        return write

    def releasing(self, seat: Seat, places: Collection[int]) -> Write:
        """Return the letting go of items that were done at once, for the transaction that takes that back."""

        def write(connection: sa.Connection) -> None:
            _take_turn(connection)
            for place in places:
                _put(connection, seat, place, done_at=None, until_at=None)

        return write

    def drafts(self) -> list[Draft]:
        """Return every note that is not said yet."""
        c = RESERVATIONS.c
        wanted = sa.select(c.review_id, c.place, c.reviewer, c.draft).where(c.draft != "")
        with transaction(self._engine) as connection:
            rows = connection.execute(wanted.order_by(c.review_id, c.place, c.reviewer)).all()
        return [
            Draft(row.review_id.removesuffix(_ADJUDICATION), row.place, row.draft, (row.review_id, row.reviewer))
            for row in rows
        ]

    def erase(self, drafts: Collection[Draft]) -> None:
        """Erase some notes: they are about somebody who is erased."""
        c = RESERVATIONS.c
        with transaction(self._engine) as connection:
            for draft in drafts:
                key, reviewer = draft.row
                is_it = sa.and_(c.review_id == key, c.place == draft.place, c.reviewer == reviewer)
                connection.execute(RESERVATIONS.update().where(is_it).values(draft=""))

    def _put(self, seat: Seat, place: int, **values: Any) -> None:
        with self._turn() as connection:
            _put(connection, seat, place, **values)

    @contextmanager
    def _turn(self) -> Iterator[sa.Connection]:
        with transaction(self._engine) as connection:
            _take_turn(connection)
            yield connection


def _queue(connection: sa.Connection, seat: Seat, now: datetime) -> Iterator[int]:
    """Yield the places in the order in which the reviewer is to have them."""
    own, full = _own(connection, seat), _full(connection, seat, now)
    mine = {place: own.get(place) for place in seat.places if place not in full}
    waiting = {place: row for place, row in mine.items() if row is not None and row.done_at is None}
    held = [place for place, row in waiting.items() if not row.skipped_at and (row.until_at or "") > _iso(now)]
    yield from sorted(held, key=lambda place: waiting[place].until_at or "", reverse=True)
    before = set(held)
    yield from (
        place
        for place, row in mine.items()
        if place not in before and (row is None or not (row.done_at or row.skipped_at))
    )
    yield from (place for place, row in waiting.items() if row.skipped_at)


def _own(connection: sa.Connection, seat: Seat, *which: sa.ColumnElement[bool]) -> dict[int, Own]:
    c = RESERVATIONS.c
    wanted = sa.select(c.place, *(c[name] for name in Own._fields))
    rows = connection.execute(wanted.where(c.review_id == seat.key, c.reviewer == seat.reviewer, *which))
    return {place: Own(*row) for place, *row in rows}


def _others(seat: Seat, now: datetime) -> sa.ColumnElement[bool]:
    """Which rows are of others who judge an item, or have judged it."""
    c = RESERVATIONS.c
    has_it = sa.or_(c.done_at.is_not(None), c.until_at > _iso(now))
    return sa.and_(c.review_id == seat.key, c.reviewer != seat.reviewer, has_it)


def _full(connection: sa.Connection, seat: Seat, now: datetime) -> set[int]:
    """Return the places that others have, as many as each needs."""
    c = RESERVATIONS.c
    enough = sa.func.count() >= seat.n_per_item
    return set(connection.scalars(sa.select(c.place).where(_others(seat, now)).group_by(c.place).having(enough)))


def _n_others(connection: sa.Connection, seat: Seat, place: int, now: datetime) -> int:
    counted = sa.select(sa.func.count()).where(_others(seat, now), RESERVATIONS.c.place == place)
    return connection.scalar(counted) or 0


def _check_not_erased(connection: sa.Connection, seat: Seat, place: int) -> None:
    c = REVIEW_ITEMS.c
    if connection.scalar(sa.select(c.target_id).where(c.review_id == seat.review_id, c.place == place)) == ERASED:
        what = "its user was erased meanwhile: nothing was saved"
        raise TakenError(what, where=f"item {place + 1}", fix="go on with the next")


def _put(connection: sa.Connection, seat: Seat, place: int, **values: Any) -> None:
    key = {"review_id": seat.key, "place": place, "reviewer": seat.reviewer}
    is_it = sa.and_(*(RESERVATIONS.c[name] == value for name, value in key.items()))
    changed = connection.execute(RESERVATIONS.update().where(is_it).values(**values))
    if changed.rowcount == 0:
        usual = {"is_flagged": False, "draft": ""}
        connection.execute(RESERVATIONS.insert().values(**key, **{**usual, **values}))


def _iso(moment: datetime) -> str:
    """Return a time whose texts sort as the times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _take_turn(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE reservations IN SHARE ROW EXCLUSIVE MODE"))
