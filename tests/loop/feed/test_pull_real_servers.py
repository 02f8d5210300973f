"""Pulling from real Phoenix and MLflow servers, filled by their own clients with numbers that are counted by hand.

The servers live in environments of their own. Slow; skipped, with the reason, where they are not named::

    python -m venv phoenix-env && phoenix-env/bin/pip install arize-phoenix
    python -m venv mlflow-env && mlflow-env/bin/pip install mlflow
    export WORKBENCH_PHOENIX_PYTHON=$PWD/phoenix-env/bin/python WORKBENCH_MLFLOW_PYTHON=$PWD/mlflow-env/bin/python
    pytest -m slow tests/loop/feed/test_pull_real_servers.py
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from tests.loop.real_servers import SECRET, interpreter, run, served_mlflow, served_phoenix
from workbench.schemas import SIGNALS, SPANS
from workbench.store import Workspace, init_workspace

N_TRACES = 420
"""Of three spans each: 1,260 spans are two pages of Phoenix, and 420 traces five of MLflow."""

PHOENIX_FILL = f"""
import sys
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status, StatusCode
from phoenix.client import Client

url = sys.argv[1]
provider = TracerProvider(resource=Resource({{"openinference.project.name": "demo"}}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(url + "/v1/traces"), max_queue_size=100_000))
tracer = provider.get_tracer("test")
said = []
for number in range({N_TRACES}):
    about = {{"session.id": f"s{{number % 10}}", "user.id": "ann@example.com", "openinference.span.kind": "AGENT"}}
    with tracer.start_as_current_span("agent", attributes=about) as agent:
        counts = {{"llm.token_count.prompt": 10, "llm.token_count.completion": 4, "llm.model_name": "gpt-4o"}}
        with tracer.start_as_current_span("llm", attributes={{**counts, "openinference.span.kind": "LLM"}}):
            pass
        kind = {{"openinference.span.kind": "TOOL", "tool.name": "search"}}
        with tracer.start_as_current_span("tool", attributes=kind) as tool:
            if number % 7 == 0:
                tool.set_status(Status(StatusCode.ERROR, "no answer"))
        if number % 100 == 0:
            said.append(format(agent.get_span_context().span_id, "016x"))
provider.shutdown()
print(" ".join(said))
"""
PHOENIX_ANNOTATE = """
import sys
from phoenix.client import Client

client = Client(base_url=sys.argv[1])
for span_id in sys.argv[2:]:
    client.spans.add_span_annotation(
        span_id=span_id, annotation_name="thumb", annotator_kind="HUMAN", label="down", score=0, explanation="wrong",
        sync=True,
    )
"""
MLFLOW_FILL = f"""
import os, sys
os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"  # else a busy machine loses traces before they are sent
import mlflow
from mlflow.entities import AssessmentSource

mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("demo")

@mlflow.trace(name="search", span_type="TOOL")
def search(number):
    if number % 7 == 0:
        raise TimeoutError("no answer")

@mlflow.trace(name="llm", span_type="CHAT_MODEL")
def llm():
    usage = {{"input_tokens": 10, "output_tokens": 4, "total_tokens": 14}}
    mlflow.get_current_active_span().set_attribute("mlflow.chat.tokenUsage", usage)

@mlflow.trace(name="agent", span_type="AGENT")
def agent(number):
    about = {{"mlflow.trace.user": "ann@example.com", "mlflow.trace.session": f"s{{number % 10}}"}}
    mlflow.update_current_trace(metadata=about)
    llm()
    try:
        search(number)
    except TimeoutError:
        pass

said = []
for number in range({N_TRACES}):
    agent(number)
    if number % 100 == 0:
        said.append(mlflow.get_last_active_trace_id())
print(" ".join(said))
"""
MLFLOW_ANNOTATE = """
import sys
import mlflow
from mlflow.entities import AssessmentSource

mlflow.set_tracking_uri(sys.argv[1])
for trace_id in sys.argv[2:]:
    mlflow.log_feedback(
        trace_id=trace_id, name="thumb", value=False, rationale="wrong", source=AssessmentSource("HUMAN", "bob")
    )
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("WORKBENCH_SECRET", SECRET)
    return init_workspace(tmp_path / "workspace", secret=SECRET.encode())


def test_phoenix_is_pulled_whole_through_kills(workspace: Workspace, tmp_path: Path) -> None:
    python = interpreter("WORKBENCH_PHOENIX_PYTHON")
    with served_phoenix(python, tmp_path) as url:
        agents = run(python, PHOENIX_FILL, url).split()
        _kill_and_resume(workspace, "phoenix", url, wanted=3 * N_TRACES)
        assert _signals(workspace) == []
        run(python, PHOENIX_ANNOTATE, url, *agents)  # said later, about spans that were pulled before
        _pull(workspace, "phoenix", url)
    stored = _stored(workspace)
    _check(stored)
    assert stored.filter(pl.col("status") == "ERROR")["error_message"].unique().to_list() == ["no answer"]
    assert _signals(workspace) == [("span", span_id, "thumb", 0.0, "wrong") for span_id in sorted(agents)]


def test_mlflow_is_pulled_whole_through_kills(workspace: Workspace, tmp_path: Path) -> None:
    python = interpreter("WORKBENCH_MLFLOW_PYTHON")
    with served_mlflow(python, tmp_path) as url:
        traces = run(python, MLFLOW_FILL, url).split()
        _kill_and_resume(workspace, "mlflow", url, wanted=3 * N_TRACES)
        assert _signals(workspace) == []
        run(python, MLFLOW_ANNOTATE, url, *traces)
        _pull(workspace, "mlflow", url)
    _check(_stored(workspace))
    ids = sorted(trace_id.removeprefix("tr-") for trace_id in traces)
    assert _signals(workspace) == [("trace", trace_id, "thumb", 0.0, "wrong") for trace_id in ids]


def _check(stored: pl.DataFrame) -> None:
    """Compare with what was sent: 700 traces of an agent, a model and a tool, every seventh tool failed."""
    assert stored["trace_id"].n_unique() == N_TRACES
    by_kind = dict(stored.group_by("kind").len().iter_rows())
    assert by_kind == {"AGENT": N_TRACES, "LLM": N_TRACES, "TOOL": N_TRACES}
    assert stored.filter(pl.col("kind") == "TOOL", pl.col("status") == "ERROR").height == N_TRACES // 7
    assert (stored["input_tokens"].sum(), stored["output_tokens"].sum()) == (10 * N_TRACES, 4 * N_TRACES)
    agents = stored.filter(pl.col("kind") == "AGENT")
    assert agents["parent_span_id"].null_count() == N_TRACES
    assert sorted(agents["session_id"].unique()) == [f"s{number}" for number in range(10)]
    assert agents["user_key"].n_unique() == 1
    tools = stored.filter(pl.col("kind") == "TOOL")
    assert tools["tool_name"].unique().to_list() == ["search"]
    assert set(tools["parent_span_id"]) == set(agents["span_id"])


def _kill_and_resume(workspace: Workspace, kind: str, url: str, *, wanted: int) -> None:
    """Pull, killed as soon as a page more is stored, until nothing is left to be killed."""
    n_kills, n_spans = 0, 0
    while True:
        process = subprocess.Popen(_command(workspace, kind, url), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while process.poll() is None and (now := _n_spans(workspace)) <= n_spans:
            time.sleep(0.02)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.communicate()
        n_kills, n_spans = n_kills + 1, now
    assert process.communicate()[1] == b""
    assert n_kills >= 1
    assert _n_spans(workspace) == wanted


def _stored(workspace: Workspace) -> pl.DataFrame:
    stored = workspace.telemetry.scan(SPANS).collect()
    assert stored.height == stored.select("trace_id", "span_id").n_unique() == 3 * N_TRACES
    return stored


def _n_spans(workspace: Workspace) -> int:
    n_spans: int = workspace.telemetry.scan(SPANS).select(pl.len()).collect().item()
    return n_spans


def _signals(workspace: Workspace) -> list[tuple[str, str, str, float, str]]:
    rows = workspace.telemetry.scan(SIGNALS).select("target_kind", "target_id", "name", "value", "comment").collect()
    return sorted(rows.rows())


def _command(workspace: Workspace, kind: str, url: str) -> list[str]:
    arguments = ["pull", kind, url, "--project", "demo", "--workspace", str(workspace.root)]
    return [sys.executable, "-m", "workbench", *arguments]


def _pull(workspace: Workspace, kind: str, url: str) -> None:
    subprocess.run(_command(workspace, kind, url), check=True, capture_output=True)
