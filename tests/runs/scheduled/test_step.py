"""A step is a process of its own: what it leaves with is told, and it ends when its time is over. One run at a time."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest

from tests.conftest import Answer, Served
from workbench.errors import StoreError
from workbench.records import Step, StepState
from workbench.runs.scheduled.alone import LOCK, alone
from workbench.runs.scheduled.record import exit_code_of
from workbench.runs.scheduled.step import run_step
from workbench.store import DEMO_SECRET, init_workspace

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return init_workspace(tmp_path / "acme", secret=DEMO_SECRET).root


def test_a_step_runs_in_the_workspace_and_imports_nothing_from_it(root: Path) -> None:
    """A workspace comes from elsewhere: a file in it named like a module must not run."""
    (root / "msgspec.py").write_text("raise SystemExit(77)")
    inbox = root.parent / "inbox"
    inbox.mkdir()
    line = {"target_kind": "trace", "target_id": "t1", "kind": "feedback", "name": "thumb", "value": 0}
    (inbox / "feedback.jsonl").write_text(json.dumps(line) + "\n")
    step = run_step(["ingest", "../inbox"], root=root, limit_s=120)
    assert (step.command, step.state, step.exit_code, step.said) == ("ingest ../inbox", "done", 0, "")
    assert step.duration_s > 0


def test_a_step_is_ended_when_its_time_is_over(root: Path) -> None:
    started = time.monotonic()
    step = run_step(["receive", "--port", "0"], root=root, limit_s=1.0)
    assert (step.state, step.exit_code) == ("over_time", None)
    assert step.said.startswith("ended after 1 s, its limit.")
    assert time.monotonic() - started < 30
    assert subprocess.run(["pgrep", "-f", f"receive --port 0 --workspace {root}"], check=False).returncode == 1


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ((), 0),
        (("done", "done"), 0),
        (("done", "insufficient"), 4),
        (("insufficient", "refused"), 2),
        (("refused", "failed"), 3),
        (("done", "over_time"), 3),
        (("skipped", "insufficient"), 3),
    ],
)
def test_a_run_leaves_with_its_worst_step(states: tuple[StepState, ...], code: int) -> None:
    assert exit_code_of(Step("detect", state, None, 0.0) for state in states) == code


def test_a_second_run_is_told_who_has_the_lock(root: Path) -> None:
    said = r"the run of nightly of 2026-01-07 12:00 UTC \(process \d+\) is under way"
    with (
        alone(root, profile="nightly", now=NOW),
        pytest.raises(StoreError, match=said),
        alone(root, profile="weekly", now=NOW),
    ):
        pytest.fail("two runs at once")
    with alone(root, profile="weekly", now=NOW):
        assert (root / LOCK).read_text().startswith("the run of weekly")


HOLDER = """
import subprocess, sys, time
from datetime import UTC, datetime
from pathlib import Path
from workbench.runs.scheduled.alone import alone
with alone(Path(sys.argv[1]), profile="nightly", now=datetime(2026, 1, 7, tzinfo=UTC)) as handle:
    child = subprocess.Popen(["sleep", "60"], pass_fds=[handle])
    print(child.pid, flush=True)
    time.sleep(60)
"""


def test_a_killed_run_lets_go_of_the_lock_once_its_step_has_ended(root: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(root)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    child = int(holder.stdout.readline())
    holder.kill()
    holder.wait()
    with pytest.raises(StoreError, match="is under way"), alone(root, profile="nightly", now=NOW):
        pytest.fail("its step still runs")
    os.kill(child, signal.SIGKILL)
    holder.stdout.read()  # its end of the pipe is closed when it is gone
    with alone(root, profile="nightly", now=NOW):
        pass


@pytest.mark.slow
def test_the_kernel_of_a_step_that_is_ended_ends_too(root: Path, tmp_path: Path) -> None:
    """A kernel has a session of its own, which the signal to the step's group does not reach."""
    probe = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    probe.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    noted = f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))"
    source = f"import os, pathlib, time\n{noted}\ntime.sleep(600)"
    probe.cells = [nbformat.v4.new_code_cell(source)]  # type: ignore[no-untyped-call]
    nbformat.write(probe, tmp_path / "probe.ipynb")  # type: ignore[no-untyped-call]
    assert run_step(["report", str(tmp_path / "probe.ipynb")], root=root, limit_s=45).state == "over_time"
    kernel = Path(f"/proc/{(tmp_path / 'pid').read_text()}")
    end = time.monotonic() + 20
    while kernel.exists() and time.monotonic() < end:
        time.sleep(0.2)
    assert not kernel.exists()


@pytest.mark.slow
def test_a_scheduler_that_ends_a_run_ends_its_step_too(root: Path, serve: Callable[..., Served]) -> None:
    """Systemd and cron's like send SIGTERM; a step that went on alone would hold the lock of the next night."""
    asked = threading.Event()

    def hang(write: Callable[[bytes], object], is_over: threading.Event) -> None:
        asked.set()
        is_over.wait(60)

    served = serve(lambda request: Answer(raw=hang))
    (root / "profiles.toml").write_text(f"[profile.nightly]\nsteps = ['pull phoenix {served.url}']\n")
    command = [sys.executable, "-m", "workbench", "run", "--profile", "nightly", "--workspace", str(root)]
    run = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    assert asked.wait(90)
    run.send_signal(signal.SIGTERM)
    assert run.wait(timeout=60) == 143
    with alone(root, profile="nightly", now=NOW):
        pass
