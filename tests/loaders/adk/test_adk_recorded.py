"""One session of three turns as google-adk itself wrote it, counted by hand: 5 calls of the model, 2 of the tool."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.detectors.recorded import first_request, last_answer
from workbench.loaders import adk, otlp
from workbench.store import derived

Read = Callable[..., Any]
RECORDED = Path(__file__).parent / "recorded"


@pytest.fixture
def spans_of(read: Read) -> Callable[..., pl.DataFrame]:
    def load(name: str, format: Any, *, without: str = "") -> pl.DataFrame:
        raw = (RECORDED / name).read_bytes()
        if without:
            raw = without_content(raw, without)
        assert format.recognises(raw[:4096])
        found = read(format.load, raw)
        assert not found.refused
        spans: pl.DataFrame = found.spans
        return spans

    return load


def without_content(raw: bytes, prefix: str) -> bytes:
    """Return the document with `{}` in the place of content, as the framework writes it where it shall record none."""
    document = json.loads(raw)
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for one in span.get("attributes", ()):
                    if one["key"].removeprefix(prefix) in (
                        "llm_request",
                        "llm_response",
                        "tool_call_args",
                        "tool_response",
                    ):
                        one["value"] = {"stringValue": "{}"}
    return json.dumps(document).encode()


def kinds(spans: pl.DataFrame) -> dict[str, int]:
    return dict(spans.group_by("kind").len().sort("kind").iter_rows())


def tokens(spans: pl.DataFrame) -> list[tuple[int, int]]:
    traces = derived.traces(spans.lazy()).sort("started_at").collect()
    return traces.select("input_tokens", "output_tokens").rows()


def tools(spans: pl.DataFrame) -> list[tuple[Any, ...]]:
    found = spans.filter(kind="TOOL").sort("started_at")
    return [
        (name, agent, json.loads(given), json.loads(said))
        for name, agent, given, said in found.select("tool_name", "agent", "input", "output").iter_rows()
    ]


CALLED = [
    ("look_up_order", "support", {"order": "7"}, {"status": "success", "where": "order 7 is at the depot"}),
    ("look_up_order", "support", {"order": "9"}, {"status": "error", "error_message": "no such order"}),
]
EACH = [(40, 8), (2 * 40, 2 * 8), (2 * 40, 2 * 8)]


def test_a_session_has_its_turns_calls_tokens_user_and_agent(spans_of: Read, key: Callable[[str], str]) -> None:
    spans = spans_of("session.json", adk)
    assert kinds(spans) == {"AGENT": 3, "LLM": 5, "TOOL": 2}
    assert spans.select("session_id", "user_key", "service").unique().rows() == [("s1", key("ann"), "shop")]
    assert (tools(spans), tokens(spans)) == (CALLED, EACH)
    assert spans.filter(kind="TOOL").sort("started_at")["status"].to_list() == ["UNSET", "ERROR"]
    turns = derived.traces(spans.lazy()).sort("started_at").select("input", "output").collect().rows()
    assert turns == [
        ("Hello", "How can I help?"),
        ("Where is order 7?", "Your order 7 is at the depot."),
        ("Where is order 9?", "I cannot find it."),
    ]


def test_spans_of_the_present_schema_have_messages_tools_and_tokens(spans_of: Read) -> None:
    spans = spans_of("spans.json", otlp)
    assert kinds(spans) == {"AGENT": 3, "CHAIN": 3, "LLM": 5, "TOOL": 2}
    assert (tools(spans), tokens(spans)) == (CALLED, EACH)
    models = spans.filter(kind="LLM").sort("started_at")
    assert models.select("agent", "session_id", "provider", "finish_reason").unique().rows() == [
        ("support", "s1", "gcp.gemini", "stop")
    ]
    assert first_request(models["input"][0]) == "Hello"
    assert last_answer(models["output"][2]) == "Your order 7 is at the depot."


def test_spans_of_the_first_schema_have_the_same_and_no_call_counts_twice(spans_of: Read) -> None:
    """Each call of a model is two spans there, one in the other: a trace's tokens were twice what they are."""
    spans = spans_of("spans_of_schema_1.json", otlp)
    assert kinds(spans) == {"AGENT": 3, "LLM": 2 * 5, "TOOL": 2, "UNKNOWN": 3}
    assert (tools(spans), tokens(spans)) == (CALLED, EACH)
    models = spans.filter(name="call_llm").sort("started_at")
    assert models["session_id"].to_list() == ["s1"] * 5
    assert first_request(models["input"][0]) == "Hello"
    assert last_answer(models["output"][2]) == "Your order 7 is at the depot."


def test_content_that_was_not_to_be_recorded_is_not_known(spans_of: Read) -> None:
    """An empty object in its place was read as what was said: two calls of a tool looked like the same call again."""
    spans = spans_of("spans_of_schema_1.json", otlp, without="gcp.vertex.agent.")
    assert spans["input"].null_count() == spans["output"].null_count() == 18
    assert (
        spans.filter(kind="TOOL")["attributes"]
        .str.contains('"gcp.vertex.agent.tool_call_args":"{}"', literal=True)
        .all()
    )
    assert tokens(spans) == EACH
