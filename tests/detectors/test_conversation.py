"""Each message of a user is heard once, in order, and with the answer that it came after."""

import json
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from workbench.detectors.conversation import in_json, listen, of_talks, read

Frame = Callable[..., pl.LazyFrame]
Rows = list[dict[str, Any]]


def messages(*said: tuple[str, str]) -> str:
    return json.dumps([{"role": role, "content": text} for role, text in said])


def heard(spans: pl.LazyFrame) -> list[tuple[str, str | None, str]]:
    """Return each message, the one before it, and the trace whose answer came between them."""
    said = read(spans, listen(spans).turns)
    return list(said.select("text", "before", "answered").iter_rows())


def test_a_history_in_every_input_is_heard_once(span_frame: Frame) -> None:
    """Counted in each input, the first message of a visit of three is said three times, and the user repeats it."""
    history = [
        ("user", "Hello"),
        ("assistant", "Hi!"),
        ("user", "Where is my bag?"),
        ("assistant", "Lost."),
        ("user", "Why?"),
    ]
    spans = [
        {
            "trace_id": f"t{n}",
            "kind": "AGENT",
            "session_id": "s",
            "started_at": n,
            "input": messages(*history[: 2 * n + 1]),
        }
        for n in range(3)
    ]
    assert heard(span_frame(spans)) == [
        ("Hello", None, "t0"),
        ("Where is my bag?", "Hello", "t0"),
        ("Why?", "Where is my bag?", "t1"),
    ]


def test_the_loop_of_an_agent_says_nothing_new(span_frame: Frame) -> None:
    asked = ("user", "Where is my bag?")
    spans = [
        {"kind": "AGENT", "span_id": "r", "input": "Where is my bag?", "started_at": 0},
        {"kind": "LLM", "parent_span_id": "r", "input": messages(("system", "Be kind"), asked), "started_at": 1},
        {"kind": "LLM", "parent_span_id": "r", "input": messages(asked, ("tool", "In Rome")), "started_at": 2},
    ]
    assert heard(span_frame(spans)) == [("Where is my bag?", None, "t1")]


def test_what_agents_write_to_one_another_is_not_the_users(span_frame: Frame) -> None:
    spans = [
        {"kind": "AGENT", "span_id": "r", "input": "Where is my bag?", "started_at": 0},
        {
            "kind": "LLM",
            "parent_span_id": "r",
            "agent": "front",
            "input": messages(("user", "Where is my bag?")),
            "started_at": 1,
        },
        {
            "kind": "LLM",
            "parent_span_id": "r",
            "agent": "search",
            "input": messages(("user", "Find a bag")),
            "started_at": 2,
        },
        {
            "kind": "LLM",
            "parent_span_id": "r",
            "agent": "front",
            "input": messages(("user", "And when?")),
            "started_at": 3,
        },
    ]
    assert [text for text, _, _ in heard(span_frame(spans))] == ["Where is my bag?", "And when?"]


def test_a_prompt_around_the_request_is_not_the_users(span_frame: Frame) -> None:
    spans = [
        {"kind": "CHAIN", "span_id": "r", "input": "Where is my bag?", "started_at": 0},
        {
            "kind": "LLM",
            "parent_span_id": "r",
            "input": messages(("user", "Rewrite: Where is my bag?")),
            "started_at": 1,
        },
        {
            "kind": "LLM",
            "parent_span_id": "r",
            "input": messages(("user", "Answer from these documents")),
            "started_at": 2,
        },
    ]
    assert heard(span_frame(spans)) == [("Where is my bag?", None, "t1")]


def test_calls_are_heard_where_the_root_records_nothing(span_frame: Frame) -> None:
    spans = [
        {"kind": "AGENT", "span_id": "r", "started_at": 0},
        {"kind": "LLM", "parent_span_id": "r", "input": messages(("user", "Where is my bag?")), "started_at": 1},
    ]
    assert heard(span_frame(spans)) == [("Where is my bag?", None, "t1")]


def test_a_chat_without_times_is_heard_in_the_order_of_its_places(span_frame: Frame, chat: Callable[..., Rows]) -> None:
    """In the order of texts, place 10 comes before place 2, and the conversation is another one."""
    said = [f"Message {number}" for number in range(1, 7)]
    spans = chat(*said, unanswered=["Bye", "then"])
    assert [text for text, _, _ in heard(span_frame(spans))] == [*said, "then"]


def test_a_result_of_a_tool_in_a_message_of_the_user_is_not_said(span_frame: Frame) -> None:
    result = {"role": "user", "content": [{"type": "tool_result", "content": "12 seats"}]}
    spans = [{"kind": "LLM", "input": json.dumps([{"role": "user", "content": "Seats?"}, result])}]
    assert heard(span_frame(spans)) == []


def test_traces_without_a_session_are_talks_of_their_own(span_frame: Frame, visit: Callable[..., Rows]) -> None:
    spans = visit("Hello", "Hello", session_id=None)
    assert [before for _, before, _ in heard(span_frame(spans))] == [None, None]


def test_a_history_tells_what_was_said_before_where_no_trace_does(span_frame: Frame) -> None:
    asked = messages(("user", "Hello"), ("assistant", "Hi!"), ("user", "Where is my bag?"))
    assert heard(span_frame([{"kind": "AGENT", "input": asked}])) == [("Where is my bag?", "Hello", "t1")]


def test_what_is_no_request_is_not_heard(span_frame: Frame) -> None:
    spans = [{"kind": "CHAIN", "input": '{"case": 12}'}, {"kind": "TOOL", "input": "x", "trace_id": "t2"}]
    frame = span_frame(spans)
    assert heard(frame) == []
    assert listen(frame).traces.sort("trace_id")["n_turns"].to_list() == [1, None]


def test_of_a_talk_with_one_chosen_message_all_are_read(span_frame: Frame, visit: Callable[..., Rows]) -> None:
    spans = [*visit("One", "Two"), {**visit("Other", session_id="else")[0], "trace_id": "t9", "span_id": "root9"}]
    turns = listen(span_frame(spans), pl.col("input").str.contains("Two").alias("is_it")).turns
    assert of_talks(turns, turns.filter("is_it"))["trace_id"].to_list() == ["t1", "t2"]


def test_no_spans_are_no_talk(span_frame: Frame) -> None:
    frame = span_frame([])
    assert (listen(frame).turns.height, read(frame, listen(frame).turns).height) == (0, 0)


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("said", ["I can’t see\nthat’s wrong", "That's wrong", "désolé: that’s wrong"])
def test_a_pattern_holds_in_json_where_it_holds_in_the_message(said: str, ascii_only: bool) -> None:
    pattern = r"\bthat['’]s wrong\b"
    texts = pl.DataFrame({"text": [said], "input": [json.dumps([{"content": said}], ensure_ascii=ascii_only)]})
    found = texts.select(pl.col("text").str.contains(f"(?i){pattern}"), pl.col("input").str.contains(in_json(pattern)))
    assert found.row(0) == (True, True)
