"""OTLP objects in both of their encodings: protobuf's own JSON reader makes the messages, not this project."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

Encode = Callable[[dict[str, Any]], bytes]


@pytest.fixture(scope="session")
def encode() -> Encode:
    """Return a function that gives an export, written as OTLP/JSON has it, as a protobuf message."""

    def encode_export(export: dict[str, Any]) -> bytes:
        kind = ExportTraceServiceRequest if "resourceSpans" in export else ExportLogsServiceRequest
        return bytes(ParseDict(_with_base64_ids(export), kind()).SerializeToString())

    return encode_export


@pytest.fixture(scope="session")
def framed() -> Callable[..., bytes]:
    """Return a function that puts messages after their lengths, as the Collector's file exporter does."""
    return lambda *messages: b"".join(len(message).to_bytes(4, "big") + message for message in messages)


def _with_base64_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_base64_ids(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        name: base64.b64encode(bytes.fromhex(entry)).decode()
        if name in {"traceId", "spanId", "parentSpanId"}
        else _with_base64_ids(entry)
        for name, entry in value.items()
    }
