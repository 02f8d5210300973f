"""Runs as telemetry, in both forms in which an app may tell them."""

from datetime import UTC, date, datetime

from workbench.experiments.answer import Answer
from workbench.experiments.arm import Spend
from workbench.experiments.outcome import Outcome
from workbench.loop.run_telemetry import telemetry_of
from workbench.schemas import SPANS

NOON, DAY = datetime(2026, 11, 1, 12, tzinfo=UTC), date(2026, 11, 1)
OTLP = (
    '{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "' + "0" * 31 + '1",\n"spanId": "' + "0" * 15 + '1",'
    '"name": "chat", "attributes": [{"key": "user.id", "value": {"stringValue": "ann"}}]}]}]}]}'
)
"""One span over two lines."""


def outcome(answer: Answer) -> Outcome:
    return Outcome(
        key=answer.output or "",
        arm="baseline",
        version="v1",
        case_id="c1",
        trial=0,
        seed=0,
        answer=answer,
        started_at=NOON,
        finished_at=NOON,
        charged=Spend(),
    )


def test_rows_and_otlp_become_one_frame_and_what_is_no_span_costs_no_other() -> None:
    answers = [
        Answer(output="a", spans=({"trace_id": "t1", "span_id": "s1", "name": "row"},)),
        Answer(output="b", otlp=OTLP),
        Answer(output="c", otlp='{"resourceSpans": [{]}'),
        Answer(output="d"),
    ]
    spans = telemetry_of([*map(outcome, answers)], experiment_id="exp_1", day=DAY, key_user=lambda _: "usr_keyed")
    assert spans.schema == SPANS.schema
    assert spans.select("name", "source", "user_key", "day").rows() == [
        ("row", "exp_1", None, DAY),
        ("chat", "exp_1", "usr_keyed", DAY),
    ]
    assert "ann" not in spans.write_json()
