"""What is usual for an operation, robust against the very outliers that are looked for, and above what it is a spike.

Durations, tokens and costs are positive and skewed, and each operation has its own size, so that all of them are judged
by one method: the modified z-score of Iglewicz and Hoaglin (1993), How to detect and handle outliers, on logarithms.
"""

import polars as pl

from workbench.detectors.premature_end import ASKED_FOR_TOOL

MIN_BASELINE = 30
"""With fewer values one spike in ten moves median and spread itself."""
MAX_DEVIATIONS = 3.5
"""Iglewicz and Hoaglin's bound of the modified z-score."""
MAD_TO_DEVIATION = 1.4826
"""Median absolute deviation to standard deviation, for a normal distribution: 1 / 0.6745."""
MIN_RATIO = 3.0
"""Against operations that hardly vary: below three times the usual nobody notices."""
MAX_RATIO = 10.0
"""Ten times the median is a spike even where one value in ten is: no longer of the same order of magnitude."""
MIDDLE = 0.5
"""The usual of what should not vary, such as time: the median."""
NEARLY_ALL = 0.9
"""The usual of what varies with what users bring, such as tokens: nine of ten stay below it. In the sample one summary
in ten is of a long case, and by the median alone such a case was a spike."""
INHERITED_SHARE = 0.5
"""What holds more than half of an excess is where it comes from, 0 to 1."""


def baselines(values: pl.LazyFrame, *, least: float, min_excess: float, usual_share: float = MIDDLE) -> pl.LazyFrame:
    """Return one row a group: `group`, `n_baseline`, `median`, and the `bound` above which a value is a spike.

    The bound is exp(median + 3.5 x 1.4826 x MAD) of the natural logarithms of the group's values, at least three times
    the usual (or ten times the median, if that is less) and at least `min_excess` above the median.

    Parameters
    ----------
    values
        One row a value: `group`, and `value`, which is 0 or more; null is left out.
    least
        What a value of 0 counts as, since 0 has no logarithm: the finest that a source records.
    min_excess
        Below this much above the median nothing is a spike, in the values' unit.
    usual_share
        The share of values that are usual, 0 to 1: MIDDLE or NEARLY_ALL.
    """
    logged = values.filter(pl.col("value").is_not_null()).select(
        "group", pl.col("value").clip(least).log().alias("log")
    )
    centre = logged.group_by("group").agg(
        pl.col("log").median().alias("centre"),
        pl.col("log").quantile(usual_share, "linear").alias("top"),
        pl.len().alias("n_baseline"),
    )
    spread = (
        logged.join(centre, on="group")
        .group_by("group", "centre", "top", "n_baseline")
        .agg((pl.col("log") - pl.col("centre")).abs().median().alias("mad"))
    )
    median = pl.col("centre").exp()
    outlying = (pl.col("centre") + MAX_DEVIATIONS * MAD_TO_DEVIATION * pl.col("mad")).exp()
    return spread.select(
        "group",
        pl.col("n_baseline").cast(pl.Int64),
        median.alias("median"),
        pl.max_horizontal(
            outlying,
            pl.min_horizontal(MIN_RATIO * pl.col("top").exp(), MAX_RATIO * median),
            median + min_excess,
        ).alias("bound"),
    )


def is_spike(value: pl.Expr, *, suffix: str = "") -> pl.Expr:
    """Return true where a value is above the bound of a baseline that is large enough to have one.

    `suffix` is what the columns of `baselines` were given, where a row has two of them.
    """
    return (pl.col(f"n_baseline{suffix}") >= MIN_BASELINE) & (value > pl.col(f"bound{suffix}"))


def operation_words() -> pl.Expr:
    """Return what a span did, such as `chat`; the model that ends a span's name is where it was so: perhaps a cause."""
    name = pl.coalesce("tool_name", "name", "operation")
    bare = name.str.strip_suffix(pl.col("model").fill_null("")).str.strip_chars()
    return pl.when(bare != "").then(bare).otherwise(name)


def asks_for_tool() -> pl.Expr:
    """Return true where a call of the model ended by asking for a tool: such calls are short, and their own like."""
    return pl.col("finish_reason").str.to_lowercase().is_in(ASKED_FOR_TOOL).fill_null(value=False).alias("asks")
