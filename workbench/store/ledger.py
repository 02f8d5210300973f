"""The ledger: every decision as a frozen record, appended, hash-chained and never overwritten.

Each entry carries the hash of the one before, so that an edit, a deletion or a back-dating shows; the head goes into
reports and commits, so that a cut-off tail shows too. Words quoted from a trace are chained by a salted digest only.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple

import msgspec
import sqlalchemy as sa

from workbench.errors import StoreError
from workbench.ids import digest
from workbench.records import WORKBENCH, Actor
from workbench.store.database import ENTRIES, TEXTS, Write, reading, scrub, transaction
from workbench.store.quoting import RESTORE, Record, RecordT, flat, quote, read, told

GENESIS = "0" * 64
"""What the first entry names as the hash before it."""


class Entry(NamedTuple):
    """One link of the chain."""

    seq: int
    """Place in the chain, from 1."""
    kind: str
    """The record's type."""
    id: str
    """The record's id."""
    at: str
    """When it was appended, ISO 8601, UTC."""
    actor: str
    """JSON of records.Actor."""
    payload: str
    """JSON of the record; quoted text stands as its salted digest."""
    previous: str
    """Hash of the entry before."""
    hash: str
    """Hash of all of the above."""


class Quoted(NamedTuple):
    """One text that a record quotes, in the side table."""

    digest: str
    """Its salted digest, by which it is erased."""
    kind: str
    """The record's type."""
    record: Mapping[str, Any]
    """The record as it reads, with what is quoted in it."""
    text: str
    """The words."""


class News(NamedTuple, Generic[RecordT]):
    """What was appended since one last looked."""

    records: list[RecordT]
    """All revisions, oldest first."""
    seq: int
    """The newest entry of the chain: where to look from next."""


class Appended(NamedTuple, Generic[RecordT]):
    """One revision of a record, with when it was appended and by whom."""

    record: RecordT
    """The revision."""
    at: datetime
    """When it was appended, UTC."""
    actor: Actor
    """Who appended it."""


class MovedError(StoreError):
    """Somebody appended after the entry that records rest on: nothing was appended, and what they say may be old."""


class Ledger:
    """The append-only chain of one workspace."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def append(
        self,
        records: Iterable[Record],
        *,
        now: datetime,
        actor: Actor = WORKBENCH,
        also: Write | None = None,
        after: str | None = None,
    ) -> int:
        """Append the records in one transaction and return how many entries that made.

        A record that says the same as the newest revision of its id, be it at another time, is passed over: a repeated
        call adds nothing.

        Parameters
        ----------
        records
            What is appended, in this order.
        now
            The time, UTC.
        actor
            Who appends.
        also
            What is written to side tables in the same transaction; if it raises, nothing is appended.
        after
            The head that they rest on, where they were made in view of what stood in the ledger then.

        Raises
        ------
        MovedError
            If the head is another one by now.
        """
        with transaction(self._engine) as connection:
            self._take_turn(connection)
            entry = _head(connection)
            if after is not None and after != (entry.hash if entry else GENESIS):
                raise MovedError("others append at the same time", where="ledger", fix="try again")
            seq, previous, added = (entry.seq, entry.hash, 0) if entry else (0, GENESIS, 0)
            for record in records:
                if _says_the_same(_newest(connection, record), record):
                    continue
                payload = _dump(quote(connection, record))
                body = (
                    seq + 1,
                    record.KIND,
                    record.id,
                    now.astimezone(UTC).isoformat(),
                    _dump(msgspec.to_builtins(actor)),
                )
                link = Entry(*body, payload, previous, _hash(*body, payload, previous))
                connection.execute(ENTRIES.insert().values(link._asdict()))
                seq, previous, added = link.seq, link.hash, added + 1
            if also is not None:
                also(connection)
        return added

    def latest(self, record_type: type[RecordT], *, target_kind: str | None = None) -> list[RecordT]:
        """Return the newest revision of every record of a type, in the order of their first append.

        Parameters
        ----------
        record_type
            The type.
        target_kind
            Of verdicts: those on this kind of thing alone; None is all.
        """
        wanted = sa.select(ENTRIES.c.id, ENTRIES.c.payload).where(ENTRIES.c.kind == record_type.KIND)
        if target_kind is not None:
            wanted = wanted.where(_is_on(target_kind))
        with reading(self._engine) as connection:
            rows = connection.execute(wanted.order_by(ENTRIES.c.seq)).all()
            newest = {row.id: row.payload for row in rows}
            return read(connection, record_type, list(newest.values()))

    def history(self, record_type: type[RecordT], record_id: str) -> list[RecordT]:
        """Return every revision of one record, oldest first; empty if there is no such record."""
        with reading(self._engine) as connection:
            payloads = connection.scalars(
                sa.select(ENTRIES.c.payload)
                .where(ENTRIES.c.kind == record_type.KIND, ENTRIES.c.id == record_id)
                .order_by(ENTRIES.c.seq)
            ).all()
            return read(connection, record_type, payloads)

    def appended(self, record_type: type[RecordT], *, target_kind: str | None = None) -> "list[Appended[RecordT]]":
        """Return every revision of a type with its time and actor, oldest first; of verdicts: on this kind of thing."""
        wanted = sa.select(ENTRIES.c.at, ENTRIES.c.actor, ENTRIES.c.payload).where(ENTRIES.c.kind == record_type.KIND)
        if target_kind is not None:
            wanted = wanted.where(_is_on(target_kind))
        with reading(self._engine) as connection:
            rows = connection.execute(wanted.order_by(ENTRIES.c.seq)).all()
            records = read(connection, record_type, [row.payload for row in rows])
        return [
            Appended(record, datetime.fromisoformat(row.at), msgspec.json.decode(row.actor, type=Actor))
            for row, record in zip(rows, records, strict=True)
        ]

    def revisions(self, record_type: type[RecordT], *, review_id: str | None = None) -> list[RecordT]:
        """Return every revision of every record of a type, oldest first: all of them, or those given in one review."""
        return self.since(0, record_type, review_id=review_id).records

    def since(self, seq: int, record_type: type[RecordT], *, review_id: str | None = None) -> "News[RecordT]":
        """Return the revisions of a type after an entry of the chain, oldest first: all, or those given in a review."""
        wanted = sa.select(ENTRIES.c.payload).where(ENTRIES.c.seq > seq, ENTRIES.c.kind == record_type.KIND)
        if review_id is not None:
            named = f'"review_id":{json.dumps(review_id)}'
            wanted = wanted.where(ENTRIES.c.payload.contains(named, autoescape=True))
        with reading(self._engine) as connection:
            newest = connection.scalar(sa.select(sa.func.max(ENTRIES.c.seq))) or 0
            payloads = connection.scalars(wanted.order_by(ENTRIES.c.seq)).all()
            return News(read(connection, record_type, payloads), newest)

    def entries(self) -> list[Entry]:
        """Return the whole chain, oldest first."""
        with reading(self._engine) as connection:
            return [Entry(*row) for row in connection.execute(sa.select(ENTRIES).order_by(ENTRIES.c.seq))]

    def head(self) -> str:
        """Return the hash of the newest entry; 64 zeros if there is none."""
        with reading(self._engine) as connection:
            entry = _head(connection)
        return entry.hash if entry else GENESIS

    def verify(self, *, noted: Collection[str] = ()) -> int:
        """Check every link and return how many there are.

        Parameters
        ----------
        noted
            Heads that were noted earlier, in reports or commits: each must be in the chain.

        Raises
        ------
        StoreError
            If an entry was changed, is missing, or the noted head is not in the chain.
        """
        previous, n_links, seen = GENESIS, 0, {GENESIS}
        for n_links, entry in enumerate(self.entries(), start=1):
            if entry.seq != n_links or entry.previous != previous or entry.hash != _hash(*entry[:-1]):
                raise StoreError(
                    "the chain is broken: an entry was changed, deleted or put in later",
                    where=f"ledger entry {n_links}",
                    fix=RESTORE,
                )
            previous = entry.hash
            seen.add(previous)
        if lost := sorted(set(noted) - seen):
            raise StoreError(
                f"the head {lost[0][:12]}... is not in the chain: its end was cut off", where="ledger", fix=RESTORE
            )
        return n_links

    def quoted(self) -> list[Quoted]:
        """Return every text that is quoted and not erased, with the record that quotes it."""
        with reading(self._engine) as connection:
            wanted = sa.select(TEXTS.c.digest, TEXTS.c.text).where(TEXTS.c.text.is_not(None))
            texts = {row.digest: row.text for row in connection.execute(wanted)}
            entries = connection.execute(sa.select(ENTRIES.c.kind, ENTRIES.c.payload).order_by(ENTRIES.c.seq)).all()
        return [
            Quoted(value, entry.kind, {name: told(held, texts) for name, held in content.items()}, texts[value])
            for entry in entries
            for content in [json.loads(entry.payload)]
            for value in flat(content.values())
            if value in texts
        ]

    def erase_text(self, text_digest: str) -> None:
        """Erase one quoted text and its salt; the chain stays whole, the record reads `[erased]` in its place."""
        with transaction(self._engine) as connection:
            connection.execute(TEXTS.update().where(TEXTS.c.digest == text_digest).values(text=None, salt=""))

    def scrub(self) -> None:
        """Write the database anew: what was erased is then in none of its bytes."""
        scrub(self._engine)

    def _take_turn(self, connection: sa.Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("LOCK TABLE entries IN SHARE ROW EXCLUSIVE MODE"))


def _is_on(target_kind: str) -> sa.ColumnElement[bool]:
    """Return what holds of the entry of a verdict on this kind of thing."""
    return ENTRIES.c.payload.contains(f'"target_kind":{json.dumps(target_kind)}', autoescape=True)


def _head(connection: sa.Connection) -> Entry | None:
    row = connection.execute(sa.select(ENTRIES).order_by(ENTRIES.c.seq.desc()).limit(1)).one_or_none()
    return None if row is None else Entry(*row)


def _newest(connection: sa.Connection, record: RecordT) -> RecordT | None:
    payload = connection.scalar(
        sa.select(ENTRIES.c.payload)
        .where(ENTRIES.c.kind == record.KIND, ENTRIES.c.id == record.id)
        .order_by(ENTRIES.c.seq.desc())
        .limit(1)
    )
    return None if payload is None else read(connection, type(record), [payload])[0]


def _says_the_same(one: RecordT | None, other: RecordT) -> bool:
    """Return whether two records differ in nothing but the time at which they were given."""
    if one is None or type(one) is not type(other):
        return False
    names = {entry.name for entry in fields(one)} - {"at"}  # type: ignore[arg-type]  # records are dataclasses
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _dump(content: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces; infinities as Python and JavaScript write them."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _hash(*body: Any) -> str:
    return digest(*(str(part) for part in body))
