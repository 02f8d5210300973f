"""The SQL database beside the telemetry: its tables, its connections and its migrations.

SQLite by default, PostgreSQL by URL. On SQLite every transaction that writes takes the write lock at its start and the
rollback journal is flushed: the default, deferred transactions lose updates without an error.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from workbench.errors import ConfigError, StoreError

HEAD_REVISION = "0003"
"""The newest migration: a database that is older is brought up to it, a newer one is refused."""
BUSY_TIMEOUT_S = 30
"""How long a writer waits for another: eight writers at 172 writes/s never waited longer than 2 s."""

_ONLY_READS = "workbench_only_reads"
"""The execution option of a transaction that only reads: it keeps no writer waiting before it reads."""

AT_ONCE = 500
"""Values that one statement compares with: SQLite's older builds take at most 999 parameters."""

Write = Callable[[sa.Connection], None]
"""What is written in a transaction that somebody else has begun."""

T = TypeVar("T")

METADATA = sa.MetaData()

ENTRIES = sa.Table(
    "entries",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False, comment="place in the chain, from 1"),
    sa.Column("kind", sa.String(40), nullable=False, comment="the record's type"),
    sa.Column("id", sa.String(80), nullable=False, comment="the record's id; one id may have several revisions"),
    sa.Column("at", sa.String(40), nullable=False, comment="when it was appended, ISO 8601, UTC"),
    sa.Column("actor", sa.Text, nullable=False, comment="JSON: who, and how that is known"),
    sa.Column("payload", sa.Text, nullable=False, comment="JSON: the record, quoted text replaced by its digest"),
    sa.Column("previous", sa.String(64), nullable=False, comment="hash of the entry before"),
    sa.Column("hash", sa.String(64), nullable=False, comment="SHA-256 of all columns above"),
    sa.Index("entries_by_record", "kind", "id", "seq"),
    comment="decisions: append-only, hash-chained",
)

TEXTS = sa.Table(
    "texts",
    METADATA,
    sa.Column("digest", sa.String(64), primary_key=True, comment="SHA-256 of salt and text"),
    sa.Column("salt", sa.String(32), nullable=False),
    sa.Column("text", sa.Text, nullable=True, comment="null once it is erased"),
    comment="quoted text of the entries: erasable, outside the chain",
)

LOADS = sa.Table(
    "loads",
    METADATA,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.String(40), nullable=False, comment="when, ISO 8601, UTC"),
    sa.Column("report", sa.Text, nullable=False, comment="JSON: what became of one file"),
    comment="one row a file and ingest",
)

ERASURES = sa.Table(
    "erasures",
    METADATA,
    sa.Column("user_key", sa.String(40), primary_key=True, comment="the user, keyed"),
    sa.Column("at", sa.String(40), nullable=False, comment="when it was asked for, ISO 8601, UTC"),
    sa.Column("done_at", sa.String(40), nullable=True, comment="when nothing was left; null while under way"),
    comment="users whose data was erased: what they did before is refused when it comes in again",
)

ERASED_MARKS = sa.Table(
    "erased_marks",
    METADATA,
    sa.Column("mark", sa.String(40), primary_key=True, comment="a trace or session id, keyed as user ids are"),
    sa.Column("user_key", sa.String(40), nullable=False, comment="the user, keyed"),
    comment="traces and sessions that were erased",
)

RESERVATIONS = sa.Table(
    "reservations",
    METADATA,
    sa.Column("review_id", sa.String(80), primary_key=True, comment="the review"),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False, comment="the item's place in it, from 0"),
    sa.Column("reviewer", sa.String(200), primary_key=True, comment="who has it before them"),
    sa.Column("until_at", sa.String(40), nullable=True, comment="how long it is held, ISO 8601, UTC; null if let go"),
    sa.Column("done_at", sa.String(40), nullable=True, comment="when it was judged; null while it is not"),
    sa.Column("skipped_at", sa.String(40), nullable=True, comment="when it was passed over; null if it was not"),
    sa.Column("is_flagged", sa.Boolean, nullable=False, comment="whether others should look at it"),
    sa.Column("draft", sa.Text, nullable=False, comment="a note that is not said yet"),
    comment="who reviews what: mutable, outside the chain",
)

REVIEW_ITEMS = sa.Table(
    "review_items",
    METADATA,
    sa.Column("review_id", sa.String(80), primary_key=True, comment="the review"),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False, comment="when it is shown, from 0"),
    sa.Column("kind", sa.String(10), nullable=False, comment="trace, cause or issue"),
    sa.Column("cluster_id", sa.String(80), nullable=True, comment="the cluster; null: no detector had found it"),
    sa.Column("detector", sa.String(200), nullable=True, comment="the cluster's detector"),
    sa.Column("target_id", sa.Text, nullable=False, comment="what is judged; a trace's id is erasable"),
    sa.Column("n_alike", sa.Integer, nullable=False, comment="traces that it stands for as a copy, itself included"),
    sa.Column("inclusion_probability", sa.Float, nullable=False, comment="its chance to be drawn, above 0, at most 1"),
    comment="what is judged in a review: as it was drawn, outside the chain so that traces can be erased",
)


def connect(url: str) -> sa.Engine:
    """Return an engine whose transactions are safe among several processes.

    Raises
    ------
    ConfigError
        If the URL is none, or its driver is not installed.
    """
    try:
        engine = sa.create_engine(url)
    except (sa.exc.ArgumentError, ModuleNotFoundError) as error:
        raise ConfigError(f"the ledger's URL cannot be used: {error}", fix="see `ledger` in workspace.toml") from error
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection in a transaction that is committed at the end, and rolled back by any error.

    Raises
    ------
    StoreError
        If the database is locked, damaged, or refuses.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except sa.exc.SQLAlchemyError as error:
        raise _store_error(engine, error) from error


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection in a transaction that only reads: of one state, and beside others that read.

    Raises
    ------
    StoreError
        If the database is locked, damaged, or refuses.
    """
    with transaction(engine.execution_options(**{_ONLY_READS: True})) as connection:
        yield connection


def migrate(engine: sa.Engine) -> None:
    """Bring the database up to the newest revision, each migration in one transaction.

    Raises
    ------
    StoreError
        If the database was made by a newer version of the workbench.
    """
    at = revision(engine)
    if at == HEAD_REVISION:
        return
    if at is not None and at > HEAD_REVISION:
        raise StoreError(
            f"the ledger is at revision {at}, this version knows up to {HEAD_REVISION}",
            where=engine.url.render_as_string(),
            fix="update the workbench",
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with transaction(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def revision(engine: sa.Engine) -> str | None:
    """Return the newest migration that the database has had; None if it has had none."""
    with reading(engine) as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        at: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return at


def _store_error(engine: sa.Engine, error: sa.exc.SQLAlchemyError) -> StoreError:
    """Return the error in a reader's words: the driver's own, without the statement and its values."""
    said = str(getattr(error, "orig", None) or type(error).__name__)
    fix = "try again when no other process holds it" if "locked" in said else "check that the ledger is there and whole"
    return StoreError(f"the ledger refused: {said}", where=engine.url.render_as_string(), fix=fix)


def _prepare_sqlite(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # SQLAlchemy's own BEGIN is sent below
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for setting in ("journal_mode = DELETE", "synchronous = FULL", f"busy_timeout = {BUSY_TIMEOUT_S * 1000}"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    only_reads = connection.get_execution_options().get(_ONLY_READS, False)
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def parts(values: Sequence[T], n_at_once: int = AT_ONCE) -> Iterator[Sequence[T]]:
    """Yield the values in their order, so many at a time.

    >>> list(parts("abcde", 2))
    ['ab', 'cd', 'e']
    """
    return (values[first : first + n_at_once] for first in range(0, len(values), n_at_once))


def scrub(engine: sa.Engine) -> None:
    """Write the database anew, so that nothing of what was deleted or overwritten is left between its rows.

    Raises
    ------
    StoreError
        If another process keeps it busy.
    """
    statements = ["VACUUM"]
    if engine.dialect.name == "postgresql":
        statements = [f"VACUUM FULL {table.name}" for table in (TEXTS, LOADS, RESERVATIONS, REVIEW_ITEMS)]
    try:
        with engine.connect() as connection:
            raw = connection.execution_options(isolation_level="AUTOCOMMIT").connection.driver_connection
            cursor = raw.cursor()  # type: ignore[union-attr]  # there is one while connected
            for statement in statements:
                cursor.execute(statement)
            cursor.close()
    except sa.exc.SQLAlchemyError as error:
        raise _store_error(engine, error) from error
