"""Days that stand out: slow or failing ones, against the median day of the same telemetry.

The median day is not moved by the days that are looked for, so that a bad week cannot hide itself.
"""

import polars as pl

from workbench.report import formats
from workbench.report.days import MIN_TRACES_P95

STANDS_OUT = 2.0
"""Times the median day: weekdays differ by less, and a reader would call less than twice as much no news."""
MIN_DAYS = 5
"""A median of fewer days may be an unusual day itself."""
MIN_ERRORS = 5
"""Traces with an error: fewer on a day are chance where the median day has none or one."""
_N_NAMED = 3


def unusual_days(traces: pl.DataFrame) -> list[str]:
    """Return sentences on the days whose 95th percentile of duration or share of errors stands out.

    Only days with at least MIN_TRACES_P95 traces are judged.

    Parameters
    ----------
    traces
        One row a trace, as `report.traces` derives it.
    """
    of_day = (
        traces.filter(pl.col("day").is_not_null())
        .group_by("day")
        .agg(
            pl.len().alias("n"),
            pl.col("has_error").sum().alias("n_errors"),
            pl.col("has_error").mean().alias("error_share"),
            pl.col("duration_ms").count().alias("n_timed"),
            pl.col("duration_ms").quantile(0.95, "linear").alias("p95_ms"),
        )
        .sort("day")
    )
    timed, counted = of_day.filter(pl.col("n_timed") >= MIN_TRACES_P95), of_day.filter(pl.col("n") >= MIN_TRACES_P95)
    if counted.height < MIN_DAYS:
        return [f"Too few days have {MIN_TRACES_P95} traces or more to tell which day is unusual."]
    return [line for line in (_slow(timed), _failing(counted)) if line]


def _slow(days: pl.DataFrame) -> str:
    usual = days["p95_ms"].median()
    if days.height < MIN_DAYS or not isinstance(usual, float):
        return ""
    slow = days.filter(pl.col("p95_ms") > STANDS_OUT * usual)
    of_usual = f"the median day's 95th percentile is {formats.duration(usual)}"
    did = f"took more than {STANDS_OUT:g} times as long"
    return _sentence(slow, days.height, "slow", did, of_usual)


def _failing(days: pl.DataFrame) -> str:
    usual = days["error_share"].median()
    if not isinstance(usual, float):
        return ""
    failing = days.filter((pl.col("error_share") > STANDS_OUT * usual) & (pl.col("n_errors") >= MIN_ERRORS))
    of_usual = f"on the median day {formats.share(usual)} of traces have one"
    return _sentence(
        failing, days.height, "full of errors", f"had more than {STANDS_OUT:g} times as many errors", of_usual
    )


def _sentence(found: pl.DataFrame, n_days: int, unusual: str, did: str, of_usual: str) -> str:
    """Return a sentence that names the first days found, or says that there are none."""
    if found.is_empty():
        return f"No day is unusually {unusual}: {of_usual}."
    named = [f"{day:%Y-%m-%d}" for day in found["day"].head(_N_NAMED)]
    if found.height > _N_NAMED:
        named.append(f"{found.height - _N_NAMED} more")
    of = f"{formats.count(found.height)} of {formats.counted(n_days, 'day')} of {MIN_TRACES_P95} traces or more"
    return f"{of} {did} ({', '.join(named)}): {of_usual}."
