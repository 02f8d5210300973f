"""What a model answered, in the shapes of OpenAI's two APIs: words where there are only words, JSON of the rest else.

Logs of the APIs and traces of the Agents SDK hold the same messages, items and usage; how they become an output and
tokens is settled here for both.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workbench.loaders.reading.fields import Fields, count, is_empty
from workbench.loaders.reading.strict import dump

_WORDS = ("text", "output_text")
"""Types of the parts of a message that are words."""
_SAID = frozenset({"type", "text"})
_MESSAGE = frozenset({"id", "type", "role", "status", "content"})


class Answer(NamedTuple):
    """An answer of the Responses API."""

    output: str
    """Its words, or JSON of its items."""
    reasoning: list[Any]
    """The items that only show how the model came to it, and whatever else words cannot hold."""


def said_in_messages(messages: Sequence[Any]) -> str | None:
    """Return what the choices of a chat completion say; None where there is no choice.

    One message of nothing but words is these words; anything else is JSON, with its tool calls, refusals and audio.

    >>> said_in_messages([{"role": "assistant", "content": "Hello", "refusal": None}])
    'Hello'
    """
    if not messages:
        return None
    kept = [_without_blanks(message) for message in messages]
    only = kept[0] if len(kept) == 1 else None
    if isinstance(only, dict) and only.keys() <= {"role", "content"}:
        words = _words(only.get("content"))
        if words is not None:
            return words
    return dump(kept if only is None else only)


def said_in_items(items: Sequence[Any]) -> Answer:
    """Return what the output items of a response say.

    >>> said_in_items([{"type": "message", "content": [{"type": "output_text", "text": "Hello", "annotations": []}]}])
    Answer(output='Hello', reasoning=[])
    """
    kept = [_without_blanks(item) for item in items]
    reasoning = [item for item in kept if _is_reasoning(item)]
    spoken = [item for item in kept if not _is_reasoning(item)]
    words = [_words_of_item(item) for item in spoken]
    if spoken and None not in words:
        return Answer("\n".join(str(said) for said in words), reasoning)
    return Answer(dump(spoken), reasoning)


def tokens_of(fields: Fields, *, of: str) -> dict[str, int | None]:
    """Return the tokens of a record's `usage`, in the words of either API; what else it says stays in the record.

    Raises
    ------
    RecordError
        If a number of tokens is no count.
    """
    usage = fields.record.get("usage")
    if not isinstance(usage, dict):
        return {}
    inner = Fields(usage, of=of)
    tokens = {
        "input_tokens": count(inner.raw("prompt_tokens", "input_tokens", column="input_tokens"), "input tokens"),
        "output_tokens": count(
            inner.raw("completion_tokens", "output_tokens", column="output_tokens"), "output tokens"
        ),
    }
    fields.include(inner)
    if not inner.rest():
        fields.pass_over("usage")
    return tokens


def _is_reasoning(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "reasoning"


def _words_of_item(item: Any) -> str | None:
    is_message = isinstance(item, dict) and item.get("type") in (None, "message") and item.keys() <= _MESSAGE
    return _words(item.get("content")) if is_message else None


def _words(content: Any) -> str | None:
    """Return a content's words; None where it has none, or more than words, such as citations."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list) or not content:
        return None
    parts = [_without_blanks(part) for part in content]
    if not all(isinstance(part, dict) and part.get("type") in _WORDS and part.keys() <= _SAID for part in parts):
        return None
    return "\n".join(str(part.get("text", "")) for part in parts)


def _without_blanks(value: Any) -> Any:
    """Return an object without the fields that say nothing; content says something even where it is blank."""
    if not isinstance(value, Mapping):
        return value
    return {name: entry for name, entry in value.items() if name in ("content", "text") or not is_empty(entry)}
