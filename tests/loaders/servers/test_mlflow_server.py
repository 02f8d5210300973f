"""MLflow's traces, as its API gives them; the server is one on loopback with the answers of version 3.17."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.boundaries.http import Server
from workbench.boundaries.keys import Key
from workbench.boundaries.urls import read_address
from workbench.errors import ServerError
from workbench.loaders import mlflow as mlflow_loader
from workbench.loaders.servers import Page, Position, mlflow

Serve = Callable[..., Any]
Read = Callable[..., Any]


class Said:
    """An answer, as JSON."""

    raw = None

    def __init__(self, content: Any, status: int = 200) -> None:
        self.status, self.body = status, json.dumps(content).encode()
        self.headers: dict[str, str] = {}


def info(number: int) -> dict[str, Any]:
    """Return what the search gives of one trace."""
    return {
        "trace_id": f"tr-{number:032x}",
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "1"}},
        "request_time": "2026-03-10T13:16:10.830Z",
        "state": "OK",
        "trace_metadata": {"mlflow.trace.user": "ann@example.com", "mlflow.trace.session": "s1"},
        "tags": {
            "mlflow.traceName": "agent",
            **({"mlflow.trace.spansLocation": "TRACKING_STORE"} if number == 1 else {}),
        },
    }


def stored_span(number: int) -> dict[str, Any]:
    """Return a span as the tracking store gives it: ids in base64, values wrapped."""
    return {
        "trace_id": "AAAAAAAAAAAAAAAAAAAAAQ==" if number == 1 else "AAAAAAAAAAAAAAAAAAAAAg==",
        "span_id": "ElnDqdZj7Mk=",
        "name": "answer",
        "start_time_unix_nano": 1773148570830323561,
        "end_time_unix_nano": 1773148570838323561,
        "attributes": [
            {"key": "mlflow.spanType", "value": {"string_value": "AGENT"}},
            {"key": "mlflow.spanInputs", "value": {"string_value": "hi"}},
        ],
        "status": {"code": "STATUS_CODE_OK"},
    }


def artifact_span() -> dict[str, Any]:
    """Return a span as an artifact keeps it: values as JSON texts."""
    return {**stored_span(2), "attributes": {"mlflow.spanType": '"TOOL"', "mlflow.spanInputs": '"ho"'}, "events": []}


class MLflow:
    """An experiment of three traces, one a page: one in the tracking store, one as an artifact, one without spans."""

    def __init__(self) -> None:
        self.has_batches = True

    def __call__(self, asked: Any) -> Said:
        last = asked.path.rpartition("/")[2]
        if last == "get-by-name":
            is_there = asked.query["experiment_name"] == ["demo"]
            found = {"experiment": {"experiment_id": "1", "name": "demo"}}
            return Said(found) if is_there else Said({"error_code": "RESOURCE_DOES_NOT_EXIST"}, 404)
        if last == "search":
            number = int(json.loads(asked.body).get("page_token", "1"))
            return Said({"traces": [info(number)], **({"next_page_token": str(number + 1)} if number < 3 else {})})
        if last == "batchGet" and self.has_batches:
            if asked.query["trace_ids"] != [info(1)["trace_id"]]:  # as the server does, for one that it does not have
                return Said({"error_code": "INTERNAL_ERROR", "message": "Trace data not stored"}, 500)
            return Said({"traces": [{"trace_info": info(1), "spans": [stored_span(1)]}]})
        if last == "get-trace-artifact" and asked.query["request_id"] == [info(2)["trace_id"]]:
            return Said({"spans": [artifact_span()]})
        return Said({"error_code": "ENDPOINT_NOT_FOUND"}, 404)


def read_all(url: str) -> list[Page]:
    """Return all pages of the experiment `demo`."""
    with Server(read_address(url), Key()) as server:
        project = mlflow.open_project(server, "demo")
        assert project.id == "1"
        pages = [project.streams[0].read(Position(None))]
        while pages[-1].cursor:
            pages.append(project.streams[0].read(Position(None, pages[-1].cursor)))
    return pages


def test_spans_come_from_the_store_or_from_the_artifact(serve: Serve, read: Read, key: Callable[[str], str]) -> None:
    pages = read_all(serve(MLflow()).url)
    loaded = [read(mlflow_loader.load, page.payloads[0].raw) for page in pages]
    assert [one.refused for one in loaded] == [[], [], []]
    rows = [one.spans.to_dicts()[0] for one in loaded]
    assert [row["trace_id"] for row in rows] == [f"{number:032x}" for number in (1, 2, 3)]
    assert [(row["kind"], row["input"]) for row in rows[:2]] == [("AGENT", "hi"), ("TOOL", "ho")]
    assert {(row["session_id"], row["user_key"]) for row in rows} == {("s1", key("ann@example.com"))}
    assert rows[0]["duration_ms"] == 8.0


def test_traces_without_spans_in_the_store_do_not_keep_others_away(serve: Serve, read: Read) -> None:
    """A server refuses a whole batch for one trace that its store lacks: the pull must not stand still for ever."""
    served = MLflow()

    def answer(asked: Any) -> Said:
        return Said({"traces": [info(3), info(1), info(2)]}) if asked.path.endswith("search") else served(asked)

    (page,) = read_all(serve(answer).url)
    kinds = read(mlflow_loader.load, page.payloads[0].raw).spans["kind"].to_list()
    assert kinds == ["UNKNOWN", "AGENT", "TOOL"]


def test_an_older_server_gives_artifacts_alone(serve: Serve, read: Read) -> None:
    served = MLflow()
    served.has_batches = False
    pages = read_all(serve(served).url)
    loaded = [read(mlflow_loader.load, page.payloads[0].raw).spans.to_dicts()[0] for page in pages]
    assert [row["kind"] for row in loaded] == ["UNKNOWN", "TOOL", "UNKNOWN"]


def test_the_newest_are_asked_for_first_and_from_a_time_on(serve: Serve) -> None:
    served = serve(MLflow())
    with Server(read_address(served.url), Key()) as server:
        stream = mlflow.open_project(server, "demo").streams[0]
        stream.read(Position(datetime(2026, 3, 10, tzinfo=UTC)))
    asked = json.loads(served.asked[1].body)
    assert asked["order_by"] == ["timestamp_ms DESC"]
    assert asked["filter"] == "attributes.timestamp_ms >= 1773100800000"
    assert asked["locations"] == [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "1"}}]


def test_an_experiment_that_is_not_there_is_an_error(serve: Serve) -> None:
    with Server(read_address(serve(MLflow()).url), Key()) as server, pytest.raises(ServerError, match="404"):
        mlflow.open_project(server, "other")


def test_a_damaged_trace_is_refused_and_kept(serve: Serve, read: Read) -> None:
    served = MLflow()
    broken = {**info(1), "trace_id": ["x"]}

    def answer(asked: Any) -> Said:
        return Said({"traces": [broken, info(2)]}) if asked.path.endswith("search") else served(asked)

    (page,) = read_all(serve(answer).url)
    loaded = read(mlflow_loader.load, page.payloads[0].raw)
    assert loaded.spans["trace_id"].to_list() == [f"{2:032x}"]
    assert [json.loads(refused.raw)["trace_id"] for refused in loaded.refused] == [["x"]]
