"""The scorecard of the detectors: what each can see, how far they agree, and how often reviewers confirm them.

A detector that cries wolf costs more than it finds. What reviewers reject is counted against the detector that found
it, and one that is wrong more often than right ranks last until it is changed.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from workbench.counted import counted
from workbench.records import Agreement, Verdict
from workbench.schemas import VERDICTS, require
from workbench.stats.intervals import jeffreys

DEMOTE_BELOW = 0.5
"""Precision: below it a reviewer who opens a finding is more often wrong than right to do so."""
LEVEL = 0.95
"""Of the interval whose upper end must lie below DEMOTE_BELOW: four rejected of four (.44), or seven of eight (.45)."""
PERIOD = "1w"
"""What precision over time is counted by: reviewers meet weekly, and days have too few verdicts."""

_KEY = ["detector", "detector_version"]


def verdict_frame(verdicts: Collection[Verdict]) -> pl.DataFrame:
    """Return schemas.VERDICTS, one row a verdict on a trace; others, and those taken back, are left out.

    So is what was said in a watch, of a cluster's problem and no detector: that a trace has not this one problem.
    """
    on_traces = [
        one
        for one in verdicts
        if one.target_kind == "trace" and one.label != "withdrawn"
        if one.detector is not None or one.cluster_id is None
    ]
    rows = {
        name: [getattr(one, {"verdict_id": "id", "trace_id": "target_id"}.get(name, name)) for one in on_traces]
        for name in VERDICTS.schema.names()
    }
    return pl.DataFrame(rows, schema=VERDICTS.schema)


def settled(verdicts: pl.DataFrame) -> pl.DataFrame:
    """Return one row a finding judged: detector, detector_version, trace_id, label and at.

    People come before models and programs, and who decided between annotators who disagree before these; of several the
    majority of those who are sure decides, and a tie, or nobody who is sure, is uncertain. `at` is the time of the last
    verdict.

    Parameters
    ----------
    verdicts
        schemas.VERDICTS.
    """
    require(verdicts, VERDICTS.schema.names(), of="settled")
    counted = verdicts
    for comes_before in (pl.col("annotator_kind") == "HUMAN", pl.col("is_adjudication")):
        counted = counted.filter(comes_before | ~comes_before.any().over(*_KEY, "trace_id"))
    more = (pl.col("label") == "confirmed").sum().cast(pl.Int64) - (pl.col("label") == "rejected").sum().cast(pl.Int64)
    label = pl.when(pl.col("more") > 0).then(pl.lit("confirmed")).when(pl.col("more") < 0).then(pl.lit("rejected"))
    return (
        counted.group_by(*_KEY, "trace_id")
        .agg(more.alias("more"), pl.col("at").max())
        .select(*_KEY, "trace_id", label.otherwise(pl.lit("uncertain")).alias("label"), "at")
        .sort(*_KEY, "trace_id")
    )


def precision(findings_judged: pl.DataFrame, *, every: str | None = None) -> pl.DataFrame:
    """Return the share of each detector's judged findings that reviewers confirm, one row a detector and version.

    Parameters
    ----------
    findings_judged
        As of `settled`.
    every
        Count by periods of this length as well, in the column `period`: PERIOD, or as polars writes it.

    Returns
    -------
    DataFrame
        detector, detector_version, (period), n_confirmed, n_rejected, n_uncertain, precision (null if none is confirmed
        or rejected), low and high: its 95 % Jeffreys interval. Uncertain ones count neither way.
    """
    known = findings_judged.drop_nulls("detector")
    period = [pl.col("at").dt.truncate(every).alias("period")] if every else []
    key = [*_KEY, *(["period"] if every else [])]
    labels = ("confirmed", "rejected", "uncertain")
    counts = [(pl.col("label") == label).sum().cast(pl.Int64).alias(f"n_{label}") for label in labels]
    scored = known.with_columns(period).group_by(key).agg(counts).sort(key)
    n_sure = pl.col("n_confirmed") + pl.col("n_rejected")
    interval = jeffreys(scored["n_confirmed"].to_numpy(), scored.select(n_sure).to_series().to_numpy(), level=LEVEL)
    return scored.with_columns(
        precision=pl.when(n_sure > 0).then(pl.col("n_confirmed") / n_sure),
        low=pl.Series(interval.low, dtype=pl.Float64),
        high=pl.Series(interval.high, dtype=pl.Float64),
    )


def demoted(scores: pl.DataFrame, *, versions: Mapping[str, int]) -> dict[str, str]:
    """Return the detectors that reviewers reject, each with the reason in a sentence.

    A detector is demoted if the upper end of its precision's 95 % interval lies below DEMOTE_BELOW; verdicts on an
    older version say nothing of the one that runs now.

    Parameters
    ----------
    scores
        As of `precision`, over all time.
    versions
        The version of each detector that runs now.
    """
    rejected = [
        row
        for row in scores.iter_rows(named=True)
        if versions.get(row["detector"]) == row["detector_version"] and row["high"] < DEMOTE_BELOW
    ]
    return {row["detector"]: _why_last(row) for row in rejected}


def _why_last(row: Mapping[str, Any]) -> str:
    n_sure = row["n_confirmed"] + row["n_rejected"]
    said = (
        f"reviewers confirmed {row['n_confirmed']} of {counted(n_sure, 'finding')} "
        f"(precision at most {row['high']:.0%})"
    )
    return f"{said}, so that its problems rank last"


def agreements(
    found: pl.DataFrame, judged: pl.DataFrame, *, n_window: int, categories: Mapping[str, str]
) -> tuple[Agreement, ...]:
    """Return how far the detectors of one run agree, one entry a detector that could judge, by code.

    Coverage, overlap and conflict as data programming counts them (Ratner et al. 2017, Snorkel), with one difference:
    detectors look for different problems, so that only two of one category can contradict each other.

    Parameters
    ----------
    found
        One row a finding: detector, trace_id.
    judged
        One row a unit found or clear: detector, trace_id.
    n_window
        Traces in the window.
    categories
        Category by detector; detectors without one contradict nobody.
    """
    pairs = found.select("detector", "trace_id").drop_nulls().unique()
    units = judged.select("detector", "trace_id").drop_nulls().unique()
    clear = units.join(pairs, on=["detector", "trace_id"], how="anti")
    n_others = pairs.group_by("trace_id").agg(n=pl.len())
    category = pl.col("detector").replace_strict(dict(categories), default=None, return_dtype=pl.String)
    same = (
        pairs.with_columns(category.alias("category"))
        .join(clear.with_columns(category.alias("category")), on=["trace_id", "category"])
        .select("detector", "trace_id")
        .unique()
    )
    counts = {
        "n_judged": units,
        "n_found": pairs,
        "n_overlap": pairs.join(n_others.filter(pl.col("n") > 1), on="trace_id", how="semi"),
        "n_conflict": same,
    }
    by_detector = {name: _by_detector(rows) for name, rows in counts.items()}
    return tuple(
        Agreement(detector=code, n_window=n_window, **{name: each.get(code, 0) for name, each in by_detector.items()})
        for code in sorted(by_detector["n_judged"])
    )


def _by_detector(rows: pl.DataFrame) -> Mapping[str, int]:
    return dict(rows.group_by("detector").len().iter_rows())


def rejected_traces(findings_judged: pl.DataFrame, *, detector: str) -> Sequence[str]:
    """Return the traces of which reviewers say that a detector was wrong, in any version, sorted."""
    wrong = findings_judged.filter(pl.col("detector") == detector, pl.col("label") == "rejected")
    return wrong["trace_id"].unique().sort().to_list()
