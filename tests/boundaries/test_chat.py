"""The door to a model with tools: what is sent, what is read of the answer, and answers that are none."""

import json
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from workbench.boundaries.chat import MAX_CALLS, ToolRequest, Turn, next_turn
from workbench.boundaries.http import Key, Server
from workbench.boundaries.urls import read_address
from workbench.errors import RecordError, ServerError

Serve = Callable[..., Any]
TOOL = {"type": "function", "function": {"name": "lookup", "parameters": {"type": "object"}}}


class Reply(NamedTuple):
    """An answer in the shape that the server of the tests takes."""

    body: bytes
    status: int = 200
    headers: Any = MappingProxyType({})
    raw: Any = None


def said(message: dict[str, Any], **more: Any) -> Reply:
    return Reply(json.dumps({"choices": [{"message": message, "finish_reason": "stop"}], **more}).encode())


def ask(url: str, *tools: Any) -> Turn:
    with Server(read_address(f"{url}/v1"), Key(), pause=lambda _: None) as server:
        messages = [{"role": "user", "content": "hi"}]
        return next_turn(server, model="m", messages=messages, tools=tools, max_tokens=9, temperature=0.5, seed=7)


def test_what_is_sent_is_what_was_given(serve: Serve) -> None:
    served = serve(lambda _: said({"content": "hello"}))
    ask(served.url, TOOL)
    ask(served.url)
    with_tools, without = (json.loads(one.body) for one in served.asked)
    assert with_tools.pop("tools") == [TOOL]
    assert with_tools == without
    assert (without["model"], without["max_tokens"], without["temperature"], without["seed"]) == ("m", 9, 0.5, 7)


def test_text_calls_and_tokens_are_read_and_what_is_not_said_is_none(serve: Serve) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "lookup", "arguments": '{"a": 1}'}}
    usage = {"prompt_tokens": 11, "completion_tokens": 3}
    served = serve(lambda _: said({"content": None, "tool_calls": [call]}, usage=usage))
    assert ask(served.url) == Turn("", (ToolRequest("c1", "lookup", '{"a": 1}'),), "stop", 11, 3)
    assert ask(serve(lambda _: said({"content": "x"})).url) == Turn("x", (), "stop", None, None)


def test_more_calls_than_anybody_needs_are_not_read(serve: Serve) -> None:
    calls = [{"function": {"name": f"t{n}"}} for n in range(MAX_CALLS + 5)]
    assert len(ask(serve(lambda _: said({"tool_calls": calls})).url).calls) == MAX_CALLS


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"choices": []}', b'{"choices": [{}]}', b"\xff"])
def test_an_answer_that_is_no_completion_is_refused(serve: Serve, body: bytes) -> None:
    with pytest.raises(RecordError):
        ask(serve(lambda _: Reply(body)).url)


def test_a_server_that_fails_is_an_error(serve: Serve) -> None:
    with pytest.raises(ServerError):
        ask(serve(lambda _: Reply(b"no", 400)).url)
