"""The statements behind reservations: which items are left to a reviewer, in which order, and who has the others.

An item is open to a reviewer who has not judged it and while fewer others than it needs judge it or have judged it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from workbench.errors import TakenError
from workbench.records import ERASED
from workbench.store.database import RESERVATIONS, REVIEW_ITEMS
from workbench.store.seats import Own, Seat, Taken


def queue(connection: sa.Connection, seat: Seat, now: datetime) -> Iterator[int]:
    """Yield the places in the order in which the reviewer is to have them; no more is read than is asked for.

    What is about an erased user is not among them, whoever held it or put it off: there is nothing to show.
    """
    c, mine = RESERVATIONS.c, frozenset(seat.places)
    waiting = own_rows(connection, seat, c.done_at.is_(None), c.place.not_in(_erased(seat)))
    held = [place for place, row in waiting.items() if not row.skipped_at and (row.until_at or "") > iso(now)]
    skipped = [place for place, row in waiting.items() if row.skipped_at]
    for place in sorted(held, key=lambda place: waiting[place].until_at or "", reverse=True):
        if place in mine and n_others_at(connection, seat, place, now) < seat.n_per_item:
            yield place
    set_aside = {*held, *skipped}
    still_open = connection.scalars(_open(seat, now))
    yield from (place for place in still_open if place in mine and place not in set_aside)
    for place in sorted(skipped):
        if place in mine and n_others_at(connection, seat, place, now) < seat.n_per_item:
            yield place


def _open(seat: Seat, now: datetime) -> sa.Select[int]:
    """Return the query for the places that the reviewer has not judged, nor others, as many as each needs."""
    i, c = REVIEW_ITEMS.c, RESERVATIONS.c
    is_done = sa.exists().where(is_own(seat), c.place == i.place, c.done_at.is_not(None))
    n_others = sa.select(sa.func.count()).where(_others(seat, now), c.place == i.place).scalar_subquery()
    is_of_review = sa.and_(i.review_id == seat.review_id, i.target_id != ERASED)
    return sa.select(i.place).where(is_of_review, ~is_done, n_others < seat.n_per_item).order_by(i.place)


def _erased(seat: Seat) -> sa.Select[int]:
    """Return the query for the places whose user was erased."""
    return sa.select(REVIEW_ITEMS.c.place).where(
        REVIEW_ITEMS.c.review_id == seat.review_id, REVIEW_ITEMS.c.target_id == ERASED
    )


def n_left(connection: sa.Connection, seat: Seat, now: datetime) -> int:
    """Return how many places are left to the reviewer; where all places may be theirs, the database counts them."""
    of_review = sa.select(sa.func.count()).where(REVIEW_ITEMS.c.review_id == seat.review_id)
    if connection.scalar(of_review) == len(seat.places):
        return connection.scalar(sa.select(sa.func.count()).select_from(_open(seat, now).subquery())) or 0
    return sum(1 for _ in queue(connection, seat, now))


def hold_place(connection: sa.Connection, seat: Seat, place: int, until_at: str, **values: Any) -> Taken:
    """Hold an item for the reviewer until a time, and return it; what else they looked at goes, save begun notes."""
    c = RESERVATIONS.c
    is_left = sa.and_(is_own(seat), c.place != place, c.done_at.is_(None), c.draft == "")
    connection.execute(RESERVATIONS.update().where(is_left).values(until_at=None))
    put(connection, seat, place, until_at=until_at, **values)
    return Taken(place, own_rows(connection, seat, RESERVATIONS.c.place == place)[place])


def done_by(connection: sa.Connection, seat: Seat) -> dict[str, int]:
    """Return how many items each reviewer has judged."""
    c = RESERVATIONS.c
    counted = sa.select(c.reviewer, sa.func.count().label("n")).where(c.review_id == seat.key, c.done_at.is_not(None))
    return {row.reviewer: row.n for row in connection.execute(counted.group_by(c.reviewer).order_by(c.reviewer))}


def is_own(seat: Seat) -> sa.ColumnElement[bool]:
    """Return which reservations are the reviewer's."""
    return sa.and_(RESERVATIONS.c.review_id == seat.key, RESERVATIONS.c.reviewer == seat.reviewer)


def own_rows(connection: sa.Connection, seat: Seat, *which: sa.ColumnElement[bool]) -> dict[int, Own]:
    """Return how the reviewer stands to the items that they took, or to some of them, by place."""
    c = RESERVATIONS.c
    wanted = sa.select(c.place, *(c[name] for name in Own._fields))
    rows = connection.execute(wanted.where(is_own(seat), *which).order_by(c.place))
    return {place: Own(*row) for place, *row in rows}


def _others(seat: Seat, now: datetime) -> sa.ColumnElement[bool]:
    """Which rows are of others who judge an item, or have judged it."""
    c = RESERVATIONS.c
    has_it = sa.or_(c.done_at.is_not(None), c.until_at > iso(now))
    return sa.and_(c.review_id == seat.key, c.reviewer != seat.reviewer, has_it)


def full_places(connection: sa.Connection, seat: Seat, now: datetime) -> set[int]:
    """Return the places that others have, as many as each needs."""
    c = RESERVATIONS.c
    enough = sa.func.count() >= seat.n_per_item
    return set(connection.scalars(sa.select(c.place).where(_others(seat, now)).group_by(c.place).having(enough)))


def n_others_at(connection: sa.Connection, seat: Seat, place: int, now: datetime) -> int:
    """Return how many others judge an item, or have judged it."""
    counted = sa.select(sa.func.count()).where(_others(seat, now), RESERVATIONS.c.place == place)
    return connection.scalar(counted) or 0


def check_not_erased(connection: sa.Connection, seat: Seat, place: int) -> None:
    """Check that an item can still be judged.

    Raises
    ------
    TakenError
        If its user was erased.
    """
    c = REVIEW_ITEMS.c
    if connection.scalar(sa.select(c.target_id).where(c.review_id == seat.review_id, c.place == place)) == ERASED:
        what = "its user was erased meanwhile: nothing was saved"
        raise TakenError(what, where=f"item {place + 1}", fix="go on with the next")


def put(connection: sa.Connection, seat: Seat, place: int, **values: Any) -> None:
    """Write how the reviewer stands to an item."""
    key = {"review_id": seat.key, "place": place, "reviewer": seat.reviewer}
    is_it = sa.and_(*(RESERVATIONS.c[name] == value for name, value in key.items()))
    changed = connection.execute(RESERVATIONS.update().where(is_it).values(**values))
    if changed.rowcount == 0:
        usual = {"is_flagged": False, "draft": ""}
        connection.execute(RESERVATIONS.insert().values(**key, **{**usual, **values}))


def iso(moment: datetime) -> str:
    """Return a time whose texts sort as the times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def take_turn(connection: sa.Connection) -> None:
    """Keep others from reserving until this transaction ends; on SQLite every transaction does."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE reservations IN SHARE ROW EXCLUSIVE MODE"))
