"""What an edit can be judged on: the traces that it was not written from, by other users, and the rest of the traffic.

Whoever wrote an edit has read some traces, and the edit fits these. So it is judged on cases of the same problem that
others met, and its harm on traffic at large; what only repeats a trace that was read counts as read.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import polars as pl

from workbench.report.detection import DetectionReport
from workbench.report.quotes import quote_traces


class Week(NamedTuple):
    """The traces of one week."""

    on: date
    """Its Monday, UTC."""
    n_development: int
    """Traces that the edit is written from."""
    n_target: int
    """Traces of the same issue that it can be judged on."""


class Splits(NamedTuple):
    """How many traces there are for what."""

    n_development: int
    """Traces that the edit is written from; never judged."""
    n_same_user: int
    """Traces of the issue by users whose traces it was written from, or by users that are not known."""
    n_repeats: int
    """Traces of the issue by others who asked the same, to the letter but for case and blanks."""
    n_target: int
    """Traces of the issue that are left: the target is judged on cases like these."""
    n_target_users: int
    """Users of these."""
    n_random: int
    """Traces of all traffic in the run's window by users whose traces it was not written from: harm is judged there."""
    weeks: tuple[Week, ...]
    """By week, oldest first; traces without a time are in none."""


def split_traces(detection: DetectionReport, members: Sequence[str], development: Sequence[str]) -> Splits:
    """Return what is left of an issue's traces, and of all traffic, once the development traces are set aside.

    Parameters
    ----------
    detection
        The run that saw the issue.
    members
        The issue's traces.
    development
        The traces that the edit is written from.
    """
    about = _traces(detection)
    read = set(development)
    users = {about[one].user for one in read if one in about} - {None}
    others = [one for one in members if one not in read]
    known = [one for one in others if one in about and about[one].user is not None and about[one].user not in users]
    quotes = quote_traces(detection.spans, [*read, *known])
    asked = {_flat(quotes[one].asked) for one in read if one in quotes} - {""}
    target = [one for one in known if _flat(quotes[one].asked if one in quotes else None) not in asked]
    return Splits(
        n_development=len(read),
        n_same_user=len(others) - len(known),
        n_repeats=len(known) - len(target),
        n_target=len(target),
        n_target_users=len({about[one].user for one in target}),
        n_random=sum(trace not in read and one.user not in users for trace, one in about.items()),
        weeks=_weeks(about, read, target),
    )


class _Trace(NamedTuple):
    user: str | None
    on: date | None


def _traces(detection: DetectionReport) -> Mapping[str, _Trace]:
    rows = (
        detection.spans.group_by("trace_id")
        .agg(pl.col("user_key").drop_nulls().min(), pl.col("started_at").min().dt.date())
        .collect(engine="streaming")
    )
    return {trace: _Trace(user, on) for trace, user, on in rows.iter_rows()}


def _flat(asked: str | None) -> str:
    return " ".join((asked or "").casefold().split())


def _weeks(about: Mapping[str, _Trace], read: set[str], target: Sequence[str]) -> tuple[Week, ...]:
    counts: dict[date, list[int]] = {}
    for place, traces in enumerate((read, target)):
        for trace in traces:
            on = about[trace].on if trace in about else None
            if on is not None:
                counts.setdefault(on - timedelta(days=on.weekday()), [0, 0])[place] += 1
    return tuple(Week(on, *n) for on, n in sorted(counts.items()))
