"""Feature flags as exporters write them, from the file to who was exposed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from tests.loaders.otlp.conftest import START, Wire
from workbench.experiments.exposures import exposures_of

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


def test_whom_a_flag_was_evaluated_for_is_keyed(
    read_attributes: Callable[[Any], dict[str, Any]], key: Callable[[str], str]
) -> None:
    """The targeting key of a flag is as a rule the user's id: it stood in the telemetry as it came."""
    row = read_attributes({"feature_flag.key": "exp", "feature_flag.context.id": "ann"})
    assert orjson.loads(row["attributes"])["feature_flag.context.id"] == key("ann")
