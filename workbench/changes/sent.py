"""The system message of a recorded model call: what is left of a prompt where the telemetry names none."""

import json
from collections.abc import Iterator
from typing import Any

MAX_CHARACTERS = 2_000_000
"""Of a recorded input that is read: four times a usual model's context."""
_ROLES = frozenset({"system", "developer"})
_HOLDERS = ("messages", "input_messages", "input", "contents")
_WORDS = ("content", "parts", "text")
_MAX_DEPTH = 6


def system_message(recorded: str | None) -> str:
    """Return the first system message of a recorded input; empty where there is none, or it is no list of messages.

    >>> system_message('[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]')
    'Be brief.'
    """
    if not recorded or len(recorded) > MAX_CHARACTERS or recorded.lstrip()[:1] not in ("[", "{"):
        return ""
    try:
        said = json.loads(recorded)
    except (ValueError, RecursionError):
        return ""
    if isinstance(said, dict):
        if isinstance(said.get("system"), str):
            return str(said["system"])
        said = next((said[name] for name in _HOLDERS if isinstance(said.get(name), list)), [])
    for message in said if isinstance(said, list) else []:
        if isinstance(message, dict) and (message.get("role") in _ROLES or message.get("type") == "system"):
            return "\n".join(_texts([message.get(name) for name in _WORDS if name in message], 0))
    return ""


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < _MAX_DEPTH:
        for part in value:
            yield from _texts(part, depth + 1)
    elif isinstance(value, dict) and depth < _MAX_DEPTH:
        yield from _texts([value[name] for name in _WORDS if name in value][:1], depth + 1)
