"""One message to rows, signals and refused records: respelt as lines of OTLP/JSON, a few spans each, and read as those.

What is refused is kept as it came: the bytes of the record in the message, not its spelling.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from workbench.errors import RecordError
from workbench.loaders.batch import Refused
from workbench.loaders.otlp.exact import Fault
from workbench.loaders.otlp.lines import LineReader
from workbench.loaders.otlp.plan import Keyed
from workbench.loaders.otlp.protobuf.pieces import Group, Kind, split
from workbench.loaders.otlp.protobuf.spelling import (
    spell_log_record,
    spell_resource,
    spell_scope,
    spell_span,
    spell_unknown,
)  # fmt: skip
from workbench.loaders.otlp.spans import Harvest

RECORDS_A_LINE = 1000
"""Records that are respelt at once: it bounds the memory that this takes, and costs nothing beyond a few hundred."""
_CACHED_GROUPS = 1024
"""Resources and scopes whose spelling is kept: one a service instance and instrumentation."""
_ENVELOPES: dict[Kind, tuple[str, str]] = {
    "spans": ("resourceSpans", "scopeSpans"),
    "logRecords": ("resourceLogs", "scopeLogs"),
}

Read = tuple[Harvest, list[Refused]]
"""What a part of a message holds, and what of it is refused."""


class _Record(NamedTuple):
    number: int
    """Its place in the message, from 0."""
    raw: bytes


@dataclass(slots=True)
class MessageReader:
    """Reads messages one after the other."""

    key_user: Keyed
    lines: LineReader = field(init=False)

    def __post_init__(self) -> None:
        self.lines = LineReader(self.key_user)

    def read(self, raw: bytes, *, offset: int) -> Iterator[Read]:
        """Yield what one message holds, in parts; one that cannot be taken apart is refused as a whole, as piece -1."""
        if is_json(raw):
            yield self.lines.read(raw, offset=offset)
            return
        try:
            pieces = split(raw)
        except RecordError as error:
            yield Harvest(), [Refused(offset, -1, error.reason, error.what, raw)]
            return
        number = 0
        for resource, scopes in pieces.resources:
            for scope in scopes:
                for first in range(0, len(scope.below), RECORDS_A_LINE):
                    records = [_Record(number + at, one) for at, one in enumerate(scope.below[first:][:RECORDS_A_LINE])]
                    number += len(records)
                    yield self._read_records(pieces.kind, (resource, scope), records, offset)
        if pieces.unknown:
            what = "a field that a message of the protocol does not have"
            refused = [
                Refused(offset, number + at, "unknown_record", what, one) for at, one in enumerate(pieces.unknown)
            ]
            yield Harvest(), refused

    def _read_records(self, kind: Kind, groups: tuple[Group, Group], records: Sequence[_Record], offset: int) -> Read:
        """Return what some records of one scope hold."""
        try:
            envelope = _envelope(*groups)
        except RecordError as error:
            return Harvest(), _refused(offset, records, Fault.of(error))
        spelt, taken, refused = [], [], []
        for record in records:
            try:
                spelt.append(_SPELL[kind](record.raw))
                taken.append(record)
            except RecordError as error:
                refused += _refused(offset, [record], Fault.of(error))
        harvest, odd = self.lines.read(_line(kind, envelope, spelt), offset=offset)
        for fault in odd:
            whose = taken if fault.piece < 0 else [taken[fault.piece]]
            refused += _refused(offset, whose, Fault(fault.detail, fault.reason))
        return harvest, refused


def is_json(raw: bytes) -> bool:
    """Return whether a message is written in JSON: no protobuf message of the protocol begins with its bracket.

    Not even white space may come before it: a protobuf message of 123 bytes begins with a newline and a bracket.
    """
    return raw[:1] == b"{"


_SPELL = {"spans": spell_span, "logRecords": spell_log_record}


class _Envelope(NamedTuple):
    """Members around records: of the group of the resource, and of that of the scope."""

    of_resource: dict[str, Any]
    of_scope: dict[str, Any]


def _envelope(resource: Group, scope: Group) -> _Envelope:
    return _spelt_envelope(resource[:3], scope[:3])


@lru_cache(_CACHED_GROUPS)
def _spelt_envelope(resource: tuple[bytes, bytes, bytes], scope: tuple[bytes, bytes, bytes]) -> _Envelope:
    of_resource = {"resource": spell_resource(resource[0]), **_shared(*resource[1:])}
    return _Envelope(of_resource, {"scope": spell_scope(scope[0]), **_shared(*scope[1:])})


def _shared(schema_url: bytes, unknown: bytes) -> dict[str, Any]:
    try:
        url = schema_url.decode()
    except UnicodeDecodeError:
        raise RecordError("a schema URL is not UTF-8", reason="not_utf8") from None
    return {**({"schemaUrl": url} if url else {}), **spell_unknown(unknown)}


def _line(kind: Kind, envelope: _Envelope, records: list[dict[str, Any]]) -> bytes:
    resources, scopes = _ENVELOPES[kind]
    of_scope = {**envelope.of_scope, kind: records}
    return orjson.dumps({resources: [{**envelope.of_resource, scopes: [of_scope]}]})


def _refused(offset: int, records: Iterable[_Record], fault: Fault) -> list[Refused]:
    return [Refused(offset, record.number, fault.reason, fault.what, record.raw) for record in records]
