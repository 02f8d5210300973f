"""What a browser asks for, as values of the right kind and length; what makes no sense is as if it was not said."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

NOTE_CHARACTERS = 10_000
"""Of a note: four pages."""
CODE_CHARACTERS = 200
"""Of an open code: it names a problem in some words."""
MAX_PARTS = 20
"""Causes that one cause is split into: more is no split."""
Value = TypeVar("Value")


def words(content: Mapping[str, Any], name: str, *, limit: int) -> str:
    """Return a text that was typed: trimmed, cut, and such as can be stored, without halves of characters."""
    value = content.get(name)
    if not isinstance(value, str):
        return ""
    return (
        value[:limit].encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\x00", "�").strip()
    )


def statements(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the texts that a cause should read as, one or several."""
    value = content.get("statement")
    given = value[:MAX_PARTS] if isinstance(value, list) else []
    texts = (words({"": one}, "", limit=NOTE_CHARACTERS) for one in given)
    return tuple(text for text in texts if text)


def one_of(choices: Sequence[Value], content: Mapping[str, Any], name: str) -> Value | None:
    """Return the choice whose number was sent; None where there is none of that number."""
    at = number(content, name)
    return choices[at] if at is not None and 0 <= at < len(choices) else None


def number(content: Mapping[str, Any], name: str) -> int | None:
    """Return a whole number that was sent; None where it is anything else."""
    value = content.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
