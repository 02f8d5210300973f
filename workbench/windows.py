"""A span of time in UTC, closed at its start and open at its end: what a run looks at.

Every stage takes a window instead of reading the clock, so that a run can be repeated.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_LAST_DAYS = re.compile(r"([1-9][0-9]{0,4})d")


@dataclass(frozen=True, slots=True)
class Window:
    """The moments from `start` up to but not including `end`; None leaves that side open."""

    start: datetime | None = None
    """First moment inside, UTC."""
    end: datetime | None = None
    """First moment after it, UTC."""

    def __post_init__(self) -> None:
        for moment in (self.start, self.end):
            if moment is not None and moment.tzinfo is None:
                raise ValueError(f"window moment {moment.isoformat()} has no time zone, give UTC")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError(
                f"window starts at {self.start.isoformat()}, must be before its end {self.end.isoformat()}"
            )

    @classmethod
    def parse(cls, text: str, *, now: datetime) -> "Window":
        """Return the window that a person wrote: `all`, `7d` (the last seven days), or `2026-01-05..2026-01-12`.

        Dates are days in UTC, the last one not included; either side of `..` may be empty.

        >>> str(Window.parse("2026-01-05..", now=datetime(2026, 2, 1, tzinfo=UTC)))
        '2026-01-05T00:00:00+00:00..'
        """
        if text == "all":
            return cls()
        if last := _LAST_DAYS.fullmatch(text):
            return cls(start=now - timedelta(days=int(last[1])), end=now)
        start, separator, end = text.partition("..")
        if not separator:
            raise ValueError(f"window == {text!r}, must be 'all', '7d' or '2026-01-05..2026-01-12'")
        return cls(start=_moment(start), end=_moment(end))

    def widened(self, margin: timedelta) -> "Window":
        """Return the window with a margin on both sides; an open side stays open."""
        return Window(self.start and self.start - margin, self.end and self.end + margin)

    def __str__(self) -> str:
        if self.start is None and self.end is None:
            return "all"
        return "..".join(
            "" if moment is None else moment.astimezone(UTC).isoformat() for moment in (self.start, self.end)
        )

    @property
    def first_day(self) -> date | None:
        """The first day that the window touches, UTC."""
        return None if self.start is None else self.start.astimezone(UTC).date()

    @property
    def last_day(self) -> date | None:
        """The last day that the window touches, UTC."""
        return None if self.end is None else (self.end - timedelta(microseconds=1)).astimezone(UTC).date()


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"window moment {text!r} is no ISO date or time") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
