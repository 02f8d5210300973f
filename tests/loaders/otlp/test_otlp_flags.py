"""Feature flags as exporters write them, from the file to who was exposed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import polars as pl

from tests.loaders.otlp.conftest import START, Wire
from workbench.experiments.exposures import COLUMNS, exposures_of

LATER = str(int(START) + 250_000_000)


def test_flags_on_spans_and_in_their_events_are_exposures(
    read_lines: Callable[..., Any], wire: Wire, key: Callable[[str], str]
) -> None:
    """One user's flag is a span's attribute, the other's an event a quarter of a second into the span."""
    on_span = {"user.id": "ann", "feature_flag.key": "exp", "feature_flag.variant": "baseline"}
    in_event = {
        "feature_flag.key": "exp",
        "feature_flag.result.variant": "candidate",
        "feature_flag.context.id": "ben",
        "feature_flag.provider.name": "flags",
    }
    event = {"timeUnixNano": LATER, "name": "feature_flag.evaluation", "attributes": wire.attributes(in_event)}
    loaded = read_lines(
        wire.export(
            wire.span(on_span),
            wire.span({"user.id": "ben"}, traceId="1" * 32, events=[event]),
        )
    )
    assert loaded.refused == []
    found = exposures_of(loaded.spans, "exp").exposures
    assert found.select("user_key", "arm", "first_at").rows() == [
        (key("ann"), "baseline", datetime(2026, 1, 1, tzinfo=UTC)),
        (key("ben"), "candidate", datetime(2026, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC)),
    ]


def test_an_evaluation_of_a_flag_in_a_log_is_an_exposure_of_its_traces_user(
    read_lines: Callable[..., Any], wire: Wire, key: Callable[[str], str]
) -> None:
    """Half of the records were refused: SDKs of feature flags log what they evaluate, and put it on no span."""
    said = {"feature_flag.key": "exp", "feature_flag.result.variant": "candidate", "feature_flag.context.id": "ann"}
    record = {"eventName": "feature_flag.evaluation", "traceId": "1" * 32, "timeUnixNano": LATER}
    other = {**record, "attributes": wire.attributes({"feature_flag.key": "exp", "feature_flag.result.value": True})}
    logs = [
        {**record, "attributes": wire.attributes(said)},
        other,
        {**record, "attributes": wire.attributes({"feature_flag.result.variant": "candidate"})},
        {**record, "traceId": None, "attributes": wire.attributes(said)},
    ]
    spans = wire.export(wire.span({"user.id": "ann"}, traceId="1" * 32))
    loaded = read_lines({**spans, "resourceLogs": [{"scopeLogs": [{"logRecords": logs}]}]})
    assert [one.reason for one in loaded.refused] == ["no_flag", "no_id"]
    rows = loaded.signals.select("kind", "name", "label", "target_kind", "trace_id", "value").rows()
    assert sorted(rows) == [
        ("exposure", "exp", "candidate", "trace", "1" * 32, None),
        ("exposure", "exp", "true", "trace", "1" * 32, None),
    ]
    assert not any('"ann"' in one for one in loaded.signals["attributes"])
    assert loaded.mapped["feature_flag.evaluation -> signal"] == 2
    no_user = pl.lit(None, pl.String).alias("user_key")
    frames = [loaded.spans, loaded.signals.rename({"at": "started_at"}).with_columns(no_user)]
    found = exposures_of(pl.concat([frame.select(COLUMNS) for frame in frames]), "exp")
    assert found.exposures.select("user_key", "arm", "first_at").rows() == [
        (key("ann"), "candidate", datetime(2026, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC))
    ]
    assert found.others == {"true": 1}


def test_whom_a_flag_was_evaluated_for_is_keyed(
    read_attributes: Callable[[Any], dict[str, Any]], key: Callable[[str], str]
) -> None:
    """The targeting key of a flag is as a rule the user's id: it stood in the telemetry as it came."""
    row = read_attributes({"feature_flag.key": "exp", "feature_flag.context.id": "ann"})
    assert orjson.loads(row["attributes"])["feature_flag.context.id"] == key("ann")
