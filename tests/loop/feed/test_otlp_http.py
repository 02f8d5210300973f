"""What the receiver answers when it must not, or cannot, take more."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from workbench.boundaries.listen import Head, Response
from workbench.experiments.to_end import to_end
from workbench.loaders.otlp import protobuf
from workbench.loaders.source import MAX_LINE_BYTES
from workbench.loop.feed.otlp_http import OtlpDoor
from workbench.store.spool import Spool

HEAD = Head("POST", "/v1/traces", {"content-type": "application/json"})
PROTOBUF = HEAD._replace(headers={"content-type": "application/x-protobuf"})


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool", now=lambda: datetime(2026, 3, 1, tzinfo=UTC), segment_bytes=1 << 20)
    yield spool
    spool.close()


@pytest.fixture
def ask(spool: Spool) -> Iterator[Callable[..., Response]]:
    """Return a function that gives the answer to one request."""
    doors: list[OtlpDoor] = []

    def ask_once(head: Head, body: bytes, *, has_room: bool = True) -> Response:
        doors.append(door := OtlpDoor(spool, lambda: has_room))
        answer = door.admit(head) or to_end(door.answer(head, body))
        assert door.statuses == Counter([answer.status])
        return answer

    yield ask_once
    for door in doors:
        door.close()


@pytest.mark.parametrize("n_more", [0, 1])
def test_nothing_is_acknowledged_that_is_too_long_to_be_read_from_the_spool(
    spool: Spool, ask: Callable[..., Response], n_more: int
) -> None:
    """Spans of a request of 32 to 64 MB were acknowledged, and then refused and cut to their beginning."""
    # a span of one name that fills the message: each of the four fields around it has a tag and a length of 4 bytes
    n_bytes = MAX_LINE_BYTES + n_more
    times = SpanMessage(trace_id=b"1" * 16, span_id=b"2" * 8, start_time_unix_nano=1, end_time_unix_nano=2)
    name = "x" * (n_bytes - times.ByteSize() - 4 * (1 + 4))
    span = SpanMessage(name=name)
    span.MergeFrom(times)
    scope = ScopeSpans(spans=[span])
    message = ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=[scope])]).SerializeToString()
    assert len(message) == n_bytes
    assert ask(PROTOBUF, message).status == (413 if n_more else 200)
    read = [frame for segment in spool.segments() for frame in protobuf.frames(segment.open("rb"), start=0)]
    assert [frame.is_too_large for frame in read] == [False] * (1 - n_more)


def test_a_sender_is_put_off_while_too_much_waits(
    spool: Spool, ask: Callable[..., Response], exported: Callable[..., bytes]
) -> None:
    answer = ask(HEAD, exported(1), has_room=False)
    assert (answer.status, dict(answer.headers)["retry-after"]) == (503, "5")
    assert json.loads(answer.body)["message"] == "too much is waiting to be stored"
    assert spool.segments() == []


def test_a_sender_is_put_off_when_the_disk_does_not_take_it(
    spool: Spool, ask: Callable[..., Response], exported: Callable[..., bytes]
) -> None:
    shutil.rmtree(spool.folder)
    answer = ask(HEAD, exported(1))
    assert (answer.status, dict(answer.headers)["retry-after"]) == (503, "5")
    spool.folder.mkdir()
    assert ask(HEAD, exported(1)).status == 200


def test_what_is_acknowledged_is_in_the_spool_as_it_came(
    spool: Spool, ask: Callable[..., Response], exported: Callable[..., bytes]
) -> None:
    assert ask(HEAD, b"  " + exported(1) + b"\n").status == 200
    (segment,) = spool.segments()
    assert segment.read_bytes() == len(exported(1)).to_bytes(4, "big") + exported(1)


def test_many_refused_records_are_counted_in_a_long_number(
    ask: Callable[..., Response], exported: Callable[..., bytes]
) -> None:
    body = exported(*[0] * 300)
    said = json.loads(ask(HEAD, body).body)["partialSuccess"]
    assert said["rejectedSpans"] == "300"
    records = b"".join(b"\x12\x02\x0a\x00" for _ in range(300))
    group = b"\x12" + bytes([len(records) & 0x7F | 0x80, len(records) >> 7]) + records
    message = b"\x0a" + bytes([len(group) & 0x7F | 0x80, len(group) >> 7]) + group
    answer = ExportTraceServiceResponse.FromString(ask(PROTOBUF, message).body)
    assert answer.partial_success.rejected_spans == 300


@pytest.mark.parametrize(
    ("status", "is_for_later"), [(429, True), (503, True), (400, False), (408, False), (413, False)]
)
def test_whoever_shall_try_again_is_told_when(spool: Spool, status: int, is_for_later: bool) -> None:
    door = OtlpDoor(spool, lambda: True)
    answer = door.fault(status, "why", None)
    assert ("retry-after" in dict(answer.headers), door.statuses) == (is_for_later, Counter([status]))
    assert json.loads(answer.body) == {"message": "why"}
    door.close()


def test_refusals_in_protobuf_are_a_status_message(ask: Callable[..., Response]) -> None:
    answer = ask(PROTOBUF, b"garbage")
    assert (answer.status, answer.content_type) == (400, "application/x-protobuf")
    assert answer.body[:1] == b"\x12", "field 2 of google.rpc.Status, its message"
    assert answer.body[2:].decode().startswith("this is no OTLP: ")
    assert answer.body[1] == len(answer.body) - 2
