"""When two result sets were recorded, and whether their times are times at all.

A stored baseline is no baseline: what it ran on has changed since. And a time that stands in every row, or in 1970, was
never looked at on a clock.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from workbench.counted import counted
from workbench.experiments.pairs import ARMS

FIRST_YEAR = 2000
"""Nothing that is compared here ran before; earlier times are what a program writes that knows none."""
_MILLISECONDS = 1e11
"""Numbers from here on are milliseconds since 1970: as seconds they would lie in the year 5138."""


def clocks(baseline: Sequence[str | None], candidate: Sequence[str | None]) -> list[str]:
    """Return what is odd about the times of two result sets, a sentence each; empty where they say nothing else.

    Parameters
    ----------
    baseline, candidate
        The times as they are written, one a row: ISO 8601, or seconds or milliseconds since 1970; None for none.
    """
    notes: list[str] = []
    known: list[list[datetime]] = []
    for arm, written in zip(ARMS, (baseline, candidate), strict=True):
        given = [time for time in written if time is not None]
        times = [time for time in map(_read, given) if time is not None]
        notes += _odd(arm, given, times)
        known.append([time for time in times if time.year >= FIRST_YEAR])
    if not all(known):
        return [*notes, "when they ran is not known of both: whether at the same time cannot be told"]
    (first, last), (other_first, other_last) = ((min(times), max(times)) for times in known)
    if last < other_first or other_last < first:
        said = f"{_said(first)} to {_said(last)}, and {_said(other_first)} to {_said(other_last)}"
        notes.append(f"they did not run at the same time ({said}): what changed in between counts for the candidate")
    return notes


def _odd(arm: str, given: Sequence[str], times: Sequence[datetime]) -> Iterator[str]:
    early = [time for time in times if time.year < FIRST_YEAR]
    if len(times) < len(given):
        yield f"{arm}: {counted(len(given) - len(times), 'time')} cannot be read"
    if early:
        yield f"{arm}: {counted(len(early), 'time is a placeholder', 'times are placeholders')}, before {FIRST_YEAR}"
    if len(times) > 1 and len(set(times)) == 1 and not early:
        yield f"{arm}: all {counted(len(times), 'row')} have the same time, a placeholder"


def _read(written: str) -> datetime | None:
    try:
        return _of_number(float(written))
    except (ValueError, OverflowError, OSError):
        pass
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _said(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M}"


def _of_number(number: float) -> datetime:
    seconds = number / 1000 if abs(number) >= _MILLISECONDS else number
    return datetime.fromtimestamp(seconds, UTC)
