"""What a mapping finds in one record, and how its words, numbers and times are to be read.

Logs write times and numbers as they like; what had to be assumed about them is counted here, once for each record.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.mapped.mapping import LogMapping
from workbench.loaders.mapped.places import find
from workbench.loaders.reading.fields import is_empty
from workbench.loaders.reading.moments import Moment, read_formatted, read_iso, read_number, unit_of


class Readings:
    """The fields of one record that a mapping names.

    Parameters
    ----------
    mapping
        What fills which column.
    record
        The record.
    """

    def __init__(self, mapping: LogMapping, record: Mapping[str, Any]) -> None:
        self.mapping, self.record = mapping, record
        self.found: dict[str, Any] = {}
        """Value by column, for the columns that have one."""
        self._mapped: Counter[str] = Counter()
        self._guessed: Counter[str] = Counter()
        for column, path in mapping.columns.items():
            value = self.take(path, column)
            if not is_empty(value) or (value == "" and column == "output"):
                self.found[column] = value

    def take(self, path: str, column: str) -> Any:
        """Return what is at a path, and count it."""
        value = find(self.record, path)
        if value is not None:
            self._mapped[f"{path} -> {column}"] += 1
            self.assume(f"without a mapping, {path} is read as {column}" if self.mapping.is_guessed else None)
        return value

    def assume(self, assumption: str | None) -> None:
        """Count an assumption, if there is one."""
        if assumption:
            self._guessed[assumption] += 1

    def moment(self, column: str, value: Any) -> int | None:
        """Return a time in microseconds since 1970, UTC.

        Raises
        ------
        RecordError
            If it is not as the mapping says, with the reason bad_time and the key to look at.
        """
        try:
            moment = self._moment(value)
        except RecordError as error:
            raise RecordError(f"columns.{column}: {error.what}; see [time]", reason=error.reason) from None
        self.assume(moment.assumed)
        return moment.at

    def figure(self, column: str, value: Any) -> Any:
        """Return a number, also where it is written as text, as in CSV.

        Raises
        ------
        RecordError
            If it is none.
        """
        if not isinstance(value, str):
            return value
        try:
            return float(value)
        except ValueError:
            raise RecordError(f"columns.{column} finds no number") from None

    def report(self, rows: Rows) -> None:
        """Add what was mapped and assumed to the counts."""
        rows.mapped.update(self._mapped)
        rows.guessed.update(self._guessed)

    def _moment(self, value: Any) -> Moment:
        form = self.mapping.time
        if form.format is not None:
            return read_formatted(value, form.format, zone=form.zone)
        if form.unit is not None:
            return read_number(value, form.unit)
        unit = unit_of(value)
        if unit is None:
            return read_iso(value, zone=form.zone)
        self.assume(f"a time without a unit in the mapping is read as {unit}")
        return read_number(value, unit)
