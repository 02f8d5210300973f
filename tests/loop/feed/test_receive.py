"""The live receiver as a process of its own: real exporters, kills, and senders that mean no good."""

import gzip
import http.client
import json
import signal
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from workbench.errors import ConfigError
from workbench.loop.feed.receive import ListenAddress, receive, store_what_is_left
from workbench.schemas import SPANS
from workbench.store import DEMO_SECRET, durability, init_workspace, telemetry

JSON, PROTOBUF = {"content-type": "application/json"}, {"content-type": "application/x-protobuf"}
GZIP = {"content-encoding": "gzip"}
DEFLATE = {"content-encoding": "deflate"}
BOMBS: tuple[dict[str, Any], ...] = (
    {"body": gzip.compress(bytes(100 << 20)), "headers": {**JSON, **GZIP}},
    {"body": zlib.compress(bytes(100 << 20)), "headers": {**PROTOBUF, **DEFLATE}},
    {"body": gzip.compress(b'{"resourceSpans": [' + b"{}," * 3_000_000), "headers": {**JSON, **GZIP}},
    {"body": gzip.compress(b"\x0a\x00" * 3_000_000), "headers": {**PROTOBUF, **GZIP}},
)
"""Small bodies of a hundred megabytes, or of three million pieces."""
Start = Callable[..., Any]
Exported = Callable[..., bytes]


def now() -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def receiver(start: Start) -> Any:
    """Return one receiver for the tests that only ask and look at the answer."""
    return start()


def spans_message(*numbers: int) -> bytes:
    """Return an export of spans with these numbers in protobuf; 0 has the id that stands for none."""
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for number in numbers:
        spans.add(trace_id=number.to_bytes(16, "big"), span_id=number.to_bytes(8, "big"), name="chat")
    return bytes(request.SerializeToString())


def test_what_the_python_sdk_exports_is_stored_with_its_users_keyed(start: Start) -> None:
    receiver = start()
    for place, compression in enumerate((Compression.NoCompression, Compression.Gzip, Compression.Deflate)):
        provider = TracerProvider(resource=Resource.create({"service.name": "shop"}))
        url = f"http://127.0.0.1:{receiver.port}/v1/traces"
        exporter = OTLPSpanExporter(url, compression=compression, timeout=120)  # sent again, it would be counted twice
        provider.add_span_processor(BatchSpanProcessor(exporter))
        tracer = provider.get_tracer("test")
        for number in range(1000 * place, 1000 * (place + 1)):
            said: dict[str, str | int] = {
                "gen_ai.request.model": "m-1",
                "gen_ai.usage.input_tokens": number,
                "user.id": "ann@example.org",
            }
            with tracer.start_as_current_span("chat", attributes=said):
                pass
        provider.shutdown()
    (file,) = (answer := receiver.stop())["files"]
    assert (answer["acknowledged"], file["in"], file["stored"], file["spans"]) == (3000, 3000, 3000, 3000)
    spans = receiver.workspace.telemetry.scan(SPANS).collect()
    assert sorted(spans["input_tokens"]) == list(range(3000))
    assert set(spans["user_key"]) == {receiver.workspace.user_key("ann@example.org")}
    assert set(spans["service"]) == {"shop"}
    assert "ann@example.org" not in str(spans.rows())
    assert list((receiver.workspace.root / "spool").iterdir()) == [], "raw ids lie in the spool until they are stored"


def test_json_protobuf_and_logs_are_acknowledged_with_an_empty_answer(receiver: Any, exported: Exported) -> None:
    assert receiver.post(exported(1), JSON)[::2] == (200, b"{}")
    assert receiver.post(spans_message(2), PROTOBUF)[::2] == (200, b"")
    evaluation = {
        "traceId": f"{1:032x}",
        "eventName": "gen_ai.evaluation.result",
        "attributes": [{"key": "gen_ai.evaluation.name", "value": {"stringValue": "relevance"}}],
    }
    logs = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [evaluation]}]}]}).encode()
    assert receiver.post(logs, JSON, path="/v1/logs")[::2] == (200, b"{}")
    for empty in (b"", b"{}", b'{"resourceSpans": []}'):
        assert receiver.post(empty, JSON)[::2] == (200, b"{}")
    assert receiver.post(b"", PROTOBUF)[::2] == (200, b"")


def test_refused_records_are_told_in_the_encoding_of_the_request(receiver: Any, exported: Exported) -> None:
    answer = receiver.post(spans_message(3, 0, 4), PROTOBUF)
    said = ExportTraceServiceResponse.FromString(answer.body).partial_success
    assert (answer.status, answer.headers["content-type"]) == (200, "application/x-protobuf")
    assert (said.rejected_spans, "no_id 1" in said.error_message) == (1, True)
    answer = receiver.post(exported(3, 0), JSON)
    assert json.loads(answer.body)["partialSuccess"]["rejectedSpans"] == "1"
    note = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "a note"}}]}]}]}
    answer = receiver.post(json.dumps(note).encode(), JSON, path="/v1/logs")
    assert json.loads(answer.body)["partialSuccess"]["rejectedLogRecords"] == "1"
    assert ExportLogsServiceResponse.FromString(b"").partial_success.rejected_log_records == 0


@pytest.mark.parametrize(
    ("status", "request_of"),
    [
        (404, {"path": "/v1/metrics"}),
        (404, {"path": "/"}),
        (405, {"method": "GET"}),
        (403, {"headers": {**JSON, "origin": "https://example.org"}}),
        (415, {"headers": {"content-type": "text/plain"}}),
        (415, {"headers": {}}),
        (415, {"headers": {**JSON, "content-encoding": "br"}}),
        (400, {"body": b"{broken"}),
        (400, {"body": b"[1]"}),
        (400, {"body": b'{"what": "is this"}'}),
        (400, {"body": b"\xff\xfe{"}),
        (400, {"body": b"[" * 100_000}),
        (400, {"body": b'{"resourceSpans":' + b"[" * 100_000 + b"]" * 100_000 + b"}"}),
        (400, {"body": b"garbage", "headers": PROTOBUF}),
        (400, {"body": b"\x0a\xff\xff\xff\x7f", "headers": PROTOBUF}),
        (400, {"body": b'{"resourceSpans": []}', "headers": PROTOBUF}),
        (400, {"body": b"no gzip", "headers": {**JSON, **GZIP}}),
        (400, {"body": gzip.compress(b"{}" * 500)[:-20], "headers": {**JSON, **GZIP}}),
    ],
)
def test_a_request_that_cannot_be_taken_is_answered_and_harms_nobody(
    receiver: Any, exported: Exported, status: int, request_of: dict[str, Any]
) -> None:
    answer = receiver.post(**{"body": exported(5), "headers": JSON, **request_of})
    assert answer.status == status
    if answer.headers["content-type"] == "application/json":
        assert json.loads(answer.body)["message"]
    assert receiver.post(exported(5), JSON).status == 200


def test_an_endless_body_ends_with_an_answer(receiver: Any) -> None:
    head = "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n" % (1 << 20) + bytes(1 << 20) + b"\r\n"
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=30) as connection:
        connection.sendall(head.encode())
        with pytest.raises(OSError, match=r"reset|pipe"):
            send_without_end(connection, chunk)
    assert receiver.post(b"{}", JSON).status == 200


def send_without_end(connection: socket.socket, chunk: bytes) -> None:
    while True:
        connection.sendall(chunk)


def test_the_identity_holds_at_the_end_and_no_request_has_made_it_large(start: Start, exported: Exported) -> None:
    receiver = start()
    for large in BOMBS:
        assert receiver.post(**large).status == 413
    for body in (exported(1), exported(2), exported(3, 0), exported(3, 4), exported(2)):
        assert receiver.post(body, JSON).status == 200
    assert receiver.post(spans_message(3, 0), PROTOBUF).status == 200
    n_kilobytes = peak_of(receiver.process.pid)
    answer = receiver.stop()
    names = ("in", "stored", "duplicate", "quarantined")
    totals = {name: sum(file[name] for file in answer["files"]) for name in names}
    assert totals == {"in": 9, "stored": 4 + 1, "duplicate": 2, "quarantined": 2}
    assert answer["acknowledged"] == 9
    assert receiver.stored() == [1, 2, 3, 3, 4], "3 came with a time and without one"
    assert sum(report.n_in for _, report in receiver.workspace.loads.all()) == totals["in"]
    assert n_kilobytes < 1_000_000


def peak_of(process: int) -> int:
    """Return the most memory that a process had, kilobytes; 0 where there is no /proc."""
    status = Path(f"/proc/{process}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def requests(first: int, exported: Exported) -> Iterator[tuple[list[int], bytes]]:
    """Yield requests of five spans each, without end."""
    while True:
        numbers = list(range(first, first + 5))
        yield numbers, exported(*numbers)
        first += 5


class Sender(threading.Thread):
    """Sends one request after the other until there is no answer any more; notes what was acknowledged."""

    def __init__(self, receiver: Any, first: int, exported: Exported) -> None:
        super().__init__(daemon=True)
        self.receiver, self.requests = receiver, requests(first, exported)
        self.acknowledged: list[int] = []

    def run(self) -> None:
        for numbers, body in self.requests:
            try:
                if self.receiver.post(body, JSON).status != 200:
                    return
            except (OSError, http.client.HTTPException):
                return
            self.acknowledged += numbers


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_acknowledged_is_lost_or_doubled_whatever_ends_it(
    start: Start, exported: Exported, number: int
) -> None:
    """Twice ended while three senders send; what they were told is stored is there, once."""
    workspace, acknowledged = None, list[int]()
    for session in range(2):
        receiver = start(workspace)
        workspace = receiver.workspace
        senders = [Sender(receiver, 1 + 1_000_000 * (session * 10 + place), exported) for place in range(3)]
        for sender in senders:
            sender.start()
        while min(len(sender.acknowledged) for sender in senders) < 50 * (session + 1):
            senders[0].join(0.02)
        receiver.stop(number)
        for sender in senders:
            sender.join(60)
            acknowledged += sender.acknowledged
    if number == signal.SIGKILL:
        receiver = start(workspace)
        receiver.stop()
    stored = receiver.stored()
    assert len(stored) == len(set(stored))
    assert set(acknowledged) <= set(stored)
    assert list((receiver.workspace.root / "spool").iterdir()) == []


def test_what_a_power_cut_left_half_written_is_told_and_costs_no_other_request(
    start: Start, exported: Exported
) -> None:
    receiver = start()
    assert receiver.post(exported(1), JSON).status == 200
    receiver.stop(signal.SIGKILL)
    (segment,) = (receiver.workspace.root / "spool").iterdir()
    with segment.open("ab") as file:
        file.write(b"\x00\x00\x10\x00" + exported(2)[:20])
    segment.with_name("20260301T000000.000000.otlp").write_bytes(b"\x00\x00\x10\x00")
    again = start(receiver.workspace)
    again.process.send_signal(signal.SIGTERM)
    out, errors = again.process.communicate(timeout=120)
    assert again.stored() == [1]
    assert [file["bytes_waiting"] for file in json.loads(out)["files"]] == [24]
    assert ["24 bytes" in errors, "4 bytes at its end never" in errors] == [True, True]
    assert list(segment.parent.iterdir()) == []


def test_what_a_killed_session_stored_is_flushed_before_its_file_goes(
    tmp_path: Path, exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next session deleted the file for rows that it found in the tables, and that a power cut could still take."""
    workspace = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    segment = workspace.root / "spool" / "20260301T000000.000000.otlp"
    segment.parent.mkdir()
    content = len(exported(1)).to_bytes(4, "big") + exported(1)
    segment.write_bytes(content)
    with monkeypatch.context() as killed:
        killed.setattr(telemetry, "sync_commit", lambda *_: None)
        store_what_is_left(workspace, now=now())
    segment.write_bytes(content)  # the kill came before it was deleted
    flushed: dict[Path, bool] = {}
    monkeypatch.setattr(durability, "sync", lambda paths: flushed.update({path: segment.exists() for path in paths}))
    store_what_is_left(workspace, now=now())
    spans = workspace.root / "telemetry" / "spans"
    assert flushed[spans / "_delta_log" / f"{1:020d}.json"]
    assert [flushed[path] for path in spans.glob("day=*/*.parquet")] == [True]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (ListenAddress("0.0.0.0"), "--allow-remote"),
        (ListenAddress("::"), "--allow-remote"),
        (ListenAddress("example.org", token="s3cret"), "--allow-remote"),
        (ListenAddress("0.0.0.0", is_remote_allowed=True), "WORKBENCH_RECEIVE_TOKEN"),
    ],
)
def test_other_machines_are_not_listened_to_by_accident(tmp_path: Path, address: ListenAddress, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        receive(init_workspace(tmp_path / "acme", secret=DEMO_SECRET), address, now=now, told=print)


def test_a_token_is_asked_of_everyone_once_it_is_set(
    start: Start, exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_RECEIVE_TOKEN", "s3cret")
    receiver = start()
    refused = [receiver.post(exported(1), {**JSON, "authorization": shown}) for shown in ("", "Bearer", "Bearer s3cre")]
    assert [answer.status for answer in refused] == [401, 401, 401]
    assert refused[0].headers["www-authenticate"] == "Bearer"
    assert receiver.post(exported(1), {**JSON, "authorization": "Bearer s3cret"}).status == 200


def test_a_second_receiver_of_one_workspace_or_port_is_refused(receiver: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="another process receives"):
        receive(receiver.workspace, ListenAddress(port=0), now=now, told=print)
    other = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    with pytest.raises(ConfigError, match="cannot listen"):
        receive(other, ListenAddress(port=receiver.port), now=now, told=print)
