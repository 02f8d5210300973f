"""One line of OTLP/JSON to rows, signals and refused records: the fast way for the many, the careful way for the rest.

A line that the typed decoder takes, and every member of which it accounted for, is read at once. Otherwise the line is
taken apart and each record is read alone: again the fast way first, then by the strict parser, which says what is
wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

from workbench.errors import RecordError
from workbench.loaders.batch import Refused
from workbench.loaders.conventions import EVALUATION_EVENT, FLAG_EVENTS
from workbench.loaders.otlp.exact import Fault, count_members, parse
from workbench.loaders.otlp.logs import log_signal
from workbench.loaders.otlp.pieces import Pieces, members, split
from workbench.loaders.otlp.plan import Keyed
from workbench.loaders.otlp.readable import as_wire, is_readable_span
from workbench.loaders.otlp.scope import Scope
from workbench.loaders.otlp.spans import REPEATED_TOO_OFTEN, Harvest, SpanReader
from workbench.loaders.otlp.times import Bad
from workbench.loaders.otlp.wire import SPAN, Export, ExportDecoder, Span, spans_of
from workbench.loaders.users import keyed

_LISTS = {
    "resourceSpans": {"scopeSpans": "spans", "instrumentationLibrarySpans": "spans"},
    "resourceLogs": {"scopeLogs": "logRecords", "instrumentationLibraryLogs": "logRecords"},
}
REPEATABLE_BYTES, REPEATABLE_RATIO = 64 << 20, 16
"""What a line's resources may grow to on its spans: so much, and so many times the line. A resource of 4 kB on spans of
300 bytes makes a line 14 times as large; one of 16 MB on 100,000 spans would make 1.6 TB of 32 MB."""
_SPAN_FIELDS = frozenset(entry.encode_name for entry in msgspec.structs.fields(Span))
_UNREADABLE = (RecordError, ValueError, RecursionError)
"""What reading raises on text that it does not take: msgspec's errors and UnicodeDecodeError are ValueErrors."""


class Record(NamedTuple):
    """One element of a line's lists of records."""

    kind: str
    """`spans` or `logRecords`, by the list that it stands in; `any` in a bare list, `unknown` elsewhere."""
    scope: Scope | None
    raw: bytes
    n_members: int = -1
    """JSON members that it has; -1 where that is not certain."""


@dataclass(slots=True)
class LineReader:
    """Reads lines one after the other."""

    key_user: Keyed
    spans: SpanReader = field(init=False)
    exports: ExportDecoder = field(default_factory=ExportDecoder)

    def __post_init__(self) -> None:
        self.spans = SpanReader(self.key_user)

    def read(self, raw: bytes, *, offset: int, first_piece: int = 0) -> tuple[Harvest, list[Refused]]:
        """Return what one line holds; `first_piece` is the number of its first record.

        A line that cannot be taken apart is refused as a whole, as piece -1.
        """
        export: Export[str] | None = None
        try:
            export = self.exports.decode(raw)
            return self._read_at_once(raw, export), []
        except _UNREADABLE:
            pass
        try:
            records = list(self._records(raw))
        except RecordError as error:
            return Harvest(), [Refused(offset, -1, error.reason, error.what, raw)]
        harvest = _harvest(raw)
        faults = self._read_together(records, _typed(export, records), harvest)
        for number in sorted(faults):
            try:
                self._read_alone(records[number], harvest)
                del faults[number]
            except RecordError as error:
                faults[number] = Fault.of(error)
        return harvest, [
            Refused(offset, first_piece + number, fault.reason, fault.what, records[number].raw)
            for number, fault in faults.items()
        ]

    def _read_at_once(self, raw: bytes, export: Export[str]) -> Harvest:
        """Return what a line of spans holds, if every member of it is understood."""
        harvest = _harvest(raw)
        n_members = int(export.resource_spans is not None)
        for group in export.resource_spans or ():
            resource = bytes(group.resource)
            n_members += bool(resource) + (group.scope_spans is not None) + (group.schema_url is not None)
            for scope_spans in group.scope_spans or ():
                of_scope = bytes(scope_spans.scope)
                scope = self.spans.scope(resource, of_scope, (group.schema_url, scope_spans.schema_url))
                n_members += bool(of_scope) + (scope_spans.spans is not None) + (scope_spans.schema_url is not None)
                n_members += scope.n_members
                if scope_spans.spans:
                    block = self.spans.read(scope_spans.spans, scope, harvest)
                    if block.bad:
                        raise next(iter(block.bad.values())).error()
                    n_members += sum(block.n_members)
        if members(raw) != (n_members, True):
            raise RecordError("a member that is repeated or not known", reason="unknown_record")
        return harvest

    def _records(self, raw: bytes) -> Iterator[Record]:
        """Yield the records of a line, whatever is wrong with them.

        Raises
        ------
        RecordError
            If what is around the records cannot be read: then none of them is known to be what it seems.
        """
        pieces = split(raw)
        envelope = parse(pieces.envelope).value
        if is_readable_span(envelope):
            yield Record("any", None, raw)
        elif isinstance(envelope, list):
            for element in envelope:
                record = _record("any", None, element, pieces)
                if _is_export(record.raw):
                    yield from self._records(record.raw)
                else:
                    yield record
        elif isinstance(envelope, dict) and envelope.keys() & _LISTS.keys():
            for name, groups in envelope.items():
                if name in _LISTS:
                    yield from self._of_resources(_LISTS[name], groups, pieces)
                else:
                    yield Record("unknown", None, msgspec.json.encode({name: groups}))
        else:
            raise RecordError("neither spans nor log records of OTLP", reason="unknown_record")

    def _of_resources(self, lists: Mapping[str, str], groups: Any, pieces: Pieces) -> Iterator[Record]:
        for group in _objects(groups):
            resource, schema_url = group.pop("resource", None), group.pop("schemaUrl", None)
            scopes = [(kind, scope) for name, kind in lists.items() for scope in _objects(group.pop(name, None))]
            for kind, scope in scopes:
                elements = _list(scope.pop(kind, None))
                shared = self._scope(resource, schema_url, scope, group)
                for element in elements:
                    yield _record(kind, shared, element, pieces)

    def _scope(self, resource: Any, schema_url: Any, scope: dict[str, Any], group: dict[str, Any]) -> Scope:
        """Return what the records of a scope share; members that the protocol does not have stay with them."""
        of_scope = scope.pop("scope", None) or scope.pop("instrumentationLibrary", None)
        urls = (_url(schema_url), _url(scope.pop("schemaUrl", None)))
        shared = self.spans.scope(msgspec.json.encode(resource or {}), msgspec.json.encode(of_scope or {}), urls)
        more = {name: value for name, value in {**group, **scope}.items() if value is not None}
        if not more:
            return shared
        whole = {**shared.shared, "envelope": keyed(more, self.key_user)}
        return replace(shared, shared=whole, n_bytes=len(msgspec.json.encode(whole)), ends={})

    def _read_together(self, records: Sequence[Record], spans: Sequence[Span[str] | None], harvest: Harvest) -> Bad:
        """Read the records that are typed spans, a scope at a time; return the numbers of those to be read alone."""
        alone = Fault("not read yet", reason="not_read")
        faults = {number: alone for number, span in enumerate(spans) if span is None}
        for _, group in groupby(enumerate(zip(records, spans, strict=True)), lambda entry: id(entry[1][0].scope)):
            typed = [(number, record, span) for number, (record, span) in group if span is not None]
            if typed and (scope := typed[0][1].scope) is not None:
                n_expected = [record.n_members for _, record, _ in typed]
                block = self.spans.read([span for _, _, span in typed], scope, harvest, n_expected=n_expected)
                faults |= {typed[place][0]: fault for place, fault in block.bad.items()}
        return faults

    def _read_alone(self, record: Record, harvest: Harvest) -> None:
        """Read one record by the strict parser, which says what is wrong with it if anything is."""
        value, is_repaired = parse(record.raw)
        if record.kind == "any" and is_readable_span(value):
            span, resource, scope = as_wire(value)
            of_resource, of_scope = msgspec.json.encode(resource), msgspec.json.encode(scope)
            self._read_parsed(span, self.spans.scope(of_resource, of_scope, (None, None)), harvest)
        elif record.scope is None:
            raise RecordError("neither a span nor a log record of OTLP", reason="unknown_record")
        elif not isinstance(value, dict):
            raise RecordError("a record that is no object", reason="wrong_type")
        elif record.kind == "spans":
            self._read_parsed(value, record.scope, harvest)
        elif not harvest.may_repeat(record.scope, 1):
            raise REPEATED_TOO_OFTEN.error()
        else:
            signal = log_signal(value, record.scope, self.key_user)
            harvest.signals.append(signal)
            said = FLAG_EVENTS[0] if signal["kind"] == "exposure" else EVALUATION_EVENT
            harvest.mapped[f"{said} -> signal"] += 1
        if is_repaired:
            harvest.guessed["a lone surrogate became U+FFFD"] += 1

    def _read_parsed(self, span: dict[str, Any], scope: Scope, harvest: Harvest) -> None:
        """Read a span that the strict parser took; fields of tomorrow's protocol stay in its attributes."""
        known = _without_nulls({name: value for name, value in span.items() if name in _SPAN_FIELDS})
        unknown = {name: value for name, value in span.items() if name not in _SPAN_FIELDS}
        try:
            typed = SPAN.decode(msgspec.json.encode(known))
        except msgspec.ValidationError as error:
            reason = "bad_time" if "TimeUnixNano" in str(error) else "wrong_type"
            raise RecordError(str(error), reason=reason) from None
        more = keyed(unknown, self.key_user)
        block = self.spans.read([typed], scope, harvest, unknown=more, n_expected=[count_members(known)])
        if block.bad:
            raise block.bad[0].error()


def _harvest(raw: bytes) -> Harvest:
    """Return where the spans of a line go, with the room that it has for repeating its resources."""
    return Harvest(n_repeatable=REPEATABLE_BYTES + REPEATABLE_RATIO * len(raw))


def _typed(export: Export[str] | None, records: Sequence[Record]) -> list[Span[str] | None]:
    """Return the records as typed spans; None for those that are none, or that the decoder does not take."""
    spans = spans_of(export) if export is not None else []
    if len(spans) == len(records) and all(record.kind == "spans" for record in records):
        return list(spans)
    return [_typed_span(record) for record in records]


def _typed_span(record: Record) -> Span[str] | None:
    if record.kind != "spans":
        return None
    try:
        span: Span[str] = SPAN.decode(record.raw)
    except _UNREADABLE:
        return None
    return span


def _record(kind: str, scope: Scope | None, element: Any, pieces: Pieces) -> Record:
    """Return the record that an element of an envelope stands for, or the element itself, if it has no brackets."""
    if isinstance(element, list):
        (number,) = element
        return Record(kind, scope, pieces.records[number], pieces.members[number])
    return Record(kind, scope, msgspec.json.encode(element))


def _is_export(piece: bytes) -> bool:
    return (b'"resourceSpans"' in piece or b'"resourceLogs"' in piece) and b'"spanContext"' not in piece


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise RecordError("a list of the envelope is none", reason="wrong_type")
    return value


def _objects(value: Any) -> list[dict[str, Any]]:
    elements = _list(value)
    if not all(isinstance(element, dict) for element in elements):
        raise RecordError("an element of the envelope is no object", reason="wrong_type")
    return elements


def _url(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise RecordError("a schema URL is no text", reason="wrong_type")
    return value


def _without_nulls(value: Any) -> Any:
    """Return a value of the protocol without null members, which stand for absent ones; an attribute keeps a value."""
    if isinstance(value, list):
        return [_without_nulls(below) for below in value]
    if not isinstance(value, dict):
        return value
    present = {name: _without_nulls(below) for name, below in value.items() if below is not None}
    return {**present, "value": {}} if present.keys() == {"key"} else present
