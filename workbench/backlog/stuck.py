"""Which issues stay in a stage for longer than it may take: a wait without an end is what the loop is there to stop."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from workbench.records import IssueState

STUCK_AFTER: Mapping[IssueState, timedelta] = {
    "proposed": timedelta(days=14),
    "reopened": timedelta(days=14),
    "confirmed": timedelta(days=28),
    "changing": timedelta(days=28),
    "validating": timedelta(days=28),
}
"""How long an issue may stay before it is stuck: as long as a review is open, and twice that where work is due."""


def stuck_at(state: IssueState, *, since: datetime, review_ends_at: datetime | None = None) -> datetime | None:
    """Return from when on an issue is stuck, UTC; None for one that may stay where it is.

    Parameters
    ----------
    state
        Where it stands.
    since
        When it came there, UTC.
    review_ends_at
        When the review that asks for it ends, which then decides; None where no review asks.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> stuck_at("confirmed", since=noon), stuck_at("resolved", since=noon)
    (datetime.datetime(2026, 3, 30, 12, 0, tzinfo=datetime.timezone.utc), None)
    """
    if review_ends_at is not None:
        return review_ends_at
    return since + STUCK_AFTER[state] if state in STUCK_AFTER else None
