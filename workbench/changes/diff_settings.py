"""What settings, guardrails and front matter say otherwise, key by key: order and layout are no difference."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.boundaries.display import shorten
from workbench.changes.diff_words import diff_words
from workbench.changes.difference import Difference

MAX_DEPTH = 30
"""Levels that are gone down: what the door for YAML takes."""
MAX_VALUE = 80
"""Characters of a value that stand in a sentence; a longer text is told word by word."""
_NAMES = ("name", "id", "key")
"""Keys by which the entries of a list are known, if each has one of its own."""


def diff_settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return what two mappings say otherwise, in the order of the later one, what went last.

    >>> [one.words for one in diff_settings({"retries": 2, "tone": "warm"}, {"retries": 3})]
    ['retries is 3, was 2', 'tone is gone, was "warm"']
    """
    return tuple(_of_mapping(before, after, where="", depth=0))


def said(value: Any) -> str:
    """Return a value as it stands in a sentence.

    >>> said("warm"), said([1, None])
    ('"warm"', '[1,null]')
    """
    return shorten(json.dumps(value, ensure_ascii=False, separators=(",", ":")), MAX_VALUE)


def is_same(one: Any, other: Any) -> bool:
    """Return whether two values are the same to JSON: `true` is not 1, and 1 is 1.0."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other)


def _of_mapping(before: Mapping[str, Any], after: Mapping[str, Any], *, where: str, depth: int) -> Iterator[Difference]:
    for key, value in after.items():
        at = f"{where}.{key}" if where else key
        if key not in before:
            yield Difference(at, f"{at} is new: {said(value)}")
        else:
            yield from _of_value(before[key], value, at=at, depth=depth)
    for key, value in before.items():
        if key not in after:
            at = f"{where}.{key}" if where else key
            yield Difference(at, f"{at} is gone, was {said(value)}")


def _of_value(before: Any, after: Any, *, at: str, depth: int) -> Iterator[Difference]:
    if is_same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict) and depth < MAX_DEPTH:
        yield from _of_mapping(before, after, where=at, depth=depth + 1)
    elif isinstance(before, list) and isinstance(after, list) and depth < MAX_DEPTH:
        yield from _of_list(before, after, at=at, depth=depth + 1)
    elif isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > MAX_VALUE:
        yield Difference(at, f"{at} is worded otherwise", diff_words(before, after))
    else:
        yield Difference(at, f"{at} is {said(after)}, was {said(before)}")


def _of_list(before: list[Any], after: list[Any], *, at: str, depth: int) -> Iterator[Difference]:
    """Yield what two lists say otherwise: what is new is taken to stand at the end, and where it does not it is told.

    Of fallbacks and of rules the first may be the only one that counts.
    """
    old, new = _by_name(before), _by_name(after)
    if old is not None and new is not None:
        yield from _of_mapping(old, new, where=at, depth=depth)
        if list(new) != [*(name for name in old if name in new), *(name for name in new if name not in old)]:
            yield Difference(at, f"the order of {at} is {said(list(new))}")
        return
    added = [one for one in after if not any(is_same(one, other) for other in before)]
    removed = [one for one in before if not any(is_same(one, other) for other in after)]
    for one in added:
        yield Difference(at, f"{at} also has {said(one)}")
    for one in removed:
        yield Difference(at, f"{at} has no {said(one)} any more")
    kept = [one for one in before if any(is_same(one, other) for other in after)]
    if not is_same([*kept, *added], after):
        yield Difference(at, f"{at} is {said(after)}, was {said(before)}")


def _by_name(entries: list[Any]) -> dict[str, Any] | None:
    """Return the entries of a list by their names; None where not each is a mapping with a name of its own."""
    for key in _NAMES:
        names = [entry.get(key) if isinstance(entry, dict) else None for entry in entries]
        if names and all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
            return dict(zip(map(str, names), entries, strict=True))
    return None
