"""A kernel that is killed before its k-th write of the ledger loses nothing that it acknowledged, and doubles nothing.

`strace` kills with -9 before the k-th call of a kind on the ledger's files, for k = 1, 2, 3, ... until the reviewer
survives. Each time the state is the one after the last call that was acknowledged, or after the next; the reviewer
comes back to the same item, and the rest of the review goes on. The whole set prints how often it killed:

    pytest -m slow tests/faults/test_killed_reviewer.py
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.loop.under_review import NOON, Clock, make_workspace
from workbench.loop.desk import Desk
from workbench.loop.review.opening import open_review
from workbench.records import Review, Verdict
from workbench.store import Workspace, open_workspace

REVIEWER = """
import sys
from datetime import UTC, datetime, timedelta
from workbench.loop.desk import Desk
from workbench.store import open_workspace
root, review_id = sys.argv[1:]
at = [datetime(2026, 3, 2, 12, tzinfo=UTC)]

def clock():
    at[0] += timedelta(seconds=1)
    return at[0]

desk = Desk(open_workspace(root), review_id, reviewer="ann", identity="typed", clock=clock)
for number, act in enumerate((
    lambda: desk.judge(0, label="confirmed", seen="x"),
    lambda: desk.draft(1, "half a"),
    lambda: desk.judge(1, label="rejected", seen="x", explanation="a whole thought"),
    lambda: desk.undo(),
    lambda: desk.judge(1, label="uncertain", seen="x"),
    lambda: desk.draft(2, "let me think"),
)):
    desk.take()
    act()
    print(number, flush=True)
"""
CALLS = ("pwrite64", "fsync", "fdatasync", "unlink", "ftruncate")
"""What SQLite does to its files in a commit."""
MOST = 300


class State(NamedTuple):
    """What is kept of a review: labels and notes by place, and the item that comes next."""

    labels: dict[int, str]
    drafts: dict[int, str]
    next: int


AFTER = (
    State({}, {}, 0),
    State({0: "confirmed"}, {}, 1),
    State({0: "confirmed"}, {1: "half a"}, 1),
    State({0: "confirmed", 1: "rejected"}, {}, 2),
    State({0: "confirmed"}, {1: "a whole thought"}, 1),
    State({0: "confirmed", 1: "uncertain"}, {}, 2),
    State({0: "confirmed", 1: "uncertain"}, {2: "let me think"}, 2),
)
"""The state at the start, and after each act."""


def strace() -> str:
    """Return the program; skip where there is none, or where it may trace nothing."""
    program = shutil.which("strace")
    if program is None:
        pytest.skip("strace (Debian's package of that name) is not installed")
    if subprocess.run([program, "-qq", "-o", os.devnull, "true"], check=False, capture_output=True).returncode:
        pytest.skip("strace may trace no process here")
    return program


def run_killed(root: Path, review: Review, *, call: str, k: int, log: Path) -> tuple[int, bool]:
    """Let the reviewer work, killed before the k-th such call on the ledger; return what it acknowledged, and if so."""
    ledger = [part for name in ("ledger.db", "ledger.db-journal") for part in ("-P", str(root / name))]
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={k}"]
    done = subprocess.run(
        [strace(), "-f", "-qq", "-o", str(log), *inject, *ledger, sys.executable, "-c", REVIEWER, str(root), review.id],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "POLARS_MAX_THREADS": "1", "TOKIO_WORKER_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode in {0, -9, 137}, done.stderr
    return len(done.stdout.splitlines()), done.returncode != 0


def state_of(workspace: Workspace, review: Review) -> State:
    """Return what is kept, as a new kernel finds it."""
    desk = Desk(workspace, review.id, reviewer="ann", identity="typed", clock=Clock())
    coming = desk.take()
    assert coming is not None
    tasks = [task for task in map(desk.take, range(3)) if task is not None]
    labels = {task["place"]: task["own"]["label"] for task in tasks if task["own"]}
    return State(labels, {task["place"]: task["draft"] for task in tasks if task["draft"]}, coming["place"])


def check_killed(root: Path, review: Review, n_acknowledged: int) -> None:
    """Check that the old or the new state is there, and that the review goes on to its end."""
    workspace = open_workspace(root)
    assert state_of(workspace, review) in AFTER[n_acknowledged : n_acknowledged + 2]
    assert workspace.ledger.verify() > 0
    desk = Desk(workspace, review.id, reviewer="ann", identity="typed", clock=Clock())
    while (task := desk.take()) is not None:
        desk.judge(task["place"], label="confirmed", seen="x")
    stands = [one for one in workspace.ledger.latest(Verdict) if one.label != "withdrawn"]
    assert len(stands) == len({one.target_id for one in stands}) == review.n_items
    assert desk.progress()["done"] == review.n_items


@pytest.fixture
def template(tmp_path: Path) -> tuple[Path, Review]:
    """Give a workspace with a review of eight items, to be copied."""
    workspace = make_workspace(tmp_path / "template", {"clu_a": 20})
    return workspace.root, open_review(workspace, now=NOON, n=8)


def kill_at(tmp_path: Path, template: tuple[Path, Review], *, call: str, k: int) -> bool:
    """Kill a reviewer once and check what is left; return whether it was killed at all."""
    root = tmp_path / "acme"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(template[0], root)
    n_acknowledged, is_killed = run_killed(root, template[1], call=call, k=k, log=tmp_path / "strace.txt")
    assert is_killed or n_acknowledged == len(AFTER) - 1
    check_killed(root, template[1], n_acknowledged)
    return is_killed


@pytest.mark.parametrize(("call", "k"), [("pwrite64", 9), ("unlink", 3), ("fdatasync", 6)])
def test_a_reviewer_killed_at_a_write_loses_no_acknowledged_verdict(
    tmp_path: Path, template: tuple[Path, Review], call: str, k: int
) -> None:
    """A sample of the whole set below."""
    assert kill_at(tmp_path, template, call=call, k=k)


@pytest.mark.slow
def test_a_reviewer_killed_at_every_write_loses_no_acknowledged_verdict(
    tmp_path: Path, template: tuple[Path, Review], capsys: pytest.CaptureFixture[str]
) -> None:
    counts = dict.fromkeys(CALLS, 0)
    for call in CALLS:
        while counts[call] < MOST and kill_at(tmp_path, template, call=call, k=counts[call] + 1):
            counts[call] += 1
    with capsys.disabled():
        sys.stdout.write(f"\nkilled before {json.dumps(counts)}\n")
    assert sum(counts.values()) > 60
