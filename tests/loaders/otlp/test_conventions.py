"""The mapping of attributes to columns, convention by convention, with expectations counted by hand."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Row = dict[str, Any]
ReadAttributes = Callable[[Mapping[str, Any]], Row]
Fixture = Callable[[str], Row]


@pytest.fixture
def recorded(read_attributes: ReadAttributes, shared_data: Path) -> Fixture:
    """Return a function that gives the row of a span with recorded attributes."""
    folder = shared_data / "framework-traces/openinference"
    return lambda name: read_attributes(json.loads((folder / f"{name}.json").read_text("utf-8")))


def rest(row: Row) -> Row:
    """Return what stayed in a row's attributes."""
    attributes: Row = json.loads(row["attributes"])
    return {name: value for name, value in attributes.items() if name != "otlp"}


QUESTION = {"role": "user", "parts": [{"type": "text", "content": "Weather in Paris?"}]}
ANSWER = "The weather in Paris is currently rainy with a temperature of 57°F."


def test_recorded_genai_client_span(recorded: Fixture) -> None:
    row = recorded("otel_genai_client_span_tool_calls")
    assert (row["kind"], row["operation"], row["provider"]) == ("LLM", "chat", "openai")
    assert row["model"] == "gpt-4-0613"
    assert (row["input_tokens"], row["output_tokens"], row["finish_reason"]) == (97, 52, "stop")
    messages = json.loads(row["input"])
    assert [message["role"] for message in messages] == ["user", "assistant", "tool"]
    assert messages[0] == QUESTION
    assert messages[1]["parts"][1] == {
        "type": "tool_call",
        "id": "1234",
        "name": "get_weather",
        "arguments": {"location": "Paris"},
    }
    assert json.loads(row["output"])[0]["parts"][0]["content"] == ANSWER
    assert set(rest(row)) == {
        "gen_ai.request.model", "gen_ai.request.max_tokens", "gen_ai.request.temperature", "gen_ai.request.top_p",
        "gen_ai.response.id", "input", "output",
    }  # fmt: skip


def test_recorded_openinference_client_span(recorded: Fixture) -> None:
    row = recorded("openinference_client_span_tool_calls")
    assert (row["kind"], row["operation"], row["provider"], row["model"]) == ("LLM", None, "openai", "gpt-4-0613")
    assert (row["input_tokens"], row["output_tokens"]) == (97, 52)
    assert json.loads(row["input"]) == [
        {"role": "user", "content": [{"type": "text", "text": "Weather in Paris?"}]},
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "Absolutely! Let me check the weather for you."}],
            "tool_calls": [{"id": "1234", "function": {"name": "get_weather", "arguments": '{"location":"Paris"}'}}],
        },
        {"role": "tool", "content": "rainy, 57°F", "tool_call_id": "1234"},
    ]
    assert json.loads(row["output"]) == [{"role": "assistant", "content": [{"type": "text", "text": ANSWER}]}]
    assert {"input.value", "output.value", "llm.token_count.total", "llm.invocation_parameters"} <= set(rest(row))


def test_recorded_span_of_the_deprecated_convention(recorded: Fixture) -> None:
    row = recorded("otel_genai_deprecated_client_span_tool_calls")
    assert (row["model"], row["input_tokens"], row["output_tokens"]) == ("gpt-4-0613", 97, 52)
    assert len(json.loads(row["input"])) == 3
    assert json.loads(row["output"])["text"] == ANSWER
    assert row["finish_reason"] == "stop"


def test_recorded_tool_span(recorded: Fixture) -> None:
    row = recorded("otel_genai_tool_execution_span")
    assert (row["kind"], row["operation"]) == ("TOOL", "execute_tool")
    assert (row["tool_name"], row["tool_call_id"]) == ("get_weather", "1234")
    assert json.loads(row["input"]) == {"city": "New York"}
    assert json.loads(row["output"])["status"] == "success"
    assert rest(row) == {
        "gen_ai.tool.description": "Retrieves the current weather report for a specified city.",
        "gen_ai.tool.type": "function",
    }


def test_indexed_messages_of_traceloop_become_one_list(read_attributes: ReadAttributes) -> None:
    row = read_attributes(
        {
            "gen_ai.system": "OpenAI",
            "llm.request.type": "chat",
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.1.content": "hi",
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": "be brief",
            "gen_ai.prompt.name": "greeting",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.finish_reason": "tool_calls",
            "gen_ai.completion.0.tool_calls.0.id": "c1",
            "gen_ai.completion.0.tool_calls.0.name": "search",
            "gen_ai.completion.0.tool_calls.0.arguments": "{}",
            "gen_ai.usage.prompt_tokens": 5,
            "gen_ai.usage.completion_tokens": 7,
            "traceloop.prompt.version": "3",
        }
    )
    assert json.loads(row["input"]) == [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}]
    assert json.loads(row["output"]) == [
        {
            "role": "assistant",
            "finish_reason": "tool_calls",
            "tool_calls": [{"id": "c1", "function": {"name": "search", "arguments": "{}"}}],
        }
    ]
    assert (row["kind"], row["operation"], row["provider"]) == ("LLM", "chat", "OpenAI")
    assert (row["prompt_name"], row["prompt_version"]) == ("greeting", "3")
    assert (row["input_tokens"], row["output_tokens"], row["finish_reason"]) == (5, 7, "tool_calls")
    assert rest(row) == {"llm.request.type": "chat"}


def test_traceloops_entity_names_the_tool(read_attributes: ReadAttributes) -> None:
    row = read_attributes(
        {"traceloop.span.kind": "tool", "traceloop.entity.name": "search", "traceloop.entity.input": "{}"}
    )
    assert (row["kind"], row["tool_name"], row["agent"], row["input"]) == ("TOOL", "search", None, "{}")


def test_message_events_become_messages(read_lines: Callable[..., Any], wire: Any) -> None:
    at = "1767225600000000001"
    choice = {"message": '{"content":"ho"}', "finish_reason": "stop", "gen_ai.system": "x"}
    events = [
        {"name": "gen_ai.system.message", "attributes": wire.attributes({"content": "be brief"})},
        {"name": "gen_ai.user.message", "timeUnixNano": at, "attributes": wire.attributes({"content": "hi"})},
        {"name": "gen_ai.choice", "attributes": wire.attributes(choice)},
    ]
    row = read_lines(wire.export(wire.span(events=events))).spans.row(0, named=True)
    assert json.loads(row["input"]) == [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}]
    assert json.loads(row["output"]) == [{"role": "assistant", "finish_reason": "stop", "message": '{"content":"ho"}'}]
    assert row["finish_reason"] == "stop"
    assert json.loads(row["attributes"])["otlp"]["events"] == [
        {"name": "gen_ai.system.message"},
        {"name": "gen_ai.user.message", "time_unix_nano": 1767225600000000001},
        {"name": "gen_ai.choice", "attributes": {"gen_ai.system": "x"}},
    ]


def test_messages_that_fill_no_column_stay_with_their_event(read_lines: Callable[..., Any], wire: Any) -> None:
    """The span's own attribute wins; then the event keeps its words, or they would be lost."""
    event = {"name": "gen_ai.user.message", "attributes": wire.attributes({"content": "hi"})}
    span = wire.span({"gen_ai.input.messages": "[]"}, events=[event])
    row = read_lines(wire.export(span)).spans.row(0, named=True)
    assert row["input"] == "[]"
    assert json.loads(row["attributes"])["otlp"]["events"][0]["attributes"] == {"content": "hi"}


def test_an_exception_event_says_the_error(read_lines: Callable[..., Any], wire: Any) -> None:
    said = wire.attributes(
        {"exception.type": "ValueError", "exception.message": "no such case", "exception.stacktrace": "…"}
    )
    event = {"name": "exception", "timeUnixNano": "1767225600000000001", "attributes": said}
    loaded = read_lines(
        wire.export(
            wire.span(events=[event], status={"code": 2}),
            wire.span(
                {"error.type": "timeout"}, events=[event], status={"code": "STATUS_CODE_ERROR", "message": "late"}
            ),
            wire.span(status={"code": 1}),
        )
    )
    rows = {(row["status"], row["error_type"], row["error_message"]) for row in loaded.spans.iter_rows(named=True)}
    assert rows == {("ERROR", "ValueError", "no such case"), ("ERROR", "timeout", "late"), ("OK", None, None)}


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"gen_ai.operation.name": "chat"}, "LLM"),
        ({"gen_ai.operation.name": "execute_tool"}, "TOOL"),
        ({"gen_ai.operation.name": "invoke_agent"}, "AGENT"),
        ({"gen_ai.operation.name": "embeddings"}, "EMBEDDING"),
        ({"gen_ai.operation.name": "a_new_one"}, "UNKNOWN"),
        ({"gen_ai.operation.name": "chat", "openinference.span.kind": "guardrail"}, "GUARDRAIL"),
        ({"ai.operationId": "ai.toolCall"}, "TOOL"),
        ({"tool.name": "search"}, "TOOL"),
        ({"gen_ai.request.model": "m", "gen_ai.usage.prompt_tokens": 1}, "LLM"),
        ({"gen_ai.request.model": "m"}, "UNKNOWN"),
        ({}, "UNKNOWN"),
    ],
)
def test_a_kind_that_is_not_said_follows_from_the_operation(
    read_attributes: ReadAttributes, attributes: Row, kind: str
) -> None:
    assert read_attributes(attributes)["kind"] == kind


def test_a_guessed_kind_is_counted_and_a_said_one_is_not(read_lines: Callable[..., Any], wire: Any) -> None:
    chat = {"gen_ai.operation.name": "chat"}
    spans = [wire.span(chat), wire.span(chat), wire.span({**chat, "openinference.span.kind": "LLM"}), wire.span()]
    assert read_lines(wire.export(*spans)).guessed == {"kind from the operation": 2}


def test_a_value_that_its_column_cannot_take_leaves_it_to_the_next(read_attributes: ReadAttributes) -> None:
    row = read_attributes(
        {
            "gen_ai.response.model": "",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": "many",
            "gen_ai.usage.prompt_tokens": "12",
            "gen_ai.usage.output_tokens": 1.5,
            "llm.cost.total": float("1e-3"),
            "session.id": 7,
            "gen_ai.response.finish_reasons": ["length", "length"],
        }
    )
    assert (row["model"], row["input_tokens"], row["output_tokens"], row["cost_usd"]) == ("gpt-4o", 12, None, 0.001)
    assert (row["session_id"], row["finish_reason"]) == ("7", "length")
    assert rest(row) == {
        "gen_ai.response.model": "",
        "gen_ai.usage.input_tokens": "many",
        "gen_ai.usage.output_tokens": 1.5,
    }


def test_spans_of_one_shape_may_need_different_plans(read_lines: Callable[..., Any], wire: Any) -> None:
    said = [("a", "b"), ("", "b"), ("a", ""), ("", "")]
    spans = [
        wire.span({"gen_ai.response.model": first, "gen_ai.request.model": second, "n": place})
        for place, (first, second) in enumerate(said)
    ]
    rows = read_lines(wire.export(*spans)).spans.iter_rows(named=True)
    assert {rest(row)["n"]: row["model"] for row in rows} == {0: "a", 1: "b", 2: "a", 3: None}


def test_an_empty_answer_is_kept_as_one(read_attributes: ReadAttributes) -> None:
    assert read_attributes({"gen_ai.output.messages": ""})["output"] == ""
    row = read_attributes({"ai.response.text": "", "ai.response.toolCalls": '[{"toolName":"search"}]'})
    assert row["output"] == '[{"toolName":"search"}]'


def test_an_absent_cost_or_token_count_stays_absent(read_attributes: ReadAttributes) -> None:
    row = read_attributes({"gen_ai.operation.name": "chat"})
    assert (row["cost_usd"], row["input_tokens"], row["output_tokens"], row["model"]) == (None,) * 4


def test_the_resource_fills_service_environment_and_release(read_lines: Callable[..., Any], wire: Any) -> None:
    resource = {"service.name": "shop", "deployment.environment.name": "production", "service.version": "7"}
    loaded = read_lines(wire.export(wire.span(), resource=resource))
    row = loaded.spans.row(0, named=True)
    assert (row["service"], row["environment"], row["release"]) == ("shop", "production", "7")
    assert json.loads(row["attributes"])["otlp"]["resource"] == resource
    assert loaded.mapped["resource service.name -> service"] == 1


def test_what_has_no_column_stays_with_its_type(read_attributes: ReadAttributes) -> None:
    left = {
        "text": 'quote " comma", end",',
        "whole": -(1 << 63),
        "fraction": 0.25,
        "truth": False,
        "nothing": None,
        "list": ["a", 1, [True]],
        "object": {"a": {"b": [1.5, None]}},
        "otlp": "taken",
        "100 %s": "%d",
    }
    row = read_attributes(left)
    assert rest(row) == {("otlp#2" if name == "otlp" else name): value for name, value in left.items()}


def test_links_flags_and_trace_state_stay(read_lines: Callable[..., Any], wire: Any) -> None:
    link = {"traceId": "a" * 32, "spanId": "b" * 16, "attributes": wire.attributes({"why": "retry"})}
    span = wire.span(links=[link], flags=257, traceState="a=b", droppedAttributesCount=3, kind="SPAN_KIND_CLIENT")
    row = read_lines(wire.export(span)).spans.row(0, named=True)
    kept = json.loads(row["attributes"])["otlp"]
    assert kept["links"] == [{**link, "attributes": {"why": "retry"}}]
    assert (kept["flags"], kept["trace_state"], kept["dropped_attributes_count"], kept["kind"]) == (
        257,
        "a=b",
        3,
        "CLIENT",
    )


def test_a_repeated_attribute_counts_as_its_last(read_lines: Callable[..., Any], wire: Any) -> None:
    attributes = wire.attributes({"gen_ai.request.model": "first"}) + wire.attributes({"gen_ai.request.model": "last"})
    loaded = read_lines(wire.export(wire.span(attributes=attributes)))
    row = loaded.spans.row(0, named=True)
    assert (row["model"], rest(row)) == ("last", {"gen_ai.request.model": "first"})
    assert loaded.guessed["an attribute comes more than once: the last one counts"] == 1
