"""How it goes day by day: volume, errors, latency and cost.

Only traces whose time is recorded are drawn, of the last days alone; each chart's subtitle says how many are not.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from workbench.report import formats
from workbench.report.blocks import Block, numbers, sentences, table, words
from workbench.report.chart import Chart, draw, inline
from workbench.report.last_days import Days, last_days
from workbench.report.look import BLUE, FIRST, SECOND, WIDTH
from workbench.report.markup import bar, muted, said
from workbench.schemas import SPANS, require
from workbench.stats.intervals import wilson

MIN_TRACES_P95 = 20
"""A 95th percentile of fewer values is their greatest or second greatest, and says nothing of a tail."""
_HEIGHT = 200


def volume_by_day(traces: pl.DataFrame) -> Chart | Block:
    """Return a bar a day: how many traces; a sentence where no trace has a time."""
    import altair as alt

    drawn = last_days(traces["day"])
    if drawn is None:
        return _no_days("volume")
    days = _days(traces, drawn, pl.len().alias("n"))
    rows = [{"day": _text(row["day"]), "n": row["n"]} for row in days.iter_rows(named=True)]
    bars = _chart(rows).mark_bar(color=BLUE).encode(x=_by_day(drawn), y=alt.Y("n:Q", title="traces"))
    most = days.sort("n", descending=True).row(0, named=True)
    return _finish(
        bars,
        traces,
        drawn,
        title="How many traces come in a day?",
        alt=f"{formats.counted(days.height, 'day')}; most on {most['day']}: {formats.counted(most['n'], 'trace')}.",
    )


def errors_by_day(traces: pl.DataFrame) -> Chart | Block:
    """Return the share of traces with an error by day, with its 95 % interval (Wilson)."""
    import altair as alt

    drawn = last_days(traces["day"])
    if drawn is None:
        return _no_days("errors")
    days = _days(traces, drawn, pl.len().alias("n"), pl.col("has_error").sum().alias("n_errors"))
    ends = wilson(days["n_errors"].to_numpy(), days["n"].to_numpy())
    rows = [
        {"day": _text(row["day"]), "share": row["n_errors"] / row["n"], "low": float(low), "high": float(high)}
        for row, low, high in zip(days.iter_rows(named=True), ends.low, ends.high, strict=True)
    ]
    base = _chart(rows).encode(x=_by_day(drawn))
    interval = base.mark_rule(color=SECOND, opacity=0.45, strokeWidth=2).encode(
        y=alt.Y("low:Q", title="share of traces", axis=alt.Axis(format="%")), y2="high:Q"
    )
    points = base.mark_point(color=SECOND, filled=True, size=45, opacity=1).encode(y="share:Q")
    worst = max(rows, key=lambda row: row["share"])
    return _finish(
        interval + points,
        traces,
        drawn,
        title="What share of traces has an error?",
        subtitle="A trace counts if any of its spans failed; lines are 95 % intervals",
        alt=f"The highest, {formats.share(worst['share'])}, on {worst['day']}.",
    )


def latency_by_day(traces: pl.DataFrame) -> Chart | Block:
    """Return the median and the 95th percentile of a trace's duration by day."""
    import altair as alt

    timed = traces.filter(pl.col("duration_ms").is_not_null())
    seconds = pl.col("duration_ms") / 1000
    drawn = last_days(traces["day"])
    measures = (
        pl.len().alias("n"),
        seconds.median().alias("median"),
        seconds.quantile(0.95, "linear").alias("95th percentile"),
    )
    if drawn is None or (days := _days(timed, drawn, *measures)).is_empty():
        return _no_days("durations")
    lines = [
        {"day": _text(row["day"]), "of traces": name, "seconds": _enough(row, name)}
        for row in days.upsample("day", every="1d").iter_rows(named=True)  # a day without traces breaks the line
        for name in ("median", "95th percentile")
    ]
    colour = alt.Color(
        "of traces:N", title=None, scale=alt.Scale(domain=["median", "95th percentile"], range=[FIRST, SECOND])
    )
    chart = (
        _chart(lines)
        .mark_line(point=alt.OverlayMarkDef(size=40, filled=True), strokeWidth=2)
        .encode(x=_by_day(drawn), y=alt.Y("seconds:Q", title="duration, s"), color=colour)
    )
    return _finish(
        chart,
        timed,
        drawn,
        of=traces.height,
        title="How long does a trace take?",
        subtitle=f"95th percentile on days with at least {MIN_TRACES_P95} traces",
        alt=f"Median over all days {formats.duration(_median(timed))}.",
    )


def cost_by_day(traces: pl.DataFrame) -> Chart | Block:
    """Return the recorded cost by day; a sentence where none is recorded."""
    import altair as alt

    paid = traces.filter(pl.col("cost_usd").is_not_null())
    drawn = last_days(traces["day"])
    if drawn is None or (days := _days(paid, drawn, pl.col("cost_usd").sum())).is_empty():
        return sentences("No cost is recorded with a time, so none is drawn. An absent cost is not a cost of zero.")
    rows = [{"day": _text(row["day"]), "usd": row["cost_usd"]} for row in days.iter_rows(named=True)]
    bars = _chart(rows).mark_bar(color=BLUE).encode(x=_by_day(drawn), y=alt.Y("usd:Q", title="cost, USD"))
    return _finish(
        bars,
        paid,
        drawn,
        of=traces.height,
        title="What does it cost a day?",
        alt=f"In all {formats.usd(float(paid['cost_usd'].sum()))}.",
    )


def operations(spans: pl.LazyFrame, *, top_n: int) -> Block:
    """Return volume, errors and latency by kind of span and tool or operation, most failures first."""
    require(spans, SPANS.schema.names(), of="report.operations")
    what = pl.coalesce("tool_name", "operation", "name").alias("what")
    by_operation = (
        spans.group_by("kind", what)
        .agg(
            pl.len().alias("n"),
            (pl.col("status") == "ERROR").sum().alias("n_errors"),
            pl.col("duration_ms").median().alias("median_ms"),
            pl.col("duration_ms").quantile(0.95, "linear").alias("p95_ms"),
            pl.col("duration_ms").count().alias("n_timed"),
        )
        .sort(["n_errors", "n", "kind", "what"], descending=[True, True, False, False])
        .collect(engine="streaming")
    )
    rows = (
        (
            row["kind"],
            muted(formats.NOT_KNOWN) if row["what"] is None else said(row["what"]),
            formats.count(row["n"]),
            bar(row["n_errors"] / row["n"], formats.share_of(row["n_errors"], row["n"]), colour=SECOND),
            formats.duration(row["median_ms"]),
            formats.duration(row["p95_ms"]) if row["n_timed"] >= MIN_TRACES_P95 else "too few",
        )
        for row in by_operation.iter_rows(named=True)
    )
    return table(
        (
            *words("kind", "tool or operation"),
            *numbers("spans"),
            *words("failed"),
            *numbers("median", "95th percentile"),
        ),
        rows,
        caption="Where does it fail, and where is it slow?",
        top_n=top_n,
        of="operation",
        note=f"A 95th percentile needs {MIN_TRACES_P95} spans.",
    )


def _enough(row: dict[str, Any], name: str) -> float | None:
    """Return the day's value, None where the day has too few traces for a 95th percentile."""
    return None if name != "median" and (row["n"] or 0) < MIN_TRACES_P95 else row[name]


def _days(traces: pl.DataFrame, drawn: Days, *measures: pl.Expr) -> pl.DataFrame:
    """Return one row a drawn day that has traces, with the measures of its traces."""
    return traces.filter(pl.col("day").is_between(drawn.first, drawn.last)).group_by("day").agg(*measures).sort("day")


def _no_days(what: str) -> Block:
    return sentences(f"No trace has a time for this, so that no {what} by day can be drawn.")


def _chart(rows: Sequence[dict[str, Any]]) -> Any:
    import altair as alt

    return alt.Chart(inline(list(rows)))


def _by_day(drawn: Days) -> Any:
    """Return the time axis: the same days in every chart, in UTC wherever the report is made."""
    import altair as alt

    return alt.X(
        "utcyearmonthdate(day):T",
        title="day, UTC",
        scale=drawn.scale(),
        axis=alt.Axis(format="%d %b %Y", tickCount=6, labelOverlap=True, grid=False),
    )


def _finish(
    chart: Any, traces: pl.DataFrame, drawn: Days, *, title: str, alt: str, subtitle: str = "", of: int | None = None
) -> Chart:
    import altair

    total = traces.height if of is None else of
    n_known = traces["day"].count()
    known = "" if n_known == total else f"{formats.share_of(n_known, total)} traces have a value"
    lines = [part for part in (subtitle, known, drawn.before("trace")) if part]
    heading = altair.TitleParams(title, subtitle=lines) if lines else altair.TitleParams(title)
    return draw(chart.properties(title=heading, width=WIDTH - 90, height=_HEIGHT), alt=" ".join([title, alt, *lines]))


def _text(day: date) -> str:
    return day.isoformat()


def _median(timed: pl.DataFrame) -> float | None:
    value = timed["duration_ms"].median()
    return float(value) if isinstance(value, (int, float)) else None
