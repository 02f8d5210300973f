"""Evalsets of Google ADK (`*.evalset.json`, `*.test.json`) as cases: what is asked, what should be said and called.

An agent's authors have written down what is right; a change may be judged on it. A file is taken whole or not at all,
but for cases that ask nothing that can be told in words.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from workbench.boundaries.plain_json import read_json
from workbench.errors import RecordError
from workbench.experiments.case import Assertion, Case, ToolCall
from workbench.loaders.adk.events import snake
from workbench.loaders.adk.spans import error_of
from workbench.loaders.reading.strict import dump

Why = Literal["scenario", "no_text"]
"""scenario: a model plays its user, nobody knows what it asks. no_text: a turn of the user is no text, or not only."""


class Evalset(NamedTuple):
    """What an evalset asks."""

    cases: tuple[Case, ...]
    """One an eval case, in their order: the last turn of the user is its `question`, those before are in `earlier`."""
    left_out: Mapping[Why, int]
    """How many eval cases are no case, by why."""


def is_evalset(raw: bytes) -> bool:
    """Return whether a file holds an evalset, in any of the forms that the framework reads."""
    try:
        value = read_json(raw)
    except RecordError:
        return False
    if isinstance(value, dict):
        return isinstance(snake(value).get("eval_cases"), list)
    return isinstance(value, list) and bool(value) and (_is_old_turn(value[0]) or _is_old_case(value[0]))


def read_evalset(raw: bytes, *, name: str) -> Evalset:
    r"""Return the cases of an evalset: of this day's form, of the list of cases before it, or of the list of turns.

    The final response to the last turn is what is expected, a tool that should be used an assertion, a rubric a
    sentence that must hold. What a tool answered there is replayed where the arm replays tools. The user's id is left
    out.

    Parameters
    ----------
    raw
        The file.
    name
        What it is called, where it does not say so itself; a case's id begins with it.

    Raises
    ------
    RecordError
        If it is no evalset, or one of its cases cannot be read; it says which.

    >>> read_evalset(b'[{"query": "Hi", "reference": "Hello!"}]', name="greetings").cases[0].expected
    'Hello!'
    """
    value = read_json(raw)
    if isinstance(value, dict):
        said = snake(value)
        name, told = str(said.get("eval_set_id") or name), said.get("eval_cases")
    else:
        told = _as_told_now(value, name)
    if not isinstance(told, list):
        raise RecordError("is no evalset: it has no list of eval_cases", where=name)
    cases: dict[str, Case] = {}
    left_out: Counter[Why] = Counter()
    for number, one in enumerate(told, start=1):
        try:
            case = _case(one, name)
            if isinstance(case, Case) and case.case_id in cases:
                raise RecordError(f"eval_id {case.case_id!r} was given before", reason="duplicate_key")
        except RecordError as error:
            raise RecordError(error.what, reason=error.reason, where=f"{name}, eval case {number}") from None
        if isinstance(case, Case):
            cases[case.case_id] = case
        else:
            left_out[case] += 1
    return Evalset(tuple(cases.values()), dict(left_out))


def _case(value: Any, name: str) -> Case | Why:
    said = _object(value, "an eval case")
    if said.get("conversation_scenario") is not None:
        return "scenario"
    turns = [_object(turn, "an invocation") for turn in _list(said.get("conversation"), "its conversation")]
    eval_id = said.get("eval_id")
    if not isinstance(eval_id, str) or not eval_id.strip() or not turns:
        raise RecordError("it has no eval_id, or no turn of the user")
    asked = [_words(turn.get("user_content")) for turn in turns]
    if not all(asked):
        return "no_text"
    session = _object(said.get("session_input") or {}, "its session_input")
    state = _mapping(session.get("state") or {}, "its state")
    given = {"question": asked[-1], "earlier": asked[:-1], "state": state}
    calls = [call for turn in turns for call in _calls(turn.get("intermediate_data"))]
    rubrics = [rubric for one in (said, *turns) for rubric in _rubrics(one.get("rubrics"))]
    return Case(
        case_id=f"{name}/{eval_id}",
        input={key: known for key, known in given.items() if known},
        expected=_words(turns[-1].get("final_response")),
        assertions=tuple(dict.fromkeys([*(Assertion("calls", call.name) for call, _ in calls), *rubrics])),
        tools=tuple(call for call, is_answered in calls if is_answered),
        slices={"eval_set": name},
    )


def _calls(value: Any) -> Iterator[tuple[ToolCall, bool]]:
    """Yield the calls of one turn in their order, each with what it answered and whether that is known."""
    if value is None:
        return
    said = _object(value, "intermediate_data")
    told = [_object(one, "an event") for one in _list(said.get("invocation_events"), "invocation_events")]
    parts = [part for one in told for part in _parts(one.get("content"))]
    uses = [*_list(said.get("tool_uses"), "tool_uses"), *(one["function_call"] for one in parts if _has_call(one))]
    answers = [*_list(said.get("tool_responses"), "tool_responses")]
    answers += [one["function_response"] for one in parts if one.get("function_response") is not None]
    left = [_object(one, "a tool's response") for one in answers]
    for use in (_object(one, "a tool use") for one in uses):
        called = use.get("name")
        if not isinstance(called, str) or not called.strip():
            raise RecordError("a tool use has no name")
        same = next((one for one in left if _is_of(one, use)), None)
        if same is not None:
            left.remove(same)
        answer = None if same is None else same.get("response")
        arguments = _mapping(use.get("args") or {}, "a tool use's args")
        yield ToolCall(called, arguments, _said(answer), error_of(answer) is not None), answer is not None


def _is_of(answer: Mapping[str, Any], use: Mapping[str, Any]) -> bool:
    ids = (answer.get("id"), use.get("id"))
    return ids[0] == ids[1] if None not in ids else answer.get("name") == use["name"]


def _has_call(part: Mapping[str, Any]) -> bool:
    return part.get("function_call") is not None


def _said(answer: Any) -> str:
    return answer if isinstance(answer, str) else dump(answer)


def _rubrics(value: Any) -> Iterator[Assertion]:
    for one in _list(value, "rubrics"):
        text = _object(_object(one, "a rubric").get("rubric_content") or {}, "its content").get("text_property")
        if isinstance(text, str) and text.strip():
            yield Assertion("states", text.strip())


def _words(content: Any) -> str | None:
    """Return what a content says, thoughts left out; None if it says nothing, or something that is no text."""
    parts = [part for part in _parts(content) if not part.get("thought")]
    texts = [part.get("text") for part in parts]
    if not all(isinstance(text, str) for text in texts):
        return None
    return "\n".join(map(str, texts)).strip() or None


def _parts(content: Any) -> list[dict[str, Any]]:
    if content is None:
        return []
    parts = _list(_object(content, "a content").get("parts"), "its parts")
    return [{key: one for key, one in _object(part, "a part").items() if one is not None} for part in parts]


def _as_told_now(value: Any, name: str) -> list[dict[str, Any]] | None:
    """Return the eval cases of the two older forms as the present one has them."""
    old = _list(value, "it")
    if old and all(_is_old_turn(one) for one in old):
        old = [{"name": name, "data": old}]
    if not all(_is_old_case(one) for one in old):
        return None
    return [
        {
            "eval_id": one["name"],
            "conversation": [_turn(_object(turn, "a turn")) for turn in one["data"]],
            "session_input": one.get("initial_session"),
        }
        for one in old
    ]


def _turn(old: Mapping[str, Any]) -> dict[str, Any]:
    uses = [_object(one, "a tool use") for one in _list(old.get("expected_tool_use"), "expected_tool_use")]
    named = [{"name": one.get("tool_name"), "id": str(place), **one} for place, one in enumerate(uses)]
    answers = [{**one, "response": one["mock_tool_output"]} for one in named if one.get("mock_tool_output") is not None]
    return {
        "user_content": {"parts": [{"text": old.get("query")}]},
        "final_response": {"parts": [{"text": old["reference"]}]} if old.get("reference") else None,
        "intermediate_data": {
            "tool_uses": [{**one, "args": one.get("tool_input")} for one in named],
            "tool_responses": answers,
        },
    }


def _is_old_turn(value: Any) -> bool:
    return isinstance(value, dict) and "query" in value


def _is_old_case(value: Any) -> bool:
    return isinstance(value, dict) and "name" in value and isinstance(value.get("data"), list)


def _object(value: Any, what: str) -> dict[str, Any]:
    return snake(_mapping(value, what))


def _mapping(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RecordError(f"{what} is no object", reason="wrong_type")
    return value


def _list(value: Any, what: str) -> Sequence[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise RecordError(f"{what} is no list", reason="wrong_type")
    return value
