"""Pushing verdicts to real Phoenix and MLflow servers, seen by their own clients, and pulled back.

Slow; skipped, with the reason, where no environment is named: see `test_pull_real_servers.py`.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import polars as pl
import pytest

from tests.loop.real_servers import SECRET, interpreter, run, served_mlflow, served_phoenix
from workbench.boundaries.http import Server
from workbench.loop.feed.pull import open_server
from workbench.loop.review.push_verdicts import Pushed, push_verdicts
from workbench.records import Verdict, verdict_id
from workbench.schemas import SIGNALS
from workbench.store import Workspace, init_workspace

N_TRACES = 230
"""Three blocks of 100 verdicts: there is something to be killed between."""
NOW = datetime(2026, 3, 10, 12, 30, 0, 123456, tzinfo=UTC)
WORDS = 'It cites "the wrong court",\nnicht das Höchste ☂'

PHOENIX_FILL = f"""
import sys
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider(resource=Resource({{"openinference.project.name": "demo"}}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(sys.argv[1] + "/v1/traces")))
tracer = provider.get_tracer("test")
made = []
for number in range({N_TRACES}):
    with tracer.start_as_current_span("agent") as agent:
        made.append(format(agent.get_span_context().trace_id, "032x"))
provider.shutdown()
print(" ".join(made))
"""
MLFLOW_FILL = f"""
import os, sys
os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"
import mlflow

mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("demo")

@mlflow.trace(name="agent")
def agent():
    pass

made = []
for number in range({N_TRACES}):
    agent()
    made.append(mlflow.get_last_active_trace_id().removeprefix("tr-"))
print(" ".join(made))
"""
MLFLOW_READ = """
import json, sys
import mlflow

mlflow.set_tracking_uri(sys.argv[1])
found = [one.to_dictionary() for trace in sys.argv[2:] for one in mlflow.get_trace("tr-" + trace).info.assessments]
print(json.dumps(found))
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("WORKBENCH_SECRET", SECRET)
    return init_workspace(tmp_path / "workspace", secret=SECRET.encode())


def judge(workspace: Workspace, trace_ids: list[str], label: Any = "confirmed", **given: Any) -> None:
    """Append a verdict on each trace by Ann."""
    workspace.ledger.append(
        [
            Verdict(
                id=verdict_id("trace", trace_id, cluster_id="clu_a", annotator="Ann"),
                **{
                    "target_kind": "trace",
                    "target_id": trace_id,
                    "cluster_id": "clu_a",
                    "detector": "tool_error",
                    "detector_version": 2,
                    "label": label,
                    "score": 0.75,
                    "explanation": WORDS,
                    "code": "wrong court",
                    "annotator_kind": "HUMAN",
                    "annotator": "Ann",
                    "identity": "os_user",
                    "at": NOW,
                    **given,
                },
            )
            for trace_id in trace_ids
        ],
        now=NOW,
    )


def test_phoenix_has_each_verdict_once_through_a_kill_and_a_revision(workspace: Workspace, tmp_path: Path) -> None:
    python = interpreter("WORKBENCH_PHOENIX_PYTHON")
    with served_phoenix(python, tmp_path) as url:
        traces = run(python, PHOENIX_FILL, url).split()

        def read() -> list[dict[str, Any]]:
            return _annotations(url, traces)

        is_begun = partial(_is_annotated, url, traces[0])
        _check_pushes(workspace, "phoenix", url, traces, "demo", read=read, is_begun=is_begun)
        found = read()
        signals = _pulled_back(workspace, "phoenix", url)
    assert {one["name"] for one in found} == {"verdict.tool_error"}
    assert {(one["annotator_kind"], one["result"]["score"]) for one in found} == {("HUMAN", 0.75)}
    assert {one["result"]["explanation"] for one in found} == {WORDS}
    labels = {one["trace_id"]: one["result"]["label"] for one in found}
    assert labels == {**dict.fromkeys(traces, "confirmed"), traces[0]: "rejected", traces[1]: "withdrawn"}
    assert {one["metadata"]["workbench_verdict"]["annotator"] for one in found} == {"Ann"}
    assert signals == {("evaluation", "trace")}


def test_mlflow_has_each_verdict_once_through_a_kill_and_a_revision(workspace: Workspace, tmp_path: Path) -> None:
    python = interpreter("WORKBENCH_MLFLOW_PYTHON")
    with served_mlflow(python, tmp_path) as url:
        traces = run(python, MLFLOW_FILL, url).split()

        def read() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = json.loads(run(python, MLFLOW_READ, url, *traces))
            return [one for one in found if one.get("valid", True)]

        is_begun = partial(_has_assessment, url, traces[0])
        _check_pushes(workspace, "mlflow", url, traces, None, read=read, is_begun=is_begun)
        found = read()
        signals = _pulled_back(workspace, "mlflow", url)
    assert {one["assessment_name"] for one in found} == {"verdict.tool_error"}
    assert {(one["source"]["source_type"], one["source"]["source_id"]) for one in found} == {("HUMAN", "Ann")}
    assert {one["rationale"] for one in found} == {WORDS}
    labels = {one["trace_id"].removeprefix("tr-"): one["feedback"]["value"] for one in found}
    assert labels == {**dict.fromkeys(traces, "confirmed"), traces[0]: "rejected", traces[1]: "withdrawn"}
    assert {one["create_time"] for one in found} == {"2026-03-10T12:30:00.123Z"}  # MLflow keeps milliseconds
    assert signals == {("evaluation", "trace")}


def _check_pushes(
    workspace: Workspace,
    kind: str,
    url: str,
    traces: list[str],
    project: str | None,
    *,
    read: Callable[[], list[dict[str, Any]]],
    is_begun: Callable[[], bool],
) -> None:
    """Push, killed on the way; again, which adds nothing; then two revisions, which take the place of the first."""
    with open_server(kind, url, environment={}) as server:
        assert len(traces) == N_TRACES
        judge(workspace, traces)
        judge(workspace, ["00" * 16])  # a trace that the server does not have
        _kill(workspace, kind, url, project, is_begun=is_begun)
        assert _push(workspace, server, kind, project).n_no_trace == 1
        first = read()
        assert len(first) == N_TRACES
        assert _push(workspace, server, kind, project) == Pushed(N_TRACES + 1, 0, N_TRACES, 1, 0, 0)
        assert read() == first
        judge(workspace, traces[:1], "rejected")
        judge(workspace, traces[1:2], "withdrawn")
        assert _push(workspace, server, kind, project) == Pushed(N_TRACES + 1, 2, N_TRACES - 2, 1, 0, 0)
        assert _push(workspace, server, kind, project).n_written == 0
        assert len(read()) == N_TRACES


def _kill(workspace: Workspace, kind: str, url: str, project: str | None, *, is_begun: Callable[[], bool]) -> None:
    """Kill a push when the server has the first of the verdicts."""
    command = [sys.executable, "-m", "workbench", "verdicts", "push", url, "--to", kind]
    command += [*(["--project", project] if project else []), "--workspace", str(workspace.root)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ})
    while process.poll() is None and not is_begun():
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def _annotations(url: str, trace_ids: list[str]) -> list[dict[str, Any]]:
    """Return the annotations of traces, as Phoenix's API gives them."""
    found: list[dict[str, Any]] = []
    for first in range(0, len(trace_ids), 50):
        asked = urlencode({"trace_ids": trace_ids[first : first + 50], "limit": 1000}, doseq=True)
        with urllib.request.urlopen(f"{url}/v1/projects/demo/trace_annotations?{asked}", timeout=60) as answer:
            found += json.load(answer)["data"]
    return found


def _is_annotated(url: str, trace_id: str) -> bool:
    return bool(_annotations(url, [trace_id]))


def _has_assessment(url: str, trace_id: str) -> bool:
    with urllib.request.urlopen(f"{url}/api/3.0/mlflow/traces/tr-{trace_id}", timeout=60) as answer:
        return bool(json.load(answer)["trace"]["trace_info"].get("assessments"))


def _push(workspace: Workspace, server: Server, kind: str, project: str | None) -> Pushed:
    return push_verdicts(workspace, server, kind=kind, project=project)


def _pulled_back(workspace: Workspace, kind: str, url: str) -> set[tuple[str, str]]:
    """Return the kinds and targets of the signals that a pull makes of the verdicts."""
    command = [sys.executable, "-m", "workbench", "pull", kind, url, "--project", "demo"]
    subprocess.run([*command, "--workspace", str(workspace.root)], check=True, capture_output=True)
    signals = workspace.telemetry.scan(SIGNALS).filter(pl.col("name").str.starts_with("verdict"))
    return set(signals.select("kind", "target_kind").collect().iter_rows())
