"""OTLP as exporters write it, built from plain values, and read back."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson
import pytest

from workbench.loaders import otlp

TRACE_ID, SPAN_ID = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"
START, END = "1767225600000000000", "1767225601500000000"
"""2026-01-01 00:00:00 and one and a half seconds later."""


class Wire(NamedTuple):
    """Builders of OTLP objects from plain values."""

    attributes: Callable[[Mapping[str, Any]], list[dict[str, Any]]]
    span: Callable[..., dict[str, Any]]
    export: Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def wire() -> Wire:
    """Return builders of OTLP objects."""
    return Wire(_attributes, _span, _export)


@pytest.fixture
def read_lines(read: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that reads objects, or bytes, as lines of one file."""

    def read_objects(*lines: Any, batch_records: int = 50_000) -> Any:
        raw = b"".join((line if isinstance(line, bytes) else orjson.dumps(line)) + b"\n" for line in lines)
        return read(otlp.load, raw, batch_records=batch_records)

    return read_objects


@pytest.fixture
def read_attributes(read_lines: Callable[..., Any]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return a function that gives the row of one span with these attributes."""

    def read_one(attributes: Mapping[str, Any]) -> dict[str, Any]:
        loaded = read_lines(_export(_span(attributes)))
        assert loaded.refused == []
        row: dict[str, Any] = loaded.spans.row(0, named=True)
        return row

    return read_one


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _any_value(value)} for name, value in values.items()]


def _any_value(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any_value(entry) for entry in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": _attributes(value)}}
    return {"stringValue": value}


def _span(attributes: Mapping[str, Any] | None = None, /, **fields: Any) -> dict[str, Any]:
    span = {
        "traceId": TRACE_ID,
        "spanId": SPAN_ID,
        "name": "chat",
        "kind": 3,
        "startTimeUnixNano": START,
        "endTimeUnixNano": END,
        "attributes": _attributes(attributes or {}),
    }
    return {name: value for name, value in {**span, **fields}.items() if value is not ...}


def _export(*spans: Any, resource: Mapping[str, Any] | None = None) -> dict[str, Any]:
    scopes = [{"scope": {"name": "library", "version": "1"}, "spans": list(spans)}]
    return {"resourceSpans": [{"resource": {"attributes": _attributes(resource or {})}, "scopeSpans": scopes}]}
