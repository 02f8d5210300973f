"""Processes that ingest overlapping files at once, with compactions and vacuums beside them, store each row once.

The full form, eight processes, prints what it did: `pytest -m slow tests/faults/test_many_writers.py`
"""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.schemas import QUARANTINE, SIGNALS, SPANS
from workbench.store import DEMO_SECRET, Workspace, examine, init_workspace, open_workspace

START_NS = 1_772_323_200_000_000_000  # 2026-03-01T00:00Z
SPANS_A_LINE = 20


def line(number: int) -> str:
    """Return a line of spans over five days, one with a signal; each seventh is broken."""
    if number % 7 == 3:
        return f"{{broken {number}\n"
    first = number * SPANS_A_LINE
    spans = [
        {
            "traceId": f"{number + 1:032x}",
            "spanId": f"{first + place + 1:016x}",
            "name": "chat",
            "startTimeUnixNano": str(START_NS + (number % 5) * 86_400 * 10**9 + place),
            "events": [evaluation()] if place == 0 else [],
        }
        for place in range(SPANS_A_LINE)
    ]
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}) + "\n"


def evaluation() -> dict[str, Any]:
    named = {"key": "gen_ai.evaluation.name", "value": {"stringValue": "helpful"}}
    scored = {"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 0.5}}
    return {"name": "gen_ai.evaluation.result", "timeUnixNano": str(START_NS), "attributes": [named, scored]}


def start(*command: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "workbench", *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "POLARS_MAX_THREADS": "1", "TOKIO_WORKER_THREADS": "1"},
    )


def write_files(folder: Path, *, n_files: int, n_lines: int, seed: int) -> list[Path]:
    """Write files that each hold half of all lines, in an order of its own; together they hold all."""
    draw = random.Random(seed)
    files = []
    for number in range(n_files):
        mine = draw.sample(range(n_lines), n_lines // 2) + list(range(number, n_lines, n_files))
        draw.shuffle(mine)
        path = folder / f"{number}.jsonl"
        path.write_text("".join(line(place) for place in mine))
        files.append(path)
    return files


def check_exact(workspace: Workspace, *, n_lines: int, answers: list[dict[str, Any]]) -> None:
    broken = [number for number in range(n_lines) if number % 7 == 3]
    n_good = n_lines - len(broken)
    telemetry = open_workspace(workspace.root).telemetry
    spans, signals = telemetry.scan(SPANS).collect(), telemetry.scan(SIGNALS).collect()
    wanted = {f"{number * SPANS_A_LINE + place + 1:016x}" for number in range(n_lines) for place in range(SPANS_A_LINE)}
    wanted -= {f"{number * SPANS_A_LINE + place + 1:016x}" for number in broken for place in range(SPANS_A_LINE)}
    assert (spans.height, signals.height) == (n_good * SPANS_A_LINE, n_good)
    assert set(spans["span_id"]) == wanted
    assert set(telemetry.scan(QUARANTINE).collect()["digest"]) == {path.name for path in workspace.quarantine.iterdir()}
    assert len(list(workspace.quarantine.iterdir())) == len(broken)
    assert sum(file["stored"] for file in answers) == n_good * (SPANS_A_LINE + 1), "each row was stored by one of them"
    assert all(file["in"] == file["stored"] + file["duplicate"] + file["quarantined"] for file in answers)
    assert [fault for fault in examine(workspace.root, now=0.0) if fault.is_damage] == []


def race(tmp_path: Path, *, n_writers: int, n_lines: int, n_compactions: int) -> tuple[Workspace, list[dict[str, Any]]]:
    """Let writers ingest two files each, every file two writers, while compactions with an immediate vacuum go on."""
    workspace = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    files = write_files(tmp_path, n_files=n_writers, n_lines=n_lines, seed=7)
    given = [(files[number], files[(number + 1) % n_writers]) for number in range(n_writers)]
    writers = [start("ingest", *mine, "-w", workspace.root, "--json") for mine in given]
    n_done = 0
    while n_done < n_compactions or any(writer.poll() is None for writer in writers):
        compaction = start("compact", "-w", workspace.root, "--vacuum-hours", "0", "--json")
        _, errors = compaction.communicate(timeout=300)
        assert compaction.returncode == 0 or "another process is compacting" in errors, errors
        n_done += 1
    answers = []
    for writer in writers:
        out, errors = writer.communicate(timeout=300)
        assert writer.returncode == 0, errors
        answers += json.loads(out)["files"]
    return workspace, answers


def test_two_processes_with_overlapping_files_and_a_compaction_store_exactly_the_right_set(tmp_path: Path) -> None:
    workspace, answers = race(tmp_path, n_writers=2, n_lines=40, n_compactions=1)
    check_exact(workspace, n_lines=40, answers=answers)


@pytest.mark.slow
@pytest.mark.parametrize("again", range(3))
def test_eight_processes_with_overlapping_files_and_compactions_store_exactly_the_right_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], again: int
) -> None:
    workspace, answers = race(tmp_path, n_writers=8, n_lines=2_000, n_compactions=3)
    check_exact(workspace, n_lines=2_000, answers=answers)
    with capsys.disabled():
        stored, came = sum(file["stored"] for file in answers), sum(file["in"] for file in answers)
        versions = workspace.telemetry.versions()
        sys.stdout.write(f"\n8 processes: {came:,} records came, {stored:,} stored once; versions {versions}\n")
