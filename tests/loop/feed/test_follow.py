"""Files that grow, rotate, are emptied or end in half a line: every record once, and nothing waits for the end."""

import gzip
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import ConfigError
from workbench.loop.feed.follow import STILL_LOOKS, follow
from workbench.records import LoadReport
from workbench.schemas import QUARANTINE, SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
START_NS = 1_772_323_200_000_000_000  # 2026-03-01T00:00Z
Step = Callable[[], Any]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return init_workspace(tmp_path / "acme", secret=DEMO_SECRET)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder / "traces.json"


def line(*numbers: int) -> str:
    """Return a line of the Collector's file exporter with one span for each number."""
    spans = [
        {
            "traceId": f"{number:032x}",
            "spanId": f"{number:016x}",
            "name": "chat",
            "startTimeUnixNano": str(START_NS + number),
            "endTimeUnixNano": str(START_NS + number + 1000),
        }
        for number in numbers
    ]
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}) + "\n"


def add(path: Path, text: str) -> Step:
    """Return a step that appends to a file."""

    def step() -> None:
        with path.open("a") as file:
            file.write(text)

    return step


def stored(workspace: Workspace) -> list[int]:
    """Return the numbers of all spans in the store, as often as they are there."""
    spans = workspace.telemetry.scan(SPANS).select("span_id").collect()
    return sorted(int(span_id, 16) for span_id in spans["span_id"])


def run(workspace: Workspace, paths: list[Path], *steps: Step, told: list[str] | None = None) -> tuple[LoadReport, ...]:
    """Follow the paths; one step is taken between two looks."""
    waiting = list(steps)

    def wait() -> bool:
        if waiting:
            waiting.pop(0)()
        return bool(waiting)

    said = told if told is not None else []
    return follow(workspace, paths, now=lambda: NOW, wait=wait, told=said.append)


def test_what_is_added_is_stored_at_the_next_look(workspace: Workspace, log: Path) -> None:
    seen: list[list[int]] = []
    log.write_text(line(1))
    (report,) = run(
        workspace,
        [log],
        lambda: seen.append(stored(workspace)),
        add(log, line(2, 3)),
        lambda: seen.append(stored(workspace)),
        add(log, line(4)),
    )
    assert seen == [[1], [1, 2, 3]]
    assert stored(workspace) == [1, 2, 3, 4]
    assert (report.n_in, report.n_stored, report.n_duplicate, report.n_quarantined) == (4, 4, 0, 0)


def test_a_line_that_is_still_being_written_waits_for_its_end(workspace: Workspace, log: Path) -> None:
    half, seen = line(2), list[list[int]]()
    steps = [
        add(log, line(1)[:30]),
        lambda: seen.append(stored(workspace)),
        add(log, line(1)[30:] + half[:50]),
        lambda: seen.append(stored(workspace)),
        add(log, half[50:]),
    ]
    (report,) = run(workspace, [log], *steps)
    assert seen == [[], [1]]
    assert (stored(workspace), report.n_quarantined, report.n_bytes_waiting) == ([1, 2], 0, 0)


def test_a_file_that_was_renamed_is_read_to_its_end(workspace: Workspace, log: Path) -> None:
    def rotate() -> None:
        add(log, line(2))()  # after the last look
        log.rename(log.with_name("traces-2026-03-01T12-00-00.000.json"))
        log.write_text(line(3))

    log.write_text(line(1))
    told: list[str] = []
    run(workspace, [log], rotate, add(log, line(4)), told=told)
    assert (stored(workspace), told) == ([1, 2, 3, 4], [])


def test_a_file_that_was_renamed_and_compressed_is_read_to_its_end(workspace: Workspace, log: Path) -> None:
    def rotate() -> None:
        whole = log.read_bytes() + line(2).encode()
        log.with_name("traces.json.1.gz").write_bytes(gzip.compress(whole))
        log.unlink()
        log.write_text(line(3))

    log.write_text(line(1))
    run(workspace, [log], rotate)
    assert stored(workspace) == [1, 2, 3]


def test_a_file_that_was_copied_and_emptied_is_read_to_its_end(workspace: Workspace, log: Path) -> None:
    def rotate() -> None:
        add(log, line(2))()
        shutil.copy(log, log.with_name("traces.json.1"))
        log.write_text("")

    log.write_text(line(1))
    told: list[str] = []
    run(workspace, [log], rotate, add(log, line(3)), told=told)
    assert (stored(workspace), told) == ([1, 2, 3], [])


def test_a_file_that_was_emptied_and_outgrew_its_old_size_is_read_from_its_beginning(
    workspace: Workspace, log: Path
) -> None:
    log.write_text(line(1))
    told: list[str] = []
    run(workspace, [log], lambda: log.write_text(line(2, 3) + line(4)), told=told)
    assert stored(workspace) == [1, 2, 3, 4]
    assert "was replaced" in told[0]


def test_many_rotations_between_two_looks_are_found_by_a_pattern(workspace: Workspace, log: Path) -> None:
    def rotate(number: int) -> None:
        log.rename(log.with_name(f"traces-{number}.json"))
        log.write_text(line(number + 1))

    def rotate_three_times() -> None:
        for number in (1, 2, 3):
            rotate(number)

    log.write_text(line(1))
    reports = run(workspace, [log.with_name("traces*.json")], rotate_three_times, add(log, line(5)))
    assert stored(workspace) == [1, 2, 3, 4, 5]
    assert sum(report.n_in for report in reports) == 5, "no file is read twice"


def test_a_folder_that_is_still_empty_is_waited_for(workspace: Workspace, log: Path) -> None:
    run(workspace, [log.parent], add(log, line(1)), add(log.with_name("more.json"), line(2)))
    assert stored(workspace) == [1, 2]


def test_a_document_is_read_once_it_stands_still(workspace: Workspace, log: Path) -> None:
    document = json.dumps(json.loads(line(1, 2)), indent=2)
    steps: list[Step] = [add(log, document[:100]), add(log, document[100:])]
    (report,) = run(workspace, [log], *steps, *[lambda: None] * STILL_LOOKS)
    assert (stored(workspace), report.n_quarantined) == ([1, 2], 0)


def test_a_bad_line_costs_no_other_one_and_is_counted_once(workspace: Workspace, log: Path) -> None:
    log.write_text(line(1))
    (report,) = run(workspace, [log], add(log, "{broken\n"), add(log, line(2)))
    assert (report.n_in, report.n_stored, report.n_quarantined) == (3, 2, 1)
    assert workspace.telemetry.scan(QUARANTINE).collect()["offset"].to_list() == [len(line(1))]


def test_a_log_that_begins_with_a_bad_line_is_read_though_it_never_stands_still(
    workspace: Workspace, log: Path
) -> None:
    seen: list[list[int]] = []
    log.write_text("damaged}\n")
    steps: list[Step] = [add(log, line(1)), lambda: seen.append(stored(workspace))]
    (report,) = run(workspace, [log], *steps)
    assert (seen, report.refused) == ([[1]], {"not_json": 1})


def test_an_unknown_file_is_told_once_and_costs_no_other_one(workspace: Workspace, log: Path) -> None:
    told: list[str] = []
    log.write_text(line(1))
    log.with_name("own.json").write_text('{"what": "is this"}\n')
    run(workspace, [log.parent], *[add(log.with_name("own.json"), '{"what": "else"}\n')] * 3, told=told)
    assert stored(workspace) == [1]
    assert [("no loader knows" in said) for said in told] == [True]


def test_what_is_no_file_cannot_be_followed(workspace: Workspace) -> None:
    for name in ("-", "s3://bucket/traces.json"):
        with pytest.raises(ConfigError, match="only files"):
            follow(workspace, [name], now=lambda: NOW, wait=lambda: False, told=print)


def test_a_new_start_reads_again_and_stores_only_what_is_new(workspace: Workspace, log: Path) -> None:
    log.write_text(line(1) + line(2))
    run(workspace, [log])
    add(log, line(3))()
    (report,) = run(workspace, [log])
    assert stored(workspace) == [1, 2, 3]
    assert (report.n_in, report.n_stored, report.n_duplicate) == (3, 1, 2)


def test_protobuf_messages_are_followed_too(workspace: Workspace, log: Path) -> None:
    from google.protobuf.json_format import Parse
    from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

    def frame(number: int) -> bytes:
        message = Parse(line(number), TracesData())
        span = message.resource_spans[0].scope_spans[0].spans[0]
        span.trace_id, span.span_id = number.to_bytes(16, "big"), number.to_bytes(8, "big")
        content = message.SerializeToString()
        return len(content).to_bytes(4, "big") + bytes(content)

    def append(content: bytes) -> Step:
        return lambda: log.write_bytes((log.read_bytes() if log.exists() else b"") + content)

    parts = [frame(1)[:20], frame(1)[20:], frame(2)[:3], frame(2)[3:] + frame(3)]
    (report,) = run(workspace, [log], *map(append, parts))
    assert stored(workspace) == [1, 2, 3]
    assert (report.n_in, report.n_quarantined, report.n_bytes_waiting) == (3, 0, 0)
