"""What is in no cluster, by detector: each finding with its trace, so that a person can still make a problem of it."""

import polars as pl

from workbench.report import formats
from workbench.report.blocks import MAX_ROWS, Block, sentences, stack, table, words
from workbench.report.detection import DetectionReport
from workbench.report.look import colour_of
from workbench.report.markup import dot, said
from workbench.report.own_words import words_in

TEXT_CHARACTERS = 120
MAX_IN_OWN_WORDS = 2_000
"""Findings that are looked up in their traces for it: 2 s of 4,800 traces, as measured; more are there for programs."""
TO_OPEN = "workbench issue open --trace ID --title TEXT"
TO_LIST = "workbench issue unclustered"


def unclustered(report: DetectionReport) -> pl.DataFrame:
    """Return one row a finding that is in no cluster, by detector, newest first: finding_id, detector, unit, at, words.

    `unit` is the trace, or the session where no trace is named. `words` are masked, as findings are grouped by them.
    """
    return (
        report.findings.filter(pl.col("cluster_id").is_null())
        .select("finding_id", "detector", "at", unit=pl.coalesce("trace_id", "session_id"), words="text")
        .sort("detector", "at", "finding_id", descending=[False, True, False], nulls_last=True)
        .select("finding_id", "detector", "unit", "at", "words")
    )


def in_own_words(report: DetectionReport, alone: pl.DataFrame) -> pl.DataFrame:
    """Return findings of `unclustered` with their words as they were recorded: the first MAX_IN_OWN_WORDS of them."""
    recorded = words_in(report, alone["finding_id"].head(MAX_IN_OWN_WORDS))
    own = pl.col("finding_id").replace_strict(recorded, default=pl.col("words"), return_dtype=pl.String)
    return alone.with_columns(words=own)


def noise(report: DetectionReport) -> Block:
    """Return a sentence on the findings that are in no cluster, how many each detector has, and the first of each."""
    if report.findings.is_empty():
        return sentences("There are no findings.")
    alone = unclustered(report)
    n_suggested = report.findings.filter(pl.col("cluster_id").is_null())["suggested"].count()
    near = (
        f" {formats.counted(n_suggested, 'of them lies', 'of them lie')} at the edge of a cluster."
        if n_suggested
        else ""
    )
    lead = sentences(
        f"{formats.share_of(report.n_noise, report.findings.height)} findings are like no other and are in no cluster; "
        f"they are kept as they are, and not forced into one.{near}"
    )
    return lead if alone.is_empty() else stack(lead, _table(report, alone), name="unclustered")


def _table(report: DetectionReport, alone: pl.DataFrame) -> Block:
    """Return the table, the detectors taking turns so that each is seen."""
    shown = alone.with_columns(turn=pl.int_range(pl.len()).over("detector")).sort("turn", "detector").head(MAX_ROWS)
    recorded = words_in(report, shown["finding_id"])
    counts = dict(alone.group_by("detector").len().iter_rows())
    rows = [
        (
            dot(
                colour_of(row["detector"]),
                f"{formats.words(row['detector'])} ({formats.count(counts[row['detector']])})",
            ),
            said(recorded.get(row["finding_id"]) or "", limit=TEXT_CHARACTERS),
            formats.moment(row["at"]),
            said(row["unit"] or "", limit=64),
        )
        for row in shown.sort("detector", "turn").iter_rows(named=True)
    ]
    left_out = alone.height - len(rows)
    more = f"{formats.counted(left_out, 'finding')} more: {TO_LIST} lists all. " if left_out else ""
    return table(
        words("detector, and how many it has", "what was found", "when", "trace, or session"),
        rows,
        caption="In no cluster",
        of="finding",
        note=f"{more}A problem that you see in some of them is opened by hand: {TO_OPEN}, with --trace for each.",
    )
