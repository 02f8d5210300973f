"""Times as sources write them, read into microseconds since 1970: ISO texts, numbers with a unit, texts of a format.

A record without a time gets no invented one. What had to be assumed (a zone, that a zero is a placeholder) is said.
"""

from datetime import UTC, datetime, tzinfo
from typing import Any, Literal, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.batch import microseconds
from workbench.loaders.reading.strict import is_finite

TimeUnit = Literal["s", "ms", "us", "ns"]
MICROSECONDS_PER: dict[TimeUnit, float] = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
"""Microseconds in one unit."""
LAST = microseconds(datetime(9999, 12, 31, tzinfo=UTC))
"""Times after this cannot be written as a date."""
_FIRST = microseconds(datetime(1, 1, 2, tzinfo=UTC))
"""Nor can those before this, in every zone."""
AS_UTC = "a time without a zone is read as UTC"
AS_PLACEHOLDER = "a time at the year 1 or 1970-01-01 is read as no time"
_DAY = 86_400_000_000
_UNITS: tuple[tuple[float, TimeUnit], ...] = ((1e11, "s"), (1e14, "ms"), (1e17, "us"), (float("inf"), "ns"))
"""Numbers of a time in this century by unit: seconds are below 1e11 until the year 5138, and so on."""


class Moment(NamedTuple):
    """One time, and what was assumed to read it."""

    at: int | None
    """Microseconds since 1970, UTC; None where the source has no time."""
    assumed: str | None = None
    """The assumption in words, for the load report."""


def read_iso(value: Any, *, zone: tzinfo | None = None) -> Moment:
    """Return the moment of an ISO 8601 text; None and an empty text are no time.

    Parameters
    ----------
    value
        The text.
    zone
        The zone of texts that name none; UTC is assumed, and said, where this is None.

    Raises
    ------
    RecordError
        If it is no text, or no ISO time, with the reason bad_time.

    >>> read_iso("1970-01-02T00:00:01Z")
    Moment(at=86401000000, assumed=None)
    """
    if value is None or value == "":
        return Moment(None)
    if not isinstance(value, str):
        raise RecordError("a time is no text", reason="bad_time")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise RecordError("a time is no ISO 8601 text", reason="bad_time") from None
    return _settled(moment, zone)


def read_formatted(value: Any, form: str, *, zone: tzinfo | None = None) -> Moment:
    """Return the moment of a text in a `strptime` format; None and an empty text are no time.

    Raises
    ------
    RecordError
        If the text does not fit the format, with the reason bad_time.
    """
    if value is None or value == "":
        return Moment(None)
    try:
        moment = datetime.strptime(str(value), form)
    except ValueError:
        raise RecordError("a time does not fit the mapping's time format", reason="bad_time") from None
    return _settled(moment, zone)


def read_number(value: Any, unit: TimeUnit) -> Moment:
    """Return the moment of a number of seconds, milli-, micro- or nanoseconds since 1970; None is no time.

    Raises
    ------
    RecordError
        If it is no number, or after the year 9999 (a wrong unit), with the reason bad_time.
    """
    if value is None or value == "":
        return Moment(None)
    number = _number(value)
    exact = number // 1000 if unit == "ns" and isinstance(number, int) else number * MICROSECONDS_PER[unit]
    if not -LAST < exact < LAST:
        raise RecordError(f"a time of {unit} is after the year 9999", reason="bad_time")
    return _unless_placeholder(round(exact))


def read_ms_or_iso(value: Any) -> Moment:
    """Return the moment of a number of milliseconds since 1970, or of an ISO text in UTC: some exporters write either.

    Raises
    ------
    RecordError
        If it is neither, with the reason bad_time.

    >>> read_ms_or_iso(86_401_000) == read_ms_or_iso("1970-01-02T00:00:01Z")
    True
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return read_number(value, "ms") if is_number else read_iso(value)


def moved(at: int, by_ms: float) -> int:
    """Return the time that lies some milliseconds after another, or before it.

    Raises
    ------
    RecordError
        If no date can be written for it, with the reason bad_time.

    >>> moved(86_400_000_000, 0.5)
    86400000500
    """
    exact = at + by_ms * MICROSECONDS_PER["ms"]
    if not _FIRST <= exact < LAST:
        raise RecordError("a duration leads out of the years 1 to 9999", reason="bad_time")
    return at + round(by_ms * MICROSECONDS_PER["ms"])


def unit_of(value: Any) -> TimeUnit | None:
    """Return the unit that a number, or a text of digits, must have to be a time of today; None for anything else.

    >>> unit_of(1767607200), unit_of("1767607200000"), unit_of("2026-01-05")
    ('s', 'ms', None)
    """
    if isinstance(value, bool) or (isinstance(value, str) and not value.replace(".", "", 1).isdecimal()):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return next(unit for bound, unit in _UNITS if abs(number) < bound) if is_finite(number) else None


def _number(value: Any) -> int | float:
    if isinstance(value, str):
        try:
            value = int(value) if value.strip().lstrip("-").isdigit() else float(value)
        except ValueError:
            value = None
    if not is_finite(value):
        raise RecordError("a time is no number", reason="bad_time")
    number: int | float = value
    return number


def _settled(moment: datetime, zone: tzinfo | None) -> Moment:
    is_assumed = moment.tzinfo is None and zone is None
    try:
        at = microseconds(moment.replace(tzinfo=moment.tzinfo or zone or UTC).astimezone(UTC))
    except OverflowError:
        return Moment(None, AS_PLACEHOLDER)
    settled = _unless_placeholder(at)
    return settled if settled.assumed or not is_assumed else Moment(settled.at, AS_UTC)


def _unless_placeholder(at: int) -> Moment:
    """Return no time for what exporters write when they have none: the zero of Unix, or that of Go and .NET."""
    is_placeholder = 0 <= at < _DAY or at <= _FIRST
    return Moment(None, AS_PLACEHOLDER) if is_placeholder else Moment(at)
