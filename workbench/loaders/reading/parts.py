"""Parts of a record taken for what they should be: an object, a list or a word; for nothing where they are not."""

from collections.abc import Mapping
from typing import Any


def as_object(value: Any) -> Mapping[str, Any]:
    """Return an object as it is, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, and an empty one for anything else."""
    return value if isinstance(value, list) else []


def as_word(value: Any) -> str | None:
    """Return a text as it is; None for anything else, and for an empty text.

    >>> as_word("gpt"), as_word(""), as_word(7)
    ('gpt', None, None)
    """
    return value if isinstance(value, str) and value else None
