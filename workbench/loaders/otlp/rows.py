"""The attributes of spans of one shape to the columns of the spans table, by the shape's plan.

The conventions are settled in the plan; here values are only moved, and what has no column becomes the `attributes`
text.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from workbench.loaders.conventions import CONTENT_COLUMNS, KINDS, OPERATIONS, RESOURCE_COLUMNS
from workbench.loaders.otlp.block import Block, Column, Extra
from workbench.loaders.otlp.events import content_of
from workbench.loaders.otlp.plan import Keyed, ShapePlan, number, rebuild
from workbench.loaders.otlp.scope import Scope
from workbench.loaders.otlp.texts import object_texts
from workbench.loaders.otlp.wire import KeyValue, other_value
from workbench.loaders.users import keyed_under

MAX_WHOLE = 1 << 63
"""Whole numbers from here on do not fit their column."""
_SHORT_DIGITS = 19
"""Digits of an integer that is within 64 bits whatever they are, plus one."""
_SAID_COLUMNS = ("input", "output", "error_type", "error_message")
"""What events of a span may say."""
_GUESS_BY_OPERATION = "kind from the operation"
_GUESS_BY_ATTRIBUTES = "kind from a tool's name, or from a model with its tokens"
_GUESS_LAST = "an attribute comes more than once: the last one counts"


@dataclass(slots=True)
class Values:
    """The attributes of spans of one shape: a column an attribute."""

    places: list[int]
    """The spans' places in their block."""
    columns: list[Column]
    others: set[int]
    """Positions of columns that hold anything but text."""
    blank: set[int]
    """Positions of columns that hold an empty text, or anything but text."""

    def subset(self, rows: Sequence[int]) -> "Values":
        """Return the values of some of the spans, given by their row here."""
        columns = [[column[row] for row in rows] for column in self.columns]
        return Values([self.places[row] for row in rows], list(columns), self.others, self.blank)


class Fitting(NamedTuple):
    """Which values fit their columns."""

    columns: list[Column]
    """The values as their columns take them."""
    unfit: dict[int, frozenset[int]]
    """By row: positions whose value their column cannot take."""


def read_values(block: Block, places: list[int]) -> tuple[Values, list[int]]:
    """Return the attribute values of spans with the same attribute names, and the JSON members of each span's.

    Raises
    ------
    RecordError
        If a value is not of the type that it says.
    """
    attributes: list[Sequence[KeyValue[str]]] = [block.attributes[place] or () for place in places]
    columns: list[Column] = list(zip(*[[entry.value.string_value for entry in own] for own in attributes], strict=True))
    n_members = [3 * len(columns)] * len(places)
    blank = {position for position, column in enumerate(columns) if not all(column)}
    others = {position for position in blank if None in columns[position]}
    for position in others:
        columns[position] = _filled(columns[position], position, attributes, n_members)
    return Values(places, columns, others, blank), n_members


def fit(plan: ShapePlan, values: Values) -> Fitting:
    """Return the values as their columns take them; those that their column cannot take are noted by row."""
    columns = list(values.columns)
    unfit: dict[int, set[int]] = {}
    for position in values.others & plan.texts.keys():
        columns[position] = _converted(columns[position], plan.texts[position])
    for position, is_whole in plan.numbers:
        if not is_whole or set(map(type, columns[position])) != {int} or max(columns[position]) >= MAX_WHOLE:
            columns[position] = [_number(value, is_whole) for value in columns[position]]
            _note_missing(unfit, position, [value is not None for value in columns[position]])
    for position, word in plan.elided:
        _note_missing(unfit, position, [value != word for value in columns[position]])
    for position in values.blank & plan.filled:
        if not all(columns[position]):
            _note_missing(unfit, position, columns[position])
    return Fitting(columns, {row: frozenset(positions) for row, positions in unfit.items()})


class Columns(NamedTuple):
    """Spans of one shape as columns of the spans table."""

    by_name: dict[str, Column]
    """The names are batch.SPAN_FIELDS; columns that are not there are null."""
    guessed: dict[str, int]
    """What was assumed, and for how many spans."""


def columns_of(block: Block, plan: ShapePlan, values: Values, fitted: Sequence[Column], key_user: Keyed) -> Columns:
    """Return the columns of spans of one shape; `fitted` is their values as the columns take them.

    Raises
    ------
    RecordError
        If a span kind is none.
    """
    n = len(values.places)
    columns: dict[str, Column] = {name: fitted[position] for name, position in plan.positions.items()}
    for name, leaves in plan.rebuilt.items():
        columns[name] = [rebuild(leaves, own) for own in zip(*values.columns, strict=True)]
    extras = [(row, block.extras[place]) for row, place in enumerate(values.places) if place in block.extras]
    own = {name: _at(values.places, column) for name, column in block.columns.items()}
    messages, columns["error_message"] = columns.get("error_message"), own.pop("error_message")
    of_span = _add_said(columns, extras, n)
    if messages is not None:
        columns["error_message"] = [
            first or second for first, second in zip(columns["error_message"], messages, strict=True)
        ]
    columns |= own
    guessed = _add_kinds(columns, n)
    if plan.entity is not None:
        _add_entities(columns, values.columns[plan.entity], n)
    if "finish_reason" not in columns and "output" in columns:
        columns["finish_reason"] = list(map(_finish_reason, columns["output"]))
    _add_from_scope(columns, block.scope, key_user, n)
    columns["attributes"] = _attribute_texts(block, plan, values, of_span, key_user)
    if plan.has_repeats:
        guessed[_GUESS_LAST] = n
    return Columns(columns, guessed)


def _filled(
    column: Column, position: int, attributes: Sequence[Sequence[KeyValue[str]]], n_members: list[int]
) -> list[Any]:
    """Return the column with the values that are no text, and add their JSON members beyond one each."""
    wrapped = [own[position].value for own in attributes]
    if (numbers := _numbers([value.int_value for value in wrapped])) is not None:
        return numbers
    fractions = [value.double_value for value in wrapped]
    if None not in fractions:
        return fractions
    filled = list(column)
    for row, known in enumerate(column):
        if known is None:
            filled[row], n = other_value(wrapped[row])
            n_members[row] += n - 1
    return filled


def _converted(column: Column, convert: Callable[[Any], Any]) -> list[Any]:
    """Return every value converted, the same object once: equal lists in one column are mostly one object."""
    converted = {id(value): value for value in column}
    converted = {identity: convert(value) for identity, value in converted.items()}
    return [converted[id(value)] for value in column]


def _numbers(digits: Sequence[Any]) -> list[int] | None:
    """Return whole numbers that are all written as digits, without a sign, and fit 64 bits; None if any is not."""
    try:
        joined = "".join(digits)
    except TypeError:
        return None
    if not (
        joined.isdecimal() and joined.isascii() and min(map(len, digits)) > 0 and max(map(len, digits)) < _SHORT_DIGITS
    ):
        return None
    return list(map(int, digits))


def _number(value: Any, is_whole: bool) -> int | float | None:
    fitting = number(value)
    if fitting is None or not is_whole:
        return fitting
    return int(fitting) if fitting.is_integer() and abs(fitting) < MAX_WHOLE else None


def _note_missing(unfit: dict[int, set[int]], position: int, column: Column) -> None:
    for row, value in enumerate(column):
        if not value:
            unfit.setdefault(row, set()).add(position)


def _at(places: Sequence[int], column: Column) -> Column:
    """Return the values at the places, which ascend."""
    if len(places) == len(column):
        return column
    return itemgetter(*places)(column) if len(places) > 1 else (column[places[0]],)


def _add_said(columns: dict[str, Column], extras: Sequence[tuple[int, Extra]], n: int) -> dict[int, dict[str, Any]]:
    """Fill in what events say where the span does not; return by row what only that span has, its events among it."""
    own: dict[int, dict[str, Any]] = {}
    if not extras:
        return own
    filled = {name: list(columns.get(name, (None,) * n)) for name in _SAID_COLUMNS}
    for row, extra in extras:
        entries = extra.said.entries
        for name in _SAID_COLUMNS:
            if filled[name][row] is None and name in CONTENT_COLUMNS:
                filled[name][row], entries = content_of(entries, name)
            elif filled[name][row] is None:
                filled[name][row] = extra.said.error_type if name == "error_type" else extra.said.error_message
        events = {"events": [entry.plain() for entry in entries]} if entries else {}
        own[row] = {**extra.members, **events}
    columns |= {name: column for name, column in filled.items() if name in columns or any(column)}
    return own


def _add_kinds(columns: dict[str, Column], n: int) -> dict[str, int]:
    """Put operations and kinds into the tables' words, and imply kinds that are not said; return what was assumed."""
    operations = columns.get("operation", (None,) * n)
    known = {operation: OPERATIONS.get(operation) for operation in set(operations)}
    names = {operation: operation if found is None else found.name for operation, found in known.items()}
    columns["operation"] = [names[operation] for operation in operations]
    if "kind" in columns:
        kinds = {kind: KINDS.get(kind) or kind.upper() for kind in set(columns["kind"])}
        columns["kind"] = [kinds[kind] for kind in columns["kind"]]
        return {}
    otherwise = _kind_by_attributes(columns)
    implied = {operation: otherwise if found is None else found.kind for operation, found in known.items()}
    columns["kind"] = [implied[operation] for operation in operations]
    n_by_operation = n - sum(operations.count(operation) for operation, found in known.items() if found is None)
    n_by_attributes = 0 if otherwise == "UNKNOWN" else n - n_by_operation
    guessed = {_GUESS_BY_OPERATION: n_by_operation, _GUESS_BY_ATTRIBUTES: n_by_attributes}
    return {guess: n_spans for guess, n_spans in guessed.items() if n_spans}


def _kind_by_attributes(columns: Mapping[str, Column]) -> str:
    if "tool_name" in columns:
        return "TOOL"
    return "LLM" if "model" in columns and "input_tokens" in columns else "UNKNOWN"


def _add_entities(columns: dict[str, Column], entities: Column, n: int) -> None:
    """Fill in the names of tools and agents where only Traceloop's name of the entity says them."""
    for name, kind in (("tool_name", "TOOL"), ("agent", "AGENT")):
        if name not in columns:
            columns[name] = [
                entity if said == kind and isinstance(entity, str) and entity else None
                for said, entity in zip(columns["kind"], entities, strict=True)
            ]


def _finish_reason(output: str | None) -> str | None:
    """Return the finish reason that the last message of an output states."""
    if not output or '"finish_reason"' not in output:
        return None
    try:
        said = orjson.loads(output)
    except ValueError:
        return None
    last = said[-1] if isinstance(said, list) and said else said
    reason = last.get("finish_reason") if isinstance(last, dict) else None
    return reason if isinstance(reason, str) and reason else None


def _add_from_scope(columns: dict[str, Column], scope: Scope, key_user: Keyed, n: int) -> None:
    if "user_key" in columns:
        columns["user_key"] = list(map(key_user, columns["user_key"]))
    for name in RESOURCE_COLUMNS:
        if name not in columns and (shared := scope.columns[name]) is not None:
            columns[name] = (shared,) * n


def _attribute_texts(
    block: Block, plan: ShapePlan, values: Values, of_span: Mapping[int, Mapping[str, Any]], key_user: Keyed
) -> list[str]:
    """Return the `attributes` of each span: what is left of its own, and the reserved member."""
    columns = [values.columns[position] for position in plan.left]
    for index in plan.personal:
        name = plan.left_names[index]
        columns[index] = [keyed_under(name, value, key_user) for value in columns[index]]
    kinds, flags = _at(values.places, block.kinds), _at(values.places, block.flags)
    pairs = list(zip(kinds, flags, strict=True))
    known = {pair: block.scope.end(*pair) for pair in set(pairs)}
    ends = [known[pair] for pair in pairs]
    for row, own in of_span.items():
        ends[row] = block.scope.end_with(kinds[row], flags[row], own)
    return object_texts(plan.left_names, columns, ends)
