"""A mapping for plain chat logs that need none written: records with a list of messages of role and content.

Only names that mean the same everywhere are taken, and all that is taken is told in the load report.
"""

from collections.abc import Mapping
from typing import Any

from workbench.loaders.mapped.mapping import LogMapping
from workbench.loaders.mapped.places import find
from workbench.loaders.reading.strict import samples

_MESSAGES = ("messages", "request.messages")
_NAMES = {
    "trace_id": ("trace_id", "request_id", "custom_id", "id"),
    "session_id": ("session_id", "conversation_id", "thread_id"),
    "user_id": ("user_id", "userId"),
    "started_at": ("timestamp", "created_at", "created", "time"),
    "model": ("model", "request.model"),
    "environment": ("environment",),
}
"""Names that logs give to columns, best first."""
ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})


def guess_mapping(head: bytes) -> LogMapping | None:
    """Return a mapping for a log whose records hold a list of chat messages; None if it is no such log."""
    seen = samples(head)
    for path in _MESSAGES:
        if any(_is_chat(find(sample, path)) for sample in seen):
            return LogMapping(columns=_columns(seen), messages=path, is_guessed=True)
    return None


def _is_chat(messages: Any) -> bool:
    if not isinstance(messages, list) or not messages:
        return False
    return all(isinstance(entry, dict) and (not entry or entry.get("role") in ROLES) for entry in messages)


def _columns(seen: list[Mapping[str, Any]]) -> dict[str, str]:
    columns = {}
    for column, names in _NAMES.items():
        found = [name for name in names if any(find(sample, name) is not None for sample in seen)]
        if found:
            columns[column] = found[0]
    return columns
