"""Exports of real tracing tools: what each file holds, counted by hand in its JSON, is in the columns for it.

Tokens, inputs and outputs are those of the model calls; a text counts as one message, a list as many as it holds.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from workbench.loaders import choose
from workbench.loaders.source import Source

Read = Callable[..., Any]


class Held(NamedTuple):
    """What a file holds."""

    loader: str
    kinds: Mapping[str, int]
    tools: Mapping[str, int]
    messages: int
    """In the inputs of model calls."""
    answers: int
    """Model calls with an output."""
    tokens: tuple[int, int]
    """In and out."""
    models: frozenset[str]
    errors: int
    session: str | None
    traces: int
    signals: int


def _langfuse(kinds: Mapping[str, int], tools: Mapping[str, int], *counts: Any, session: str | None = None) -> Held:
    messages, answers, n_in, n_out, model, signals = counts
    return Held("langfuse", kinds, tools, messages, answers, (n_in, n_out), frozenset({model}), 0, session, 1, signals)


TRANSFERS = {"transfer_to_other_agent": 2}
MINI = frozenset({"gpt-4o-mini-2024-07-18", "gpt-4o-mini", "text-embedding-3-small"})
HELD = {
    # In LangChain's and other frameworks' spans of type SPAN the kind is told by the metadata, or not at all: UNKNOWN.
    "langfuse-export/agno-2025-06-11.trace.json": _langfuse(
        {"AGENT": 1, "LLM": 4, "TOOL": 1},
        {"duckduckgo_search": 1},
        *(2 + 1 + 4 + 1, 4, 1568 + 663 + 163 + 542, 423 + 225 + 20 + 235, "gpt-4o-mini", 0),
        session="35cc6c90-b657-4819-b66c-c931c03ad569",
    ),
    "langfuse-export/claude-agent-2025-12-22.trace.json": _langfuse(
        {"CHAIN": 1, "LLM": 4, "TOOL": 2},
        {"mcp__weather__get_weather": 2},
        *(4, 4, 5 + 5 + 5 + 19, 94 + 56 + 53 + 29, "claude-sonnet-4-5-20250929", 3),
    ),
    "langfuse-export/crewai-2025-07-11.trace.json": _langfuse(
        {"AGENT": 1, "CHAIN": 1, "LLM": 1, "UNKNOWN": 3}, {}, *(2, 1, 190, 164, "gpt-4o-mini", 2)
    ),
    "langfuse-export/google-adk-2025-08-28.trace.json": _langfuse(
        {"AGENT": 1, "CHAIN": 1, "LLM": 2, "TOOL": 1},
        {"say_hello": 1},
        *(1 + 3, 2, 39 + 28, 6 + 3, "gemini-2.0-flash", 2),
        session="demo-session",
    ),
    "langfuse-export/langgraph-python-2025-08-22.trace.json": _langfuse(
        {"LLM": 2, "TOOL": 1, "UNKNOWN": 6},
        {"Web-Search": 1},
        *(3 + 5, 2, 60 + 108, 15 + 51, "gpt-4o-2024-08-06", 2),
    ),
    "langfuse-export/llamaindex-2025-06-05.trace.json": _langfuse(
        {"LLM": 1, "UNKNOWN": 1}, {}, *(1, 1, 13, 81, "gpt-4o", 0), session="session_abc"
    ),
    "langfuse-export/openai-agents-2025-09-30.trace.json": _langfuse(
        {"AGENT": 2, "LLM": 2, "TOOL": 1},
        {"get_weather": 1},
        *(1 + 3, 2, 85 + 55, 29 + 15, "gpt-4.1-2025-04-14", 2),
    ),
    "langfuse-export/pydantic-ai-2025-06-06.trace.json": _langfuse(
        {"LLM": 1, "UNKNOWN": 2}, {}, *(2, 1, 31, 96, "gpt-4o", 1), session="session_abc"
    ),
    "langfuse-export/pydantic-ai-with-gemini-2025-12-24.trace.json": _langfuse(
        {"LLM": 1}, {}, *(1, 1, 40, 159, "gemini-2.5-flash", 0)
    ),
    "langfuse-export/vercel-aisdk-2025-11-17.trace.json": _langfuse(
        {"LLM": 2, "TOOL": 1}, {"getWeather": 1}, *(1 + 1, 2, 14 + 62, 43 + 85, "gpt-5", 2)
    ),
    # What each agent had heard since it last spoke: the request, then all before it; the first agent spoke twice.
    "adk/flow_complex_spark.session.json": Held(
        "adk",
        {"AGENT": 1, "LLM": 6, "TOOL": 2},
        TRANSFERS,
        1 + 3 + 4 + 5 + 6 + 5,
        6,
        (0, 0),
        frozenset(),
        0,
        "683bcc98-7359-4b65-9cdb-307f85ae62c0",
        1,
        0,
    ),
    "openinference/vercel-v6-all-spans.json": Held(
        "otlp",
        {"AGENT": 4, "CHAIN": 1, "EMBEDDING": 1, "LLM": 4},
        {},
        1 + 4 + 1 + 1,
        4,
        (14 + 50 + 63 + 15, 20 + 9 + 156 + 112),
        MINI,
        0,
        None,
        10,
        0,
    ),
    # Of its 43 events 10 are commands in a sandbox, and 8 stretches, 4 of which are the tool calls, and one a scorer.
    "inspect/2025-05-12T20-27-36-04-00_browser.json": Held(
        "inspect",
        {"AGENT": 1, "CHAIN": 3 + 10, "LLM": 5, "TOOL": 4, "EVALUATOR": 1},
        {"web_browser_go": 1, "web_browser_click": 3},
        1 + 3 + 5 + 7 + 9,
        5,
        (15235, 281),
        frozenset({"openai/gpt-4o-mini", "gpt-4o-mini-2024-07-18"}),
        0,
        None,
        1,
        1,
    ),
    "inspect/2025-05-12T20-28-13-04-00_popularity.json": Held(
        "inspect",
        {"AGENT": 3, "CHAIN": 3 * 3, "LLM": 3, "EVALUATOR": 3},
        {},
        2 + 2 + 2,
        3,
        (64 + 58 + 70, 2 + 2 + 2),
        frozenset({"openai/gpt-4o-mini", "gpt-4o-mini-2024-07-18"}),
        0,
        None,
        3,
        3,
    ),
    "otlp/trace.json": Held("otlp", {"UNKNOWN": 1}, {}, 0, 0, (0, 0), frozenset(), 0, None, 1, 0),
}
BARE_ATTRIBUTES = {
    "openinference/openinference_client_span_tool_calls.json",
    "openinference/otel_genai_client_span_tool_calls.json",
    "openinference/otel_genai_deprecated_client_span_tool_calls.json",
    "openinference/otel_genai_tool_execution_span.json",
}
"""Samples of attributes without a span around them."""


def _n_messages(recorded: str) -> int:
    """Return how many messages an input holds, in any of the shapes of these files; a text is one."""
    try:
        value = json.loads(recorded)
    except ValueError:
        return 1
    if isinstance(value, dict):
        value = value.get("messages", value.get("contents"))
    return len(value) if isinstance(value, list) else 1


@pytest.mark.parametrize("name", HELD)
def test_a_file_has_what_was_counted_in_it(read: Read, shared_data: Path, name: str) -> None:
    path, held = shared_data / "framework-traces" / name, HELD[name]
    loader, load = choose(Source(path))
    loaded = read(load, path)
    spans, calls = loaded.spans, loaded.spans.filter(kind="LLM")
    assert (loader, loaded.refused) == (held.loader, [])
    assert Counter(spans["kind"]) == held.kinds
    assert Counter(spans.filter(kind="TOOL")["tool_name"]) == held.tools
    assert sum(_n_messages(recorded) for recorded in calls["input"].drop_nulls()) == held.messages
    assert calls["output"].drop_nulls().len() == held.answers
    assert (calls["input_tokens"].sum(), calls["output_tokens"].sum()) == held.tokens
    assert set(spans["model"].drop_nulls()) == held.models
    assert spans.filter(status="ERROR").height == held.errors
    assert set(spans["session_id"]) == {held.session}
    assert (spans["trace_id"].n_unique(), loaded.signals.height) == (held.traces, held.signals)
    assert spans.filter(pl.col("kind") == "TOOL")["output"].null_count() == 0
    assert spans["time_known"].all()


def test_every_file_that_holds_spans_is_counted(shared_data: Path) -> None:
    folder = shared_data / "framework-traces"
    files = {path.relative_to(folder).as_posix() for path in folder.glob("*/*.json")}
    assert files == HELD.keys() | BARE_ATTRIBUTES
