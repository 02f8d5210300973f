"""The door to a language model: text of strangers goes in as data, and what comes back is checked before it is read.

Whoever wrote the text may try to steer the model. It stands between marks that nobody can guess, the model has no
tools, its reply must fit a schema to the letter, and whatever it says is a proposal for a person.
"""

import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec

from workbench.boundaries.http import Server
from workbench.boundaries.keys import Key, bearer_key
from workbench.boundaries.plain_json import read_json
from workbench.errors import RecordError
from workbench.ids import digest

MAX_REPLY_BYTES = 1 << 20
"""Of a whole answer: a proposal is a few sentences."""
ANSWER_S = 120.0
"""The latest moment of an answer, silent until then: it is not streamed. An answer that is late is not asked for again,
for a model that is too slow once is too slow twice."""
MAX_TOKENS = 300
"""Of a reply: a sentence and three quotes."""
KEY, KEY_URL = "WORKBENCH_LLM_KEY", "WORKBENCH_LLM_URL"
"""Environment variables: the key, and the server that it belongs to."""
JUDGE_KEY, JUDGE_KEY_URL = "WORKBENCH_JUDGE_KEY", "WORKBENCH_JUDGE_URL"
"""The same of a judge, which may be another provider's than the app; where it is not set, the key above is used."""

ReplyT = TypeVar("ReplyT", bound=msgspec.Struct)


class Exchange(NamedTuple):
    """What was said to a model and what came back, by digest."""

    sent: str
    """SHA-256 of the question as it was sent."""
    received: str
    """SHA-256 of the answer as it came."""


class Reply(NamedTuple):
    """A model's message, not yet checked."""

    text: str
    """What it says."""
    exchange: Exchange
    """The digests of the exchange."""


class Function(msgspec.Struct):
    """A function that a model calls."""

    name: str
    arguments: str = ""
    """JSON, as the model wrote it."""


class ToolCall(msgspec.Struct):
    """One call of a function."""

    function: Function
    id: str = ""


class Message(msgspec.Struct):
    """What a model says."""

    content: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None


class Choice(msgspec.Struct):
    """One answer of a model."""

    message: Message
    finish_reason: str | None = None


class Completion(msgspec.Struct):
    """A chat completion as OpenAI-compatible servers write it; what is not read here may be anything."""

    choices: list[Choice]
    usage: Any = None
    model: Any = None


def llm_key(environment: Mapping[str, str]) -> Key:
    """Return the key of a model server, bound to its origin; empty headers where none is set.

    Raises
    ------
    ConfigError
        If a key is set and not whose it is: it would be sent to whatever address is given.
    """
    return bearer_key(environment, key=KEY, url=KEY_URL)


def judge_key(environment: Mapping[str, str]) -> Key:
    """Return the key of a judge's server: its own where one is set, else that of a model server; as `llm_key`."""
    has_own = bool(environment.get(JUDGE_KEY))
    return bearer_key(environment, key=JUDGE_KEY, url=JUDGE_KEY_URL) if has_own else llm_key(environment)


def fenced(texts: Mapping[str, str]) -> str:
    """Return texts of strangers between marks that are drawn for this call alone, each with its label.

    Text that holds a mark cannot have been written with it in mind; should it hold one all the same, others are drawn.
    """
    while any((mark := secrets.token_hex(8)) in text for text in texts.values()):
        continue
    return "\n".join(f"<<{mark} {label}>>\n{text}\n<<{mark} end>>" for label, text in texts.items())


def ask(server: Server, *, model: str, instructions: str, data: str, max_tokens: int = MAX_TOKENS) -> Reply:
    """Return a model's reply to data under instructions, of so many tokens; OpenAI's chat completions, without tools.

    Raises
    ------
    ServerError
        If there is no answer within the bounds of the server.
    ConfigError
        If the server does not take the key.
    RecordError
        If the answer is no chat completion, or says nothing.
    """
    question = {
        "model": model,
        "messages": [{"role": "system", "content": instructions}, {"role": "user", "content": data}],
        "temperature": 0,
        "max_tokens": max_tokens,
        "stream": False,
    }
    answer = server.post("chat/completions", question)
    exchange = Exchange(digest(msgspec.json.encode(question)), digest(answer))
    text = read_completion(answer).choices[0].message.content
    if not text or not text.strip():
        raise RecordError("the model says nothing", reason="empty")
    return Reply(text, exchange)


def read_completion(raw: bytes) -> Completion:
    """Return a server's answer as the chat completion of one choice that it must be.

    Raises
    ------
    RecordError
        If it is anything else.
    """
    try:
        said = msgspec.convert(read_json(raw), type=Completion, strict=True)
    except RecordError as error:
        raise RecordError(f"the answer {error.what}", reason=error.reason) from None
    except msgspec.ValidationError as error:
        raise RecordError(f"the answer is no chat completion: {error}", reason="wrong_type") from None
    if len(said.choices) != 1:
        raise RecordError(f"the answer has {len(said.choices)} choices, one was asked for", reason="wrong_type")
    return said


def checked(text: str, kind: type[ReplyT]) -> ReplyT:
    """Return a model's message as the one JSON object that it must be; a code fence around it is taken off.

    Raises
    ------
    RecordError
        If it is anything else, or has a field more, one less, or one of another type or length than the schema.
    """
    bare = text.strip()
    if bare.startswith("```") and bare.endswith("```"):
        bare = bare.removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    try:
        return msgspec.json.decode(bare, type=kind, strict=True)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise RecordError("the model's reply does not fit the schema", reason="wrong_type") from error
