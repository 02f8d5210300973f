"""Messages spelt as OTLP/JSON: one reader knows the conventions, whatever the encoding was.

Ids become hex, 64-bit integers digits, bytes base64, and numbers that JSON does not have their names, as the protocol
says. A field that holds its default is left out: protobuf does not tell it from one that was never set.
"""

import base64
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from workbench.errors import RecordError

UNKNOWN = "unknownFields"
"""Where fields go that the protocol did not have when its package was made: by path and number, in base64 or digits."""

Spelling = Sequence[tuple[str, str, Callable[[Any], Any] | None]]
"""Fields of a message: their name in protobuf, in JSON, and how a value is spelt; None where as it is."""


def spell_span(raw: bytes) -> dict[str, Any]:
    """Return one span as OTLP/JSON.

    Raises
    ------
    RecordError
        not_protobuf, if it is none: as in a text that is not UTF-8.
    """
    return _spell(raw, Span, _SPAN)


def spell_log_record(raw: bytes) -> dict[str, Any]:
    """Return one log record as OTLP/JSON; raises as `spell_span`."""
    return _spell(raw, LogRecord, _LOG_RECORD)


def spell_resource(raw: bytes) -> dict[str, Any]:
    """Return one resource as OTLP/JSON; raises as `spell_span`."""
    return _spell(raw, Resource, _RESOURCE)


def spell_scope(raw: bytes) -> dict[str, Any]:
    """Return one instrumentation scope as OTLP/JSON; raises as `spell_span`."""
    return _spell(raw, InstrumentationScope, _SCOPE)


def spell_unknown(raw: bytes) -> dict[str, Any]:
    """Return fields that no message of the protocol has, under their numbers."""
    return {UNKNOWN: _unknown_fields(Empty.FromString(raw))} if raw else {}


def _spell(raw: bytes, message_type: type[Message], spelling: Spelling) -> dict[str, Any]:
    try:
        message = message_type.FromString(raw)
    except DecodeError:
        raise RecordError("no protobuf message of its kind", reason="not_protobuf") from None
    n_bytes = message.ByteSize()
    message.DiscardUnknownFields()
    spelt = _spelt(message, spelling)
    if message.ByteSize() != n_bytes:
        spelt[UNKNOWN] = _unknown_fields(message_type.FromString(raw))
    return spelt


def _spelt(message: Any, spelling: Spelling) -> dict[str, Any]:
    return {
        name: value if convert is None else convert(value)
        for field, name, convert in spelling
        if (value := getattr(message, field))
    }


def _any_value(value: AnyValue) -> dict[str, Any]:
    match value.WhichOneof("value"):
        case "string_value":
            return {"stringValue": value.string_value}
        case "int_value":
            return {"intValue": str(value.int_value)}
        case "double_value":
            return {"doubleValue": _double(value.double_value)}
        case "bool_value":
            return {"boolValue": value.bool_value}
        case "array_value":
            return {"arrayValue": {"values": [_any_value(entry) for entry in value.array_value.values]}}
        case "kvlist_value":
            return {"kvlistValue": {"values": _attributes(value.kvlist_value.values)}}
        case None:
            return {}
        case _:
            return dict(MessageToDict(value))


def _attributes(attributes: Iterable[KeyValue]) -> list[dict[str, Any]]:
    spelt = []
    for entry in attributes:
        value = entry.value
        text = value.string_value  # most are texts: asking for that first saves a third of the time
        spelt.append({"key": entry.key, "value": {"stringValue": text} if text else _any_value(value)})
    return spelt


def _double(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _status(status: Status) -> dict[str, Any]:
    return _spelt(status, _STATUS)


def _events(events: Iterable[Any]) -> list[dict[str, Any]]:
    return [_spelt(event, _EVENT) for event in events]


def _links(links: Iterable[Any]) -> list[dict[str, Any]]:
    return [_spelt(link, _LINK) for link in links]


def _messages(messages: Iterable[Message]) -> list[dict[str, Any]]:
    return [dict(MessageToDict(message)) for message in messages]


def _unknown_fields(message: Message, path: str = "") -> dict[str, Any]:
    """Return what a message and those in it hold beyond their types, by where it was met."""
    found: dict[str, Any] = {}
    for number, field in enumerate(UnknownFieldSet(message)):
        data = field.data
        found[f"{path}{field.field_number}#{number}"] = (
            base64.b64encode(data).decode() if isinstance(data, bytes) else str(data)
        )
    for descriptor, value in message.ListFields():
        if descriptor.message_type is not None:
            below = [value] if isinstance(value, Message) else value
            for place, entry in enumerate(below):
                found |= _unknown_fields(entry, f"{path}{descriptor.name}.{place}.")
    return found


_STATUS: Spelling = (("message", "message", None), ("code", "code", None))
_EVENT: Spelling = (
    ("time_unix_nano", "timeUnixNano", str),
    ("name", "name", None),
    ("attributes", "attributes", _attributes),
    ("dropped_attributes_count", "droppedAttributesCount", None),
)
_LINK: Spelling = (
    ("trace_id", "traceId", bytes.hex),
    ("span_id", "spanId", bytes.hex),
    ("trace_state", "traceState", None),
    ("attributes", "attributes", _attributes),
    ("dropped_attributes_count", "droppedAttributesCount", None),
    ("flags", "flags", None),
)
_SPAN: Spelling = (
    ("trace_id", "traceId", bytes.hex),
    ("span_id", "spanId", bytes.hex),
    ("trace_state", "traceState", None),
    ("parent_span_id", "parentSpanId", bytes.hex),
    ("flags", "flags", None),
    ("name", "name", None),
    ("kind", "kind", None),
    ("start_time_unix_nano", "startTimeUnixNano", str),
    ("end_time_unix_nano", "endTimeUnixNano", str),
    ("attributes", "attributes", _attributes),
    ("dropped_attributes_count", "droppedAttributesCount", None),
    ("events", "events", _events),
    ("dropped_events_count", "droppedEventsCount", None),
    ("links", "links", _links),
    ("dropped_links_count", "droppedLinksCount", None),
    ("status", "status", _status),
)
_LOG_RECORD: Spelling = (
    ("time_unix_nano", "timeUnixNano", str),
    ("observed_time_unix_nano", "observedTimeUnixNano", str),
    ("severity_number", "severityNumber", None),
    ("severity_text", "severityText", None),
    ("body", "body", _any_value),
    ("attributes", "attributes", _attributes),
    ("dropped_attributes_count", "droppedAttributesCount", None),
    ("flags", "flags", None),
    ("trace_id", "traceId", bytes.hex),
    ("span_id", "spanId", bytes.hex),
    ("event_name", "eventName", None),
)
_RESOURCE: Spelling = (
    ("attributes", "attributes", _attributes),
    ("dropped_attributes_count", "droppedAttributesCount", None),
    ("entity_refs", "entityRefs", _messages),
)
_SCOPE: Spelling = (
    ("name", "name", None),
    ("version", "version", None),
    ("attributes", "attributes", _attributes),
    ("dropped_attributes_count", "droppedAttributesCount", None),
)
