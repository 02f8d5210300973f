"""The app as its files say it, for a model to play: messages, tools and parameters of one version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from workbench.boundaries.filling import Message, as_text, fill, read_messages, variables
from workbench.experiments.case import OF_REQUEST, QUESTION
from workbench.ids import digest

PARAMETERS = frozenset(
    {"temperature", "top_p", "frequency_penalty", "presence_penalty", "stop", "response_format", "tool_choice"}
    | {"parallel_tool_calls", "reasoning_effort", "logit_bias"}
)
"""Settings of a prompt that a model server is told; others of its front matter are the app's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatApp:
    """One version of an app that is a prompt with tools."""

    messages: tuple[Message, ...]
    """Its prompt, cut into messages, with its variables."""
    tools: tuple[Mapping[str, Any], ...] = ()
    """OpenAI functions: name, description, parameters."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Of the model; names of PARAMETERS."""
    max_output_tokens: int | None = None
    """Of one answer of the model, where the files say it."""

    @property
    def digest(self) -> str:
        """What stands for all of it."""
        return digest(msgspec.json.encode(self, order="sorted"))

    @property
    def tool_names(self) -> frozenset[str]:
        """The tools that it offers."""
        return frozenset(str(tool["name"]) for tool in self.tools)

    def opening(self, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the messages of a case as OpenAI has them.

        A prompt that has no variable cannot hold the case: then the case comes after it as the user's message, the text
        itself if there is only one, as JSON otherwise; `messages` of a recorded conversation come as they are. What a
        trace tells of a request beside its question, such as the release, no user has written: it is left out there.

        Raises
        ------
        RecordError
            If the prompt wants what the case does not have.
        """
        said = [{"role": one.role, "content": one.text} for one in fill(self.messages, given)]
        recorded = given.get("messages")
        if "messages" not in variables(self.messages) and _is_conversation(recorded):
            return [*said, *recorded]  # type: ignore[misc]
        if not variables(self.messages):
            is_question = QUESTION in given and given.keys() <= {QUESTION, *OF_REQUEST}
            values = [given[QUESTION]] if is_question else list(given.values())
            said.append({"role": "user", "content": as_text(values[0] if len(values) == 1 else dict(given))})
        return [dict(one) for one in said]


def chat_app(
    body: str,
    *,
    tools: Sequence[Mapping[str, Any]] = (),
    parameters: Mapping[str, Any] | None = None,
    max_output_tokens: int | None = None,
) -> ChatApp:
    """Return the app of a prompt's body, functions, and the parameters of its front matter that a model takes.

    Raises
    ------
    ConfigError
        If the prompt holds template parts that are not filled in here.

    >>> chat_app("Be brief.").opening({"question": "Is it binding?"})[1]
    {'role': 'user', 'content': 'Is it binding?'}
    """
    known = {name: value for name, value in (parameters or {}).items() if name in PARAMETERS}
    return ChatApp(
        messages=read_messages(body), tools=tuple(tools), parameters=known, max_output_tokens=max_output_tokens
    )


def _is_conversation(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) and isinstance(one.get("role"), str) for one in value)
    )
