"""Functions, programs and servers as arms: what they are told, and what of their answers is believed."""

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from workbench.boundaries.asking import Line
from workbench.boundaries.keys import Key
from workbench.boundaries.urls import read_address
from workbench.experiments.answer import Answer
from workbench.experiments.arms.command import command_arm
from workbench.experiments.arms.endpoint import endpoint_arm
from workbench.experiments.arms.function import function_arm
from workbench.experiments.arms.module import module_arm
from workbench.experiments.arms.reply import read_reply
from workbench.experiments.arms.tool_program import tool_program
from workbench.experiments.arms.tools import Result
from workbench.experiments.case import Assertion, Case
from workbench.experiments.provider import MAX_ATTEMPTS, Limits, Provider
from workbench.experiments.to_end import to_end

Serve = Callable[..., Any]
CASE = Case(
    case_id="c1",
    input={"question": "Is it binding?"},
    user_key="usr_a",
    expected="the right answer",
    assertions=(Assertion("contains", "the right answer"),),
)


class Reply:
    """An answer in the shape that the server of the tests takes."""

    def __init__(self, body: bytes = b'{"output": "yes"}', status: int = 200, **headers: str) -> None:
        self.status, self.body, self.raw = status, body, None
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


async def _no_wait(seconds: float) -> None:
    return


def of_function(function: Callable[[Mapping[str, Any], int], Any], **options: Any) -> Answer:
    arm = function_arm(function, name="baseline", version="v1", **options)
    return to_end(arm.ask(CASE, 0, 7))  # type: ignore[arg-type]


def of_program(code: str, folder: Path, **options: Any) -> Answer:
    command = [sys.executable, "-S", "-c", code]
    arm = command_arm(command, folder, name="baseline", version="v1", **options)
    return to_end(arm.ask(CASE, 0, 7))  # type: ignore[arg-type]


def of_server(url: str) -> Answer:
    async def ask() -> Answer:
        async with Line(read_address(url), Key(), answer_s=20) as line:
            provider = Provider("p", Limits(), sleep=_no_wait)
            return await endpoint_arm(line, name="baseline", version="v1", provider=provider).ask(CASE, 0, 7)

    return to_end(ask())


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", "empty"),
        (b"{}", "empty"),
        (b'{"output": null}', "empty"),
        (b"garbage", "bad_answer"),
        (b"[1]", "bad_answer"),
        (b'{"output": "yes", "score": 1}', "bad_answer"),
        (b'{"output": "yes", "output": "no"}', "bad_answer"),
        (b'{"output": "yes", "input_tokens": -1}', "bad_answer"),
        (b'{"output": "yes", "output_tokens": "90"}', "bad_answer"),
        (b'{"output": "yes", "cost_usd": -0.1}', "bad_answer"),
        (b'{"output": "yes", "cost_usd": NaN}', "bad_answer"),
        (b'{"output": "yes", "latency_ms": 1e999}', "bad_answer"),
        (b'{"output": "yes", "spans": [{"password": "x"}]}', "bad_answer"),
        (b'{"error": "index is down"}', "failed"),
    ],
)
def test_what_is_no_answer_is_an_error_without_output(raw: bytes, kind: str) -> None:
    answer = read_reply(raw, took_ms=1.0)
    assert (answer.status, answer.error_kind, answer.output) == ("error", kind, None)


def test_what_an_answer_says_is_kept_and_what_it_does_not_say_is_null() -> None:
    said = {
        "output": {"holding": "§ 1"},
        "finish_reason": "stop",
        "input_tokens": 812,
        "output_tokens": 90,
        "cost_usd": 0.004,
        "latency_ms": 1830.5,
        "signals": {"success": 1},
        "spans": [{"trace_id": "t", "kind": "LLM"}],
    }
    full = read_reply(json.dumps(said).encode(), took_ms=1.0)
    assert json.loads(full.output or "") == {"holding": "§ 1"}
    assert (full.finish_reason, full.input_tokens, full.output_tokens) == ("stop", 812, 90)
    assert (full.cost_usd, full.latency_ms, full.signals) == (0.004, 1830.5, {"success": 1.0})
    assert full.spans == ({"trace_id": "t", "kind": "LLM"},)
    bare = read_reply(b'{"output": ""}', took_ms=1.0)
    assert (bare.output, bare.latency_ms) == ("", 1.0)
    assert (bare.finish_reason, bare.input_tokens, bare.output_tokens, bare.cost_usd, bare.spans, bare.signals) == (
        *(None, None, None, None),
        (),
        {},
    )


def test_an_app_that_fails_still_says_what_it_cost() -> None:
    answer = read_reply(b'{"error": "index is down", "cost_usd": 0.5}', took_ms=1.0)
    assert (answer.error_message, answer.cost_usd) == ("index is down", 0.5)


@pytest.mark.parametrize(
    "function",
    [lambda given, seed: f"{given['question']} {seed}", lambda given, seed: {"output": f"{given['question']} {seed}"}],
)
def test_a_function_gets_input_and_seed(function: Callable[[Mapping[str, Any], int], Any]) -> None:
    assert of_function(function).output == "Is it binding? 7"


def test_a_function_may_be_asynchronous_and_give_an_answer() -> None:
    async def respond(given: Mapping[str, Any], seed: int) -> Answer:
        return Answer(output="yes", latency_ms=1234.0)

    assert of_function(respond) == Answer(output="yes", latency_ms=1234.0)


def test_a_function_that_raises_or_hangs_is_an_error_of_the_app() -> None:
    async def hang(given: Mapping[str, Any], seed: int) -> str:
        await asyncio.Event().wait()
        return ""

    def impatient(given: Mapping[str, Any], seed: int) -> str:
        raise TimeoutError

    assert of_function(lambda given, seed: given["state"]).error_kind == "failed"
    assert of_function(lambda given, seed: 7).error_kind == "bad_answer"
    assert of_function(hang, time_limit_s=0.05).error_kind == "timeout"
    assert of_function(impatient).error_kind == "failed"


def test_functions_that_are_not_asynchronous_do_not_wait_for_each_other() -> None:
    """Forty run at once, or the barrier breaks: none spends its time limit on waiting for a thread."""
    both = threading.Barrier(40)

    def respond(given: Mapping[str, Any], seed: int) -> str:
        both.wait(20)
        return "yes"

    arm = function_arm(respond, name="baseline", version="v1")

    async def all_at_once() -> list[Answer]:
        return list(await asyncio.gather(*(arm.ask(CASE, trial, 0) for trial in range(40))))

    assert [answer.output for answer in to_end(all_at_once())] == ["yes"] * 40


def test_a_function_that_hangs_in_its_thread_keeps_nobody_waiting() -> None:
    is_over = threading.Event()

    def hang(given: Mapping[str, Any], seed: int) -> str:
        is_over.wait(60)
        return "late"

    def stop(given: Mapping[str, Any], seed: int) -> str:
        raise StopIteration

    began = time.monotonic()
    assert of_function(hang, time_limit_s=0.05).error_kind == "timeout"
    assert time.monotonic() - began < 30
    is_over.set()
    assert of_function(stop).error_kind == "failed"


def test_a_program_is_told_the_input_and_never_what_is_expected(tmp_path: Path) -> None:
    code = "import json, sys; print(json.dumps({'output': json.load(sys.stdin)}))"
    answer = of_program(code, tmp_path)
    told = json.loads(answer.output or "")
    assert told.keys() == {"input", "seed", "trial", "work_id"}
    assert (told["input"], told["seed"], told["trial"]) == ({"question": "Is it binding?"}, 7, 0)
    assert [len(part) for part in answer.exchanges[0]] == [64, 64]
    assert answer.cost_usd is None


def test_a_program_that_fails_is_an_error(tmp_path: Path) -> None:
    assert of_program("print('{')", tmp_path).error_kind == "bad_answer"
    assert of_program("", tmp_path).error_kind == "empty"
    assert of_program("raise SystemExit(3)", tmp_path).error_message == "ends with 3"


def test_what_a_program_depends_on_tells_arms_apart_and_keys_do_not(tmp_path: Path) -> None:
    def adapter(*command: str, **options: Any) -> str:
        return command_arm(command, tmp_path, name="baseline", version="v1", **options).adapter

    known = {
        adapter("app"),
        adapter("app", "--fast"),
        adapter("app", environment={"MODEL": "m1"}),
        adapter("app", environment={"MODEL": "m2"}),
        adapter("app", time_limit_s=1.0),
    }
    assert len(known) == 5
    assert adapter("app", secrets={"KEY": "one"}) == adapter("app", secrets={"KEY": "other"}) == adapter("app")


def of_module(code: str, folder: Path, **options: Any) -> Answer:
    (folder / "app.py").write_text(code)
    arm = module_arm("app:answer", folder, name="baseline", version="v1", **options)
    return to_end(arm.ask(CASE, 0, 7))  # type: ignore[arg-type]


def test_a_function_of_the_versions_own_code_is_called_and_what_it_prints_is_no_answer(tmp_path: Path) -> None:
    printing = (
        "print('loading')\ndef answer(given, seed):\n    print('thinking')\n    return f\"{given['question']} {seed}\""
    )
    assert of_module(printing, tmp_path).output == "Is it binding? 7"
    waiting = "async def answer(given, seed):\n    return {'output': given, 'cost_usd': 0.5}"
    assert of_module(waiting, tmp_path).cost_usd == 0.5
    failing = of_module("def answer(given, seed):\n    raise KeyError('index')", tmp_path)
    assert (failing.error_kind, failing.error_message.endswith("KeyError: 'index'")) == ("failed", True)
    assert of_module("def answer(given, seed):\n    return None", tmp_path).error_kind == "bad_answer"


def test_a_function_runs_in_the_environment_that_its_app_needs(tmp_path: Path) -> None:
    other = tmp_path / "python-of-the-app"
    other.write_text(f'#!/bin/sh\nWHOSE=theirs exec "{sys.executable}" "$@"\n')
    other.chmod(0o700)
    asks = "import os\ndef answer(given, seed):\n    return os.environ.get('WHOSE', 'ours')"
    assert of_module(asks, tmp_path).output == "ours"
    assert of_module(asks, tmp_path, interpreter=str(other)).output == "theirs"
    assert of_module(asks, tmp_path, interpreter=str(tmp_path / "none")).error_kind == "failed"
    known = [
        module_arm("app:answer", tmp_path, name="baseline", version="v1", interpreter=one).adapter
        for one in ("", "a", "b")
    ]
    assert len(set(known)) == 3


def test_a_live_tool_is_a_program_of_the_version_and_the_model_is_told_what_fails(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text(
        "import json, os, sys\ncall = json.load(sys.stdin)\n"
        "print(call['name'], call['arguments']['n'] / 1, os.environ['KEY'])"
    )
    tools = tool_program([sys.executable, "-S", "tools.py"], tmp_path, environment={"KEY": "k"})
    call = tools(CASE, 7)
    assert to_end(call("look", {"n": 3})) == Result("look 3.0 k\n")  # type: ignore[arg-type]
    failed: Result = to_end(call("look", {"n": "three"}))  # type: ignore[arg-type]
    assert (failed.is_error, "TypeError" in failed.output) == (True, True)


def test_a_server_is_told_the_same_and_what_it_says_is_read_alike(serve: Serve) -> None:
    served = serve(lambda asked: Reply(json.dumps({"output": json.loads(asked.body), "cost_usd": 0.1}).encode()))
    answer = of_server(f"{served.url}/ask")
    told = json.loads(answer.output or "")
    assert (told["input"], told["version"]) == ({"question": "Is it binding?"}, "v1")
    assert answer.cost_usd == 0.1
    (asked,) = served.asked
    assert (asked.path, asked.headers["idempotency-key"]) == ("/ask", json.loads(asked.body)["work_id"])


def test_a_busy_server_is_asked_again_for_the_same_work_and_gives_up(serve: Serve) -> None:
    left = [Reply(status=429, Retry_After="1"), Reply(status=503), Reply()]
    served = serve(lambda _: left.pop(0))
    assert of_server(served.url).output == "yes"
    assert len({asked.headers["idempotency-key"] for asked in served.asked}) == 1
    down = serve(lambda _: Reply(status=500))
    assert (of_server(down.url).error_kind, len(down.asked)) == ("server_error", MAX_ATTEMPTS)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(b""), "empty"),
        (Reply(b"<html>"), "bad_answer"),
        (Reply(status=504), "timeout"),
        (Reply(status=400), "refused"),
    ],
)
def test_an_answer_that_may_have_cost_something_is_not_asked_for_again(serve: Serve, reply: Reply, kind: str) -> None:
    served = serve(lambda _: reply)
    assert (of_server(served.url).error_kind, len(served.asked)) == (kind, 1)
