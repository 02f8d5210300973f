"""How long a judgement and the next item take in a review of 5,000 items with 2,000 verdicts in the ledger.

    PYTHONPATH=. python tests/benchmarks/review.py [sqlite folder]

Prints the median and the 95th percentile, in milliseconds, of `judge` and `take` together, of what a widget asks beside
them (`ahead`, `progress`), and of opening the desk.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from tests.loop.under_review import NOON, Clock, make_workspace
from workbench.loop.desk import Desk
from workbench.loop.review import open_review
from workbench.records import Verdict

N_ITEMS, N_BEFORE, N_TIMED = 5_000, 2_000, 200


def main(folder: Path) -> None:
    """Fill a workspace, and time a reviewer."""
    sizes = {f"clu_{number}": 500 for number in range(10)}
    workspace = make_workspace(folder / "w", sizes, n_unflagged=1_000)
    review = open_review(workspace, now=NOON, n=N_ITEMS)
    assert review.n_items == N_ITEMS
    clock = Clock()
    took = time.perf_counter()
    desks = [Desk(workspace, review.id, reviewer=name, identity="typed", clock=clock) for name in ("ann", "ben")]
    for number in range(N_BEFORE):
        judge_next(desks[number % 2], number)
    say("2,000 verdicts before, each", [(time.perf_counter() - took) / N_BEFORE * 1000] * 2)
    say("opening a desk", timed(lambda _: Desk(workspace, review.id, reviewer="ann", identity="typed", clock=clock), 5))
    ann = Desk(workspace, review.id, reviewer="ann", identity="typed", clock=clock)
    say("judge and take", timed(lambda number: judge_next(ann, number), N_TIMED))
    say("ahead", timed(lambda _: ann.ahead(0), 50))
    say("progress", timed(lambda _: ann.progress(), 50))
    say("undo", timed(lambda _: ann.undo(), 20))
    assert len(workspace.ledger.latest(Verdict)) == N_BEFORE + N_TIMED


def judge_next(desk: Desk, number: int) -> None:
    """Judge the item that is before the reviewer."""
    task = desk.take()
    assert task is not None
    words = f"{number} says so" if number % 3 == 0 else ""
    desk.judge(task["place"], label="confirmed", seen="x" * 64, explanation=words, code=f"code {number % 40}")


def timed(call: Callable[[int], object], n: int) -> list[float]:
    """Return the milliseconds of each of `n` calls."""
    took = []
    for number in range(n):
        start = time.perf_counter()
        call(number)
        took.append((time.perf_counter() - start) * 1000)
    return took


def say(what: str, took: list[float]) -> None:
    """Print the median and the 95th percentile."""
    sys.stdout.write(f"{what}: median {median(took):.1f} ms, 95 % below {quantiles(took, n=20)[-1]:.1f} ms\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else scratch))
