"""Places in a record: values found by a path of names, and the record without them.

A name may hold dots itself, a list is entered by number, and JSON inside of a text is entered like any other object.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.reading.strict import parse
from workbench.loaders.reading.written import Trail


class Found(NamedTuple):
    """A value, and the names and numbers that lead to it."""

    trail: Trail
    value: Any


def find(record: Any, path: str) -> Any:
    """Return the value at a path, or None if there is none; the longest name that is there wins.

    >>> find({"user.id": 7}, "user.id"), find({"turns": '[{"text": "Hi"}]'}, "turns.-1.text")
    (7, 'Hi')
    """
    found = locate(record, path)
    return None if found is None else found.value


def locate(record: Any, path: str) -> Found | None:
    """Return the value at a path and how it was reached, or None if there is none.

    >>> locate({"user.id": 7}, "user.id"), locate({"turns": [{"text": "Hi"}]}, "turns.-1.text")
    (Found(trail=('user.id',), value=7), Found(trail=('turns', 0, 'text'), value='Hi'))
    """
    for name, rest, value in _entries(record, path):
        if not rest:
            return None if value is None else Found((name,), value)
        if (found := locate(value, rest)) is not None:
            return Found((name, *found.trail), found.value)
    return None


def without(record: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """Return a copy of the record without the values at the paths; lists keep their length, the record is not changed.

    >>> without({"a": {"b": 1, "c": 2}}, ["a.b"])
    {'a': {'c': 2}}
    """
    left: Any = dict(record)
    for path in paths:
        left = _without(left, path)
    result: dict[str, Any] = left
    return result


def unwrapped(value: Any) -> Any:
    """Return what JSON in a text says, and anything else as it is.

    >>> unwrapped("[1]"), unwrapped("word")
    ([1], 'word')
    """
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return parse(value.encode())
    except RecordError:
        return value


def _without(value: Any, path: str) -> Any:
    for name, rest, entry in _entries(value, path):
        if rest and find(entry, rest) is None:
            continue
        opened = unwrapped(value)
        if isinstance(opened, dict):
            kept = {key: other for key, other in opened.items() if key != name}
            return kept | {name: _without(entry, rest)} if rest else kept
        return [(_without(entry, rest) if rest else None) if other is entry else other for other in opened]
    return value


def _entries(value: Any, path: str) -> Iterator[tuple[Any, str, Any]]:
    """Yield name, rest of the path and entry for every way to read the path's first name, longest first."""
    opened = unwrapped(value)
    names = path.split(".")
    if isinstance(opened, list):
        number = names[0].removeprefix("-")
        if number.isdigit() and len(number) < len("1000000") and -len(opened) <= int(names[0]) < len(opened):
            yield int(names[0]) % len(opened), ".".join(names[1:]), opened[int(names[0])]
    if isinstance(opened, dict):
        for length in range(len(names), 0, -1):
            if (name := ".".join(names[:length])) in opened:
                yield name, ".".join(names[length:]), opened[name]
