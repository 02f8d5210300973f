"""Whatever order records come in, in whichever files, how often: the store holds the same and derives the same.

The spans are what production really sends: late ones, days apart, without a root, with a parent that never comes, with
parents in a circle, without a time, and one span id with two contents.
"""

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.loop import feed
from workbench.schemas import SIGNALS, SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.windows import Window

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NS = 1_000_000_000
DAY_NS = 86_400 * NS
START = 1_767_225_600 * NS


def _line(trace: int, span: int, parent: int | None, started: int | None, output: str = "fine") -> bytes:
    span_at = {} if started is None else {"startTimeUnixNano": str(started), "endTimeUnixNano": str(started + NS)}
    record = {
        "traceId": f"{trace:032x}",
        "spanId": f"{span:016x}",
        "parentSpanId": "" if parent is None else f"{parent:016x}",
        "name": "chat",
        "attributes": [
            {"key": "session.id", "value": {"stringValue": f"visit {trace % 2}"}},
            {"key": "gen_ai.output.messages", "value": {"stringValue": output}},
        ],
        **span_at,
    }
    return orjson.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [record]}]}]}) + b"\n"


def _thumb(trace: int) -> bytes:
    said = {"target_kind": "trace", "target_id": f"{trace:032x}", "kind": "feedback", "name": "thumb", "value": 0}
    return orjson.dumps(said) + b"\n"


LINES = (
    _line(1, 1, None, START),
    _line(1, 2, 1, START + DAY_NS),  # a day later than its root
    _line(1, 2, 1, START + DAY_NS, "another answer"),  # the same span with another content
    _line(2, 3, 99, START + 2 * DAY_NS),  # a parent that never comes
    _line(2, 4, 3, None),  # no time
    _line(3, 5, 6, START),  # a circle
    _line(3, 6, 5, START + NS),
    _line(4, 7, None, None),
    _line(5, 8, None, START - 400 * DAY_NS),  # a clock that is far behind
    _line(5, 8, None, START + 400 * DAY_NS),  # and the same span by one that is far ahead
)
SIGNAL_LINES = (_thumb(1), _thumb(2), _thumb(77))


def _stored(workspace: Workspace) -> dict[str, list[Any]]:
    """Return all that the store holds and derives, but for the file that a record came with first."""
    telemetry = workspace.telemetry
    frames: dict[str, pl.LazyFrame] = {
        "spans": telemetry.scan(SPANS).drop("source"),
        "signals": telemetry.scan(SIGNALS).drop("source"),
        "each span once": telemetry.spans().drop("source"),
        "traces": telemetry.traces(window=Window()),
        "sessions": telemetry.sessions(window=Window()),
    }
    return {
        name: sorted(frame.select(sorted(frame.collect_schema().names())).collect().rows(), key=repr)
        for name, frame in frames.items()
    }


def _ingested(root: Path, files: list[list[bytes]]) -> Workspace:
    workspace = init_workspace(root / "workspace", secret=DEMO_SECRET)
    paths = []
    for number, lines in enumerate(files):
        (path := root / f"{number}.jsonl").write_bytes(b"".join(lines))
        paths.append(path)
    for path in paths:
        feed(workspace, [path], now=NOW)
    return workspace


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """Return what the store holds if all comes at once."""
    return _stored(_ingested(tmp_path_factory.mktemp("at_once"), [list(LINES), list(SIGNAL_LINES)]))


def test_all_that_came_is_there(expected: dict[str, list[Any]]) -> None:
    n_contents, n_spans, n_traces = 10, 8, 5
    assert [len(expected[name]) for name in ("spans", "each span once", "traces", "signals")] == [
        n_contents,
        n_spans,
        n_traces,
        len(SIGNAL_LINES),
    ]


@settings(max_examples=8, deadline=None)
@given(
    order=st.permutations(range(len(LINES))),
    cuts=st.lists(st.integers(1, len(LINES) - 1), max_size=2, unique=True).map(sorted),
    again=st.lists(st.sampled_from(range(len(LINES))), max_size=3),
    signals_at=st.integers(0, 3),
)
def test_every_order_of_arrival_leaves_the_same_store(
    tmp_path_factory: pytest.TempPathFactory,
    expected: dict[str, list[Any]],
    order: list[int],
    cuts: list[int],
    again: list[int],
    signals_at: int,
) -> None:
    lines = [LINES[place] for place in (*order, *again)]
    bounds = [0, *cuts, len(lines)]
    files = [lines[start:end] for start, end in pairwise(bounds)]
    files.insert(signals_at, list(SIGNAL_LINES))
    assert _stored(_ingested(tmp_path_factory.mktemp("order"), files)) == expected
