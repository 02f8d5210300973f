"""Phoenix's spans and annotations in the words of OTLP and of signals; the server is one on loopback."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.boundaries.http import Server
from workbench.boundaries.keys import Key
from workbench.boundaries.urls import read_address
from workbench.errors import ServerError
from workbench.loaders import otlp, signals
from workbench.loaders.servers import Page, Position, phoenix

Serve = Callable[..., Any]
Read = Callable[..., Any]
TRACE, SPAN = "a60d0d229b8cafd44ac3f43cc4be3c6a", "1ccb9a4f3d25bddf"
RECORD: dict[str, Any] = {
    "id": "U3Bhbjox",
    "name": "search",
    "context": {"trace_id": TRACE, "span_id": SPAN},
    "span_kind": "TOOL",
    "parent_id": "caba6ab2ae357279",
    "start_time": "2026-03-10T13:07:17.691768+00:00",
    "end_time": "2026-03-10T13:07:17.692768+00:00",
    "status_code": "ERROR",
    "status_message": "no answer",
    "attributes": {
        "tool.name": "search",
        "session.id": "s1",
        "user.id": "ann@example.com",
        "tag.tags": ["a", "b"],
        "metadata.depth": 2,
        "share": 0.5,
        "ok": True,
        "none": None,
        "nested": {"deep": [1]},
        "big": 2**70,
    },
    "events": [
        {
            "name": "exception",
            "timestamp": "2026-03-10T13:07:17.692+00:00",
            "attributes": {"exception.type": "TimeoutError", "exception.message": "t"},
        }
    ],
}
ANNOTATION: dict[str, Any] = {
    "id": "QW5ub3RhdGlvbjox",
    "span_id": SPAN,
    "name": "thumb",
    "annotator_kind": "HUMAN",
    "result": {"label": "down", "score": 0.0, "explanation": "wrong"},
    "metadata": {"page": 3},
    "identifier": "",
    "source": "APP",
    "user_id": "VXNlcjox",
    "created_at": "2026-03-11T00:00:00+00:00",
    "updated_at": "2026-03-12T00:00:00+00:00",
}


class Said:
    """An answer, as JSON."""

    raw = None

    def __init__(self, content: Any, status: int = 200) -> None:
        self.status, self.body = status, json.dumps(content).encode()
        self.headers: dict[str, str] = {}


class Phoenix:
    """A server with a few spans, in their order of arrival; `sort` is known, as in version 13 and later."""

    def __init__(self, spans: list[Any], annotations: dict[str, list[Any]] | None = None, sorts: bool = True) -> None:
        self.spans, self.annotations, self.sorts, self.at_once = spans, annotations or {}, sorts, 2

    def __call__(self, asked: Any) -> Said:
        last = asked.path.rpartition("/")[2]
        if last.endswith("_annotations"):
            found = self.annotations.get(last)
            return Said({"detail": "none"}, 404) if found is None else Said({"data": found, "next_cursor": None})
        if self.sorts and asked.query.get("sort", ["id"]) != ["id"]:
            return Said({"detail": "bad sort"}, 422)
        is_ascending = self.sorts and asked.query.get("order") == ["asc"]
        listed = self.spans if is_ascending else self.spans[::-1]
        ids = [span["id"] for span in listed]
        start = 0
        if "cursor" in asked.query:  # as the server does: all from that id on, whether or not it is still there
            wanted = int(asked.query["cursor"][0])
            start = next(
                (n for n, one in enumerate(ids) if (int(one) >= wanted if is_ascending else int(one) <= wanted)),
                len(ids),
            )
        end = start + self.at_once
        return Said({"data": listed[start:end], "next_cursor": ids[end] if end < len(ids) else None})


def numbered(*numbers: int) -> list[Any]:
    """Return spans with these ids of the server's."""
    return [
        {**RECORD, "id": str(number), "context": {"trace_id": TRACE, "span_id": f"{number:016x}"}} for number in numbers
    ]


def opened(url: str) -> Any:
    """Return the streams of the project `demo`."""
    server = Server(read_address(url), Key(), pause=lambda seconds: None, rng=random.Random(0))
    return phoenix.open_project(server, "demo").streams


def span_ids(page: Page) -> list[int]:
    """Return the ids of the spans on a page, as numbers."""
    (line,) = [json.loads(piece.raw) for piece in page.payloads if piece.format == "otlp"]
    return [int(span["spanId"], 16) for span in line["resourceSpans"][0]["scopeSpans"][0]["spans"]]


def test_a_span_is_read_as_otlp(serve: Serve, read: Read, key: Callable[[str], str]) -> None:
    page = opened(serve(Phoenix([RECORD])).url)[0].read(Position(None))
    (piece,) = page.payloads
    (span,) = read(otlp.load, piece.raw).spans.to_dicts()
    assert (span["trace_id"], span["span_id"], span["parent_span_id"]) == (TRACE, SPAN, "caba6ab2ae357279")
    assert (span["kind"], span["name"], span["tool_name"]) == ("TOOL", "search", "search")
    assert (span["status"], span["error_type"], span["error_message"]) == ("ERROR", "TimeoutError", "no answer")
    assert span["started_at"] == datetime(2026, 3, 10, 13, 7, 17, 691768, tzinfo=UTC)
    assert (span["duration_ms"], span["session_id"], span["user_key"]) == (1.0, "s1", key("ann@example.com"))
    rest = json.loads(span["attributes"])
    assert (rest["tag.tags"], rest["metadata.depth"], rest["share"], rest["ok"]) == (["a", "b"], 2, 0.5, True)
    assert (rest["nested"], rest["big"]) == ({"deep": [1]}, str(2**70))


def test_an_annotation_is_a_signal(serve: Serve, read: Read, key: Callable[[str], str]) -> None:
    of_trace = {**ANNOTATION, "annotator_kind": "LLM", "user_id": None, "trace_id": TRACE}
    of_session = {**ANNOTATION, "annotator_kind": "CODE", "session_id": "s1"}
    for one in (of_trace, of_session):
        del one["span_id"]
    annotations = {
        "span_annotations": [ANNOTATION],
        "trace_annotations": [of_trace],
        "session_annotations": [of_session],
    }
    page = opened(serve(Phoenix([RECORD], annotations)).url)[0].read(Position(None))
    loaded = read(signals.load, page.payloads[1].raw).signals.to_dicts()
    assert [(one["target_kind"], one["target_id"], one["trace_id"], one["kind"]) for one in loaded] == [
        ("span", SPAN, TRACE, "feedback"),
        ("trace", TRACE, TRACE, "evaluation"),
        ("session", "s1", None, "evaluation"),
    ]
    first = loaded[0]
    assert (first["name"], first["value"], first["label"], first["comment"]) == ("thumb", 0.0, "down", "wrong")
    assert (first["annotator"], first["at"]) == (key("VXNlcjox"), datetime(2026, 3, 12, tzinfo=UTC))
    assert json.loads(first["attributes"])["metadata"] == {"page": 3}


def test_a_verdict_that_was_pushed_comes_back_as_no_users_feedback(serve: Serve, read: Read) -> None:
    """A reviewer's note "wrong" on a trace would be found as a complaint of its user, and reviewed again."""
    pushed = {**ANNOTATION, "name": "verdict", "metadata": {"workbench_verdict": {"id": "ver_1"}}}
    page = opened(serve(Phoenix([RECORD], {"span_annotations": [pushed]})).url)[0].read(Position(None))
    (signal,) = read(signals.load, page.payloads[1].raw).signals.to_dicts()
    assert (signal["kind"], signal["annotator_kind"], signal["comment"]) == ("evaluation", "HUMAN", "wrong")


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {**RECORD, "context": None},
        {**RECORD, "context": {"trace_id": TRACE, "span_id": "x"}},
        {**RECORD, "start_time": "yesterday"},
        {**RECORD, "attributes": [1]},
        {**RECORD, "events": [7]},
        "no span",
        7,
    ],
)
def test_a_bad_span_is_refused_and_its_neighbour_is_kept(serve: Serve, read: Read, bad: Any) -> None:
    page = opened(serve(lambda asked: _all_at_once([bad, RECORD], asked)).url)[0].read(Position(None))
    loaded = read(otlp.load, page.payloads[0].raw)
    assert (loaded.spans.height, len(loaded.refused)) == (1, 1)


def _all_at_once(spans: list[Any], asked: Any) -> Said:
    if asked.path.endswith("_annotations"):
        return Said({}, 404)
    return Said({}, 422) if asked.query.get("sort", ["id"]) != ["id"] else Said({"data": spans, "next_cursor": None})


def test_spans_are_read_in_the_order_in_which_they_came(serve: Serve) -> None:
    served = Phoenix(numbered(1, 2, 3))
    stream = opened(serve(served).url)[0]
    first = stream.read(Position(None))
    second = stream.read(Position(None, first.cursor))
    assert (span_ids(first), span_ids(second)) == ([1, 2], [3])
    assert (first.cursor, second.cursor, second.arrival) == ("3", "", "3")
    served.spans += numbered(4)
    assert span_ids(stream.read(Position(None, second.arrival))) == [3, 4]


def test_a_database_that_began_anew_is_read_from_its_beginning(serve: Serve) -> None:
    """Else a mark beyond the end of the new list would hide all that comes, for ever."""
    stream = opened(serve(Phoenix(numbered(1, 2))).url)[0]
    page = stream.read(Position(None, "500"))
    assert (span_ids(page), page.arrival) == ([1, 2], "2")


def test_a_span_that_was_deleted_does_not_hide_the_rest(serve: Serve) -> None:
    stream = opened(serve(Phoenix(numbered(1, 3))).url)[0]
    assert span_ids(stream.read(Position(None, "2"))) == [1, 3]


def test_an_older_server_is_read_by_time(serve: Serve) -> None:
    streams = opened(serve(Phoenix(numbered(1, 2, 3), sorts=False)).url)
    assert [stream.name for stream in streams] == ["spans"]
    first = streams[0].read(Position(None))
    last = streams[0].read(Position(None, first.cursor))
    assert (span_ids(first), span_ids(last), last.arrival) == ([3, 2], [1], "")


def test_a_project_that_is_not_there_is_an_error(serve: Serve) -> None:
    served = serve(lambda asked: Said({"detail": "Project with name demo not found"}, 404))
    with pytest.raises(ServerError, match="demo not found"):
        opened(served.url)


def test_the_name_of_a_project_stays_a_name(serve: Serve) -> None:
    served = serve(Phoenix([RECORD]))
    with Server(read_address(served.url), Key()) as server:
        phoenix.open_project(server, "../../admin?x=1")
    assert served.asked[0].path == "/v1/projects/..%2F..%2Fadmin%3Fx%3D1/spans"


def test_a_page_that_is_too_large_is_asked_for_in_smaller_ones(serve: Serve) -> None:
    large = {**RECORD, "attributes": {"input.value": "x" * 3000}}
    served = Phoenix([large])

    def answer(asked: Any) -> Said:
        said = served(asked)
        is_large = asked.path.endswith("/spans") and int(asked.query["limit"][0]) > 300
        return Said({"data": [large] * 2, "next_cursor": None}) if is_large else said

    url = serve(answer).url
    with Server(read_address(url), Key(), max_bytes=5000) as server:
        page = phoenix.open_project(server, "demo").streams[0].read(Position(None))
    assert span_ids(page) == [int(SPAN, 16)]
