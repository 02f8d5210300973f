"""A command that is killed before its first, second, third, ... call that changes the disk leaves the old or new state.

`strace` counts the calls and kills with -9 before the k-th of a kind happens, for k = 1, 2, 3, ... until the command
survives (SQLite's way of testing). Each time: nothing that was acknowledged is lost, nothing is doubled, the doctor
finds nothing worse than leavings, and a second run completes. The whole set takes half an hour and prints what it did:

    pytest -m slow tests/faults/test_killed_at_every_call.py
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from workbench import loop
from workbench.schemas import QUARANTINE, SIGNALS, SPANS
from workbench.store import examine, init_workspace, mend, open_workspace
from workbench.store.secret import ENVIRONMENT_VARIABLE

SECRET = "a secret of the tests"
START_NS = 1_772_323_200_000_000_000  # 2026-03-01T00:00Z
NOW = datetime(2026, 3, 2, tzinfo=UTC)
CALLS = ("write", "pwrite64", "fsync", "fdatasync", "rename", "linkat", "unlink", "mkdir")
"""What changes the disk in these commands, as a trace of each of them shows."""
OF_COMMITS = ("write", "linkat")
"""Calls that are looked at for the files of commits alone."""
MOST = 400
"""A command that does not survive so many calls of one kind is taken for stuck."""


class Killed(NamedTuple):
    """One run under strace."""

    is_killed: bool
    at: str
    """The call that it was killed before, with its arguments."""


def strace() -> str:
    """Return the program; skip where there is none, or where it may trace nothing."""
    program = shutil.which("strace")
    if program is None:
        pytest.skip("strace (Debian's package of that name) is not installed")
    if subprocess.run([program, "-qq", "-o", os.devnull, "true"], check=False, capture_output=True).returncode:
        pytest.skip("strace may trace no process here")
    return program


def run_killed(command: Sequence[str], *, call: str, k: int, log: Path, only: Path | None) -> Killed:
    """Run a command of the workbench and kill it before a thread of it makes its k-th call of the kind.

    With `only`, calls on this file are counted alone: other writes merely wake threads up.
    """
    paths = [] if only is None else ["-P", str(only)]
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={k}"]
    tracing = [strace(), "-f", "-y", "-qq", "-o", str(log), *inject, *paths]
    quiet = {"PYTHONDONTWRITEBYTECODE": "1", "TOKIO_WORKER_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    done = subprocess.run(
        [*tracing, sys.executable, "-m", "workbench", *command],
        env={**os.environ, **quiet, ENVIRONMENT_VARIABLE: SECRET},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in {0, -9, 137}, done.stderr
    lines = [line for line in log.read_text(errors="replace").splitlines() if "(" in line]
    cut = [line for line in lines if line.endswith(("= ?", "<unfinished ...>"))]
    return Killed(done.returncode != 0, cut[-1] if cut else "")


def line(*numbers: int) -> str:
    evaluation = {
        "name": "gen_ai.evaluation.result",
        "attributes": [
            {"key": "gen_ai.evaluation.name", "value": {"stringValue": "helpful"}},
            {"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 0.5}},
        ],
    }
    spans = [
        {
            "traceId": f"{number + 1:032x}",
            "spanId": f"{number + 1:016x}",
            "name": "chat",
            "startTimeUnixNano": str(START_NS + number * 10**9),
            "endTimeUnixNano": str(START_NS + (number + 1) * 10**9),
            "events": [{**evaluation, "timeUnixNano": str(START_NS + number)}] if number % 2 == 0 else [],
        }
        for number in numbers
    ]
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}) + "\n"


FIRST, SECOND = line(0, 1, 2) + "{broken\n", line(3, 4) + "{broken too\n"
"""Three spans, two signals and a refused line; two spans, a signal and a refused line more."""


class Held(NamedTuple):
    """What a workspace holds, each row counted; the spans are the first so many."""

    n_spans: int
    n_signals: int
    n_refused: int


class Scene(NamedTuple):
    """A command, the state that it finds, and the one that it leads to."""

    root: Path
    command: tuple[str, ...]
    prepare: Callable[[], None]
    """Puts the workspace back as it was."""
    before: Held | None
    """What was acknowledged before; None where there is no workspace yet."""
    after: Held
    again: Callable[[], None]
    """What a second run does, in this process."""
    version: int
    """Of the commits that the command makes."""


def held(root: Path) -> Held:
    telemetry = open_workspace(root).telemetry
    spans, signals, refused = (telemetry.scan(table).collect() for table in (SPANS, SIGNALS, QUARANTINE))
    assert spans["span_id"].sort().to_list() == [f"{number + 1:016x}" for number in range(spans.height)]
    assert signals["signal_id"].n_unique() == signals.height
    return Held(spans.height, signals.height, refused.height)


def check_sound(root: Path) -> None:
    assert [fault for fault in examine(root, now=NOW.timestamp()) if fault.is_damage] == []


def check_killed(scene: Scene) -> None:
    """Check that each table is in its old or its new state, and that nothing is damaged."""
    if scene.before is not None:
        check_sound(scene.root)
        for found, *allowed in zip(held(scene.root), scene.before, scene.after, strict=True):
            assert found in allowed


def complete(scene: Scene) -> None:
    """Run the command once more and check that everything is there, once."""
    scene.again()
    assert held(scene.root) == scene.after
    assert open_workspace(scene.root).ledger.verify() == 0
    check_sound(scene.root)


def feed(root: Path, file: Path) -> None:
    loop.feed(open_workspace(root), [file], now=NOW)


def an_ingest(folder: Path, *, is_first: bool) -> Scene:
    """Return an ingest of both lines, into a new workspace or into one that holds the first."""
    root, template, log = folder / "acme", folder / "template", folder / "log.jsonl"
    init_workspace(template, secret=SECRET.encode())
    log.write_text(FIRST)
    if not is_first:
        feed(template, log)
    log.write_text(FIRST + SECOND)
    before = Held(0, 0, 0) if is_first else Held(3, 2, 1)
    command, again = ("ingest", str(log), "-w", str(root)), partial(feed, root, log)
    return Scene(root, command, partial(put_back, root, template), before, Held(5, 3, 2), again, 1 if is_first else 2)


def a_compaction(folder: Path) -> Scene:
    """Return a compaction with an immediate vacuum of a workspace that was ingested into twice."""
    scene = an_ingest(folder, is_first=False)
    feed(folder / "template", folder / "log.jsonl")

    def again() -> None:
        open_workspace(scene.root).telemetry.compact(above=0, above_a_day=1, keep_hours=0)

    command = ("compact", "-w", str(scene.root), "--vacuum-hours", "0")
    return scene._replace(command=command, before=scene.after, again=again, version=3)


def an_init(folder: Path) -> Scene:
    """Return the making of a workspace, and a first ingest by which it proves to be one."""
    root, log = folder / "acme", folder / "log.jsonl"
    log.write_text(FIRST)

    def again() -> None:
        if not (root / "workspace.toml").exists():
            init_workspace(root, secret=SECRET.encode())
        feed(root, log)
        mend(root, now=NOW.timestamp())

    wipe = partial(shutil.rmtree, root, ignore_errors=True)
    return Scene(root, ("init", str(root)), wipe, None, Held(3, 2, 1), again, 0)


SCENES: dict[str, Callable[[Path], Scene]] = {
    "init": an_init,
    "first ingest": partial(an_ingest, is_first=True),
    "second ingest": partial(an_ingest, is_first=False),
    "compact": a_compaction,
}


def put_back(root: Path, template: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(template, root)


def staged(scene: Scene) -> tuple[Path, ...]:
    """Return the files that the next commits are written to, before they are linked to their names."""
    logs = [scene.root / "telemetry" / table.name / "_delta_log" for table in (SPANS, SIGNALS, QUARANTINE)]
    return tuple(log / f"{scene.version:020d}.json#1" for log in logs)


def kill_at_every(
    scene: Scene, call: str, *, log: Path, only: Path | None = None, ks: Iterable[int] = range(1, MOST)
) -> list[str]:
    """Kill the command before its k-th call, for every k until it survives; return where it was killed."""
    where: list[str] = []
    for k in ks:
        scene.prepare()
        killed = run_killed(scene.command, call=call, k=k, log=log, only=only)
        if killed.is_killed:
            where.append(killed.at)
            check_killed(scene)
        complete(scene)
        if not killed.is_killed:
            return where
    return where


def kill_at_all(scene: Scene, call: str, *, log: Path) -> list[str]:
    """Kill at every call of a kind; those that helper threads make are counted a thread, and so a file, at a time."""
    files = () if call not in {*OF_COMMITS, "unlink"} else staged(scene)
    whole = [] if call in OF_COMMITS else kill_at_every(scene, call, log=log)
    return whole + [at for file in files for at in kill_at_every(scene, call, log=log, only=file)]


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, SECRET)


@pytest.mark.parametrize(("call", "k"), [("linkat", 1), ("fsync", 4), ("pwrite64", 9)])
def test_an_ingest_killed_at_a_commit_a_flush_or_a_ledger_write_loses_and_doubles_nothing(
    tmp_path: Path, call: str, k: int
) -> None:
    """A sample of the whole set below."""
    scene = SCENES["second ingest"](tmp_path)
    only = staged(scene)[0] if call in OF_COMMITS else None
    (at,) = kill_at_every(scene, call, log=tmp_path / "strace.txt", only=only, ks=[k])
    assert str(scene.root) in at


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "at_least"), [("init", 20), ("first ingest", 60), ("second ingest", 60), ("compact", 20)]
)
def test_a_command_killed_at_every_call_leaves_the_old_or_the_new_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, at_least: int
) -> None:
    scene = SCENES[name](tmp_path)
    where = {call: kill_at_all(scene, call, log=tmp_path / "strace.txt") for call in CALLS}
    counts = ", ".join(f"{call} {len(killed)}" for call, killed in where.items())
    n_inside = sum(str(scene.root) in at for killed in where.values() for at in killed)
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: killed at {n_inside} points in the workspace ({counts})\n")
    assert n_inside >= at_least
