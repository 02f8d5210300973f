"""Signals find what they are about, whichever of the two came first."""

from datetime import UTC, datetime
from typing import Any

import polars as pl

from workbench.schemas import SIGNALS, SPANS, Table
from workbench.store.joined import user_tiers, waiting_signals

T0 = datetime(2026, 1, 5, 10, tzinfo=UTC)
T1 = datetime(2026, 1, 6, 10, tzinfo=UTC)


def _frame(table: Table, *rows: dict[str, Any]) -> pl.LazyFrame:
    return pl.DataFrame([dict.fromkeys(table.schema) | row for row in rows], schema=table.schema).lazy()


def _signal(target_kind: str, target_id: str, **said: Any) -> dict[str, Any]:
    return {
        "signal_id": f"{target_kind} {target_id}",
        "target_kind": target_kind,
        "target_id": target_id,
        "trace_id": target_id if target_kind == "trace" else None,
        "kind": "feedback",
        "name": "thumb",
        "attributes": "{}",
        **said,
    }


SPAN = {"trace_id": "t1", "span_id": "s1", "session_id": "c1", "user_key": "usr_ann", "started_at": T0}


def test_a_signal_waits_for_its_target_and_no_longer() -> None:
    here = [
        _signal("trace", "t1"),
        _signal("session", "c1"),
        _signal("user", "usr_ann"),
        _signal("span", "s1", trace_id="t1"),
    ]
    not_here = [
        _signal("trace", "t2"),
        _signal("session", "c2"),
        _signal("user", "usr_ben"),
        _signal("span", "s2", trace_id="t1"),
    ]
    waiting = waiting_signals(_frame(SPANS, SPAN), _frame(SIGNALS, *here, *not_here)).collect()
    assert sorted(waiting["signal_id"]) == sorted(signal["signal_id"] for signal in not_here)


def test_a_span_of_another_trace_is_not_the_one_a_signal_waits_for() -> None:
    signals = _frame(SIGNALS, _signal("span", "s1", trace_id="t2"))
    assert waiting_signals(_frame(SPANS, SPAN), signals).collect().height == 1


def test_without_spans_every_signal_waits_and_without_signals_none_does() -> None:
    signals = _frame(SIGNALS, _signal("trace", "t1"))
    assert waiting_signals(SPANS.empty().lazy(), signals).collect().height == 1
    assert waiting_signals(_frame(SPANS, SPAN), SIGNALS.empty().lazy()).collect().is_empty()


def test_the_tier_that_was_said_last_stands_by_whatever_it_was_said() -> None:
    spans = _frame(
        SPANS,
        SPAN | {"user_tier": "free"},
        SPAN | {"trace_id": "t2", "span_id": "s2", "session_id": "c2", "user_key": "usr_ben"},
        SPAN
        | {
            "trace_id": "t3",
            "span_id": "s3",
            "session_id": "c3",
            "user_key": "usr_cleo",
            "user_tier": "pro",
            "started_at": T1,
        },
        SPAN | {"trace_id": "t4", "span_id": "s4", "session_id": "c4", "user_key": "usr_dora"},
    )
    tier = {"kind": "profile", "name": "user_tier"}
    signals = _frame(
        SIGNALS,
        _signal("user", "usr_ann", **tier, label="pro", at=T1),
        _signal("session", "c2", **tier, label="team", at=T0),
        _signal("trace", "t3", **tier, label="free", at=T0),
        _signal("user", "usr_dora", kind="profile", name="language", label="de", at=T0),
    )
    tiers = dict(user_tiers(spans, signals).collect().iter_rows())
    assert tiers == {"usr_ann": "pro", "usr_ben": "team", "usr_cleo": "pro"}
