"""OTLP/JSON as it is on the wire, as types: what the fast reader decodes into, and values without their wrapping.

The types hold every field of the protocol. A field that they do not hold is noticed by counting members (pieces.py),
not by asking, which is what makes the reading fast and still complete.
"""

from functools import lru_cache
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from workbench.errors import RecordError
from workbench.loaders.otlp.exact import count_members, parse

Integer = Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
Time = int | str | None
"""Nanoseconds since 1970; exporters write numbers or strings."""
Count = Annotated[int, Meta(ge=0, le=(1 << 32) - 1)] | None
Key = TypeVar("Key", bound=str)
"""The type of attribute names: any text, or one of the names that were met before."""
MAX_NAMES = 1000
"""Names that are learned: an application has a hundred; messages spelled out by index make new ones without end."""
_CACHED_VALUES = 4096
_CACHED_BYTES = 256


class AnyValue(Struct, gc=False, rename="camel"):
    """One attribute value; exactly one field is set, or none for an empty value."""

    string_value: str | None = None
    int_value: Integer | str | None = None
    double_value: float | str | None = None
    bool_value: bool | None = None
    array_value: Raw = Raw()
    kvlist_value: Raw = Raw()
    bytes_value: str | None = None


class KeyValue(Struct, Generic[Key], gc=False):
    """One attribute."""

    key: Key
    value: AnyValue


class Event(Struct, Generic[Key], gc=False, rename="camel"):
    """Something that happened during a span."""

    time_unix_nano: Time = None
    name: str | None = None
    attributes: list[KeyValue[Key]] | None = None
    dropped_attributes_count: Count = None


class Status(Struct, gc=False):
    """How a span ended."""

    message: str | None = None
    code: int | str | None = None


class Span(Struct, Generic[Key], gc=False, rename="camel"):
    """One span; the order is the protocol's, which is the order that exporters write."""

    trace_id: str | None = None
    span_id: str | None = None
    trace_state: str | None = None
    parent_span_id: str | None = None
    flags: Count = None
    name: str | None = None
    kind: int | str | None = None
    start_time_unix_nano: Time = None
    end_time_unix_nano: Time = None
    attributes: list[KeyValue[Key]] | None = None
    dropped_attributes_count: Count = None
    events: list[Event[Key]] | None = None
    dropped_events_count: Count = None
    links: list[Raw] | None = None
    dropped_links_count: Count = None
    status: Status | None = None


class ScopeSpans(Struct, Generic[Key], gc=False, rename="camel"):
    """The spans of one instrumentation."""

    scope: Raw = Raw()
    spans: list[Span[Key]] | None = None
    schema_url: str | None = None


class ResourceSpans(Struct, Generic[Key], gc=False, rename="camel"):
    """The spans of one service instance."""

    resource: Raw = Raw()
    scope_spans: list[ScopeSpans[Key]] | None = None
    schema_url: str | None = None


class Export(Struct, Generic[Key], gc=False, rename="camel"):
    """One line of the Collector's file exporter, if it holds spans only."""

    resource_spans: list[ResourceSpans[Key]] | None = None


SPAN = msgspec.json.Decoder(Span[str])
"""Of a span alone."""


class ExportDecoder:
    """Decodes lines of spans, and learns the names of their attributes.

    A decoder that knows the names makes no new text of each: a fifth of its time and half of its memory.
    """

    def __init__(self) -> None:
        self._any_name = msgspec.json.Decoder(Export[str])
        self._known_names: msgspec.json.Decoder[Any] | None = None
        self._names: set[str] = set()

    def decode(self, raw: bytes) -> Export[str]:
        """Return one line, typed.

        Raises
        ------
        ValueError
            If it is no JSON or has other types; UnicodeDecodeError is one.
        RecursionError
            If it is nested too deeply.
        """
        if self._known_names is not None:
            try:
                known: Export[str] = self._known_names.decode(raw)
            except msgspec.ValidationError:
                pass
            else:
                return known
        export: Export[str] = self._any_name.decode(raw)
        self._learn(export)
        return export

    def _learn(self, export: Export[str]) -> None:
        if len(self._names) >= MAX_NAMES:
            return
        before = len(self._names)
        for span in spans_of(export):
            self._names.update([entry.key for entry in span.attributes or ()])
            for event in span.events or ():
                self._names.update([entry.key for entry in event.attributes or ()])
        if len(self._names) >= MAX_NAMES:
            self._known_names = None
        elif len(self._names) > before:
            names = Literal[tuple(sorted(self._names))]  # type: ignore[valid-type]
            self._known_names = msgspec.json.Decoder(Export[names])  # type: ignore[valid-type]


def spans_of(export: Export[str]) -> list[Span[str]]:
    """Return all spans of a line, in their order."""
    groups = export.resource_spans or ()
    return [span for group in groups for scope in group.scope_spans or () for span in scope.spans or ()]


def other_value(wrapped: AnyValue) -> tuple[Any, int]:
    """Return the value of an attribute that is no string, and how many JSON members its wrapping held."""
    if wrapped.int_value is not None:
        return (integer(wrapped.int_value), 1)
    if wrapped.double_value is not None:
        return (wrapped.double_value, 1)
    if wrapped.bool_value is not None:
        return (wrapped.bool_value, 1)
    if wrapped.bytes_value is not None:
        return ({"bytesValue": wrapped.bytes_value}, 1)
    for name, raw in (("arrayValue", wrapped.array_value), ("kvlistValue", wrapped.kvlist_value)):
        if nested := bytes(raw):
            return _nested_cached(name, nested) if len(nested) <= _CACHED_BYTES else _nested(name, nested)
    return (wrapped.string_value, 0 if wrapped.string_value is None else 1)


def integer(value: int | str) -> int:
    """Return a 64-bit integer that JSON holds as a number or as its digits."""
    if isinstance(value, int):
        return value
    digits = value[1:] if value[:1] == "-" else value
    if not (digits.isascii() and digits.isdecimal()):
        raise RecordError("an integer that is not made of digits", reason="bad_number")
    if len(digits) > 20 or not -(1 << 63) <= (number := int(value)) < 1 << 64:
        raise RecordError("an integer beyond 64 bits", reason="bad_number")
    return number


def plain(wrapped: Any) -> Any:
    """Return the value that a parsed AnyValue object wraps, at every level.

    >>> plain({"arrayValue": {"values": [{"stringValue": "stop"}]}})
    ['stop']
    """
    if not isinstance(wrapped, dict) or len(wrapped) > 1:
        raise RecordError("an attribute value is no object with one member", reason="wrong_type")
    for name, value in wrapped.items():
        return _plain(name, value)
    return None


def plain_attributes(wrapped: Any) -> dict[str, Any]:
    """Return parsed attributes as `name: value`; a name that comes again gets a number, the last one keeps its name.

    >>> plain_attributes([{"key": "service.name", "value": {"stringValue": "shop"}}])
    {'service.name': 'shop'}
    """
    names, values = [], []
    for entry in _list(wrapped):
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str) or entry.keys() - {"key", "value"}:
            raise RecordError("an attribute is no object of key and value", reason="wrong_type")
        names.append(entry["key"])
        values.append(None if (value := entry.get("value")) is None else plain(value))
    return dict(zip(distinct(tuple(names)), values, strict=True))


def distinct(names: tuple[str, ...], taken: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return the names, with a number behind each one that is taken or comes again later.

    >>> distinct(("a", "b", "a"))
    ('a#2', 'b', 'a')
    """
    if len(set(names)) == len(names) and taken.isdisjoint(names):
        return names
    used = set(names) | taken
    seen: set[str] = set(taken)
    result = []
    for name in reversed(names):
        unique = _numbered(name, used) if name in seen else name
        seen.add(name)
        used.add(unique)
        result.append(unique)
    return tuple(reversed(result))


def _numbered(name: str, used: set[str]) -> str:
    number = 2
    while f"{name}#{number}" in used:
        number += 1
    return f"{name}#{number}"


def _plain(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "intValue" and isinstance(value, (int, str)) and not isinstance(value, bool):
        return integer(value)
    if name == "arrayValue":
        return [plain(entry) for entry in _list(_of(value).get("values"))]
    if name == "kvlistValue":
        return plain_attributes(_of(value).get("values"))
    expected = {"stringValue": (str,), "doubleValue": (int, float, str), "boolValue": (bool,), "bytesValue": (str,)}
    if not isinstance(value, expected.get(name, ())):
        raise RecordError("an attribute value has another type than it says", reason="wrong_type")
    return {name: value} if name == "bytesValue" else value


def _of(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or value.keys() - {"values"}:
        raise RecordError("a list of values is no object of values", reason="wrong_type")
    return value


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise RecordError("a list is expected", reason="wrong_type")
    return value


def _nested(name: str, raw: bytes) -> tuple[Any, int]:
    parsed, is_repaired = parse(raw)
    if is_repaired:
        raise RecordError("a lone surrogate or a number that is none", reason="not_json")
    return (_plain(name, parsed), 1 + count_members(parsed))


_nested_cached = lru_cache(_CACHED_VALUES)(_nested)
