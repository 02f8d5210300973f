"""A disk that is full, that fails or that may not be written stops an ingest with one line, and loses nothing."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench import cli, loop
from workbench.schemas import QUARANTINE, SIGNALS, SPANS
from workbench.store import Workspace, examine, init_workspace, open_workspace
from workbench.store.secret import ENVIRONMENT_VARIABLE

SECRET = "a secret of the tests"
NOW = datetime(2026, 3, 2, tzinfo=UTC)
N_SPANS = 600
"""With texts that do not compress: some 300 kB of Parquet."""


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, SECRET)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of one megabyte; skip where none may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def write_telemetry(path: Path, *, first: int = 0, n: int = N_SPANS) -> Path:
    """Write lines of one span each, every tenth with a signal, and a broken one."""
    with path.open("w") as file:
        for number in range(first, first + n):
            text = os.urandom(200).hex()
            span = {
                **{"traceId": f"{number + 1:032x}", "spanId": f"{number + 1:016x}", "name": "chat"},
                "startTimeUnixNano": str(1_772_323_200_000_000_000 + number),
                "attributes": [{"key": "input.value", "value": {"stringValue": text}}],
            }
            file.write(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}) + "\n")
        file.write("{broken\n")
    return path


def n_held(workspace: Workspace) -> tuple[int, int]:
    """Return the rows of spans and of refused records; each span id must be there once."""
    telemetry = open_workspace(workspace.root).telemetry
    spans = telemetry.scan(SPANS).collect()
    assert spans["span_id"].n_unique() == spans.height
    assert telemetry.scan(SIGNALS).collect().is_empty()
    return spans.height, telemetry.scan(QUARANTINE).collect().height


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Run the command line here; return its exit code and what it wrote to standard error."""
    monkeypatch.setattr("sys.argv", ["workbench", *map(str, arguments)])
    with pytest.raises(SystemExit) as leave:
        cli.main()
    return int(leave.value.code or 0), capsys.readouterr().err


def check_one_line(code: int, errors: str) -> None:
    assert code == 3
    said = errors.splitlines()[-1]
    assert said.startswith("workbench: ")
    assert errors == f"{said}\n" or "panicked at" in errors, "a thread of the Delta library may speak before"


@pytest.mark.parametrize("n_free", [0, 4_096, 20_000, 60_000])
def test_a_full_disk_stops_an_ingest_and_once_there_is_room_it_completes(
    small_disk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    n_free: int,
) -> None:
    workspace = init_workspace(small_disk / "acme", secret=SECRET.encode())
    loop.feed(workspace, [write_telemetry(tmp_path / "first.jsonl", n=5)], now=NOW)
    second = write_telemetry(tmp_path / "second.jsonl", first=5)
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - n_free))

    check_one_line(*run(monkeypatch, capsys, "ingest", second, "-w", workspace.root))
    spans, refused = n_held(workspace)
    assert (spans, refused in (1, 2)) == (5, True), "what was acknowledged is there, and no half of a batch"
    assert not [fault for fault in examine(workspace.root, now=NOW.timestamp()) if fault.is_damage]

    filler.unlink()
    assert run(monkeypatch, capsys, "ingest", second, "-w", workspace.root)[0] == 0
    assert n_held(workspace) == (5 + N_SPANS, 2)
    assert workspace.ledger.verify() == 0
    assert not [fault for fault in examine(workspace.root, now=NOW.timestamp()) if fault.is_damage]


def test_a_folder_that_may_not_be_written_is_said_in_one_line(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = init_workspace(small_disk / "acme", secret=SECRET.encode())
    file = write_telemetry(tmp_path / "first.jsonl", n=5)
    view = tmp_path / "read only"
    view.mkdir()
    subprocess.run(["mount", "--bind", str(small_disk), str(view)], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(view)], check=True)
    try:
        check_one_line(*run(monkeypatch, capsys, "ingest", file, "-w", view / "acme"))
        assert run(monkeypatch, capsys, "init", view / "other")[0] == 2
        assert examine(view / "acme", now=NOW.timestamp()) == [], "looking needs no right to write"
    finally:
        subprocess.run(["umount", "--lazy", str(view)], check=True)
    assert run(monkeypatch, capsys, "ingest", file, "-w", workspace.root)[0] == 0
    assert n_held(workspace) == (5, 1)


def ingest_elsewhere(
    workspace: Workspace, file: Path, *, under: Sequence[str] = (), most_bytes: int = -1
) -> tuple[int, str]:
    """Ingest in a process that may write no file larger than so many bytes; return its exit code and errors."""
    done = subprocess.run(
        [*under, sys.executable, "-m", "workbench", "ingest", str(file), "-w", str(workspace.root)],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stderr


def test_a_limit_on_the_size_of_files_stops_an_ingest_as_a_full_disk_does(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "acme", secret=SECRET.encode())
    file = write_telemetry(tmp_path / "first.jsonl")
    code, said = ingest_elsewhere(workspace, file, most_bytes=60_000)
    check_one_line(code, said)
    assert "make room" in said
    assert n_held(workspace)[0] == 0
    loop.feed(workspace, [file], now=NOW)
    assert n_held(workspace) == (N_SPANS, 1)


CALLS = ("write", "pwrite64", "fsync", "fdatasync", "rename", "linkat", "mkdir")


@pytest.mark.parametrize(
    ("call", "k"),
    [
        *(("linkat", 1), ("pwrite64", 2), ("rename", 1)),
        *(
            pytest.param(call, k, marks=pytest.mark.slow)
            for call in CALLS
            for k in (1, 2, 3, 4, 6, 9, 14)
            if (call, k) not in {("linkat", 1), ("pwrite64", 2), ("rename", 1)}
        ),
    ],
)
def test_a_call_that_finds_no_room_stops_an_ingest_and_nothing_is_lost(tmp_path: Path, call: str, k: int) -> None:
    """Calls beyond those that the command makes leave it as it is: it succeeds.

    So does a failed sync of the folder in which SQLite makes its journal, of which SQLite takes no notice.
    """
    if shutil.which("strace") is None:
        pytest.skip("strace (Debian's package of that name) is not installed")
    workspace = init_workspace(tmp_path / "acme", secret=SECRET.encode())
    first, second = write_telemetry(tmp_path / "first.jsonl", n=5), write_telemetry(tmp_path / "b.jsonl", first=5, n=5)
    loop.feed(workspace, [first], now=NOW)
    only = ["-P", str(workspace.root / "telemetry/spans/_delta_log" / f"{2:020d}.json#1")] if call == "write" else []
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:error=ENOSPC:when={k}"]
    under = ["strace", "-f", "-y", "--seccomp-bpf", "-qq", "-o", str(tmp_path / "strace.txt"), *inject, *only]
    code, said = ingest_elsewhere(workspace, second, under=under)
    injected = [
        line for line in (tmp_path / "strace.txt").read_text(errors="replace").splitlines() if "INJECTED" in line
    ]
    if not injected:
        assert (code, k > 1) == (0, True), "each call is made at least once"
        return
    if call == "fdatasync" and f"<{workspace.root}>)" in injected[0]:
        assert code == 0
    else:
        check_one_line(code, said)
        assert "o space left" in said or "full" in said or "I/O" in said, said
    assert n_held(workspace)[0] in (5, 10)
    assert not [fault for fault in examine(workspace.root, now=NOW.timestamp()) if fault.is_damage]
    loop.feed(workspace, [second], now=NOW)
    assert n_held(workspace) == (10, 2)
    assert workspace.ledger.verify() == 0
