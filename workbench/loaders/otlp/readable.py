"""Spans as the JavaScript SDK holds them in memory (ReadableSpan), turned into spans of the protocol.

Some tools write their spans with a plain `JSON.stringify`: ids are in `spanContext`, times are pairs of seconds and
nanoseconds, attributes are plain values. After this turn they take the same path as all others.
"""

from collections.abc import Mapping
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.otlp.scope import SPAN_KINDS

_TAKEN = frozenset(
    {
        "name", "spanContext", "parentSpanContext", "parentSpanId", "kind", "startTime", "endTime", "status",
        "attributes", "events", "links", "resource", "instrumentationScope", "instrumentationLibrary",
        "droppedAttributesCount", "droppedEventsCount", "droppedLinksCount",
    }
)  # fmt: skip
_NANOSECONDS = 1_000_000_000


def is_readable_span(record: Any) -> bool:
    """Return whether a parsed record has the shape of a ReadableSpan."""
    return isinstance(record, dict) and isinstance(record.get("spanContext"), dict)


def as_wire(record: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the span, its resource and its scope as objects of the protocol.

    Raises
    ------
    RecordError
        If a time is no pair, or a part has another type than the SDK gives it.
    """
    context, parent = record["spanContext"], _part(record, "parentSpanContext")
    kind = record.get("kind")
    span = {
        "traceId": context.get("traceId"),
        "spanId": context.get("spanId"),
        "traceState": _trace_state(context),
        "flags": context.get("traceFlags"),
        "parentSpanId": parent.get("spanId") or record.get("parentSpanId"),
        "name": record.get("name"),
        # The SDK counts kinds from INTERNAL == 0, the protocol from UNSPECIFIED == 0.
        "kind": SPAN_KINDS[kind + 1] if isinstance(kind, int) and 0 <= kind < len(SPAN_KINDS) - 1 else kind,
        "startTimeUnixNano": _nanoseconds(record.get("startTime")),
        "endTimeUnixNano": _nanoseconds(record.get("endTime")),
        "attributes": _attributes(_part(record, "attributes")),
        "events": [_event(event) for event in record.get("events") or ()],
        "links": [_link(link) for link in record.get("links") or ()],
        "status": dict(_part(record, "status")),
        **{name: record.get(name) for name in ("droppedAttributesCount", "droppedEventsCount", "droppedLinksCount")},
        **{name: value for name, value in record.items() if name not in _TAKEN},
    }
    scope = {**_part(record, "instrumentationScope"), **_part(record, "instrumentationLibrary")}
    resource = _part(record, "resource")
    attributes = _attributes(resource.get("attributes") or resource.get("_attributes") or {})
    return span, {"attributes": attributes} if attributes else {}, scope


def _part(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = record.get(name)
    if part is not None and not isinstance(part, dict):
        raise RecordError(f"{name} is no object", reason="wrong_type")
    return part or {}


def _trace_state(context: Mapping[str, Any]) -> str | None:
    state = context.get("traceState")
    return state if isinstance(state, str) else None


def _nanoseconds(pair: Any) -> int | None:
    """Return nanoseconds since 1970 of the SDK's pair of seconds and nanoseconds."""
    if pair is None:
        return None
    if not (isinstance(pair, list) and len(pair) == 2 and all(type(part) is int and part >= 0 for part in pair)):
        raise RecordError("a time that is no pair of seconds and nanoseconds", reason="bad_time")
    return int(pair[0]) * _NANOSECONDS + int(pair[1])


def _event(event: Any) -> dict[str, Any]:
    if not isinstance(event, dict):
        raise RecordError("an event is no object", reason="wrong_type")
    return {
        "timeUnixNano": _nanoseconds(event.get("time")),
        "name": event.get("name"),
        "attributes": _attributes(_part(event, "attributes")),
        "droppedAttributesCount": event.get("droppedAttributesCount"),
    }


def _link(link: Any) -> dict[str, Any]:
    if not isinstance(link, dict):
        raise RecordError("a link is no object", reason="wrong_type")
    context = _part(link, "context")
    attributes = _attributes(_part(link, "attributes"))
    return {"traceId": context.get("traceId"), "spanId": context.get("spanId"), "attributes": attributes}


def _attributes(plain: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _any_value(value)} for name, value in plain.items()]


def _any_value(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any_value(entry) for entry in value]}}
    return {"kvlistValue": {"values": _attributes(value)}}
