"""A model that plays the app's files: what it is sent, its loop over tools, and what of its answers is believed."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workbench.boundaries.asking import Line
from workbench.boundaries.keys import Key
from workbench.boundaries.urls import read_address
from workbench.errors import ConfigError
from workbench.experiments.answer import Answer
from workbench.experiments.arm import Arm, Spend
from workbench.experiments.arms.chat import Model, Price, chat_arm
from workbench.experiments.arms.chat_app import ChatApp, chat_app
from workbench.experiments.arms.tools import NotRecordedError, Result, Tools, called, replayed
from workbench.experiments.case import Case, ToolCall
from workbench.experiments.outcome import NOTHING, charge
from workbench.experiments.provider import Provider
from workbench.experiments.to_end import to_end
from workbench.schemas import SPANS

Serve = Callable[..., Any]
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SEARCH = {"name": "search_cases", "description": "Searches.", "parameters": {"type": "object"}}
APP = chat_app(
    "system:\nSummarise.\nuser:\n{{question}}", tools=[SEARCH], parameters={"temperature": 0.2, "title": "own"}
)
MODEL = Model("m1", Price(1.0, 10.0), max_output_tokens=100)
CASE = Case(
    case_id="c1",
    input={"question": "Is it binding?"},
    expected="the right answer",
    tools=(
        ToolCall("search_cases", {"query": "Smith", "limit": 2}, "first"),
        ToolCall("search_cases", {"limit": 2, "query": "Smith"}, "second", is_error=True),
    ),
)


class Reply:
    """An answer in the shape that the server of the tests takes."""

    def __init__(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.status, self.body, self.raw = status, body, None
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def says(text: str | None, *calls: tuple[str, str], usage: Any = (20, 5)) -> Reply:
    """Return a completion; usage is tokens in and out, or what stands in its place."""
    if isinstance(usage, tuple):
        usage = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    message = {
        "role": "assistant",
        "content": text,
        "tool_calls": [
            {"id": f"call_{place}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for place, (name, arguments) in enumerate(calls)
        ],
    }
    finish = "tool_calls" if calls else "stop"
    said = {"model": "m1-2026", "choices": [{"message": message, "finish_reason": finish}], "usage": usage}
    return Reply(json.dumps(said).encode())


async def _no_wait(seconds: float) -> None:
    return


def clock() -> Callable[[], datetime]:
    ticks: Iterator[datetime] = (NOON + timedelta(seconds=number) for number in range(1_000))
    return lambda: next(ticks)


def asked_of(
    url: str, app: ChatApp = APP, *, case: Case = CASE, tools: Tools | None = None, model: Model = MODEL, **bounds: Any
) -> Answer:
    async def ask() -> Answer:
        async with Line(read_address(f"{url}/v1"), Key(), answer_s=20) as line:
            return await arm_of(line, app, tools=tools, model=model, **bounds).ask(case, 0, 7)

    return to_end(ask())


def arm_of(line: Line, app: ChatApp = APP, *, tools: Tools | None = None, model: Model = MODEL, **bounds: Any) -> Arm:
    return chat_arm(
        app,
        line,
        name="candidate",
        version="v1",
        model=model,
        tools=tools or replayed(),
        tools_version="replayed",
        provider=Provider("p", sleep=_no_wait),
        now=clock(),
        **bounds,
    )


def in_turn(*replies: Reply) -> Callable[[Any], Reply]:
    left = list(replies)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


SMITH = ("search_cases", '{"query": "Smith", "limit": 2}')


def test_the_files_and_the_case_are_sent_and_nothing_of_what_is_expected(serve: Serve) -> None:
    served = serve(lambda _: says("No."))
    answer = asked_of(served.url)
    (asked,) = served.asked
    assert asked.path == "/v1/chat/completions"
    assert json.loads(asked.body) == {
        "model": "m1",
        "messages": [{"role": "system", "content": "Summarise."}, {"role": "user", "content": "Is it binding?"}],
        "tools": [{"type": "function", "function": SEARCH}],
        "temperature": 0.2,
        "seed": 7,
        "stream": False,
        "max_tokens": 100,
    }
    assert (answer.output, answer.finish_reason, answer.input_tokens, answer.output_tokens) == ("No.", "stop", 20, 5)
    assert answer.cost_usd == (20 * 1.0 + 5 * 10.0) / 1e6
    assert len(answer.exchanges) == 1


def test_tools_are_replayed_by_name_and_arguments_in_their_order(serve: Serve) -> None:
    served = serve(in_turn(says(None, SMITH), says("So.", SMITH), says("", SMITH), says("No.")))
    answer = asked_of(served.url)
    told = json.loads(served.asked[-1].body)["messages"]
    assert [(one["role"], one["content"]) for one in told[2:]] == [
        *(("assistant", None), ("tool", "first")),
        *(("assistant", "So."), ("tool", "second")),
        *(("assistant", None), ("tool", "second")),
    ]
    assert told[2]["tool_calls"][0]["id"] == told[3]["tool_call_id"] == "call_0"
    assert (answer.output, answer.input_tokens, answer.output_tokens, len(answer.exchanges)) == ("No.", 80, 20, 4)
    assert len({asked.headers["idempotency-key"] for asked in served.asked}) == 4


def test_what_the_trace_does_not_hold_is_an_error_of_its_own_or_simulated(serve: Serve) -> None:
    other = ("search_cases", '{"query": "Jones"}')
    answer = asked_of(serve(in_turn(says(None, other), says("No."))).url)
    assert (answer.error_kind, answer.output, answer.input_tokens) == ("not_recorded", None, 20)
    simulated = replayed(called(lambda name, arguments, seed: {"hits": [arguments["query"], seed]}))
    served = serve(in_turn(says(None, SMITH), says(None, other), says("No.")))
    assert asked_of(served.url, tools=simulated).output == "No."
    told = json.loads(served.asked[-1].body)["messages"]
    assert [one["content"] for one in told if one["role"] == "tool"] == ["first", '{"hits": ["Jones", 7]}']


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (("drop_table", "{}"), "there is no such tool"),
        (("search_cases", "{"), "is no JSON"),
        (("search_cases", "[1]"), "must be an object"),
        (("search_cases", '{"a": 1, "a": 2}'), "one key twice"),
        (("search_cases", '{"query": "x"}'), "KeyError: 'limit'"),
    ],
)
def test_a_call_that_cannot_be_made_is_told_to_the_model(serve: Serve, wanted: tuple[str, str], told: str) -> None:
    def live(name: str, arguments: Mapping[str, Any], seed: int) -> str:
        return str(arguments["limit"])

    served = serve(in_turn(says(None, wanted), says("No.")))
    answer = asked_of(served.url, tools=called(live))
    assert answer.output == "No."
    assert told in json.loads(served.asked[-1].body)["messages"][-1]["content"]
    (tool,) = [span for span in answer.spans if span["kind"] == "TOOL"]
    assert tool["status"] == "ERROR"


def test_a_loop_over_tools_ends_and_counts_as_an_error(serve: Serve) -> None:
    served = serve(lambda _: says(None, SMITH))
    answer = asked_of(served.url, max_turns=3)
    assert (answer.error_kind, len(served.asked)) == ("no_end", 3)
    assert (answer.input_tokens, answer.cost_usd) == (60, (60 * 1.0 + 15 * 10.0) / 1e6)


def test_no_turn_is_asked_for_that_could_pass_the_tokens(serve: Serve) -> None:
    huge = replace(CASE, tools=(ToolCall("search_cases", {"query": "Smith", "limit": 2}, "x" * 3_000),))
    served = serve(lambda _: says(None, SMITH))
    answer = asked_of(served.url, case=huge, max_tokens=2_000)
    assert (answer.error_kind, len(served.asked), answer.input_tokens) == ("no_end", 1, 20)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "many",
        {},
        {"prompt_tokens": 20},
        (-20, 5),
        (0, 5),
        (20, 0),
        (20, 101),
        (True, 5),
        {"prompt_tokens": 2.5, "completion_tokens": 5},
        {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 7},
        {"prompt_tokens": "20", "completion_tokens": "5"},
    ],
)
def test_a_count_that_cannot_be_is_not_known_and_costs_the_most(serve: Serve, usage: Any) -> None:
    """A server that says 0 tokens would otherwise make a run look free, and its budget endless."""
    answer = asked_of(serve(lambda _: says("No.", usage=usage)).url)
    assert (answer.output, answer.input_tokens, answer.output_tokens, answer.cost_usd) == ("No.", None, None, None)

    async def most() -> Arm:
        async with Line(read_address("http://127.0.0.1:1"), Key()) as line:
            return arm_of(line, max_tokens=2_000, max_turns=4)

    bound = to_end(most()).most
    assert tuple(bound) == ((1_600 * 1.0 + 400 * 10.0) / 1e6, 2_000)
    assert charge(answer, bound) == bound


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "empty"),
        (b"garbage", "bad_answer"),
        (b"{}", "bad_answer"),
        (b'{"choices": []}', "bad_answer"),
        (b'{"choices": [{"message": {}}]}', "empty"),
        (b'{"choices": [{"message": {"content": " \\n"}}]}', "empty"),
        (b'{"choices": [{"message": {"content": 7}}]}', "bad_answer"),
        (b'{"choices": [{"message": {"content": "a"}}, {"message": {"content": "b"}}]}', "bad_answer"),
        (b'{"choices": [{"message": {"content": "a", "content": "b"}}]}', "bad_answer"),
        (says(None, *[SMITH] * 33).body, "bad_answer"),
        (b"[" * 100_000, "bad_answer"),
    ],
)
def test_an_answer_that_cannot_be_read_is_an_error_and_is_not_asked_for_again(
    serve: Serve, body: bytes, kind: str
) -> None:
    served = serve(lambda _: Reply(body))
    answer = asked_of(served.url)
    assert (answer.error_kind, answer.output, answer.cost_usd, len(served.asked)) == (kind, None, None, 1)
    assert len(answer.exchanges) == 1


def test_a_busy_server_costs_nothing_and_earlier_turns_are_not_paid_for_again(serve: Serve) -> None:
    """Had the whole run been repeated, its first turn would have been paid for twice."""
    served = serve(in_turn(says(None, SMITH), Reply(b"", 429), Reply(b"", 503), says("No.")))
    answer = asked_of(served.url)
    assert (answer.output, answer.input_tokens, len(served.asked)) == ("No.", 40, 4)
    keys = [asked.headers["idempotency-key"] for asked in served.asked]
    assert keys[0] != keys[1] == keys[2] == keys[3]


def test_what_is_charged_where_a_server_fails_half_way(serve: Serve) -> None:
    busy = asked_of(serve(lambda _: Reply(b"", 500)).url)
    assert (busy.error_kind, charge(busy, Spend(1.0, 1_000))) == ("server_error", NOTHING)
    assert (busy.input_tokens, busy.output_tokens, busy.cost_usd) == (None, None, None)
    later = asked_of(serve(in_turn(says(None, SMITH), Reply(b"", 500))).url)
    assert (later.error_kind, later.input_tokens, later.cost_usd) == ("server_error", 20, 70 / 1e6)
    assert charge(later, Spend(1.0, 1_000)) == Spend(70 / 1e6, 25)
    late = asked_of(serve(in_turn(says(None, SMITH), Reply(b"", 504))).url)
    assert (late.error_kind, late.input_tokens, late.cost_usd) == ("timeout", None, None)


def test_a_refusal_is_an_answer(serve: Serve) -> None:
    body = b'{"choices": [{"message": {"content": null, "refusal": "I cannot help."}, "finish_reason": "stop"}]}'
    assert asked_of(serve(lambda _: Reply(body)).url).output == "I cannot help."


def test_a_run_is_a_trace_that_detectors_can_read(serve: Serve) -> None:
    spans = asked_of(serve(in_turn(says(None, SMITH), says("No."))).url).spans
    assert [span["kind"] for span in spans] == ["LLM", "TOOL", "LLM", "AGENT"]
    assert all(span.keys() <= set(SPANS.schema.names()) for span in spans)
    root = spans[-1]
    assert {span.get("parent_span_id") for span in spans[:-1]} == {root["span_id"]}
    assert {span["trace_id"] for span in spans} == {root["trace_id"]}
    assert len({span["span_id"] for span in spans}) == 4
    assert (root["output"], root["status"], root["started_at"]) == ("No.", "OK", NOON.timestamp() * 1e6)
    assert (spans[1]["tool_name"], spans[1]["output"], spans[0]["model"]) == ("search_cases", "first", "m1-2026")
    assert (spans[0]["input_tokens"], spans[0]["output_tokens"], spans[0]["cost_usd"]) == (20, 5, 70 / 1e6)


def test_a_prompt_without_variables_has_the_case_after_it() -> None:
    app = chat_app("Be brief.")
    two = {"question": "?", "state": "Ohio"}
    assert app.opening(two)[1:] == [{"role": "user", "content": '{"question": "?", "state": "Ohio"}'}]
    traced = {"model": "m-1", "release": "7", "user_tier": "free", "question": "Where is it?"}
    assert app.opening(traced)[1:] == [{"role": "user", "content": "Where is it?"}]
    recorded = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]
    assert app.opening({"messages": recorded})[1:] == recorded


def test_a_case_that_lacks_what_the_prompt_wants_is_sent_nowhere(serve: Serve) -> None:
    served = serve(lambda _: says("No."))
    answer = asked_of(served.url, case=replace(CASE, input={"query": "?"}))
    assert (answer.error_kind, served.asked, charge(answer, Spend(1.0, 9))) == ("not_asked", [], NOTHING)


def test_each_setting_tells_arms_apart() -> None:
    async def adapters() -> list[str]:
        async with (
            Line(read_address("http://127.0.0.1:1/v1"), Key()) as line,
            Line(read_address("http://127.0.0.1:2/v1"), Key()) as other,
        ):
            arms = [
                arm_of(line),
                arm_of(other),
                arm_of(line, chat_app("Be brief.")),
                arm_of(line, replace(APP, tools=())),
                arm_of(line, replace(APP, parameters={"temperature": 0.3})),
                arm_of(line, model=MODEL._replace(name="m2")),
                arm_of(line, model=MODEL._replace(max_output_tokens=99)),
                arm_of(line, max_turns=2),
                arm_of(line, max_tokens=2_000),
            ]
            return [arm.adapter for arm in arms]

    known = to_end(adapters())
    assert len(set(known)) == len(known)


def test_a_key_that_is_not_taken_stops_the_experiment(serve: Serve) -> None:
    with pytest.raises(ConfigError, match="answers 401"):
        asked_of(serve(lambda _: Reply(b"", 401)).url)


def test_replayed_tools_of_one_run_do_not_use_up_those_of_another() -> None:
    async def first_of_two() -> list[Result]:
        tools = replayed()
        one, other = tools(CASE, 0), tools(CASE, 1)
        results = [await call("search_cases", {"query": "Smith", "limit": 2}) for call in (one, other)]
        with pytest.raises(NotRecordedError):
            await one("search_cases", {"query": "smith", "limit": 2})
        return results

    assert to_end(first_of_two()) == [Result("first")] * 2
