"""What becomes of the attributes of one shape: which position fills which column, and which are left.

The spans of one operation carry the same attribute names in the same order, so the conventions are asked once a shape
and not once a span. Values are then picked by position. A value that its column cannot take makes a second plan,
without that position, so that the next candidate gets its turn.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from workbench.loaders.conventions import (
    CANDIDATES,
    CONTENT_COLUMNS,
    ELIDED,
    INDEXED,
    KEPT,
    STATEMENT,
)
from workbench.loaders.otlp.indexed import messages, path_parts
from workbench.loaders.otlp.wire import distinct
from workbench.loaders.users import is_user_id

Keyed = Callable[[str], str]
"""Raw user id to keyed user id."""

NUMBERS = frozenset({"input_tokens", "output_tokens", "cost_usd"})
RESERVED = "otlp"
"""The member of `attributes` that holds what is no attribute of the span itself."""
_MAX_PATH_PARTS = 12
"""Of one leaf of a list: a tool call's argument name has five."""
_INDEX = re.compile(r"(?<=\.)\d+(?=\.|$)")


class Leaf(NamedTuple):
    """One attribute that is a leaf of a list: where its value is, and where in the list it belongs."""

    position: int
    place: int
    path: str


class Statement(NamedTuple):
    """One OpenInference annotation or evaluation: its scope, its kind, and the position of each field."""

    scope: str
    group: str
    fields: Mapping[str, int]


class ShapePlan(NamedTuple):
    """How to read the attributes of one shape; positions count from the span's first attribute."""

    positions: Mapping[str, int]
    """Column to the position that fills it."""
    filled: frozenset[int]
    """Positions whose value must say something: an empty one gives its column to the next candidate."""
    elided: tuple[tuple[int, str], ...]
    """Positions whose value may be a word for content that was left out, and that word: as good as none."""
    numbers: tuple[tuple[int, bool], ...]
    """Positions whose column holds a number, and whether a whole one."""
    texts: Mapping[int, Callable[[Any], str | None]]
    """Positions whose column holds text, and how a value that is none becomes one."""
    rebuilt: Mapping[str, tuple[Leaf, ...]]
    """Column to the leaves of the list that fills it."""
    statements: tuple[Statement, ...]
    left: tuple[int, ...]
    """Positions that fill no column."""
    left_names: tuple[str, ...]
    """Their names, no two the same."""
    personal: tuple[int, ...]
    """Which of them name a person, or often hold fields that do."""
    mapped: tuple[str, ...]
    """`attribute -> column`, for the load report."""
    unmapped: tuple[str, ...]
    """Attributes left over, for the load report."""
    entity: int | None
    """Position of Traceloop's name of a tool or agent."""
    has_repeats: bool
    """True if an attribute comes more than once: the last one counts."""


def plan(keys: tuple[str, ...], without: Collection[int] = ()) -> ShapePlan:
    """Return what becomes of attributes with these names in this order, if some positions may fill no column."""
    position_of = {key: position for position, key in enumerate(keys) if position not in without}
    lists = _lists(position_of)
    present = position_of.keys() | lists.keys()
    columns = {column: _chosen(candidates, present) for column, candidates in CANDIDATES.items()}
    statements = _statements(position_of)
    rebuilt = {
        column: tuple(sorted(lists[name], key=lambda leaf: leaf.place))
        for column, name in columns.items()
        if name in lists
    }
    positions = {column: position_of[name] for column, name in columns.items() if name in position_of}
    filled = frozenset(position for column, position in positions.items() if _must_say(column, present))
    elided = {position for position, key in enumerate(keys) if key in ELIDED}
    used = set(positions.values()) | {leaf.position for leaves in rebuilt.values() for leaf in leaves}
    used |= {position for statement in statements for position in statement.fields.values()}
    left = tuple(position for position, key in enumerate(keys) if position not in used or key in KEPT)
    return ShapePlan(
        positions=positions,
        filled=filled,
        elided=tuple((position, ELIDED[keys[position]]) for position in sorted(used & elided)),
        numbers=tuple((position, column != "cost_usd") for column, position in positions.items() if column in NUMBERS),
        texts={position: _TEXT.get(column, text) for column, position in positions.items() if column not in NUMBERS},
        rebuilt=rebuilt,
        statements=statements,
        left=left,
        left_names=distinct(tuple(keys[position] for position in left), frozenset({RESERVED})),
        personal=tuple(index for index, position in enumerate(left) if _is_personal(keys[position])),
        mapped=tuple(f"{name} -> {column}" for column, name in columns.items() if name)
        + tuple(f"{statement.group}.* -> signal" for statement in statements),
        unmapped=tuple(_INDEX.sub("*", keys[position]) for position in left),
        entity=position_of.get("traceloop.entity.name"),
        has_repeats=len(set(keys)) != len(keys),
    )


def rebuild(leaves: Sequence[Leaf], values: Sequence[Any]) -> str:
    """Return the list that the leaves spell out: one text as it is, anything else as JSON."""
    entries = messages([(leaf.place, leaf.path, values[leaf.position]) for leaf in leaves])
    if len(entries) == 1 and isinstance(entries[0], str):
        return entries[0]
    return orjson.dumps(entries).decode()


def text(value: Any) -> str | None:
    """Return a value as text: JSON of whatever is no text already.

    >>> text(5), text(["a"]), text(None)
    ('5', '["a"]', None)
    """
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def number(value: Any) -> float | None:
    """Return a number, or the number that a text spells; None if it is neither, or not finite.

    >>> number("97"), number(True), number("many")
    (97.0, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or (isinstance(value, str) and "_" in value):
        return None
    try:
        result = float(value)
    except ValueError:
        return None
    return result if abs(result) < float("inf") else None


def _reasons(value: Any) -> str | None:
    """Return finish reasons as one text: usually there is one, of several choices each gives its own."""
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return ",".join(dict.fromkeys(value)) or None
    return text(value)


_TEXT: Mapping[str, Callable[[Any], str | None]] = {"finish_reason": _reasons}
_STRUCTURED = frozenset({"metadata", "user", "enduser", "properties", "invocation_parameters"})
"""Last parts of attribute names whose value is often a structure that names the user."""


def _is_personal(name: str) -> bool:
    return is_user_id(name) or name.rpartition(".")[2] in _STRUCTURED


def _chosen(candidates: Sequence[str], present: Collection[str]) -> str:
    return next((name for name in candidates if name in present), "")


def _must_say(column: str, present: Collection[str]) -> bool:
    """Return whether an empty text in the column is as good as none: always, but for content without an alternative."""
    if column in NUMBERS:
        return False
    return column not in CONTENT_COLUMNS or sum(name in present for name in CANDIDATES[column]) > 1


def _lists(position_of: Mapping[str, int]) -> dict[str, list[Leaf]]:
    lists: dict[str, list[Leaf]] = {}
    for key, position in position_of.items():
        for name, pattern in INDEXED.items():
            if (match := pattern.fullmatch(key)) and len(path_parts(match[2])) <= _MAX_PATH_PARTS:
                lists.setdefault(name, []).append(Leaf(position, int(match[1]), match[2]))
    return lists


def _statements(position_of: Mapping[str, int]) -> tuple[Statement, ...]:
    """Return the statements that have a name; the fields of one without a name are attributes like any other."""
    found: dict[tuple[str, str, int], dict[str, int]] = {}
    for key, position in position_of.items():
        if match := STATEMENT.fullmatch(key):
            found.setdefault((match[1] or "span", match[2], int(match[3])), {})[match[4]] = position
    return tuple(
        Statement(scope, group, fields) for (scope, group, _), fields in sorted(found.items()) if "name" in fields
    )
