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

    Reads the trace ids once, here. A part is its days, and names those traces alone that run over its first midnight or
    its last: what reads it need not look for the others. Traces that touch more than two days are few, and are a part
    of their own.

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
    long, short = traces.filter(is_long), traces.filter(~is_long)
    days = short.group_by("first").agg(pl.col("n").sum()).sort("first")
    over_midnight = short.filter(pl.col("first") < pl.col("last"))
    parts = [_part(spans, *ends, over_midnight=over_midnight, long=long) for ends in _runs(days, n_spans)]
    return parts if long.is_empty() else [*parts, spans.filter(_is_of(long))]


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


def _part(
    spans: pl.LazyFrame, first: date, last: date, *, over_midnight: pl.DataFrame, long: pl.DataFrame
) -> pl.LazyFrame:
    """Return the spans of the traces that began on these days and touch no more than two."""
    begun_before = over_midnight.filter(pl.col("first") == first - _DAY)
    of_others = pl.concat([begun_before, long.filter(pl.col("first") <= last, pl.col("last") >= first)])
    go_on = over_midnight.filter(pl.col("first") == last)
    on_days = pl.col("day").is_between(first, last)
    own = spans.filter(on_days if of_others.is_empty() else on_days & ~_is_of(of_others))
    return own if go_on.is_empty() else pl.concat([own, spans.filter(pl.col("day") == last + _DAY, _is_of(go_on))])


def _is_of(traces: pl.DataFrame) -> pl.Expr:
    # A list, because the few ids of a frame hold on to the memory of all, which would travel to every worker.
    return pl.col("trace_id").is_in(traces["trace_id"].to_list())


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
