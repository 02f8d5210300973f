"""The runs of an experiment as telemetry: what detectors judge of live traffic, they judge of both arms.

The spans are those that the arms recorded. They stay with the experiment and are not stored with what users did.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
import polars as pl

from workbench.experiments.outcome import Outcome
from workbench.ids import digest
from workbench.schemas import SPANS

_TIMES = ("started_at", "ended_at")


def spans_of(outcomes: Sequence[Outcome], *, experiment_id: str, day: date) -> pl.DataFrame:
    """Return schemas.SPANS of all runs that recorded any; a span whose values have other types is left out.

    Parameters
    ----------
    outcomes
        What came of the questions.
    experiment_id
        The experiment, which stands as the spans' source.
    day
        Of spans without a time.
    """
    rows = [
        row
        for outcome in outcomes
        for span in outcome.answer.spans
        if (row := _row(span, experiment_id=experiment_id, version=outcome.version)) is not None
    ]
    if not rows:
        return SPANS.empty()
    integers = {name: pl.Int64 if name in _TIMES else dtype for name, dtype in SPANS.schema.items()}
    frame = pl.DataFrame(rows, schema=integers).with_columns(pl.col(*_TIMES).cast(SPANS.schema["started_at"]))
    return frame.with_columns(pl.col("started_at").dt.date().fill_null(day).alias("day"))


def _row(span: Mapping[str, Any], *, experiment_id: str, version: str) -> dict[str, Any] | None:
    row = {name: span.get(name) for name in SPANS.schema.names()}
    if not row["trace_id"] or not row["span_id"] or not all(_fits(name, value) for name, value in row.items()):
        return None
    row |= {
        "kind": row["kind"] or "UNKNOWN",
        "status": row["status"] or "UNSET",
        "attributes": row["attributes"] or "{}",
    }
    row |= {"time_known": row["started_at"] is not None, "release": row["release"] or version, "day": None}
    row["content_digest"] = digest(msgspec.json.encode(row, order="sorted"))
    return row | {"source": experiment_id}


def _fits(name: str, value: Any) -> bool:
    if value is None:
        return True
    dtype = SPANS.schema[name]
    if name in _TIMES or dtype == pl.Int64:
        return type(value) is int and abs(value) < 2**62
    if dtype == pl.Float64:
        return type(value) in (int, float)
    if dtype == pl.Boolean:
        return isinstance(value, bool)
    return isinstance(value, str) or name == "day"
