"""An ingest that is killed at any moment and run again leaves exactly the right rows."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.schemas import QUARANTINE, SIGNALS, SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace

N_LINES, SPANS_A_LINE, N_KILLS = 240, 500, 10
START_NS = 1_772_323_200_000_000_000  # 2026-03-01T00:00Z


def otlp_span(number: int) -> dict[str, object]:
    evaluation = {
        "name": "gen_ai.evaluation.result",
        "timeUnixNano": str(START_NS + number),
        "attributes": [
            {"key": "gen_ai.evaluation.name", "value": {"stringValue": "helpful"}},
            {"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 0.5}},
        ],
    }
    return {
        "traceId": f"{number // 5 + 1:032x}",
        "spanId": f"{number + 1:016x}",
        "name": "chat",
        "startTimeUnixNano": str(START_NS + number * 1_000_000_000),
        "endTimeUnixNano": str(START_NS + (number + 1) * 1_000_000_000),
        "events": [evaluation] if number % 100 == 0 else [],
    }


def write_telemetry(path: Path) -> None:
    with path.open("w") as file:
        for line in range(N_LINES):
            spans = [otlp_span(line * SPANS_A_LINE + number) for number in range(SPANS_A_LINE)]
            file.write(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}) + "\n")
            if line % 60 == 0:
                file.write("{broken\n")


def ingest(file: Path, workspace: Workspace) -> "subprocess.Popen[str]":
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "workbench",
        "ingest",
        file,
        "--workspace",
        workspace.root,
        "--json",
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def answer(process: "subprocess.Popen[str]") -> dict[str, int]:
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    file: dict[str, int] = json.loads(out)["files"][0]
    return file


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7])
def test_ten_kills_leave_exactly_the_right_rows(tmp_path: Path, seed: int) -> None:
    file = tmp_path / "telemetry.jsonl"
    write_telemetry(file)
    undisturbed = init_workspace(tmp_path / "undisturbed", secret=DEMO_SECRET)
    began = time.monotonic()
    n_spans, n_signals, n_refused = N_LINES * SPANS_A_LINE, N_LINES * SPANS_A_LINE // 100, N_LINES // 60
    whole = answer(ingest(file, undisturbed))
    duration = time.monotonic() - began
    assert (whole["in"], whole["stored"]) == (n_spans + n_signals + n_refused, n_spans + n_signals)

    workspace = init_workspace(tmp_path / "killed", secret=DEMO_SECRET)
    moments = random.Random(seed)
    n_killed = 0
    for _ in range(N_KILLS):
        process = ingest(file, workspace)
        try:
            process.communicate(timeout=duration * moments.uniform(0.2, 1.0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            n_killed += 1
        else:
            duration /= 2  # the undisturbed run was held up by what else this machine did
    assert n_killed >= N_KILLS // 2, "the kills came too late to show anything"

    last = answer(ingest(file, workspace))
    assert (last["in"], last["quarantined"]) == (whole["in"], n_refused)
    assert last["in"] == last["stored"] + last["duplicate"] + last["quarantined"]
    spans = workspace.telemetry.scan(SPANS).select("trace_id", "span_id").collect()
    assert (spans.height, spans.n_unique()) == (n_spans, n_spans)
    assert set(spans["span_id"]) == {f"{number + 1:016x}" for number in range(n_spans)}
    assert workspace.telemetry.scan(SIGNALS).collect().height == n_signals
    assert workspace.telemetry.scan(QUARANTINE).collect().height == n_refused
    assert workspace.ledger.verify() == 0
