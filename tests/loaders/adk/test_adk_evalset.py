"""Evalsets of Google ADK as cases: the file that the framework wrote, its two older forms, and what is no case."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import RecordError
from workbench.experiments.case import Assertion, ToolCall, from_jsonl, to_jsonl
from workbench.loaders.adk.evalset import is_evalset, read_evalset

RECORDED = (Path(__file__).parent / "recorded" / "support.evalset.json").read_bytes()
WHERE = ToolCall("look_up_order", {"order": "7"}, '{"status":"success","where":"order 7 is at the depot"}')
CALLS = Assertion("calls", "look_up_order")


def evalset(*cases: Any, **more: Any) -> bytes:
    return json.dumps({"eval_set_id": "s", "eval_cases": cases, **more}).encode()


def turn(text: str, **more: Any) -> dict[str, Any]:
    return {"userContent": {"role": "user", "parts": [{"text": text}]}, **more}


def test_the_recorded_file_asks_what_its_author_wrote() -> None:
    assert is_evalset(RECORDED)
    read = read_evalset(RECORDED, name="file")
    where, two, hello = read.cases
    assert read.left_out == {}
    assert [case.case_id for case in read.cases] == ["support/where_is_7", "support/hello_then_7", "support/hello"]
    assert (where.input, where.expected) == ({"question": "Where is order 7?"}, "Your order 7 is at the depot.")
    assert (where.assertions, where.tools, where.slices) == ((CALLS,), (WHERE,), {"eval_set": "support"})
    assert two.input == {"question": "Where is order 7?", "earlier": ["Hello"]}
    assert hello.input == {"question": "Hello", "state": {"shop": "north"}}
    assert (hello.expected, hello.assertions, hello.user_key) == ("How can I help?", (), None)


def test_events_rubrics_and_thoughts_are_read_in_camel_case_too() -> None:
    events = [
        {"author": "a", "content": {"parts": [{"functionCall": {"name": "look", "args": {"theOrder": 1}}}]}},
        {"author": "a", "content": {"parts": [{"functionResponse": {"name": "look", "response": {"error": "no"}}}]}},
        {"author": "a", "content": {"parts": [{"functionCall": {"name": "ask"}}]}},
    ]
    said = {"parts": [{"text": "hm", "thought": True}, {"text": "No."}, {"text": "Sorry."}]}
    rubrics = [{"rubricId": "r", "rubricContent": {"textProperty": "It apologises."}}]
    case = {
        "evalId": "c",
        "conversation": [turn("Where?", finalResponse=said, intermediateData={"invocationEvents": events})],
        "rubrics": rubrics,
    }
    (found,) = read_evalset(json.dumps({"evalSetId": "s", "evalCases": [case]}).encode(), name="f").cases
    assert found.expected == "No.\nSorry."
    assert found.assertions == (
        Assertion("calls", "look"),
        Assertion("calls", "ask"),
        Assertion("states", "It apologises."),
    )
    assert found.tools == (ToolCall("look", {"theOrder": 1}, '{"error":"no"}', is_error=True),)


def test_the_two_older_forms_are_read() -> None:
    use = {"tool_name": "roll", "tool_input": {"sides": 6}, "mock_tool_output": 4}
    turns = [{"query": "Hi", "reference": "Hello!"}, {"query": "Roll", "expected_tool_use": [use], "reference": "A 4."}]
    (alone,) = read_evalset(json.dumps(turns).encode(), name="dice").cases
    old = [{"name": "twice", "data": turns, "initial_session": {"state": {"n": 2}, "user_id": "ann"}}]
    (listed,) = read_evalset(json.dumps(old).encode(), name="dice").cases
    assert (alone.case_id, listed.case_id) == ("dice/dice", "dice/twice")
    assert alone.input == {"question": "Roll", "earlier": ["Hi"]}
    assert listed.input == {**alone.input, "state": {"n": 2}}
    for case in (alone, listed):
        assert (case.expected, case.assertions) == ("A 4.", (Assertion("calls", "roll"),))
        assert case.tools == (ToolCall("roll", {"sides": 6}, "4"),)
    assert b"ann" not in to_jsonl([listed])


def test_what_nobody_can_tell_in_words_is_left_out_and_counted() -> None:
    picture = {"eval_id": "b", "conversation": [{"user_content": {"parts": [{"inline_data": {"data": "AA=="}}]}}]}
    read = read_evalset(evalset({"eval_id": "a", "conversation_scenario": {}}, picture), name="s")
    assert (read.cases, read.left_out) == ((), {"scenario": 1, "no_text": 1})


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"{}", "no list of eval_cases"),
        (b'[{"query": "Hi"}, 5]', "no list of eval_cases"),
        (b'{"eval_cases": [', "JSON"),
        (evalset({"conversation": [turn("Hi")]}), "eval case 1"),
        (evalset({"eval_id": "a", "conversation": []}), "no turn"),
        (evalset({"eval_id": "a", "conversation": [turn("Hi")]}, 5), "eval case 2"),
        (evalset(*[{"eval_id": "a", "conversation": [turn("Hi")]}] * 2), "given before"),
        (evalset({"eval_id": "a", "conversation": [turn("Hi", intermediate_data={"tool_uses": [{}]})]}), "no name"),
        (evalset({"eval_id": "a", "conversation": [turn("Hi")], "session_input": {"state": 5}}), "state"),
    ],
)
def test_a_file_with_a_case_that_cannot_be_read_is_refused_whole(raw: bytes, said: str) -> None:
    with pytest.raises(RecordError, match=said):
        read_evalset(raw, name="s")


def test_other_files_are_no_evalset() -> None:
    for raw in (b"", b"[]", b"5", b'{"case_id": "c", "input": {}}\n', b'[{"id": 1}]', b'{"eval_cases": 5}'):
        assert not is_evalset(raw)


TEXTS = st.text(min_size=1).filter(lambda text: bool(text.strip()) and text == text.strip())


@settings(max_examples=25)
@given(asked=st.lists(TEXTS, min_size=1, max_size=4), answer=TEXTS, names=st.lists(TEXTS, max_size=3))
def test_what_is_written_comes_back_as_cases_that_outlive_their_file(
    asked: list[str], answer: str, names: list[str]
) -> None:
    said = {"finalResponse": {"parts": [{"text": answer}]}}
    uses = {"intermediate_data": {"tool_uses": [{"name": name, "args": {}} for name in names]}}
    turns = [turn(text) for text in asked[:-1]] + [turn(asked[-1], **said, **uses)]
    (case,) = read_evalset(evalset({"eval_id": "c", "conversation": turns}), name="s").cases
    assert [*case.input.get("earlier", []), case.input["question"]] == asked
    assert (case.expected, case.tools) == (answer, ())
    assert case.assertions == tuple(dict.fromkeys(Assertion("calls", name) for name in names))
    assert from_jsonl(to_jsonl([case])) == (case,)
