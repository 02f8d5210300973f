"""Who met which arm of a feature flag, and when first: read from what OpenTelemetry has of flags in the telemetry.

An arm that is worked out anew from a user's id says who should have met it. Only what the app recorded says who did.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson
import polars as pl

from workbench.experiments.pairs import ARMS
from workbench.schemas import EXPOSURES, require

COLUMNS = ("trace_id", "user_key", "started_at", "attributes")
KEY = "feature_flag.key"
VARIANTS = ("feature_flag.result.variant", "feature_flag.variant", "feature_flag.result.value")
"""OpenTelemetry's name for the arm, the one before version 1.32 of its conventions, and the value that stands for it
where a provider names none."""
_MARK = "feature_flag"
_NANOSECONDS_A_MICROSECOND = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SAME_NAMES: Mapping[str, str] = {arm: arm for arm in ARMS}
_FOUND = pl.Schema({"row": pl.Int64(), "variant": pl.String(), "event_at": EXPOSURES.schema["first_at"]})


class Exposed(NamedTuple):
    """Who was exposed, and what was seen besides."""

    exposures: pl.DataFrame
    """schemas.EXPOSURES, by first exposure."""
    n_without_user: int
    """Evaluations of the flag of which nobody knows for whom: they are in no arm."""
    n_without_time: int
    """Evaluations at no known time: they are not counted either."""
    others: Mapping[str, int]
    """Evaluations of variants that are no arm, by variant, sorted: who met none but these is in no arm."""

    @property
    def n_mixed(self) -> int:
        """How many users were seen in both arms."""
        return int(self.exposures["is_mixed"].sum())

    @property
    def n_assigned(self) -> tuple[int, int]:
        """How many users each arm was given, by their first exposure: baseline, candidate."""
        baseline, candidate = (int((self.exposures["arm"] == arm).sum()) for arm in ARMS)
        return baseline, candidate


def exposures_of(spans: pl.DataFrame, flag: str, *, variants: Mapping[str, str] = SAME_NAMES) -> Exposed:
    """Return who was exposed to which arm of a flag, read from spans' attributes and events.

    A user is in the arm of the first exposure, as assignment means it, and is marked where the other arm was seen too;
    the analysis leaves such a user out. A user is whoever the span names, or else its trace.

    Parameters
    ----------
    spans
        `COLUMNS` of schemas.SPANS, in any order; of a signal of kind `exposure` its trace, time and attributes stand
        there likewise.
    flag
        The feature flag's key.
    variants
        The arm, `baseline` or `candidate`, by the flag's variant.

    Raises
    ------
    ValueError
        If `variants` do not name both arms and nothing else.
    """
    require(spans, COLUMNS, of="experiments.exposures")
    if set(variants.values()) != set(ARMS):
        raise ValueError(f"variants == {dict(variants)}, must lead to {' and '.join(ARMS)}, and to nothing else")
    found = _evaluations(spans, flag)
    arm = pl.col("variant").replace_strict(dict(variants), default=None, return_dtype=pl.String)
    found = found.with_columns(arm.alias("arm"))
    others = found.filter(pl.col("arm").is_null())["variant"].value_counts().sort("variant")
    ours = found.filter(pl.col("arm").is_not_null())
    known = ours.filter(pl.col("user_key").is_not_null() & pl.col("at").is_not_null())
    n_without_user = ours["user_key"].null_count()
    return Exposed(
        _first(known, flag), n_without_user, ours.height - n_without_user - known.height, dict(others.iter_rows())
    )


def variant_of(attributes: Mapping[str, Any]) -> str | None:
    """Return the variant that attributes of a flag's evaluation name; None where they name none."""
    variant = next((attributes[name] for name in VARIANTS if attributes.get(name) is not None), None)
    return variant if variant is None or isinstance(variant, str) else orjson.dumps(variant).decode()


def _evaluations(spans: pl.DataFrame, flag: str) -> pl.DataFrame:
    """Return one row an evaluation of the flag: trace, user, time, variant."""
    user = pl.coalesce("user_key", pl.col("user_key").drop_nulls().min().over("trace_id"))
    rows = spans.select("trace_id", user, "started_at", "attributes").filter(
        pl.col("attributes").str.contains(_MARK, literal=True)
    )
    found = [
        (row, variant, at)
        for row, text in enumerate(rows["attributes"])
        for variant, at in _variants(orjson.loads(text), flag)
    ]
    numbered = rows.drop("attributes").with_row_index("row").cast({"row": pl.Int64})
    return (
        pl.DataFrame(found, schema=_FOUND, orient="row")
        .join(numbered, on="row", how="left")
        .with_columns(pl.coalesce("event_at", "started_at").alias("at"))
    )


def _variants(attributes: Mapping[str, Any], flag: str) -> Iterator[tuple[str, datetime | None]]:
    """Yield each variant that a span says of the flag, with its own time where it is an event."""
    for said, at in ((attributes, None), *_events(attributes)):
        if said.get(KEY) == flag and (variant := variant_of(said)) is not None:
            yield variant, at


def _events(attributes: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], datetime | None]]:
    """Yield the attributes of a span's events, which loaders keep one level down under the format's name."""
    for holder in (attributes, *attributes.values()):
        events = holder.get("events") if isinstance(holder, Mapping) else None
        for event in events if isinstance(events, list) else ():
            said = event.get("attributes") if isinstance(event, Mapping) else None
            if isinstance(said, Mapping):
                yield said, _moment(event.get("time_unix_nano"))


def _moment(nanoseconds: Any) -> datetime | None:
    if isinstance(nanoseconds, bool) or not isinstance(nanoseconds, int) or nanoseconds <= 0:
        return None
    return EPOCH + timedelta(microseconds=nanoseconds // _NANOSECONDS_A_MICROSECOND)


def _first(known: pl.DataFrame, flag: str) -> pl.DataFrame:
    """Return one row a user, by first exposure; of two at the same moment the one whose trace id is less."""
    return (
        known.sort("at", "trace_id", "arm")
        .group_by("user_key", maintain_order=True)
        .agg(
            pl.col("arm").first(),
            pl.col("at").first().alias("first_at"),
            pl.col("trace_id").first(),
            pl.len().cast(pl.Int64).alias("n_exposures"),
            (pl.col("arm").n_unique() > 1).alias("is_mixed"),
        )
        .with_columns(pl.lit(flag).alias("flag"))
        .sort("first_at", "user_key")
        .select(EXPOSURES.schema.names())
    )
