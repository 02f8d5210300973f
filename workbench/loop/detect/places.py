"""Findings without words of their own get some from where they concentrate, before anything groups them.

Of failures without an error, and of answers that were written anew, nothing is known but their traces. Where most of
them lie in one slice of the traffic they are a problem of their own, which those everywhere else would drown.
"""

from collections.abc import Collection, Mapping

import polars as pl

from workbench import causes
from workbench.detectors.beside import UNEXPLAINED

MAX_PLACES = 3
"""Slices that the findings of one detector are told apart by: after the third, few are left to tell apart."""


def with_places(
    findings: pl.DataFrame,
    spans: pl.LazyFrame,
    *,
    examined: pl.DataFrame,
    circular: Mapping[str, Collection[str]],
) -> pl.DataFrame:
    """Return the findings; one of which nothing is known says in which slice it lies, where many lie together.

    Parameters
    ----------
    findings
        schemas.FINDINGS of one run.
    spans
        schemas.SPANS of the window.
    examined
        What each detector could judge: detector, trace_id, session_id.
    circular
        Attributes that a detector's judgement itself goes by, by detector.
    """
    for _ in range(MAX_PLACES):
        is_bare = pl.col("text") == pl.col("detector").replace_strict(UNEXPLAINED, default=None)
        members = findings.filter(is_bare, pl.col("trace_id").is_not_null())
        if members.height < 2 * causes.LEAST_APART:
            break
        members = members.select("detector", "trace_id", cluster_id="detector").unique()
        apart = causes.concentrations(members, spans, examined=examined, circular=circular)
        if not apart:
            break
        for detector, part in apart.items():
            is_inside = (pl.col("detector") == detector) & pl.col("trace_id").is_in(list(part.trace_ids))
            said = pl.when(is_bare & is_inside).then(pl.concat_str("text", pl.lit(f": {part.words}")))
            findings = findings.with_columns(said.otherwise("text").alias("text"))
    return findings
