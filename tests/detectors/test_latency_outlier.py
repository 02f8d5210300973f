"""Slow is relative to the operation, and blamed where the time was lost."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors.latency_outlier import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]


def baseline(n: int = 40, **fields: Any) -> list[dict[str, Any]]:
    """Durations of 900 to 1,100 ms around a median of 1,000."""
    return [
        {"tool_name": "search", "trace_id": f"b{k:02}", "duration_ms": 900.0 + 200 * k / (n - 1), **fields}
        for k in range(n)
    ]


def found(units: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(unit["trace_id"], unit["span_id"]) for unit in units if unit["state"] == "found"]


def test_a_span_ten_times_slower_is_found(answers: Answers) -> None:
    units = answers(
        DETECTOR, [*baseline(), {"tool_name": "search", "trace_id": "z", "span_id": "z", "duration_ms": 1e4}]
    )
    assert found(units) == [("z", "z")]
    (unit,) = (unit for unit in units if unit["state"] == "found")
    assert unit["text"] == "search"
    assert json.loads(unit["evidence"])["n_baseline"] == 41


def test_the_bound_is_that_of_the_modified_z_score(answers: Answers) -> None:
    """Durations of 1 and e seconds in halves: the median of their logarithms is 0.5 above the lower, the MAD is 0.5."""
    spans = [{"trace_id": f"t{k}", "duration_ms": 1000.0 * math.exp(k % 2)} for k in range(60)]
    (unit,) = (
        unit
        for unit in answers(
            DETECTOR, [*spans, {"trace_id": "x", "duration_ms": 1e6}, {"trace_id": "y", "duration_ms": 1.0}]
        )
        if unit["state"] == "found"
    )
    centre = math.log(1000) + 1 / 2
    assert json.loads(unit["evidence"])["median_ms"] == pytest.approx(math.exp(centre))
    assert json.loads(unit["evidence"])["bound_ms"] == pytest.approx(math.exp(centre + 3.5 * 1.4826 / 2))


@pytest.mark.parametrize(("duration_ms", "n_found"), [(2_900.0, 0), (3_100.0, 1)])
def test_below_three_times_the_usual_nothing_is_slow(answers: Answers, duration_ms: float, n_found: int) -> None:
    spans = [{"trace_id": f"t{k}", "duration_ms": 1000.0} for k in range(40)]
    assert len(found(answers(DETECTOR, [*spans, {"duration_ms": duration_ms}]))) == n_found


def test_below_a_second_more_nothing_is_slow(answers: Answers) -> None:
    spans = [{"trace_id": f"t{k}", "duration_ms": 1.0} for k in range(40)]
    assert found(answers(DETECTOR, [*spans, {"duration_ms": 900.0}])) == []
    assert len(found(answers(DETECTOR, [*spans, {"duration_ms": 1_100.0}]))) == 1


def test_each_operation_is_its_own_baseline(answers: Answers) -> None:
    units = answers(DETECTOR, [*baseline(), *baseline(kind="LLM", tool_name=None, name="chat", duration_ms=60_000.0)])
    assert found(units) == []


def test_a_call_that_asks_for_a_tool_is_held_against_its_like(answers: Answers) -> None:
    """Answers that take ten times as long as calls for tools hid a call for a tool that took five times as long."""
    chat = {"kind": "LLM", "name": "chat m", "model": "m", "tool_name": None}
    asking = [{**span, **chat, "finish_reason": "tool_calls"} for span in baseline()]
    replies = [
        {**span, **chat, "trace_id": f"r{place}", "duration_ms": 10_000.0 + place, "finish_reason": "stop"}
        for place, span in enumerate(baseline())
    ]
    slow = {**chat, "trace_id": "z", "span_id": "z", "duration_ms": 5_000.0, "finish_reason": "tool_calls"}
    assert found(answers(DETECTOR, [*asking, *replies, slow])) == [("z", "z")]


def test_a_slow_call_says_the_same_for_every_model(answers: Answers) -> None:
    """`chat big` and `chat small` put one slow prompt into two clusters, where neither was shown whole."""
    spans = [
        {**span, "kind": "LLM", "name": f"chat {model}", "model": model, "tool_name": None}
        for model in ("big", "small")
        for span in [*baseline(), {"trace_id": f"z {model}", "duration_ms": 1e4}]
    ]
    texts = [unit["text"] for unit in answers(DETECTOR, spans) if unit["state"] == "found"]
    assert texts == ["chat", "chat"]


def test_the_slow_child_is_blamed_and_not_the_span_around_it(answers: Answers) -> None:
    parents = baseline(kind="AGENT", name="run", tool_name=None, span_id="p")
    slow = [
        {"trace_id": "z", "span_id": "p", "kind": "AGENT", "name": "run", "duration_ms": 21_000.0},
        {"trace_id": "z", "span_id": "c", "parent_span_id": "p", "tool_name": "search", "duration_ms": 20_000.0},
    ]
    assert found(answers(DETECTOR, [*parents, *baseline(), *slow])) == [("z", "c")]


def test_a_span_that_lost_its_own_time_is_blamed_beside_its_child(answers: Answers) -> None:
    parents = baseline(kind="AGENT", name="run", tool_name=None, span_id="p")
    slow = [
        {"trace_id": "z", "span_id": "p", "kind": "AGENT", "name": "run", "duration_ms": 90_000.0},
        {"trace_id": "z", "span_id": "c", "parent_span_id": "p", "tool_name": "search", "duration_ms": 20_000.0},
    ]
    assert found(answers(DETECTOR, [*parents, *baseline(), *slow])) == [("z", "c"), ("z", "p")]


def test_a_small_baseline_cannot_tell(answers: Answers) -> None:
    units = answers(DETECTOR, [*baseline(28), {"tool_name": "search", "duration_ms": 1e6}])
    assert {unit["reason"] for unit in units} == {"fewer than 30 spans of this operation"}


@pytest.mark.parametrize("duration_ms", [None, -5.0, math.nan, math.inf])
def test_a_span_without_a_duration_cannot_be_judged(answers: Answers, duration_ms: float | None) -> None:
    (unit,) = answers(DETECTOR, [{"duration_ms": duration_ms}])
    assert (unit["state"], unit["reason"]) == ("not_applicable", "no time")


def test_durations_of_zero_are_durations(answers: Answers) -> None:
    units = answers(DETECTOR, baseline(duration_ms=0.0))
    assert {unit["state"] for unit in units} == {"clear"}


def test_no_spans_give_no_units(answers: Answers) -> None:
    assert answers(DETECTOR, []) == []


def test_a_slow_call_that_ended_in_an_error_is_the_errors_to_report(answers: Answers) -> None:
    """A timeout takes its time by design; as a latency problem it would hide the one that began with a version."""
    late = {"tool_name": "search", "trace_id": "z", "span_id": "z", "duration_ms": 1e4, "status": "ERROR"}
    units = answers(DETECTOR, [*baseline(), late])
    assert found(units) == []
    assert [unit["reason"] for unit in units if unit["trace_id"] == "z"] == ["ended in an error"]


def test_who_waited_for_a_timeout_is_not_blamed(answers: Answers) -> None:
    agents = baseline(name="agent", tool_name=None, span_id="root")
    calls = baseline(parent_span_id="root", span_id="call")
    late = [
        {"name": "agent", "trace_id": "z", "span_id": "root", "duration_ms": 1e4},
        {"tool_name": "search", "trace_id": "z", "span_id": "call", "parent_span_id": "root"}
        | {"duration_ms": 9e3, "status": "ERROR"},
    ]
    assert found(answers(DETECTOR, [*agents, *calls, *late])) == []
    assert found(answers(DETECTOR, [*agents, *calls, late[0], late[1] | {"status": "OK"}])) == [("z", "call")]
