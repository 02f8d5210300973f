"""A window in parts: spans by the day on which their trace began, each trace whole and in one part alone.

A detector that reads no more than a trace judges the same in parts as in one piece, so that parts can be examined on
several machines, and none of them needs the memory for all.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from workbench.detectors.examination import Examination
from workbench.records import Tally
from workbench.schemas import require

SPANS_A_PART = 500_000
"""A part has whole days until it has so many spans: a worker's gigabyte, and a minute of its time."""
_DAY = timedelta(days=1)


def cut(spans: pl.LazyFrame, *, n_spans: int = SPANS_A_PART) -> list[pl.LazyFrame]:
    """Return the spans in parts, lazily: together they are all, and no trace is in two.

    Reads the trace ids once. Traces that touch more than two days are few, and are a part of their own.

    Parameters
    ----------
    spans
        schemas.SPANS of a window.
    n_spans
        How many spans fill a part.
    """
    require(spans, ("trace_id", "day"), of="detectors.cut")
    first, last = pl.col("day").min().alias("first"), pl.col("day").max().alias("last")
    traces = spans.group_by("trace_id").agg(first, last, pl.len().alias("n")).collect(engine="streaming")
    is_long = pl.col("last") - pl.col("first") > _DAY
    long = traces.filter(is_long).select("trace_id").lazy()
    days = traces.filter(~is_long).group_by("first").agg(pl.col("n").sum()).sort("first")
    parts = [_begun(spans, *ends).join(long, on="trace_id", how="anti") for ends in _runs(days, n_spans)]
    return parts if traces.filter(is_long).is_empty() else [*parts, spans.join(long, on="trace_id", how="semi")]


def joined(examinations: Sequence[Examination]) -> Examination:
    """Return what one detector said about all parts of a window; it has failed if it failed on one of them."""
    tallies = [one.tally for one in examinations]
    failed = next((one for one in examinations if one.tally.state == "failed"), None)
    if failed is not None:
        return failed
    return Examination(
        pl.concat([one.findings for one in examinations]).sort("finding_id"),
        _summed(tallies),
        pl.concat([one.judged for one in examinations]),
    )


def _runs(days: pl.DataFrame, n_spans: int) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of each part."""
    first, n = None, 0
    for day, n_of_day in days.iter_rows():
        first, n = first or day, n + n_of_day
        if n >= n_spans:
            yield first, day
            first, n = None, 0
    if first is not None:
        yield first, day


def _begun(spans: pl.LazyFrame, first: date, last: date) -> pl.LazyFrame:
    """Return the spans of the traces that began on these days, if none touches more than two days."""
    near = spans.filter(pl.col("day").is_between(first - _DAY, last + _DAY))
    begun = near.group_by("trace_id").agg(pl.col("day").min()).filter(pl.col("day").is_between(first, last))
    return near.join(begun, on="trace_id", how="semi")


def _summed(tallies: Sequence[Tally]) -> Tally:
    n_found, n_clear = sum(tally.n_found for tally in tallies), sum(tally.n_clear for tally in tallies)
    silent: Counter[str] = Counter()
    for tally in tallies:
        silent.update(tally.not_applicable)
    return replace(
        tallies[0],
        state="found" if n_found else "clear" if n_clear else "not_applicable",
        n_examined=sum(tally.n_examined for tally in tallies),
        n_found=n_found,
        n_clear=n_clear,
        not_applicable=dict(sorted(silent.items(), key=lambda said: (-said[1], said[0]))),
    )
