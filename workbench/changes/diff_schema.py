"""What a tool asks of its caller otherwise: a difference of two JSON Schemas in words, whatever their layout.

A model reads names, types and descriptions, and none of the order of keys; so does this.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.changes.app_files import Tool
from workbench.changes.diff_settings import diff_settings, is_same, said
from workbench.changes.diff_words import diff_words
from workbench.changes.difference import Difference, Op, Piece

MAX_DEPTH = 40
"""Levels of a schema that are gone down: what can be checked of one."""
_NAMED = ("$defs", "definitions", "patternProperties", "dependentSchemas")
"""Keywords whose entries are schemas by name, besides properties."""
_ONE = ("items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else")
_SEVERAL = ("anyOf", "oneOf", "allOf", "prefixItems")
_OWN = ("properties", "required", "description", "enum", "type")
"""Keywords that are told in words of their own."""


def diff_tools(before: Tool, after: Tool) -> tuple[Difference, ...]:
    """Return what a tool says otherwise: its name, its description, then its parameters, then all else."""
    differences: list[Difference] = []
    if before.name != after.name:
        differences.append(Difference("name", f"the tool is called {after.name}, was {before.name}"))
    differences += _of_description(before.description, after.description, where="description", of="the tool")
    differences += diff_schemas(before.parameters, after.parameters)
    return (*differences, *diff_settings(before.rest, after.rest))


def diff_schemas(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return what the schema of a tool's parameters says otherwise, each difference in words.

    >>> old = {"properties": {"court": {"type": "string"}}}
    >>> [one.words for one in diff_schemas(old, {**old, "required": ["court"]})]
    ['parameter court is now required']
    """
    return tuple(_of_schema(before, after, path=(), depth=0))


def _of_schema(before: Any, after: Any, *, path: tuple[str, ...], depth: int) -> Iterator[Difference]:
    if is_same(before, after):
        return
    where, of = ".".join(("parameters", *path)), _named(path)
    if not isinstance(before, dict) or not isinstance(after, dict) or depth > MAX_DEPTH:
        yield Difference(where, f"{of}: {said(after)}, was {said(before)}")
        return
    yield from _of_type(before, after, where=where, of=of)
    yield from _of_description(before.get("description", ""), after.get("description", ""), where=where, of=of)
    yield from _of_enum(before, after, where=where, of=of)
    yield from _of_properties(before, after, path=path, depth=depth)
    for keyword in _NAMED:
        yield from _of_named(before, after, keyword, path=path, depth=depth)
    for keyword in _ONE:
        if keyword in before and keyword in after:
            yield from _of_schema(before[keyword], after[keyword], path=(*path, keyword), depth=depth + 1)
    for keyword in _SEVERAL:
        yield from _of_several(before, after, keyword, path=path, depth=depth)
    yield from _of_the_rest(before, after, where=where, of=of)


def _named(path: tuple[str, ...]) -> str:
    return f"parameter {'.'.join(path)}" if path else "the parameters"


def _of_type(before: Mapping[str, Any], after: Mapping[str, Any], *, where: str, of: str) -> Iterator[Difference]:
    old, new = before.get("type"), after.get("type")
    if not is_same(old, new):
        yield Difference(where, f"{of} is of type {_types(new)}, was {_types(old)}")


def _types(kind: Any) -> str:
    if kind is None:
        return "any"
    return " or ".join(map(str, kind)) if isinstance(kind, list) else str(kind)


def _of_description(before: Any, after: Any, *, where: str, of: str) -> Iterator[Difference]:
    if not isinstance(before, str) or not isinstance(after, str):
        if not is_same(before, after):
            yield Difference(where, f"the description of {of} is {said(after)}, was {said(before)}")
    elif before != after:
        verb = "has a description now" if not before else "has no description any more" if not after else ""
        words = f"{of} {verb}" if verb else f"the description of {of} is worded otherwise"
        yield Difference(where, words, diff_words(before, after))


def _of_enum(before: Mapping[str, Any], after: Mapping[str, Any], *, where: str, of: str) -> Iterator[Difference]:
    old, new = before.get("enum"), after.get("enum")
    if is_same(old, new):
        return
    if not isinstance(old, list) or not isinstance(new, list):
        now = f"{of} must be one of {said(new)}" if new is not None else f"{of} may be any value"
        yield Difference(where, f"{now}, before {'any value' if old is None else f'one of {said(old)}'}")
        return
    for value in new:
        if not any(is_same(value, other) for other in old):
            yield Difference(where, f"{of} may be {said(value)} too")
    for value in old:
        if not any(is_same(value, other) for other in new):
            yield Difference(where, f"{of} may not be {said(value)} any more")


def _of_properties(
    before: Mapping[str, Any], after: Mapping[str, Any], *, path: tuple[str, ...], depth: int
) -> Iterator[Difference]:
    old, new = _entries(before, "properties"), _entries(after, "properties")
    was, now = _required(before), _required(after)
    for name, schema in new.items():
        inside = (*path, name)
        where, of = ".".join(("parameters", *inside)), _named(inside)
        if name not in old:
            needed = "required" if name in now else "optional"
            yield Difference(where, f"{of} is new: {_shape(schema)}, {needed}", _text(schema, "added"))
            continue
        if (name in now) != (name in was):
            yield Difference(where, f"{of} is now {'required' if name in now else 'optional'}")
        yield from _of_schema(old[name], schema, path=inside, depth=depth + 1)
    for name, schema in old.items():
        if name not in new:
            inside = (*path, name)
            words = f"{_named(inside)} is gone, was {_shape(schema)}"
            yield Difference(".".join(("parameters", *inside)), words, _text(schema, "removed"))
    for name in sorted((now ^ was) - old.keys() - new.keys()):
        state = "required" if name in now else "not required any more"
        yield Difference(".".join(("parameters", *path)), f"{name}, which is no parameter, is {state}")


def _shape(schema: Any) -> str:
    """Return what kind of value a schema takes, in a few words."""
    if not isinstance(schema, dict):
        return said(schema)
    values = f", one of {said(schema['enum'])}" if "enum" in schema else ""
    return f"{_types(schema.get('type'))}{values}"


def _text(schema: Any, op: Op) -> tuple[Piece, ...]:
    """Return the description of a parameter that came or went; all of it where it has more than a shape."""
    if isinstance(schema, dict) and not schema.keys() <= {"type", "enum", "description"}:
        return (Piece(op, json.dumps(schema, ensure_ascii=False, indent=1)),)
    description = schema.get("description") if isinstance(schema, dict) else None
    return (Piece(op, description),) if isinstance(description, str) and description else ()


def _of_named(
    before: Mapping[str, Any], after: Mapping[str, Any], keyword: str, *, path: tuple[str, ...], depth: int
) -> Iterator[Difference]:
    old, new = _entries(before, keyword), _entries(after, keyword)
    for name in [*new, *(name for name in old if name not in new)]:
        inside = (*path, keyword, name)
        if name in old and name in new:
            yield from _of_schema(old[name], new[name], path=inside, depth=depth + 1)
        else:
            state = f"is new: {said(new[name])}" if name in new else f"is gone, was {said(old[name])}"
            yield Difference(".".join(("parameters", *inside)), f"{'.'.join(inside)} {state}")


def _of_several(
    before: Mapping[str, Any], after: Mapping[str, Any], keyword: str, *, path: tuple[str, ...], depth: int
) -> Iterator[Difference]:
    old, new = before.get(keyword), after.get(keyword)
    if not isinstance(old, list) or not isinstance(new, list):
        return
    for place, (one, other) in enumerate(zip(old, new, strict=False), start=1):
        yield from _of_schema(one, other, path=(*path, f"{keyword} {place}"), depth=depth + 1)
    where, of = ".".join(("parameters", *path)), _named(path)
    for schema in new[len(old) :]:
        yield Difference(where, f"{of}: {keyword} also has {said(schema)}")
    for schema in old[len(new) :]:
        yield Difference(where, f"{of}: {keyword} has no {said(schema)} any more")


def _of_the_rest(before: Mapping[str, Any], after: Mapping[str, Any], *, where: str, of: str) -> Iterator[Difference]:
    """Yield keywords with plain values, such as minimum, and those that one of the two schemas lacks."""
    told = {*_OWN, *_NAMED}
    told |= {keyword for keyword in (*_ONE, *_SEVERAL) if keyword in before and keyword in after}
    told -= {keyword for keyword in _SEVERAL if not _are_lists(before.get(keyword), after.get(keyword))}
    for keyword in [*after, *(keyword for keyword in before if keyword not in after)]:
        if keyword in told or (keyword in before and keyword in after and is_same(before[keyword], after[keyword])):
            continue
        if keyword not in after:
            yield Difference(where, f"{of} has no {keyword} any more, was {said(before[keyword])}")
        else:
            was = f", was {said(before[keyword])}" if keyword in before else ""
            yield Difference(where, f"{of} has {keyword} {said(after[keyword])}{was}")


def _are_lists(one: Any, other: Any) -> bool:
    return isinstance(one, list) and isinstance(other, list)


def _entries(schema: Mapping[str, Any], keyword: str) -> Mapping[str, Any]:
    entries = schema.get(keyword, {})
    return entries if isinstance(entries, dict) else {}


def _required(schema: Mapping[str, Any]) -> set[str]:
    names = schema.get("required", [])
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()
