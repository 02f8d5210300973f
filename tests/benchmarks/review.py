"""How long a judgement and the next item take in a review of 5,000 items with 2,000 verdicts given, on SQLite.

The floor is the disk's: two commits of one row each to a database of their own, which is what it takes to keep a
verdict and to hold an item. They take turns with what is timed, so that a busy machine slows both.

Usage::

    python tests/benchmarks/review.py            # about two minutes
    python tests/benchmarks/review.py --folder /a/disk

Prints medians in milliseconds, of the wall clock and of the CPU: of `judge` and `take` together, of what a widget asks
beside them (`ahead`, `progress`), of an undo, of opening the desk. The goal is 30 ms for `judge` and `take` on an idle
machine.
"""

import argparse
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.loop.under_review import NOON, Clock, make_workspace
from workbench.loop.desk import Desk
from workbench.loop.review.opening import open_review
from workbench.records import Verdict

N_ITEMS, N_BEFORE, N_TIMED = 5_000, 2_000, 200


class Took(NamedTuple):
    """Milliseconds of one call."""

    wall: float
    cpu: float


def main() -> None:
    """Fill a workspace, and time a reviewer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="Where the workspace is made; a temporary folder otherwise.")
    with tempfile.TemporaryDirectory(dir=parser.parse_args().folder) as folder:
        measure(Path(folder))


def measure(folder: Path) -> None:
    """Print what each call takes."""
    workspace = make_workspace(folder / "w", {f"clu_{number}": 500 for number in range(10)}, n_unflagged=1_000)
    review = open_review(workspace, now=NOON, n=N_ITEMS)
    assert review.n_items == N_ITEMS
    clock, commit_twice = Clock(), floor(folder / "floor.db")

    def sit(name: str) -> Desk:
        return Desk(workspace, review.id, reviewer=name, identity="typed", clock=clock)

    desks = [sit("ann"), sit("ben")]
    for number in range(N_BEFORE):
        judge_next(desks[number % 2], number)
    ann = sit("ann")
    both = [(timed(commit_twice, number), timed(lambda n: judge_next(ann, n), number)) for number in range(N_TIMED)]
    say("two commits", [one for one, _ in both])
    say("judge and take", [other for _, other in both])
    say("ahead", [timed(lambda _: ann.ahead(0), number) for number in range(50)])
    say("progress", [timed(lambda _: ann.progress(), number) for number in range(50)])
    say("undo", [timed(lambda _: ann.undo(), number) for number in range(50)])
    say("opening the desk", [timed(lambda _: sit("ann"), number) for number in range(5)])
    assert len(workspace.ledger.latest(Verdict)) == N_BEFORE + N_TIMED


def floor(path: Path) -> Callable[[int], object]:
    """Return a function that commits one row twice, as durably as the ledger does."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE rows (text TEXT)")

    def commit_twice(number: int) -> None:
        for _ in range(2):
            connection.execute("INSERT INTO rows VALUES (?)", [f"{number}" * 100])

    return commit_twice


def judge_next(desk: Desk, number: int) -> None:
    """Judge the item that is before the reviewer."""
    task = desk.take()
    assert task is not None
    words = f"{number} says so" if number % 3 == 0 else ""
    desk.judge(task["place"], label="confirmed", seen="x" * 64, explanation=words, code=f"code {number % 40}")


def timed(call: Callable[[int], object], number: int) -> Took:
    """Return what one call takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    call(number)
    return Took((time.perf_counter() - wall) * 1_000, (time.process_time() - cpu) * 1_000)


def say(what: str, took: list[Took]) -> None:
    """Print the medians."""
    wall, cpu = (median(one[place] for one in took) for place in (0, 1))
    sys.stdout.write(f"{what}: {wall:.1f} ms, {cpu:.1f} of them CPU\n")


if __name__ == "__main__":
    main()
