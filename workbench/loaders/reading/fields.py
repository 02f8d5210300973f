"""One record on its way to a row: what filled a column, what was assumed, and what is left for the attributes.

Taking a field says which column it fills; what nobody took is left over, so that nothing gets lost by being overlooked.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.reading.moments import Moment
from workbench.loaders.reading.strict import dump, is_finite

_INT64 = 1 << 63


class Fields:
    """The fields of one record, each taken at most once.

    Parameters
    ----------
    record
        The record.
    of
        What the record is, before its fields' names in the load report: `trace.`, `score.`; empty for the main record.
    """

    def __init__(self, record: Mapping[str, Any], *, of: str = "") -> None:
        self.record, self.of = record, of
        self._taken: set[str] = set()
        self._mapped: Counter[str] = Counter()
        self._guessed: Counter[str] = Counter()

    def raw(self, *names: str, column: str) -> Any:
        """Return the first of the fields that has a value, as it is; None if none has. Empty text is a value."""
        found = None
        for name in names:
            if self.record.get(name) is None or found is not None:
                continue
            found = self.record[name]
            self._taken.add(name)
            self._mapped[f"{self.of}{name} -> {column}"] += 1
        return found

    def text(self, *names: str, column: str) -> str | None:
        """Return the first of the fields that has a value, as text; a number is written out.

        Raises
        ------
        RecordError
            If it is neither text nor number, with the reason wrong_type.
        """
        value = self.raw(*names, column=column)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if value is not None and not isinstance(value, str):
            raise RecordError(f"{self.of}{names[0]} is {_kind(value)}, must be text")
        return value or None

    def identity(self, *names: str, column: str) -> str:
        """Return an id that must be there.

        Raises
        ------
        RecordError
            If there is none, with the reason no_id.
        """
        value = self.text(*names, column=column)
        if value is None:
            raise RecordError(f"there is no {self.of}{names[0]}", reason="no_id")
        return value

    def number(self, *names: str, column: str) -> float | None:
        """Return the first of the fields that has a value, as a finite number.

        Raises
        ------
        RecordError
            If it is no number, or not finite, with the reason wrong_type.
        """
        return number(self.raw(*names, column=column), f"{self.of}{names[0]}")

    def content(self, *names: str, column: str) -> str | None:
        """Return text as it is and anything else as JSON text."""
        value = self.raw(*names, column=column)
        return value if value is None or isinstance(value, str) else dump(value)

    def word(self, *names: str, column: str) -> str | None:
        """Return the first of the fields that is a text or a number, as text; what else they hold is left alone."""
        for name in names:
            value = self.record.get(name)
            if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
                return str(self.raw(name, column=column))
        return None

    def pass_over(self, *names: str) -> None:
        """Say that these fields have been dealt with."""
        self._taken.update(names)

    def assume(self, assumption: str | None) -> None:
        """Count an assumption, if there is one."""
        if assumption:
            self._guessed[assumption] += 1

    def moment(self, moment: Moment) -> int | None:
        """Return the time of a moment, and count what was assumed to read it."""
        self.assume(moment.assumed)
        return moment.at

    def include(self, inner: "Fields") -> None:
        """Count what was taken from an object inside of this record with what was taken from the record."""
        self._mapped.update(inner._mapped)
        self._guessed.update(inner._guessed)

    def rest(self) -> dict[str, Any]:
        """Return the fields that nobody took and that are not empty."""
        return {name: value for name, value in self.record.items() if name not in self._taken and not is_empty(value)}

    def report(self, rows: Rows) -> None:
        """Add what was mapped, assumed and left to the counts: once the record is stored, not before."""
        rows.mapped.update(self._mapped)
        rows.guessed.update(self._guessed)
        rows.left.update(f"{self.of}{name}" for name in self.rest())


def number(value: Any, name: str) -> float | None:
    """Return a finite number or None.

    Raises
    ------
    RecordError
        If it is something else, with the reason wrong_type.
    """
    if value is None:
        return None
    if not is_finite(value):
        raise RecordError(f"{name} is {_kind(value)}, must be a finite number")
    return float(value)


def count(value: Any, name: str) -> int | None:
    """Return a count, such as tokens, or None; a whole float is a count.

    Raises
    ------
    RecordError
        If it is no whole number from 0 to 2^63, with the reason wrong_type.
    """
    if value is None:
        return None
    if not is_finite(value) or value != int(value) or not 0 <= value < _INT64:
        raise RecordError(f"{name} is no count from 0 to 2^63")
    return int(value)


def is_empty(value: Any) -> bool:
    """Return whether a value says nothing: null, empty text, list or object."""
    return value is None or value == "" or value == [] or value == {}


def duration_ms(started_at: int | None, ended_at: int | None) -> float | None:
    """Return the time between two moments in ms; None if one is missing or they are the wrong way round."""
    if started_at is None or ended_at is None or ended_at < started_at:
        return None
    return (ended_at - started_at) / 1000


def _kind(value: Any) -> str:
    if isinstance(value, float):
        return "a number that is not finite" if not is_finite(value) else "a number"
    names = {bool: "true or false", int: "a number", str: "text", list: "a list"}
    return names.get(type(value), "an object")
