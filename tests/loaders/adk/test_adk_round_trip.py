"""Whatever was said in a session, its spans say it again: generated sessions, in both spellings and in any order."""

import json
from collections.abc import Callable
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.loaders import adk
from workbench.loaders.users import is_user_id

Read = Callable[..., Any]

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
NAMES = WORDS.filter(lambda name: not is_user_id(name))
"""What is under a name for a user's id is keyed, and so does not come back as it was."""
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
ARGUMENTS = st.dictionaries(NAMES, VALUES, max_size=3)
TURNS = st.lists(
    st.fixed_dictionaries(
        {"asked": WORDS, "calls": st.lists(st.tuples(WORDS, ARGUMENTS, ARGUMENTS), max_size=3), "answer": WORDS}
    ),
    min_size=1,
    max_size=3,
)


def _events(turns: list[dict[str, Any]], *, is_camel: bool) -> list[dict[str, Any]]:
    """Return the events of a session: asked, calls, responses, answer; one second each."""
    names = (
        ("invocationId", "functionCall", "functionResponse")
        if is_camel
        else (*("invocation_id", "function_call", "function_response"),)
    )
    told = []
    for turn, said in enumerate(turns):
        calls = [{"id": f"c{turn}.{n}", "name": name, "args": args} for n, (name, args, _) in enumerate(said["calls"])]
        answers = [
            {"id": f"c{turn}.{n}", "name": name, "response": response}
            for n, (name, _, response) in enumerate(said["calls"])
        ]
        parts = [("user", "user", [{"text": said["asked"]}])]
        if calls:
            parts.append(("a", "model", [{names[1]: call} for call in calls]))
            parts.append(("a", "user", [{names[2]: answer} for answer in answers]))
        parts.append(("a", "model", [{"text": said["answer"]}]))
        told += [(f"e{turn}", *entry) for entry in parts]
    return [
        {names[0]: trace, "id": f"x{n}", "author": author, "timestamp": 1.76e9 + n}
        | {"content": {"role": role, "parts": parts}}
        for n, (trace, author, role, parts) in enumerate(told)
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(turns=TURNS, is_camel=st.booleans())
def test_what_was_said_asked_of_tools_and_answered_comes_back(
    read: Read, turns: list[dict[str, Any]], is_camel: bool
) -> None:
    loaded = read(adk.load, {"id": "s", "appName": "w", "events": _events(turns, is_camel=is_camel)})
    assert not loaded.refused
    roots = loaded.spans.filter(kind="AGENT").sort("trace_id")
    assert roots.select("trace_id", "input", "output").rows() == [
        (f"e{n}", turn["asked"], turn["answer"]) for n, turn in enumerate(turns)
    ]
    tools = loaded.spans.filter(kind="TOOL").sort("tool_call_id")
    recorded = [
        (name, json.loads(arguments), json.loads(result))
        for name, arguments, result in tools.select("tool_name", "input", "output").rows()
    ]
    assert recorded == [call for turn in turns for call in turn["calls"]]
    assert loaded.spans.filter(kind="LLM").height == len(turns) + sum(bool(turn["calls"]) for turn in turns)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(turns=TURNS, order=st.randoms(use_true_random=False))
def test_rows_of_a_table_say_the_same_in_any_order_and_spelling(
    read: Read, turns: list[dict[str, Any]], order: Any
) -> None:
    rows = [event | {"session_id": "s", "app_name": "w"} for event in _events(turns, is_camel=True)]
    order.shuffle(rows)
    loaded = read(adk.load, b"".join(orjson.dumps(row) + b"\n" for row in rows))
    whole = read(adk.load, {"id": "s", "app_name": "w", "events": _events(turns, is_camel=False)})
    assert not loaded.refused
    assert set(loaded.spans["content_digest"]) == set(whole.spans["content_digest"])
