"""What users said of a trace afterwards: often the plainest words there are on what went wrong in it."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

import polars as pl

from workbench.report import formats

MOST_REMARKS = 20
"""Of one trace or session; more are read in the store."""


class Remark(NamedTuple):
    """A signal of a person that has words."""

    unit: str
    """The trace that it is about, or is in; else the session."""
    stated: str
    """What was stated with it, such as a thumb; empty where nothing was."""
    at: datetime | None
    """When it was said, UTC."""
    comment: str
    """The words."""


def read_remarks(signals: pl.LazyFrame, units: Collection[str]) -> list[Remark]:
    """Return what people said of some traces and sessions in their own words, oldest first.

    What a model or a program explains is left out: it judges as a detector does.

    Parameters
    ----------
    signals
        Frame in schemas.SIGNALS, one row a signal.
    units
        Ids of traces and sessions.
    """
    unit = pl.coalesce("trace_id", pl.when(pl.col("target_kind") == "session").then("target_id"))
    rows = (
        signals.select("signal_id", "name", "value", "label", "comment", "annotator_kind", "at", unit=unit)
        .filter(
            pl.col("unit").is_in(sorted(units)),
            pl.col("comment").str.contains(r"\S"),
            pl.col("annotator_kind").is_in(["LLM", "CODE"]).fill_null(value=False).not_(),
        )
        .sort("unit", "at", "signal_id", nulls_last=True)
        .group_by("unit", maintain_order=True)
        .head(MOST_REMARKS)
        .collect(engine="streaming")
    )
    return [Remark(row["unit"], _stated(row), row["at"], row["comment"]) for row in rows.iter_rows(named=True)]


def units_of(spans: pl.DataFrame) -> set[str]:
    """Return the traces and sessions of some spans."""
    return {*spans["trace_id"].drop_nulls(), *spans["session_id"].drop_nulls()}


def steps_of(remarks: Iterable[Remark], *, found: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return remarks as the last steps of a transcript, those whose words are what was found marked so."""
    return [
        {
            "role": "user",
            "name": one.stated,
            "about": f"said afterwards, {formats.moment(one.at)}" if one.at else "said afterwards",
            "depth": 0,
            "is_error": False,
            "is_first_failure": False,
            "is_found": one.comment in found,
            "parts": [{"label": "", "text": one.comment}],
        }
        for one in remarks
    ]


def _stated(row: dict[str, Any]) -> str:
    value = "" if row["value"] is None else f"{row['value']:g}"
    return " ".join(filter(None, (formats.words(row["name"] or ""), row["label"] or value)))
