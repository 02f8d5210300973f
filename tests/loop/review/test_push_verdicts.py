"""Pushing verdicts to servers on loopback that answer as Phoenix's and MLflow's APIs do, and fail as servers do."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer, Asked, Served, Shell
from workbench.boundaries.http import Server
from workbench.boundaries.urls import read_address
from workbench.errors import ConfigError, ServerError
from workbench.loaders.servers import SERVERS
from workbench.loop.review.push_verdicts import Pushed, open_board_server, push_verdicts
from workbench.records import Verdict, verdict_id
from workbench.store import DEMO_SECRET, Workspace, init_workspace

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
TRACES = [f"{number:032x}" for number in range(1, 6)]
Serve = Callable[[Callable[[Asked], Answer]], Served]


class Phoenix:
    """Annotations of traces, one by trace, name and identifier; a writing with an unknown trace is refused whole."""

    def __init__(self, traces: list[str]) -> None:
        self.traces, self.n_written = set(traces), 0
        self.annotations: dict[tuple[str, str, str], dict[str, Any]] = {}

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/v1/trace_annotations" and asked.method == "POST":
            assert asked.query["sync"] == ["true"]
            data = json.loads(asked.body)["data"]
            if missing := {one["trace_id"] for one in data} - self.traces:
                return said({"detail": f"Traces with IDs {', '.join(missing)} do not exist."}, 404)
            for one in data:
                self.annotations[one["trace_id"], one["name"], one["identifier"]] = one
            self.n_written += len(data)
            return said({"data": [{"id": "x"} for _ in data]})
        if asked.path == "/v1/projects/support/trace_annotations":
            if not self.traces & set(asked.query["trace_ids"]):
                return said({"detail": "None of the supplied trace_ids exist in this project"}, 404)
            found = [
                one | {"id": "x"} for one in self.annotations.values() if one["trace_id"] in asked.query["trace_ids"]
            ]
            start = int(asked.query.get("cursor", ["0"])[0])
            more = str(start + 2) if start + 2 < len(found) else None
            return said({"data": found[start : start + 2], "next_cursor": more})
        return said({"detail": "Not Found"}, 404)


class MLflow:
    """Assessments of traces, each added, whatever is there; an id is taken once, and a second time is an error."""

    def __init__(self, traces: list[str]) -> None:
        self.assessments: dict[str, list[dict[str, Any]]] = {f"tr-{one}": [] for one in traces}
        self.has_batches = True
        self.loses: set[str] = set()
        """What becomes of the next writings: `request` or `answer`, once each."""

    def __call__(self, asked: Asked) -> Answer:
        path = asked.path.removeprefix("/api/3.0/mlflow/traces/")
        if path == "batchGetInfos" and self.has_batches:
            wanted = json.loads(asked.body)["trace_ids"]
            return said({"trace_infos": [self._info(one) for one in wanted if one in self.assessments]})
        trace_id, _, last = path.partition("/")
        if trace_id not in self.assessments:
            return said({"error_code": "RESOURCE_DOES_NOT_EXIST"}, 404)
        if not last:
            return said({"trace": {"trace_info": self._info(trace_id)}})
        if "request" in self.loses:
            self.loses.remove("request")
            return said({}, 503)
        new = json.loads(asked.body)["assessment"]
        held = self.assessments[trace_id]
        if any(one["assessment_id"] == new["assessment_id"] for one in held):
            return said({"error_code": "INTERNAL_ERROR"}, 500)
        for one in held:
            one["valid"] = one["valid"] and one["assessment_id"] != new.get("overrides")
        held.append(new)
        if "answer" in self.loses:
            self.loses.remove("answer")
            return said({}, 502)
        return said({"assessment": new})

    def _info(self, trace_id: str) -> dict[str, Any]:
        return {"trace_id": trace_id, "assessments": self.assessments[trace_id]}


def said(content: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(content).encode())


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return init_workspace(tmp_path / "workspace", secret=DEMO_SECRET)


def judge(workspace: Workspace, *targets: str, label: Any = "confirmed", kind: Any = "trace", **given: Any) -> None:
    workspace.ledger.append(
        [
            Verdict(
                id=verdict_id(kind, target, annotator="Ann"),
                target_kind=kind,
                target_id=target,
                **{
                    "label": label,
                    "explanation": 'the "wrong" court',
                    "code": "",
                    "annotator_kind": "HUMAN",
                    "annotator": "Ann",
                    "identity": "os_user",
                    "at": NOW,
                    **given,
                },
            )
            for target in targets
        ],
        now=NOW,
    )


def push(workspace: Workspace, served: Served, kind: str, **given: Any) -> Pushed:
    key = SERVERS[kind].key({})
    with Server(read_address(served.url), key, pause=lambda seconds: None) as server:
        return push_verdicts(workspace, server, kind=kind, **given)


def test_phoenix_gets_each_verdict_once_and_a_revision_in_its_place(workspace: Workspace, serve: Serve) -> None:
    phoenix = Phoenix(TRACES)
    served = serve(phoenix)
    judge(workspace, *TRACES)
    judge(workspace, TRACES[0], detector="tool_error", score=0.5, label="rejected")
    first = push(workspace, served, "phoenix", project="support")
    assert first == Pushed(n_verdicts=5, n_written=5, n_there=0, n_no_trace=0, n_not_traces=0, n_erased=0)
    sent = phoenix.annotations[TRACES[0], "verdict.tool_error", verdict_id("trace", TRACES[0], annotator="Ann")]
    assert sent["result"] == {"label": "rejected", "score": 0.5, "explanation": 'the "wrong" court'}
    assert (sent["annotator_kind"], sent["metadata"]["workbench_verdict"]["annotator"]) == ("HUMAN", "Ann")
    assert push(workspace, served, "phoenix", project="support")._replace(n_there=0) == first._replace(n_written=0)
    assert phoenix.n_written == 5
    judge(workspace, TRACES[1], label="withdrawn", at=NOW + timedelta(minutes=1))
    assert push(workspace, served, "phoenix", project="support")[:3] == (5, 1, 4)
    assert sorted(one["result"]["label"] for one in phoenix.annotations.values()) == [
        *["confirmed"] * 3,
        "rejected",
        "withdrawn",
    ]


@pytest.mark.parametrize("kind", ["phoenix", "mlflow"])
def test_verdicts_on_traces_that_the_server_lacks_hold_up_no_others(
    workspace: Workspace, serve: Serve, kind: str
) -> None:
    server: Any = {"phoenix": Phoenix, "mlflow": MLflow}[kind](TRACES[1::2])
    given = {"project": "support"} if kind == "phoenix" else {}
    judge(workspace, *TRACES)
    judge(workspace, "cau_1", kind="cause")
    judge(workspace, "iss_1", kind="issue")
    assert push(workspace, serve(server), kind, **given) == Pushed(7, 2, 0, 3, 2, 0)
    assert push(workspace, serve(server), kind, **given) == Pushed(7, 0, 2, 3, 2, 0)
    nothing: Any = {"phoenix": Phoenix, "mlflow": MLflow}[kind]([])
    assert push(workspace, serve(nothing), kind, **given) == Pushed(7, 0, 0, 5, 2, 0)


def test_what_was_withdrawn_before_it_was_there_is_not_brought_there(workspace: Workspace, serve: Serve) -> None:
    mlflow = MLflow(TRACES)
    judge(workspace, *TRACES[:2])
    judge(workspace, TRACES[0], label="withdrawn")
    assert push(workspace, serve(mlflow), "mlflow") == Pushed(2, 1, 1, 0, 0, 0)
    assert [len(held) for held in mlflow.assessments.values()] == [0, 1, 0, 0, 0]


def test_mlflow_gets_each_verdict_once_and_a_revision_that_overrides(workspace: Workspace, serve: Serve) -> None:
    mlflow = MLflow(TRACES[:2])
    served = serve(mlflow)
    judge(workspace, *TRACES[:2])
    assert push(workspace, served, "mlflow")[:3] == (2, 2, 0)
    assert push(workspace, served, "mlflow")[:3] == (2, 0, 2)
    judge(workspace, TRACES[0], label="rejected", at=NOW + timedelta(minutes=1))
    assert push(workspace, served, "mlflow")[:3] == (2, 1, 1)
    assert push(workspace, served, "mlflow")[:3] == (2, 0, 2)
    first, second = mlflow.assessments[f"tr-{TRACES[0]}"]
    assert (first["valid"], first["feedback"], second["valid"], second["feedback"]) == (
        False,
        {"value": "confirmed"},
        True,
        {"value": "rejected"},
    )
    assert second["source"] == {"source_type": "HUMAN", "source_id": "Ann"}
    assert second["create_time"] == "2026-04-01T12:01:00Z"
    assert second["rationale"] == 'the "wrong" court'
    assert all(isinstance(value, str) for value in second["metadata"].values())


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_an_assessment_is_there_once_when_its_request_or_the_answer_is_lost(
    workspace: Workspace, serve: Serve, lost: str
) -> None:
    """MLflow adds whatever comes: a request that is tried again blindly after a lost answer would be there twice."""
    mlflow = MLflow(TRACES[:2])
    mlflow.loses = {lost}
    judge(workspace, *TRACES[:2])
    assert push(workspace, serve(mlflow), "mlflow")[:3] == (2, 2, 0)
    assert [len(held) for held in mlflow.assessments.values()] == [1, 1]


def test_an_older_mlflow_is_asked_for_one_trace_at_a_time(workspace: Workspace, serve: Serve) -> None:
    mlflow = MLflow(TRACES[:1])
    mlflow.has_batches = False
    judge(workspace, *TRACES[:2])
    assert push(workspace, serve(mlflow), "mlflow") == Pushed(2, 1, 0, 1, 0, 0)
    assert push(workspace, serve(mlflow), "mlflow") == Pushed(2, 0, 1, 1, 0, 0)


def test_a_push_that_breaks_off_goes_on_where_it_was(workspace: Workspace, serve: Serve) -> None:
    mlflow = MLflow(TRACES)
    judge(workspace, *TRACES)
    taken: list[str] = []

    def breaking(asked: Asked) -> Answer:
        if asked.path.endswith("/assessments"):
            if len(taken) == 3:
                return said({"error_code": "NO"}, 418)
            taken.append(asked.path)
        return mlflow(asked)

    with pytest.raises(ServerError, match="answers 418"):
        push(workspace, serve(breaking), "mlflow")
    assert push(workspace, serve(mlflow), "mlflow")[:3] == (5, 2, 3)
    assert [len(held) for held in mlflow.assessments.values()] == [1] * 5


def test_nothing_of_an_erased_user_is_sent(workspace: Workspace, serve: Serve) -> None:
    phoenix = Phoenix(TRACES)
    served = serve(phoenix)
    judge(workspace, *TRACES[:2])
    key = workspace.user_key("ann@example.com")
    workspace.erasures.begin(key, [TRACES[0]], now=NOW)
    workspace.erasures.finish(key, now=NOW)
    assert push(workspace, served, "phoenix", project="support") == Pushed(2, 1, 0, 0, 0, 1)
    sent = [str(one.query) + one.body.decode() for one in served.asked]
    assert sent
    assert not [one for one in sent if TRACES[0] in one]


def test_a_server_that_knows_no_annotations_of_traces_is_named(workspace: Workspace, serve: Serve) -> None:
    judge(workspace, TRACES[0])
    with pytest.raises(ServerError, match="takes no annotations of traces; update it"):
        push(workspace, serve(lambda asked: said({"detail": "Not Found"}, 404)), "phoenix")
    with pytest.raises(ConfigError, match="MLflow finds traces without an experiment"):
        push(workspace, serve(MLflow([])), "mlflow", project="support")


def test_a_key_is_sent_to_its_own_server_alone(workspace: Workspace, serve: Serve) -> None:
    served = serve(Phoenix(TRACES))
    environment = {"PHOENIX_API_KEY": "k", "PHOENIX_COLLECTOR_ENDPOINT": "https://phoenix.example"}
    with pytest.raises(ConfigError, match="and is sent to no other server"):
        open_board_server("phoenix", served.url, environment=environment)
    with pytest.raises(ConfigError, match="must be one of phoenix, mlflow"):
        open_board_server("langfuse", served.url, environment={})
    judge(workspace, TRACES[0])
    with open_board_server("phoenix", served.url, environment={"PHOENIX_API_KEY": "k"}) as server:
        push_verdicts(workspace, server, kind="phoenix", project="support")
    assert {one.headers["authorization"] for one in served.asked} == {"Bearer k"}


def test_the_command_says_what_became_of_all(
    workspace: Workspace, serve: Serve, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PHOENIX_API_KEY", "PHOENIX_COLLECTOR_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    served = serve(Phoenix(TRACES[:1]))
    judge(workspace, *TRACES[:2])
    told = shell.at(workspace.root).json("verdicts", "push", served.url, "--to", "phoenix", "--project", "support")
    assert told == {
        "server": served.url,
        "verdicts": 2,
        "written": 1,
        "there": 0,
        "no_trace": 1,
        "not_traces": 0,
        "erased": 0,
    }
