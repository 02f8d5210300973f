"""When an operation began, when it ended, and how long it took, as the columns of a span."""

from typing import Any, Protocol

from workbench.loaders.reading.fields import duration_ms

DISORDERED = "times are the wrong way round: no duration"


class Assuming(Protocol):
    """A record of which it is counted what was assumed to read it."""

    def assume(self, assumption: str | None) -> None:
        """Count an assumption, if there is one."""


def stretch_columns(
    record: Assuming, *, started_at: int | None, ended_at: int | None, lasted_ms: float | None = None
) -> dict[str, Any]:
    """Return the columns of a stretch of time; a duration that the record states itself comes before the difference."""
    if started_at is not None and ended_at is not None and ended_at < started_at:
        record.assume(DISORDERED)
    return {
        "started_at": started_at,
        "ended_at": ended_at,
        "duration_ms": duration_ms(started_at, ended_at) if lasted_ms is None else lasted_ms,
        "time_known": started_at is not None,
    }
