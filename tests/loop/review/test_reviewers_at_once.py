"""Eight reviewers at once, each in a process of their own: no verdict is lost, none doubled, no item judged too often.

The processes keep the history: each prints what it was told is saved, and the ledger must hold just that. The full form
gives 2,000 verdicts and prints how long it took: `pytest -m slow tests/loop/review/test_reviewers_at_once.py`
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.loop.under_review import NOON, make_workspace
from workbench.loop.review.opening import open_review
from workbench.records import Review, Verdict
from workbench.store import Workspace, open_workspace

N_REVIEWERS = 8
REVIEWER = """
import json, random, sys
from datetime import UTC, datetime, timedelta
from workbench.errors import TakenError
from workbench.loop.desk import Desk
from workbench.store import open_workspace
root, review_id, name = sys.argv[1:]
at = [datetime(2026, 3, 2, 12, tzinfo=UTC)]

def clock():
    at[0] += timedelta(milliseconds=1)
    return at[0]

desk, draw = Desk(open_workspace(root), review_id, reviewer=name, identity="typed", clock=clock), random.Random(name)
while (task := desk.take()) is not None:
    place, kind = task["place"], draw.random()
    label = draw.choice(["confirmed", "rejected", "uncertain"])
    if kind < 0.05:
        desk.skip(place)
        continue
    said = desk.judge(place, label=label, seen="x", code=draw.choice(["", "slow", "wrong court"]))
    print(json.dumps({"place": place, "id": said["verdict_id"], "label": label}), flush=True)
    if kind < 0.10:  # a view that lost the answer asks again
        assert desk.judge(place, label=label, seen="x", code="again")["verdict_id"] == said["verdict_id"]
    elif kind < 0.15:
        assert desk.undo() == place
        print(json.dumps({"place": place, "id": said["verdict_id"], "label": None}), flush=True)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest) -> str | None:
    """Give the URL of a database, None for the usual one."""
    return None if request.param == "sqlite" else request.getfixturevalue("postgresql_url")


def workspace_on(root: Path, database: str | None, *, n_traces: int) -> Workspace:
    """Return a workspace whose ledger is in the database."""
    sizes = {"clu_a": n_traces // 2, "clu_b": n_traces - n_traces // 2}
    if database is None:
        return make_workspace(root, sizes, n_unflagged=40)
    return make_workspace(root, sizes, n_unflagged=40, ledger=database)


def race(workspace: Workspace, review: Review) -> dict[str, list[dict[str, Any]]]:
    """Let the reviewers judge until nothing is left, and return what each was told."""
    command = [sys.executable, "-c", REVIEWER, str(workspace.root), review.id]
    environment = {**os.environ, "POLARS_MAX_THREADS": "1", "TOKIO_WORKER_THREADS": "1"}
    running = {
        name: subprocess.Popen(
            [*command, name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        for name in (f"r{number}" for number in range(N_REVIEWERS))
    }
    told = {}
    for name, process in running.items():
        out, errors = process.communicate(timeout=1_800)
        assert process.returncode == 0, errors
        told[name] = [json.loads(line) for line in out.splitlines()]
    return told


def check_exact(workspace: Workspace, review: Review, told: dict[str, list[dict[str, Any]]]) -> None:
    saved = {name: {line["id"]: line["label"] for line in lines} for name, lines in told.items()}
    held: dict[str, dict[str, str | None]] = {name: {} for name in told}
    for verdict in workspace.ledger.latest(Verdict):
        held[verdict.annotator][verdict.id] = None if verdict.label == "withdrawn" else verdict.label
    assert held == saved
    standing = Counter(
        line["place"]
        for lines in told.values()
        for line in {line["place"]: line for line in lines}.values()
        if line["label"] is not None
    )
    assert standing == dict.fromkeys(range(review.n_items), review.n_per_item)
    assert workspace.ledger.verify() > 0


def run(tmp_path: Path, database: str | None, *, n: int, n_per_item: int) -> tuple[Workspace, Review, float]:
    workspace = workspace_on(tmp_path / "w", database, n_traces=n)
    review = open_review(workspace, now=NOON, n=n, n_per_item=n_per_item)
    start = time.perf_counter()
    told = race(workspace, review)
    took = time.perf_counter() - start
    check_exact(open_workspace(workspace.root), review, told)
    return workspace, review, took


def test_eight_reviewers_at_once_lose_no_verdict_and_double_none(tmp_path: Path, database: str | None) -> None:
    _, review, _ = run(tmp_path, database, n=40, n_per_item=2)
    assert review.n_items == 40


@pytest.mark.slow
def test_eight_reviewers_give_two_thousand_verdicts_at_once(
    tmp_path: Path, database: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, review, took = run(tmp_path, database, n=1_000, n_per_item=2)
    items = workspace.review_items.of(review.id)
    assert items.filter(pl.col("kind") == "trace").height > 900
    with capsys.disabled():
        n = review.n_items * review.n_per_item
        sys.stdout.write(f"\n8 processes: {n:,} verdicts stand, {took:.0f} s, none lost, none doubled\n")
