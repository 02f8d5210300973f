"""The ledger: whether it is there, can be read, is of this version, its chain is whole, and erasures are completed.

No program mends a ledger: what it says was decided by people.
"""

from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from workbench.errors import StoreError
from workbench.store.database import HEAD_REVISION, connect, migrate, reading, revision
from workbench.store.doctor.fault import Fault
from workbench.store.erasures import Erasures
from workbench.store.ledger import GENESIS, Ledger

_RESTORE = "restore the ledger from a backup; nothing that rests on it can ship"


def check_ledger(url: str, *, noted: Collection[str]) -> Iterator[Fault]:
    """Yield what is wrong with the ledger.

    Parameters
    ----------
    url
        Its SQLAlchemy URL.
    noted
        Heads that reports noted: each must be in the chain.
    """
    file = _file(url)
    where = file.name if file is not None else "ledger"
    if file is not None and not file.exists():
        heads = sorted(set(noted) - {GENESIS})
        yield Fault(
            kind="missing_ledger",
            where=where,
            what=f"there is no ledger, but reports noted decisions in it (head {heads[0][:12]}...)"
            if heads
            else "there is no ledger; the next command makes an empty one",
            fix=_RESTORE if heads else "restore it from a backup if there was one",
            is_damage=bool(heads),
        )
        return
    engine = connect(url)
    try:
        yield from _check(engine, where=where, noted=noted)
    finally:
        engine.dispose()


def _check(engine: sa.Engine, *, where: str, noted: Collection[str]) -> Iterator[Fault]:
    try:
        at = revision(engine)
        said = _integrity(engine)
    except StoreError as error:
        at, said = None, error.what
    if said is not None:
        yield Fault(kind="damaged_ledger", where=where, what=said, fix=_RESTORE, is_damage=True)
        return
    if at is None or at < HEAD_REVISION:
        yield Fault(
            kind="other_ledger",
            where=where,
            what=f"it was made by an older workbench (revision {at}, this one has {HEAD_REVISION})",
            fix="bring it up to date, as the next command does too",
            is_damage=False,
            mend=partial(migrate, engine),
        )
        return
    if at > HEAD_REVISION:
        what = f"a newer workbench made it (revision {at}, this one knows up to {HEAD_REVISION})"
        yield Fault(kind="other_ledger", where=where, what=what, fix="update the workbench", is_damage=True)
        return
    try:
        Ledger(engine).verify(noted=noted)
    except StoreError as error:
        yield Fault(kind="broken_ledger", where=error.where, what=error.what, fix=error.fix, is_damage=True)
    for user_key in Erasures(engine, bytes).under_way():
        what = "the erasure of this user was begun, and something of theirs may be left"
        fix = f"`workbench erase --user-key {user_key} --yes` completes it"
        yield Fault(kind="cut_erasure", where=user_key, what=what, fix=fix, is_damage=True)


def _integrity(engine: sa.Engine) -> str | None:
    """Return what SQLite says of its own file; None if it is whole, or another database's duty."""
    if engine.dialect.name != "sqlite":
        return None
    with reading(engine) as connection:
        said = connection.scalar(sa.text("PRAGMA integrity_check(1)"))
    return None if said == "ok" else f"the ledger's file is damaged: {said}"


def _file(url: str) -> Path | None:
    parsed = sa.make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None
