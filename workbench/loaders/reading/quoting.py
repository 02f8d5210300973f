"""Values without their quoting: exports write objects as JSON inside of a text, sometimes quoted once more."""

from typing import Any

from workbench.errors import RecordError
from workbench.loaders.reading.strict import parse


def unquoted(value: Any) -> Any:
    """Return a text without one level of needless quoting; anything else as it is.

    >>> unquoted('"What is it?"'), unquoted('{"a": 1}')
    ('What is it?', '{"a": 1}')
    """
    inner = _parsed(value) if isinstance(value, str) and value[:1] == '"' else None
    return inner if isinstance(inner, str) else value


def unpacked(value: Any) -> Any:
    """Return what a JSON object or list in a text says; anything else as it is.

    >>> unpacked('{"a": 1}'), unpacked("words")
    ({'a': 1}, 'words')
    """
    text = unquoted(value)
    inner = _parsed(text) if isinstance(text, str) and text[:1] in ("{", "[") else None
    return inner if isinstance(inner, dict | list) else text


def _parsed(text: str) -> Any:
    try:
        return parse(text.encode())
    except RecordError:
        return None
