"""What is judged in each review: its items as they were drawn, each with its chance, beside the ledger's chain.

The chain keeps their digest alone, because the id of a trace has to go when its user is erased. The item and its
chance stay: it was drawn, and counts as not judged, as nothing leads from it to what was said of it any more.
"""

from collections.abc import Collection, Mapping

import polars as pl
import sqlalchemy as sa

from workbench.ids import digest
from workbench.records import ERASED
from workbench.schemas import REVIEW_ITEMS as SCHEMA
from workbench.schemas import require
from workbench.store.database import REVIEW_ITEMS, Write, parts, reading, transaction

_COLUMNS = tuple(SCHEMA.schema.names())


class ReviewItems:
    """The items of all reviews of one workspace."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def adding(self, review_id: str, items: pl.DataFrame) -> Write:
        """Return the writing of a review's items, for the transaction that opens it."""
        require(items, _COLUMNS, of="ReviewItems.adding")
        rows = [{"review_id": review_id, **row} for row in items.select(_COLUMNS).iter_rows(named=True)]

        def write(connection: sa.Connection) -> None:
            connection.execute(REVIEW_ITEMS.delete().where(REVIEW_ITEMS.c.review_id == review_id))
            if rows:
                connection.execute(REVIEW_ITEMS.insert(), rows)

        return write

    def of(self, review_id: str) -> pl.DataFrame:
        """Return the items of a review in schemas.REVIEW_ITEMS, by place."""
        wanted = sa.select(*(REVIEW_ITEMS.c[name] for name in _COLUMNS)).where(REVIEW_ITEMS.c.review_id == review_id)
        with reading(self._engine) as connection:
            rows = [tuple(row) for row in connection.execute(wanted.order_by(REVIEW_ITEMS.c.place))]
        return pl.DataFrame(rows, schema=SCHEMA.schema, orient="row")

    def n_erased(self, review_id: str) -> int:
        """Return how many items of a review are about users who were erased."""
        c = REVIEW_ITEMS.c
        counted = sa.select(sa.func.count()).where(c.review_id == review_id, c.target_id == ERASED)
        with reading(self._engine) as connection:
            return connection.scalar(counted) or 0

    def issues(self) -> Mapping[str, list[str]]:
        """Return the ids of the issues that are judged, by review."""
        wanted = sa.select(REVIEW_ITEMS.c.review_id, REVIEW_ITEMS.c.target_id).where(REVIEW_ITEMS.c.kind == "issue")
        found: dict[str, list[str]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(wanted.order_by(REVIEW_ITEMS.c.place)):
                found.setdefault(row.review_id, []).append(row.target_id)
        return found

    def places(self, traces: Collection[str]) -> Mapping[str, list[int]]:
        """Return the places at which one of the traces is judged, by review."""
        found: dict[str, list[int]] = {}
        with reading(self._engine) as connection:
            for some in parts(sorted(traces)):
                wanted = sa.select(REVIEW_ITEMS.c.review_id, REVIEW_ITEMS.c.place).where(_is_one(some))
                for row in connection.execute(wanted):
                    found.setdefault(row.review_id, []).append(row.place)
        return {review_id: sorted(places) for review_id, places in sorted(found.items())}

    def erase(self, traces: Collection[str]) -> None:
        """Write `[erased]` in the place of the traces' ids; the items and their chances stay."""
        with transaction(self._engine) as connection:
            for some in parts(sorted(traces)):
                connection.execute(REVIEW_ITEMS.update().where(_is_one(some)).values(target_id=ERASED))


def items_digest(items: pl.DataFrame) -> str:
    """Return the digest of a review's items as they were drawn."""
    return digest(*(str(value) for row in items.select(_COLUMNS).iter_rows() for value in row))


def _is_one(traces: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.and_(REVIEW_ITEMS.c.kind == "trace", REVIEW_ITEMS.c.target_id.in_(traces))
