"""Whose data was erased, and the marks by which it is told when it comes in again.

Everything here is keyed: without the secret nobody can tell who was erased, or which of their traces there were.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import polars as pl
import sqlalchemy as sa

from workbench.ids import key_user
from workbench.records import ERASED
from workbench.schemas import SPANS, Table
from workbench.store.belongings import TEXTS_THAT_NAME
from workbench.store.database import ERASED_MARKS, ERASURES, parts, reading, transaction
from workbench.store.naming import Names, mark

_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """What may not come in again."""

    users: dict[str, datetime]
    """Keyed ids, and when each was erased: what they do later is theirs to do."""
    marks: frozenset[str]
    """Keyed ids of traces and sessions."""
    key: Callable[[str], str]
    """An id to its key."""

    def admitted(self, table: Table, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of spans or signals that are of nobody who was erased; whole traces of a batch go."""
        if not self.users or rows.is_empty():
            return rows
        is_theirs = self._is_marked(rows, "trace_id") | self._names_erased(table, rows)
        if table is SPANS:
            is_theirs |= self._is_marked(rows, "session_id")
            theirs = rows.filter(is_theirs)["trace_id"].unique()
            return rows.filter(~pl.col("trace_id").is_in(theirs.to_list()))
        return rows.filter(~(is_theirs | self._is_marked(rows, "target_id")))

    def is_admitted(self, raw: bytes) -> bool:
        """Return whether the bytes of a refused record name nobody who was erased, and none of their traces."""
        return not self.users or not Names(frozenset(self.users), self.marks, self.key).are_in(raw)

    def path(self, path: str) -> str:
        """Return a file's path as it may be kept: not that of one which is named after somebody who was erased."""
        names = Names(frozenset(self.users), self.marks, self.key)
        return ERASED if self.users and names.are_in_path(path) else path

    def _is_marked(self, rows: pl.DataFrame, column: str) -> pl.Series:
        ids = rows[column].drop_nulls().unique().to_list()
        marked = [one for one in ids if mark(one, self.key) in self.marks]
        return rows[column].is_in(marked).fill_null(value=False)

    def _names_erased(self, table: Table, rows: pl.DataFrame) -> pl.Series:
        """Return which rows hold the key of a user who was erased after their time: one search finds the few."""
        columns = TEXTS_THAT_NAME[table.name]
        holds = pl.any_horizontal(pl.col(name).str.contains_any(sorted(self.users)) for name in columns)
        found = rows.select(holds.fill_null(value=False).alias("found"))["found"]
        times = rows["started_at" if table is SPANS else "at"]
        later = []
        for place in found.arg_true().to_list():
            texts = [text for text in rows.select(columns).row(place) if text]
            erased_at = max(at for user, at in self.users.items() if any(user in text for text in texts))
            if times[place] is not None and times[place] >= erased_at:
                later.append(place)
        return found.scatter(later, False) if later else found


class Erasures:
    """The erased users of one workspace.

    Parameters
    ----------
    engine
        The database beside the telemetry.
    secret
        Gives the secret that ids are keyed with; asked for only where somebody was erased.
    """

    def __init__(self, engine: sa.Engine, secret: Callable[[], bytes]) -> None:
        self._engine, self._secret = engine, secret
        self._known: tuple[list[tuple[str, str]], Refusal] = ([], Refusal({}, frozenset(), str))

    def begin(self, user_key: str, ids: Collection[str], *, now: datetime) -> None:
        """Note that a user is being erased, with the ids of their traces and sessions; from now on they are refused."""
        key = partial(key_user, self._secret())
        marks = sorted({mark(of_id, key) for of_id in ids})
        values = {"user_key": user_key, "at": now.astimezone(UTC).isoformat(), "done_at": None}
        with transaction(self._engine) as connection:
            connection.execute(ERASURES.delete().where(ERASURES.c.user_key == user_key))
            connection.execute(ERASURES.insert().values(values))
            held = set(connection.scalars(sa.select(ERASED_MARKS.c.mark)))
            new = [{"mark": one, "user_key": user_key} for one in marks if one not in held]
            for some in parts(new, _ROWS_AT_ONCE):
                connection.execute(ERASED_MARKS.insert(), some)

    def finish(self, user_key: str, *, now: datetime) -> None:
        """Note that nothing of a user is left."""
        done = {"done_at": now.astimezone(UTC).isoformat()}
        with transaction(self._engine) as connection:
            connection.execute(ERASURES.update().where(ERASURES.c.user_key == user_key).values(done))

    def under_way(self) -> list[str]:
        """Return the keyed ids of users whose erasure was begun and cut short."""
        with reading(self._engine) as connection:
            wanted = sa.select(ERASURES.c.user_key).where(ERASURES.c.done_at.is_(None)).order_by(ERASURES.c.at)
            return list(connection.scalars(wanted))

    def all(self) -> list[tuple[str, str]]:
        """Return who was erased, keyed, and when that was asked for, oldest first."""
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(ERASURES.c.user_key, ERASURES.c.at).order_by(ERASURES.c.at)).all()
        return [(row.user_key, row.at) for row in rows]

    def refusal(self) -> Refusal:
        """Return what may not come in again; read anew only if somebody was erased since."""
        users = self.all()
        if users != self._known[0]:
            with reading(self._engine) as connection:
                marks = frozenset(connection.scalars(sa.select(ERASED_MARKS.c.mark)))
            erased = {user: datetime.fromisoformat(at) for user, at in users}
            self._known = (users, Refusal(erased, marks, partial(key_user, self._secret())))
        return self._known[1]
