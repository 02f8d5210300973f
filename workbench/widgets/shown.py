"""Words on their way into a view: what is hidden in them is marked, and they are set as text there."""

from collections.abc import Mapping
from typing import Any

from workbench.boundaries.display import shorten, visible

MAX_CHARACTERS = 100_000
"""Of one text in a view: more is not read on a screen, and every letter of it is sent to the browser."""


def shown(words: str | None, *, limit: int = MAX_CHARACTERS) -> str:
    """Return words as a view shows them: cut, hidden characters marked, lines and tabs kept."""
    lines = shorten(words, limit).replace("\r\n", "\n").split("\n") if words else []
    return "\n".join(visible(line, keep="\t") for line in lines)  # line by line, as most lines hide nothing


def one_line(words: str | None, *, limit: int) -> str:
    """Return words on one line, cut."""
    return visible(shorten(" ".join(words.split()), limit)) if words else ""


def everything(value: Any) -> Any:
    """Return a value of JSON whose every text is as `shown`, at any depth."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, Mapping):
        return {name: everything(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [everything(item) for item in value]
    return value
