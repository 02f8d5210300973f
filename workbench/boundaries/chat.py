"""The door to a model that takes part in an app: messages and tools go in, its next message comes back.

An app under test gives its model tools, which `llm` never does. The tools are functions of the app's test bench, and
what the model asks them is data: it is read here with bounds, and nothing in it is run.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from workbench.boundaries.http import Server
from workbench.errors import RecordError

MAX_CALLS = 16
"""Of tools in one message; a model that asks for more has lost its way."""


class ToolRequest(NamedTuple):
    """One call that a model asks for."""

    id: str
    """The model's id of the call."""
    name: str
    """The tool that it names, whether there is one or not."""
    arguments: str
    """What it passes: JSON if it keeps to its tools, and any text if not."""


class Turn(NamedTuple):
    """A model's next message."""

    text: str
    """What it says; empty where it only asks for tools."""
    calls: tuple[ToolRequest, ...]
    """The tools that it asks for."""
    finish_reason: str
    """Why it stopped: stop, length, tool_calls, ...; empty where the server does not say."""
    input_tokens: int | None
    """Tokens in; None where the server does not say."""
    output_tokens: int | None
    """Tokens out; None where the server does not say."""


class _Function(msgspec.Struct):
    name: str
    arguments: str = ""


class _Call(msgspec.Struct):
    function: _Function
    id: str = ""


class _Message(msgspec.Struct):
    content: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Answer(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


def next_turn(
    server: Server,
    *,
    model: str,
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]],
    max_tokens: int,
    temperature: float,
    seed: int,
) -> Turn:
    """Return a model's next message; OpenAI's chat completions.

    Parameters
    ----------
    server
        Where the model is.
    model
        Its name there.
    messages
        What was said so far.
    tools
        What it may call, as OpenAI functions; may be empty.
    max_tokens
        Of its message.
    temperature
        How freely it chooses, from 0.
    seed
        What its choice follows from, where the server heeds it.

    Raises
    ------
    ServerError
        If there is no answer within the bounds of the server.
    ConfigError
        If the server does not take the key.
    RecordError
        If the answer is no chat completion.
    """
    question = {
        "model": model,
        "messages": list(messages),
        "max_tokens": max_tokens,
        "temperature": temperature,
        "seed": seed,
        "stream": False,
        **({"tools": list(tools)} if tools else {}),
    }
    try:
        answer = msgspec.json.decode(server.post("chat/completions", question), type=_Answer)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RecordError("the model's answer is no chat completion", reason="not_json") from error
    if not answer.choices:
        raise RecordError("the model's answer holds no message", reason="empty")
    choice, usage = answer.choices[0], answer.usage or _Usage()
    calls = [ToolRequest(one.id, one.function.name, one.function.arguments) for one in choice.message.tool_calls or ()]
    return Turn(
        choice.message.content or "",
        tuple(calls[:MAX_CALLS]),
        choice.finish_reason or "",
        usage.prompt_tokens,
        usage.completion_tokens,
    )
