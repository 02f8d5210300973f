"""One line of a Claude transcript: who it is from, what it belongs to, and what kind of thing it says.

A user line is a prompt only where a person or a caller asked something: results of tools, context that the harness puts
in, and its notes on interruptions and local commands have the same type.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.reading.fields import Fields
from workbench.loaders.reading.messages import text_of
from workbench.loaders.reading.moments import read_iso
from workbench.loaders.reading.parts import as_word

Kind = Literal["prompt", "tool_results", "answer", "api_error", "interruption", "outcome", "other"]

_INTERRUPTED = "[Request interrupted by user"
"""How the harness notes that the user stopped an answer or a tool."""
_LOCAL = (
    "<local-command-",
    "<bash-input>",
    "<bash-stdout>",
    "<bash-stderr>",
    "Caveat: The messages below were generated",
)
"""How user lines begin that hold a command which ran on the user's own machine and asked nothing of the model."""
SYNTHETIC = "<synthetic>"
"""The model of answers that the harness made up."""
_SESSIONS = ("sessionId", "session_id")


class Entry(NamedTuple):
    """One line, read."""

    kind: Kind
    fields: Fields
    uuid: str | None
    parent: str | None
    """The line that it follows."""
    session_id: str | None
    agent_id: str | None
    """Of a sub-agent."""
    is_sidechain: bool
    under: str | None
    """The tool call whose sub-agent it is from, where the line says so."""
    prompt_id: str | None
    agent: str | None
    """The type of sub-agent."""
    at: int | None
    """Microseconds since 1970, UTC."""
    release: str | None
    message: Fields
    content: Any
    """Of the message: a text, or a list of blocks."""

    @property
    def blocks(self) -> list[Mapping[str, Any]]:
        """The content's blocks."""
        return [block for block in self.content if isinstance(block, dict)] if isinstance(self.content, list) else []

    @property
    def text(self) -> str:
        """The content as text."""
        return text_of(self.content) or ""


def entry_of(value: Any) -> Entry:
    """Return what a line says.

    Raises
    ------
    RecordError
        If it has no type, a time or an id that is none, or a message that is none.
    """
    if not isinstance(value, dict):
        raise RecordError("a line is no object")
    said = value.get("type")
    if not isinstance(said, str) or not said:
        raise RecordError("a line has no type")
    fields = Fields(value)
    message = Fields(_message(value, said), of="message.")
    message.pass_over("role", "type")
    content = message.raw("content", column="input" if said == "user" else "output")
    fields.pass_over("type", "message")
    entry = Entry(
        "other",
        fields,
        as_word(value.get("uuid")),
        as_word(value.get("parentUuid")) or as_word(value.get("logicalParentUuid")),
        fields.text(*_SESSIONS, column="session_id"),
        as_word(value.get("agentId")),
        value.get("isSidechain") is True,
        as_word(value.get("parent_tool_use_id")),
        as_word(value.get("promptId")),
        fields.text("attributionAgent", column="agent"),
        fields.moment(read_iso(fields.raw("timestamp", column="started_at"))),
        fields.text("version", "claude_code_version", column="release"),
        message,
        content,
    )
    return entry._replace(kind=_kind(entry, said))


def is_transcript_line(sample: Mapping[str, Any]) -> bool:
    """Return whether an object, of which the end may be missing, is a line of a transcript."""
    if {"parentUuid", "isSidechain"} <= sample.keys() or {"leafUuid", "summary"} <= sample.keys():
        return True
    said, message = sample.get("type"), sample.get("message")
    if not isinstance(said, str) or not said.islower() or "traceId" in sample or isinstance(message, str):
        return False
    if said == "file-history-snapshot":
        return True
    is_of_sdk = "session_id" in sample and not {"message", "subtype", "event"}.isdisjoint(sample)
    return is_of_sdk or isinstance(sample.get("sessionId"), str)


def _message(value: Mapping[str, Any], said: str) -> Mapping[str, Any]:
    message = value.get("message")
    if said not in ("user", "assistant"):
        return {}
    if not isinstance(message, dict):
        raise RecordError("message is no object")
    content = message.get("content")
    if content is not None and not isinstance(content, str | list):
        raise RecordError("message.content is neither text nor a list")
    return message


def _kind(entry: Entry, said: str) -> Kind:
    value = entry.fields.record
    if said == "assistant":
        is_made_up = entry.message.record.get("model") == SYNTHETIC and value.get("isApiErrorMessage") is not True
        return "other" if is_made_up else "answer"
    if said == "user":
        return _kind_of_user(entry)
    if said == "system" and value.get("subtype") == "api_error":
        return "api_error"
    return "outcome" if said == "result" else "other"


def _kind_of_user(entry: Entry) -> Kind:
    if any(block.get("type") == "tool_result" for block in entry.blocks):
        return "tool_results"
    value, text = entry.fields.record, entry.text.lstrip()
    if text.startswith(_INTERRUPTED):
        return "interruption"
    is_put_in = value.get("isMeta") is True or value.get("isCompactSummary") is True
    return "other" if is_put_in or not text or text.startswith(_LOCAL) else "prompt"
