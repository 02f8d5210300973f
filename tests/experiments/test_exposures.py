"""Exposures from flags as OpenTelemetry records them: counted by hand, and read through the loader of its own files."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import polars as pl
import pytest

from workbench.experiments.exposures import exposures_of
from workbench.schemas import EXPOSURES, SPANS

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FLAG = "shorter-answers"


def span(trace: str, user: str | None, minute: int | None, attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "trace_id": trace,
        "user_key": user,
        "started_at": None if minute is None else NOON + timedelta(minutes=minute),
        "attributes": orjson.dumps(attributes).decode(),
    }


def flagged(variant: str, *, key: str = FLAG, name: str = "feature_flag.result.variant") -> dict[str, Any]:
    return {"feature_flag.key": key, name: variant}


def event(variant: str, minute: int) -> dict[str, Any]:
    """Return attributes of a span with an event, as the OTLP loader keeps them."""
    at = int((NOON + timedelta(minutes=minute)).timestamp()) * 10**9
    said = {"name": "feature_flag.evaluation", "time_unix_nano": at, "attributes": flagged(variant)}
    return {"otlp": {"events": [{"name": "exception", "attributes": {}}, said]}}


def frame(*spans: dict[str, Any]) -> pl.DataFrame:
    schema = {name: SPANS.schema[name] for name in ("trace_id", "user_key", "started_at", "attributes")}
    return pl.DataFrame(list(spans), schema=schema)


SEEN = frame(
    span("t1", "usr_ann", 5, flagged("candidate")),
    span("t2", "usr_ann", 3, flagged("candidate", name="feature_flag.variant")),
    span("t3", "usr_ben", 1, event("baseline", 2)),
    span("t4", "usr_cat", 4, flagged("baseline")),
    span("t5", "usr_cat", 6, flagged("candidate")),
    span("t6", "usr_dan", 1, flagged("candidate", key="another flag")),
    span("t7", "usr_eve", 1, {"topic": "feature_flag.key"}),
    span("t8", None, 1, flagged("baseline")),
    span("t9", "usr_fay", None, flagged("baseline")),
    span("t10", "usr_gus", 7, flagged("third")),
)


def test_a_user_is_in_the_arm_of_the_first_exposure() -> None:
    """Ann's second trace was the earlier one; Cat met the baseline first and the candidate too."""
    found = exposures_of(SEEN, FLAG)
    assert found.exposures.schema == EXPOSURES.schema
    assert found.exposures.select("user_key", "arm", "trace_id", "n_exposures", "is_mixed").rows() == [
        ("usr_ben", "baseline", "t3", 1, False),
        ("usr_ann", "candidate", "t2", 2, False),
        ("usr_cat", "baseline", "t4", 2, True),
    ]
    assert found.exposures["first_at"].to_list() == [NOON + timedelta(minutes=minute) for minute in (2, 3, 4)]
    assert (found.n_mixed, found.n_assigned) == (1, (2, 1))


def test_what_is_in_no_arm_is_said() -> None:
    found = exposures_of(SEEN, FLAG)
    assert (found.n_without_user, found.n_without_time, found.others) == (1, 1, {"third": 1})


def test_the_order_of_spans_does_not_matter() -> None:
    assert exposures_of(SEEN.reverse(), FLAG).exposures.equals(exposures_of(SEEN, FLAG).exposures)


def test_the_trace_says_whose_a_span_is_that_does_not() -> None:
    found = exposures_of(frame(span("t", None, 1, flagged("on")), span("t", "usr_ann", 0, {})), FLAG, variants=ON_OFF)
    assert found.exposures.select("user_key", "arm").rows() == [("usr_ann", "candidate")]


ON_OFF = {"off": "baseline", "on": "candidate", "true": "candidate"}


def test_a_value_stands_for_a_variant_that_has_no_name() -> None:
    attributes = {"feature_flag.key": FLAG, "feature_flag.result.value": True}
    found = exposures_of(frame(span("t", "usr_ann", 1, attributes)), FLAG, variants=ON_OFF)
    assert found.n_assigned == (0, 1)


@pytest.mark.parametrize(
    "attributes",
    [
        {"events": 1, "feature_flag.key": FLAG},
        {"otlp": {"events": ["feature_flag.key", {"attributes": 3}, {}]}},
        {"otlp": {"events": [{"attributes": {"feature_flag.key": [FLAG]}}]}},
    ],
)
def test_what_is_no_flag_is_passed_over(attributes: dict[str, Any]) -> None:
    found = exposures_of(frame(span("t", "usr_ann", 1, {**attributes, "mark": "feature_flag"})), FLAG)
    assert found.exposures.is_empty()


@pytest.mark.parametrize("time", [0, -1, 1.5, "soon", True])
def test_an_event_without_a_time_happened_with_its_span(time: Any) -> None:
    attributes = {"otlp": {"events": [{"time_unix_nano": time, "attributes": flagged("candidate")}]}}
    found = exposures_of(frame(span("t", "usr_ann", 1, attributes)), FLAG)
    assert found.exposures["first_at"].to_list() == [NOON + timedelta(minutes=1)]


def test_no_spans_are_no_exposures() -> None:
    assert exposures_of(frame(), FLAG).exposures.schema == EXPOSURES.schema


def test_variants_must_lead_to_both_arms() -> None:
    with pytest.raises(ValueError, match="baseline and candidate"):
        exposures_of(SEEN, FLAG, variants={"on": "candidate"})
