"""Plain data from a file to a type, and what is wrong with it in words that a person can mend it by.

msgspec says that a value is none of an enumeration, and not what it may be; whoever wrote the file needs just that.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

T = TypeVar("T")
_FAULT = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?")
_UNKNOWN_KEY = re.compile(r"Object contains unknown field `(?P<key>[^`]*)`")
_MISSING_KEY = re.compile(r"Object missing required field `(?P<key>[^`]*)`")
_STEP = re.compile(r"[^.\[\]]+|\[[^\]]*\]")


def converted(said: Any, wanted: type[T]) -> T:
    """Return plain data as a type.

    Parameters
    ----------
    said
        What a file says.
    wanted
        The type.

    Raises
    ------
    ValueError
        If it does not fit; of a value that is one of a few it says which there are, and of a key too.

    Examples
    --------
    >>> from workbench.experiments.scoring import Scoring
    >>> converted({"kind": "regex"}, Scoring)
    Traceback (most recent call last):
    ...
    ValueError: kind == 'regex', must be one of measured, pattern, json_schema, edit_distance, judge, pairwise, human
    """
    try:
        return msgspec.convert(said, type=wanted, strict=True)
    except msgspec.ValidationError as error:
        raise ValueError(_explained(str(error), said, wanted)) from None


def _explained(error: str, said: Any, wanted: type) -> str:
    """Return what msgspec says of a fault, with what may stand at its place."""
    found = _FAULT.fullmatch(error)
    what, path = (found["what"], found["path"] or "") if found else (error, "")
    types = [inspect.type_info(wanted)]
    for step in _STEP.findall(path):
        types = [inner for one in types for inner in _within(one, step)]
        said = said[int(step[1:-1]) if step[0] == "[" else step] if step != "[...]" else said
    if unknown := _UNKNOWN_KEY.match(what):
        keys = [key for one in types for key in _keys(one)]
        return f"unknown key {f'{path}.' if path else ''}{unknown['key']}; keys are {', '.join(sorted(set(keys)))}"
    if missing := _MISSING_KEY.match(what):
        return f"{missing['key']} is missing{f' in {path}' if path else ''}"
    values = list(dict.fromkeys(_values(types)))
    if values and what.startswith("Invalid"):
        return f"{path} == {said!r}, must be one of {', '.join(values)}"
    return f"{path} == {said!r}: {what}" if path and what.startswith(("Expected", "Invalid")) else error


def _within(one: inspect.Type, step: str) -> Iterator[inspect.Type]:
    """Yield the types that may stand a step further down; of a tag, a type for each word that it may have."""
    if isinstance(one, inspect.UnionType):
        for member in one.types:
            yield from _within(member, step)
    elif isinstance(one, inspect.StructType | inspect.DataclassType):
        if isinstance(one, inspect.StructType) and one.tag_field == step:
            yield inspect.LiteralType((str(one.tag),))
        yield from (field.type for field in one.fields if field.encode_name == step)
    elif isinstance(one, inspect.VarTupleType | inspect.ListType):
        yield one.item_type


def _keys(one: inspect.Type) -> Iterator[str]:
    if isinstance(one, inspect.UnionType):
        for member in one.types:
            yield from _keys(member)
    elif isinstance(one, inspect.StructType | inspect.DataclassType):
        yield from (field.encode_name for field in one.fields)


def _values(types: Iterable[inspect.Type]) -> Iterator[str]:
    """Yield the words that may stand at a place, and "a number" where one may."""
    for one in types:
        if isinstance(one, inspect.UnionType):
            yield from _values(one.types)
        elif isinstance(one, inspect.LiteralType):
            yield from map(str, one.values)
        elif isinstance(one, inspect.FloatType | inspect.IntType):
            yield "a number"
