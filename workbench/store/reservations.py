"""Who has which item of a review before them: reservations that expire, notes that are not said yet, and who is done.

It is mutable and no decision, and so outside the ledger's chain. What was judged is noted in the transaction that
appends the verdict, so that neither is there without the other.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from workbench.errors import TakenError
from workbench.store.database import RESERVATIONS, Write, reading, transaction
from workbench.store.queueing import (
    check_not_erased,
    done_by,
    full_places,
    hold_place,
    is_own,
    iso,
    n_left,
    n_others_at,
    own_rows,
    put,
    queue,
    take_turn,
)
from workbench.store.seats import ADJUDICATION, HOLD, NOTHING, Draft, Left, Own, Seat, Standing, Taken


class Reservations:
    """The reservations of one workspace."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def take(self, seat: Seat, *, now: datetime) -> Taken | None:
        """Return the item that the reviewer is to judge next, and hold it for them; None if none is left.

        What they had before them last comes back until it is judged. Else it is the first item that they have neither
        judged nor skipped and that fewer than `n_per_item` others judge or have judged; then what they skipped.
        """
        with self._turn() as connection:
            place = next(queue(connection, seat, now), None)
            return None if place is None else hold_place(connection, seat, place, iso(now + HOLD), skipped_at=None)

    def hold(self, seat: Seat, place: int, *, now: datetime) -> Taken | None:
        """Hold an item for the reviewer and return it; None if others have it, as many as it needs."""
        with self._turn() as connection:
            if n_others_at(connection, seat, place, now) >= seat.n_per_item:
                return None
            return hold_place(connection, seat, place, iso(now + HOLD))

    def ahead(self, seat: Seat, *, but: int, n: int, now: datetime) -> list[Taken]:
        """Return the first `n` items that are to come, save one; none is held."""
        with reading(self._engine) as connection:
            coming = list(islice((place for place in queue(connection, seat, now) if place != but), n))
            own = own_rows(connection, seat, RESERVATIONS.c.place.in_(coming))
            return [Taken(place, own.get(place, NOTHING)) for place in coming]

    def left(self, seat: Seat, *, now: datetime) -> Left:
        """Return what is left to judge and what the reviewer took; nothing is held."""
        with reading(self._engine) as connection:
            return Left(tuple(queue(connection, seat, now)), own_rows(connection, seat))

    def standing(self, seat: Seat, *, now: datetime, n_times: int) -> Standing:
        """Return how far the reviewer has come, with the times of their last judgements; nothing is held."""
        c = RESERVATIONS.c
        is_done, is_skipped = c.done_at.is_not(None), sa.and_(c.done_at.is_(None), c.skipped_at.is_not(None))
        which = {"done": is_done, "skipped": is_skipped, "flagged": c.is_flagged}
        counts = sa.select(*(sa.func.count(sa.case((holds, 1))).label(name) for name, holds in which.items()))
        times = sa.select(c.done_at).distinct().where(is_done, is_own(seat)).order_by(c.done_at.desc()).limit(n_times)
        with reading(self._engine) as connection:
            n = connection.execute(counts.where(is_own(seat))).one()
            last = tuple(datetime.fromisoformat(at) for at in reversed(connection.scalars(times).all()) if at)
            return Standing(
                n_left(connection, seat, now), n.done, n.skipped, n.flagged, last, done_by(connection, seat)
            )

    def own(self, seat: Seat, place: int) -> Own:
        """Return how the reviewer stands to one item."""
        with reading(self._engine) as connection:
            return own_rows(connection, seat, RESERVATIONS.c.place == place).get(place, NOTHING)

    def skip(self, seat: Seat, place: int, *, now: datetime) -> None:
        """Let an item go, for others and for the reviewer's end."""
        self._put(seat, place, skipped_at=iso(now), until_at=None)

    def flag(self, seat: Seat, place: int, *, is_flagged: bool) -> None:
        """Note that the reviewer wants others to look at an item, or no longer does."""
        self._put(seat, place, is_flagged=is_flagged)

    def keep_draft(self, seat: Seat, place: int, text: str, *, now: datetime) -> None:
        """Keep a note that is not said yet, so that a kernel that dies does not take it along; it is held anew."""
        with self._turn() as connection:
            check_not_erased(connection, seat, place)
            is_free = n_others_at(connection, seat, place, now) < seat.n_per_item
            held = {"until_at": iso(now + HOLD)} if is_free else {}
            put(connection, seat, place, draft=text, **held)

    def finishing(self, seat: Seat, place: int, *, now: datetime) -> Write:
        """Return the noting that the reviewer has judged an item, for the transaction that appends the verdict.

        Drafts of it go. The transaction fails with TakenError where others have the item, as many as it needs.
        """

        def write(connection: sa.Connection) -> None:
            take_turn(connection)
            check_not_erased(connection, seat, place)
            if n_others_at(connection, seat, place, now) >= seat.n_per_item:
                what = "another reviewer has it by now: nothing was saved"
                raise TakenError(what, where=f"item {place + 1}", fix="go on with the next")
            before = own_rows(connection, seat, RESERVATIONS.c.place == place).get(place, NOTHING)
            put(connection, seat, place, done_at=before.done_at or iso(now), draft="")

        return write

    def finishing_all(self, seat: Seat, places: Collection[int], *, now: datetime) -> Write:
        """Return the noting that the reviewer has judged several items at once: those that others do not have."""

        def write(connection: sa.Connection) -> None:
            take_turn(connection)
            full, own = full_places(connection, seat, now), own_rows(connection, seat)
            for place in places:
                if place not in full and not own.get(place, NOTHING).done_at:
                    put(connection, seat, place, done_at=iso(now), draft="")

        return write

    def reopening(self, seat: Seat, place: int, *, draft: str, now: datetime) -> Write:
        """Return the putting back of an item with its note, for the transaction that takes its verdict back."""
        values = {"done_at": None, "skipped_at": None, "until_at": iso(now + HOLD), "draft": draft}

        def write(connection: sa.Connection) -> None:
            take_turn(connection)
            put(connection, seat, place, **values)

        return write

    def releasing(self, seat: Seat, places: Collection[int]) -> Write:
        """Return the letting go of items that were done at once, for the transaction that takes that back."""

        def write(connection: sa.Connection) -> None:
            take_turn(connection)
            for place in places:
                put(connection, seat, place, done_at=None, until_at=None)

        return write

    def drafts(self) -> list[Draft]:
        """Return every note that is not said yet."""
        c = RESERVATIONS.c
        wanted = sa.select(c.review_id, c.place, c.reviewer, c.draft).where(c.draft != "")
        with reading(self._engine) as connection:
            rows = connection.execute(wanted.order_by(c.review_id, c.place, c.reviewer)).all()
        return [
            Draft(row.review_id.removesuffix(ADJUDICATION), row.place, row.draft, (row.review_id, row.reviewer))
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
            put(connection, seat, place, **values)

    @contextmanager
    def _turn(self) -> Iterator[sa.Connection]:
        with transaction(self._engine) as connection:
            take_turn(connection)
            yield connection
