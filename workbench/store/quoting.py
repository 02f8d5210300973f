"""Words quoted from traces, aside of the chain: an entry holds their salted digest, so that they can be erased."""

import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol, TypeVar

import msgspec
import sqlalchemy as sa

from workbench.errors import StoreError
from workbench.ids import digest
from workbench.records import ERASED, quoted_fields
from workbench.store.database import TEXTS, parts
from workbench.store.older import renew

RESTORE = "restore the ledger from a backup; nothing that rests on it can ship"
"""What to do about a chain, or a text, that was tampered with."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Record(Protocol):
    """A frozen record of workbench.records that the ledger keeps."""

    KIND: ClassVar[str]

    @property
    def id(self) -> str:
        """The record's id; a later record of the same id is its next revision."""


RecordT = TypeVar("RecordT", bound=Record)


def quote(connection: sa.Connection, record: Record) -> dict[str, Any]:
    """Return the record as plain values, its quoted texts moved to the side table.

    Raises
    ------
    StoreError
        If a field is not of the type that the record declares: what is kept for good must be read again.
    """
    try:
        content: dict[str, Any] = msgspec.to_builtins(record)
        msgspec.convert(content, type(record))
    except (TypeError, msgspec.ValidationError) as error:
        raise StoreError(
            f"a {record.KIND} is not of its type, and nothing was appended: {error}",
            where=str(record.id),
            fix="mend what made it",
        ) from error
    aside: list[dict[str, str]] = []
    for name in sorted(quoted_fields(type(record))):
        content[name] = _each(content[name], lambda text: _salted(text, aside))
    if aside:
        connection.execute(TEXTS.insert(), aside)
    return content


def _salted(text: str, aside: list[dict[str, str]]) -> str:
    """Return the salted digest of a text, and put the text aside."""
    salt = secrets.token_hex(16)
    aside.append({"digest": digest(salt, text), "salt": salt, "text": text})
    return aside[-1]["digest"]


def _each(texts: Any, change: Callable[[str], str]) -> Any:
    """Return a quoted field, which is a text or several, with each text changed."""
    return change(texts) if isinstance(texts, str) else [change(text) for text in texts]


def told(held: Any, texts: Mapping[str, str]) -> Any:
    """Return the value of a field with the texts that its digests stand for."""
    if isinstance(held, str):
        return texts.get(held, held)
    return [told(one, texts) for one in held] if isinstance(held, list) else held


def flat(values: Iterable[Any]) -> Iterator[str]:
    """Yield the texts among the values of fields, and those of fields that hold several."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from (one for one in value if isinstance(one, str))


def read(connection: sa.Connection, record_type: type[RecordT], payloads: Sequence[str]) -> list[RecordT]:
    """Return records as they read, from their JSON and the texts that stand aside."""
    contents = [renew(record_type.KIND, json.loads(payload)) for payload in payloads]
    names = quoted_fields(record_type)
    texts = _texts(connection, list(flat(content[name] for content in contents for name in names & content.keys())))
    for content in contents:
        for name in names & content.keys():
            content[name] = _each(content[name], lambda salted: texts.get(salted, _unquoted(salted)))
    return [msgspec.convert(content, record_type) for content in contents]


def _unquoted(salted: str) -> str:
    """Return what stands for a text that is not aside: erased, or kept in the chain itself by an older release."""
    return ERASED if _DIGEST.fullmatch(salted) else salted


def _texts(connection: sa.Connection, digests: Sequence[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for some in parts(digests):
        for row in connection.execute(sa.select(TEXTS).where(TEXTS.c.digest.in_(some), TEXTS.c.text.is_not(None))):
            if digest(row.salt, row.text) != row.digest:
                raise StoreError("a quoted text was changed", where=f"ledger text {row.digest[:12]}", fix=RESTORE)
            found[row.digest] = row.text
    return found
