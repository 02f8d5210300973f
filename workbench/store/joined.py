"""Signals joined with what they are about, whichever of the two came first.

Feedback comes days after its trace, or before it where two exports run at different hours. Nothing is joined when it is
stored: a signal waits, and can be seen to wait, and what needs both sides is asked here.
"""

import polars as pl

from workbench.schemas import SIGNALS, require

_TARGETS = {"span": "span_id", "trace": "trace_id", "session": "session_id", "user": "user_key"}
"""The column of spans that holds the ids of each kind of target."""
_TIER = "user_tier"


def waiting_signals(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return the signals that are about something that is not in the store, one row a signal; read-only.

    A span counts as there only within the trace that the signal names.

    Parameters
    ----------
    spans, signals
        Frames in schemas.SPANS and schemas.SIGNALS: the whole store, as a window would make signals wait for what is
        outside of it.
    """
    require(spans, _TARGETS.values(), of="waiting_signals")
    require(signals, ("target_kind", "target_id", "trace_id"), of="waiting_signals")
    kinds = [
        signals.filter(pl.col("target_kind") == kind).join(
            spans.select("trace_id", target_id=column).drop_nulls("target_id").unique(),
            on=["trace_id", "target_id"] if kind == "span" else ["target_id"],
            how="anti",
        )
        for kind, column in _TARGETS.items()
    ]
    return pl.concat(kinds)


def user_tiers(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return the tier of each user that one is known of, `user_key` and `user_tier`, one row a user: the one said last.

    It is said by spans, and by signals of kind `profile` named `user_tier` about the user, or about a session, trace or
    span of the user's; a signal without a time counts as said before all others.

    Parameters
    ----------
    spans, signals
        Frames in schemas.SPANS and schemas.SIGNALS.
    """
    require(spans, (*_TARGETS.values(), "user_tier", "started_at"), of="user_tiers")
    require(signals, SIGNALS.schema.names(), of="user_tiers")
    said = signals.filter(pl.col("kind") == "profile", pl.col("name") == _TIER, pl.col("label").is_not_null()).select(
        "target_kind", "target_id", "trace_id", "at", user_tier="label"
    )
    by_span = spans.select("user_key", "user_tier", at="started_at")
    by_signal = [said.filter(pl.col("target_kind") == "user").select("user_tier", "at", user_key="target_id")]
    for kind in ("span", "trace", "session"):
        keys = ["trace_id", "target_id"] if kind == "span" else ["target_id"]
        owners = spans.select("trace_id", "user_key", target_id=_TARGETS[kind])
        owners = owners.select(*keys, "user_key").drop_nulls().unique()
        by_signal.append(said.filter(pl.col("target_kind") == kind).join(owners, on=keys, how="inner"))
    return (
        pl.concat([frame.select("user_key", "user_tier", "at") for frame in (by_span, *by_signal)])
        .drop_nulls(["user_key", "user_tier"])
        .sort("at", "user_tier", nulls_last=False)
        .group_by("user_key")
        .agg(pl.col("user_tier").last())
    )
