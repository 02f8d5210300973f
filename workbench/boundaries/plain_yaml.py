"""The door for YAML: a document as plain values, at a bounded cost, or the reason why not.

Files of an app are edited by many hands and drafted by models. YAML can build objects, refer to itself until memory is
full, and give a key twice; here it is read event by event, and none of that is in the language any more.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from workbench.errors import RecordError

MAX_CHARACTERS = 262_144
"""Of a document: settings and front matter take a few thousand; this many took 0.5 to 1.5 s of a processor."""
MAX_DEPTH = 30
"""Levels: settings of real apps have under ten."""

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, Any] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS |= dict.fromkeys((spelt for word in ("true", "yes", "on") for spelt in (word, word.title(), word.upper())), True)
_WORDS |= dict.fromkeys(
    (spelt for word in ("false", "no", "off") for spelt in (word, word.title(), word.upper())), False
)


def read_yaml(text: str) -> Any:
    r"""Return what one document says, as dicts with text keys, lists, texts, numbers, bools and None.

    An empty one is None. Plain words mean what PyYAML takes them for, so `on` is true; dates stay texts. Deterministic.

    Raises
    ------
    RecordError
        With the reason too_large, too_deep, not_yaml, alias, tag, duplicate_key or bad_number.

    >>> read_yaml("tone: neutral\nretries: 2\n")
    {'tone': 'neutral', 'retries': 2}
    """
    if len(text) > MAX_CHARACTERS:
        raise RecordError(f"{len(text)} characters of YAML, must be at most {MAX_CHARACTERS}", reason="too_large")
    try:
        events = yaml.parse(text, Loader=yaml.SafeLoader)
        return _document(events)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or "a character that may not stand in it"
        raise RecordError(f"is no YAML: {what}", reason="not_yaml", where=where) from error


def _document(events: Iterator[Any]) -> Any:
    value: Any = None
    n_documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            n_documents += 1
            if n_documents > 1:
                raise _refused(event, "holds a second document", reason="not_yaml")
            value = _value(next(events), events, depth=0)
    return value


def _value(event: Any, events: Iterator[Any], *, depth: int) -> Any:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise _refused(event, "anchors and aliases are not taken", reason="alias")
    if event.tag is not None and event.tag != "!":
        raise _refused(event, "tags are not taken", reason="tag")
    if depth > MAX_DEPTH:
        raise _refused(event, f"is nested deeper than {MAX_DEPTH}", reason="too_deep")
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event)
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(item := next(events), yaml.SequenceEndEvent):
            items.append(_value(item, events, depth=depth + 1))
        return items
    return _mapping(events, depth=depth)


def _mapping(events: Iterator[Any], *, depth: int) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        if not isinstance(key, yaml.ScalarEvent) or key.tag is not None or key.anchor is not None:
            raise _refused(key, "a key must be a plain word", reason="not_yaml")
        if key.value in entries:
            raise _refused(key, "a key is given twice", reason="duplicate_key")
        entries[key.value] = _value(next(events), events, depth=depth + 1)
    return entries


def _scalar(event: Any) -> Any:
    text = event.value
    if not event.implicit[0]:  # it is quoted, or a block of text
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise _refused(event, "a number is too large", reason="bad_number")
        return number
    return text


def _refused(event: Any, what: str, *, reason: str) -> RecordError:
    return RecordError(what, reason=reason, where=f"line {event.start_mark.line + 1}")
