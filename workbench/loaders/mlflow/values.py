"""Values as MLflow writes them: attributes as JSON in texts or in OTLP's wrapping, ids in base64, hex or with a prefix.

Its client exports an attribute as the JSON text of its value, its server as an object that names the type; schema 2
has ids in hex with `0x`, schema 3 in base64, and a trace has the prefix `tr-` or stands behind its location.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.reading.strict import read
from workbench.loaders.source import MAX_LINE_BYTES

TRACE_BYTES, SPAN_BYTES = 16, 8
"""Bytes of OpenTelemetry's ids."""
_HEX = re.compile(r"[0-9a-fA-F]*")
_PREFIXES = ("tr-", "0x")
_LISTS = ("array_value", "arrayValue")
_OBJECTS = ("kvlist_value", "kvlistValue")
_PAIR = frozenset({"key", "value"})
_INTEGERS = ("int_value", "intValue")


def id_of(text: str, *, n_bytes: int) -> str:
    """Return an id as OpenTelemetry's lower-case hex; one that is none of these stays as it is.

    >>> id_of("MDOhOdMPluE=", n_bytes=8), id_of("0xAD460006665811EC", n_bytes=8)
    ('3033a139d30f96e1', 'ad460006665811ec')
    >>> id_of("trace:/catalog.schema/tr-42b76d5f85013ba730cad38afe4ccde0", n_bytes=16), id_of("request-7", n_bytes=16)
    ('42b76d5f85013ba730cad38afe4ccde0', 'request-7')
    """
    bare = text.rpartition("/")[2] if text.startswith("trace:/") else text
    for prefix in _PREFIXES:
        bare = bare.removeprefix(prefix)
    if len(bare) == 2 * n_bytes and _HEX.fullmatch(bare):
        return bare.lower()
    try:
        raw = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return text
    return raw.hex() if len(raw) == n_bytes else text


def attributes_of(attributes: Any) -> dict[str, Any]:
    """Return attributes as `name: value`, each unwrapped.

    Raises
    ------
    RecordError
        If they are neither an object nor a list of keys and values.
    """
    if isinstance(attributes, dict):
        return {name: said_in(value) for name, value in attributes.items()}
    if attributes is None:
        return {}
    if not isinstance(attributes, list):
        raise RecordError("attributes are neither an object nor a list")
    return dict(_unwrapped(attributes))


def pairs_of(pairs: Any) -> dict[str, Any] | None:
    """Return tags or metadata as `name: value`, which schema 2 may write as a list of keys and values; None if neither.

    >>> pairs_of([{"key": "env", "value": "prod"}]), pairs_of([7])
    ({'env': 'prod'}, None)
    """
    if isinstance(pairs, list) and all(isinstance(pair, dict) and pair.keys() == _PAIR for pair in pairs):
        return {str(pair["key"]): pair["value"] for pair in pairs}
    return pairs if isinstance(pairs, dict) else None


def said_in(value: Any) -> Any:
    """Return what a JSON text says; a text that is none, or that would lose by being read, as it is.

    >>> said_in('"words"'), said_in('{"a": 1}'), said_in("words"), said_in("NaN"), said_in('{"a": 1, "a": 2}')
    ('words', {'a': 1}, 'words', 'NaN', '{"a": 1, "a": 2}')
    """
    if not isinstance(value, str):
        return value
    try:
        parsed = read(value.encode(), max_bytes=MAX_LINE_BYTES)
    except RecordError:
        return value
    return value if parsed.repairs or parsed.has_repeated_keys else parsed.value


def _unwrapped(attributes: list[Any]) -> Iterator[tuple[str, Any]]:
    for attribute in attributes:
        if not isinstance(attribute, dict) or not isinstance(attribute.get("key"), str):
            raise RecordError("an attribute has no key")
        yield attribute["key"], _any_value(attribute.get("value")) if attribute.keys() <= _PAIR else attribute


def _any_value(wrapped: Any) -> Any:
    """Return the value in OTLP's wrapping, which names its type."""
    if not isinstance(wrapped, dict) or len(wrapped) != 1:
        return wrapped or None
    (name, value), *_ = wrapped.items()
    is_list = isinstance(value, dict) and value.keys() <= {"values"} and isinstance(value.get("values", []), list)
    if name in _LISTS + _OBJECTS and not is_list:
        return wrapped
    inside = value.get("values", []) if isinstance(value, dict) else []
    if name in _LISTS:
        return [_any_value(entry) for entry in inside]
    if name in _OBJECTS:
        return dict(_unwrapped(inside))
    if name in _INTEGERS and isinstance(value, str) and value.removeprefix("-").isdecimal() and len(value) <= 20:
        return int(value)
    return value
