"""`experiment run` against an app's server that fails in every way, killed at each of its steps and gone on with.

The server's own log says what was asked and paid for, and never the journal. Every step at every moment takes minutes:

    pytest -m slow tests/faults/test_killed_experiment.py
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import Answer, Asked, Served
from tests.loop.validated import make_validated
from workbench.experiments.journal import Held, read_journal
from workbench.experiments.validity import results_digest
from workbench.records import ExperimentRun
from workbench.schemas import RESULTS
from workbench.store import open_workspace

Serve = Callable[[Callable[[Asked], Answer]], Served]
ROOT = Path(__file__).parents[2]
AT_ONCE = 4
FINE = json.dumps({"output": "fine", "signals": {"right": 1}, "cost_usd": 0.25}).encode()
METRICS = [{"name": "signal:right", "role": "target", "mwe": [0.05, False]}, {"name": "cost_usd", "role": "watch"}]


class Way(NamedTuple):
    """One way in which the server answers a question."""

    replies: tuple[Answer, ...]
    """In turn."""
    error: str | None
    """The kind of error that it comes to."""


def hang_up(write: Callable[[bytes], object], _: threading.Event) -> None:
    write(b"HTTP/1.1 200 OK\r\n")


def say_nothing(_: Callable[[bytes], object], is_over: threading.Event) -> None:
    is_over.wait(20)


WAYS = (
    Way((Answer(body=FINE),), None),
    Way((Answer(429, headers={"Retry-After": "0"}), Answer(body=FINE)), None),
    Way((Answer(503, headers={"Retry-After": "0"}), Answer(body=FINE)), None),
    Way((Answer(504),), "timeout"),
    Way((Answer(raw=hang_up),), "broken_off"),
    Way((Answer(body=b""),), "empty"),
    Way((Answer(body=b"<html>upstream</html>"),), "bad_answer"),
    Way((Answer(body=b'{"output": "fine", "cost_usd": -1}'),), "bad_answer"),
    Way((Answer(body=b'{"output": "fine", "signals": {"right": "yes"}}'),), "bad_answer"),
    Way((Answer(307, headers={"Location": "/elsewhere"}),), "redirected"),
    Way((Answer(body=b'{"error": "the index is down"}'),), "failed"),
    Way((Answer(408),), "timeout"),
)
"""By the number in the question."""
SILENT = Way((Answer(raw=say_nothing),), "timeout")
"""In place of the last: a run takes the whole time limit then."""
N_STEPS = 1 + 1 + 2 * 2 * len(WAYS) + 2
"""At least: the holdout's use is written down, the journal is opened, each question starts and finishes, results and
run are kept."""


def number_in(given: Any) -> int:
    return int(given["question"].split("Roe ")[1].split()[0])


class Scene:
    """A workspace with a frozen experiment on a server, as it was before the run."""

    def __init__(self, root: Path, serve: Serve, commands: Callable[..., int], *, ways: tuple[Way, ...] = WAYS) -> None:
        self.ways, self.commands, self.kept, self.root = ways, commands, root / "kept", root / "acme"
        self.left: dict[str, list[Answer]] = {}
        self.served = serve(self.answer)
        _, change, holdout = make_validated(self.kept, example="state_jurisdiction_first", n=len(WAYS))
        with open(self.kept / "workspace.toml", "a", encoding="utf-8") as settings:
            settings.write(
                f'[app_run]\nendpoint = "{self.served.url}/answer"\ntime_limit_s = 5\nat_once = {AT_ONCE}\n'
                "most_usd = 0.5\n"
            )
        (self.kept / "metrics.json").write_text(json.dumps(METRICS))
        plan = ("experiment", "plan", change.id, "--holdout", holdout, "--metrics", self.kept / "metrics.json")
        assert commands(*plan, "--freeze", "--by", "eve", "--workspace", self.kept) == 0

    def answer(self, asked: Asked) -> Answer:
        left = self.left.setdefault(
            asked.headers["idempotency-key"], list(self.ways[number_in(json.loads(asked.body)["input"])].replies)
        )
        return left.pop(0) if len(left) > 1 else left[0]

    def run(self, **die: object) -> int:
        return self.commands(
            *("experiment", "run", "exp_", "--by", "eve", "--budget", "100", "--workspace", self.root), **die
        )

    def survives(self, step: int, moment: str) -> bool:
        """Kill a run at a step, go on with it, and hold what it comes to against the server's log.

        Returns whether the run was at its end before that step.
        """
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self.kept, self.root, symlinks=True)
        self.left.clear()
        self.served.asked.clear()
        code = self.run(step=step, moment=moment)
        assert code in (-9, 0)
        held = self.held()
        assert self.run() == 0
        self.check(held)
        return code == 0

    def held(self) -> Held:
        journals = [path for path in (self.root / "experiments").glob("*.jsonl") if path.stat().st_size]
        return read_journal(journals[0]) if journals and b"\n" in journals[0].read_bytes() else Held({}, ())

    def check(self, held: Held) -> None:
        """Check what is there against the log: what was finished before the kill was asked for once."""
        log = Counter(
            (json.loads(one.body)["version"], number_in(json.loads(one.body)["input"])) for one in self.served.asked
        )
        n_more, numbers = 0, self.numbers()
        finished = {(one.version, one.case_id): one for one in held.finished.values()}
        workspace = open_workspace(self.root)
        rows = workspace.telemetry.scan(RESULTS).collect()
        after = self.held().finished.values()
        assert len(after) == 2 * len(WAYS)
        for outcome in after:
            number = numbers[outcome.case_id]
            way, n_asked = self.ways[number], log[outcome.version, number]
            assert (outcome.answer.error_kind, outcome.answer.output) == (way.error, None if way.error else "fine")
            before = finished.get((outcome.version, outcome.case_id))
            assert before is None or (n_asked, outcome) == (len(way.replies), before)
            n_more += n_asked - len(way.replies)
        assert n_more <= len(held.interrupted) <= AT_ONCE
        assert rows.height == 2 * 2 * len(WAYS)
        scored = rows.filter(rows["value"].is_not_null())
        assert set(scored["value"]) == {1.0, 0.25}
        assert scored.height == 2 * 2 * 3
        assert set(rows.filter(rows["value"].is_null())["status"]) == {"error"}
        (run,) = workspace.ledger.latest(ExperimentRun)
        assert (run.n_assigned, run.n_errors, run.results_digest) == ((12, 12), (9, 9), results_digest(rows))

    def numbers(self) -> dict[str, int]:
        """Return the number in each case's question."""
        (path,) = (self.root / "holdouts").iterdir()
        cases = [json.loads(line) for line in path.read_bytes().splitlines()]
        return {one["case_id"]: number_in(one["input"]) for one in cases}


@pytest.fixture
def commands() -> Iterator[Callable[..., int]]:
    """Return a function that runs a command in a process that it may die in, and returns its exit code."""
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.killed_commands"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert running.stdin is not None
    assert running.stdout is not None
    given, said = running.stdin, running.stdout

    def command(*arguments: object, **die: object) -> int:
        given.write(json.dumps({"arguments": [*map(str, arguments)], **die}) + "\n")
        given.flush()
        return int(said.readline())

    yield command
    given.close()
    running.wait(timeout=60)


def test_killed_on_the_way_an_experiment_goes_on_with_nothing_made_up_or_paid_for_twice(
    serve: Serve, commands: Callable[..., int], tmp_path: Path
) -> None:
    """In the middle of a line of the journal, and when all is answered and the results are written."""
    scene = Scene(tmp_path, serve, commands)
    assert not scene.survives(20, "half")
    assert not scene.survives(N_STEPS - 2, "after")


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "half", "after"])
def test_killed_at_every_step_an_experiment_goes_on_with_nothing_made_up_or_paid_for_twice(
    serve: Serve, commands: Callable[..., int], tmp_path: Path, moment: str
) -> None:
    """Until it survives, as SQLite's are."""
    scene = Scene(tmp_path, serve, commands, ways=(*WAYS[:-1], SILENT))
    assert next(step for step in count() if scene.survives(step, moment)) >= N_STEPS
