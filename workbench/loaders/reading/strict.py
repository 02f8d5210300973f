"""The one place that decides what a piece of JSON says: parsers disagree, and trace text is written by strangers.

Repeated keys, NaN, lone surrogates, huge numbers and deep nesting are each settled here by one rule, so that the same
bytes mean the same record in every loader.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any, NamedTuple

import orjson

from workbench.errors import RecordError
from workbench.loaders.source import MAX_LINE_BYTES

MAX_DEPTH = 200
"""Nesting beyond this is refused: real spans stay below 30, and Python's own readers give up near 1,000."""
_SAMPLE_LINES = 5
"""Lines at the head of a log that are looked at: enough to pass over a few bad ones."""

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],"]', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
BOM = b"\xef\xbb\xbf"
_CLOSER = {"{": "}", "[": "]"}
_INT64 = 1 << 63


class Parsed(NamedTuple):
    """What a document says, and what had to be settled to read it."""

    value: Any
    """Dicts, lists, texts, numbers, bools and None; an object with a key twice is a `Repeated`."""
    repairs: Counter[str]
    """What was repaired, in words, and how often."""
    has_repeated_keys: bool
    """True if there is a `Repeated` inside: look with `require_single_keys` before a record is used."""


class Repeated(dict[str, Any]):
    """An object that gives one key twice: which value is meant cannot be told."""


def parse(raw: bytes, *, max_bytes: int = MAX_LINE_BYTES) -> Any:
    """Return what one record says, as plain dicts, lists, texts, numbers, bools and None.

    NaN and Infinity become floats that are not finite, which no numeric column accepts; lone surrogates become U+FFFD.

    Raises
    ------
    RecordError
        With the reason too_large, not_utf8, too_deep, not_json, bad_number or duplicate_key.

    >>> parse(b'{"a": [1, null]}')
    {'a': [1, None]}
    """
    parsed = read(raw, max_bytes=max_bytes)
    if parsed.has_repeated_keys:
        require_single_keys(parsed.value)
    return parsed.value


def read(raw: bytes, *, max_bytes: int) -> Parsed:
    """Return what a document of many records says; a repeated key inside is marked, so that it costs one record only.

    Raises
    ------
    RecordError
        As `parse`, but for duplicate_key.
    """
    if len(raw) > max_bytes:
        raise RecordError(f"{len(raw)} bytes, must be at most {max_bytes}", reason="too_large")
    try:
        text = raw.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        raise RecordError(f"byte {error.start} is not UTF-8", reason="not_utf8") from None
    if depth(raw) > MAX_DEPTH:
        raise RecordError(f"nested deeper than {MAX_DEPTH}", reason="too_deep")
    return _settled(text)


def depth(raw: bytes) -> int:
    """Return how deeply the brackets outside of texts are nested; linear time, without parsing."""
    brackets = _STRING.sub(b"", raw).translate(None, _NO_BRACKETS)
    return max(accumulate(1 if bracket in b"[{" else -1 for bracket in brackets), default=0)


def require_single_keys(value: Any, *, besides: frozenset[str] = frozenset()) -> None:
    """Check that no object inside gives a key twice.

    Parameters
    ----------
    value
        A record, or a part of one.
    besides
        Fields of the record that are checked elsewhere, as records of their own.

    Raises
    ------
    RecordError
        With the reason duplicate_key.
    """
    if isinstance(value, Repeated):
        raise RecordError("an object gives one key twice", reason="duplicate_key")
    entries: Iterable[Any] = ()
    if isinstance(value, dict):
        entries = (entry for name, entry in value.items() if name not in besides)
    elif isinstance(value, list):
        entries = value
    for entry in entries:
        require_single_keys(entry)


def dump(value: Any) -> str:
    """Return compact JSON text, keys in their order; NaN and Infinity become null, integers beyond 64 bits texts."""
    return _dumped(value, 0)


def dump_sorted(value: Any) -> str:
    """Return compact JSON text with sorted keys: equal objects have equal texts."""
    return _dumped(value, orjson.OPT_SORT_KEYS)


def samples(head: bytes) -> list[Mapping[str, Any]]:
    """Return the objects that the head of a file shows: its document, the elements of its array, or its first lines.

    The head may end anywhere: what is open there is closed, so that the keys seen so far can be told.
    """
    text = head.removeprefix(BOM).decode("utf-8", "ignore")
    candidates = [_completed(text), *(_completed(line) for line in text.splitlines()[1:_SAMPLE_LINES])]
    seen: list[Mapping[str, Any]] = []
    for candidate in candidates:
        elements = candidate[:_SAMPLE_LINES] if isinstance(candidate, list) else [candidate]
        seen.extend(element for element in elements if isinstance(element, dict))
    return seen


def _settled(text: str) -> Parsed:
    has_repeated_keys = False
    repairs: Counter[str] = Counter()

    def settle(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal has_repeated_keys
        settled = dict(pairs)
        if len(settled) == len(pairs):
            return settled
        has_repeated_keys = True
        return Repeated(settled)

    def settle_constant(name: str) -> float:
        repairs["NaN or Infinity in JSON is read as no number"] += 1
        return float(name)

    try:
        value = json.loads(text, object_pairs_hook=settle, parse_constant=settle_constant)
    except json.JSONDecodeError as error:
        raise RecordError(f"no JSON at character {error.pos}", reason="not_json") from None
    except RecursionError:
        raise RecordError(f"nested deeper than {MAX_DEPTH}", reason="too_deep") from None
    except ValueError:
        raise RecordError("an integer has thousands of digits", reason="bad_number") from None
    if _SURROGATE.search(text):
        value = _without_lone_surrogates(value, repairs)
    return Parsed(value, repairs, has_repeated_keys)


def _without_lone_surrogates(value: Any, repairs: Counter[str]) -> Any:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            repairs["a lone surrogate in text is read as U+FFFD"] += 1
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return value
    if isinstance(value, list):
        return [_without_lone_surrogates(entry, repairs) for entry in value]
    if isinstance(value, dict):
        return type(value)(
            (_without_lone_surrogates(key, repairs), _without_lone_surrogates(entry, repairs))
            for key, entry in value.items()
        )
    return value


def _dumped(value: Any, option: int) -> str:
    try:
        return orjson.dumps(value, option=option).decode()
    except TypeError:
        return orjson.dumps(_storable(value), option=option).decode()


def _storable(value: Any) -> Any:
    """Return the value with integers that no 64-bit reader can hold as texts."""
    if isinstance(value, dict):
        return {str(key): _storable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(entry) for entry in value]
    if isinstance(value, int) and not -_INT64 <= value < 2 * _INT64:
        return str(value)
    return value


def is_finite(value: Any) -> bool:
    """Return whether this is a number that a column can hold: no bool, not NaN, not infinite."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _completed(text: str) -> Any:
    """Return the first JSON value of the text, closed where the text breaks off; None if there is none."""
    cut, closers = 0, ""
    stack: list[str] = []
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in "{[":
            if len(stack) == MAX_DEPTH:
                return None
            stack.append(_CLOSER[mark])
        elif mark in "}]":
            if not stack or stack.pop() != mark:
                return None
        elif mark == '"':
            break
        elif mark != ",":
            continue
        if not stack and mark == ",":
            return None
        cut, closers = token.start() if mark == "," else token.end(), "".join(reversed(stack))
        if not stack:
            break
    try:
        return json.loads(text[:cut] + closers) if cut else None
    except (ValueError, RecursionError):
        return None
