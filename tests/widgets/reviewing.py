"""A real workspace to review: traces whose calls fail in two ways, detected, and none of it made up for the views."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from workbench import loop
from workbench.schemas import SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.windows import Window

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
FAULTS = ("search timed out upstream, no answer within {0} ms", "the volume {0} of this reporter has no such page")
N_TRACES = 72
"""Of these every sixth is well; the others fail in one of two ways."""


def make_workspace(folder: Path, *, said: Sequence[str] = (), n: int = N_TRACES) -> Workspace:
    """Return a workspace of `n` traces, detected; texts of `said` stand in every field that a stranger writes."""
    made = init_workspace(folder, secret=DEMO_SECRET)
    rows = [row for number in range(n) for row in trace(number, said[number % len(said)] if said else "")]
    spans = pl.DataFrame({name: [row.get(name) for row in rows] for name in SPANS.schema.names()}, schema=SPANS.schema)
    made.telemetry.append(SPANS, spans, source="src_1", offset=1)
    loop.detect(made, window=Window(), now=START + timedelta(days=2))
    return made


def trace(number: int, said: str) -> list[dict[str, Any]]:
    """Return the spans of one trace: a question, a call of a tool which mostly fails, and an answer."""
    at = START + timedelta(minutes=number)
    fault = FAULTS[number % 2].format(100 + number) if number % 6 else None
    usual = {
        "trace_id": f"trace{number:03}{said}",
        "user_key": f"usr_{number % 7}",
        "started_at": at,
        "ended_at": at + timedelta(seconds=1),
        "duration_ms": 1_000.0,
        "time_known": True,
        "status": "OK",
        "release": f"{number % 2}.0{said}",
        "day": at.date(),
        "source": "src_1",
    }
    tool = ("search_cases", "check_citation")[number % 2]
    failed = {"status": "ERROR", "error_type": f"failed{said}", "error_message": f"{fault} {said}"} if fault else {}
    asked = {"kind": "AGENT", "operation": "invoke_agent", "name": f"answer{said}", "content_digest": f"a{number}"}
    call = {"kind": "TOOL", "operation": "execute_tool", "tool_name": f"{tool}{said}", "content_digest": f"b{number}"}
    words = {"input": f"Question {number}: is this still good law? {said}", "output": f"Yes, it is. {said}"}
    args = {"input": f'{{"query": "case {number} {len(said)}"}}', "output": None if fault else f"one hit {said}"}
    return [
        {**usual, **asked, **words, "span_id": f"run{number}"},
        {**usual, **call, **args, **failed, "span_id": f"call{number}", "parent_span_id": f"run{number}", "name": tool},
    ]
