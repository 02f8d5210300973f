"""The cost of a whole run against runs of its kind; one call that is too long is token_spike's to report."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors import token_spike
from workbench.detectors.cost_spike import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]


def run(trace_id: str, *costs: float | None, **fields: Any) -> list[dict[str, Any]]:
    """Return a root and one call of the model a cost."""
    calls = [
        {"trace_id": trace_id, "span_id": f"c{k}", "parent_span_id": "r", "kind": "LLM", "model": "m", "cost_usd": cost}
        | {"input_tokens": 1_000, "output_tokens": 100, **fields}
        for k, cost in enumerate(costs)
    ]
    return [{"trace_id": trace_id, "span_id": "r", "kind": "AGENT", "name": "answer"}, *calls]


def usual(n: int = 40, **fields: Any) -> list[dict[str, Any]]:
    return [span for k in range(n) for span in run(f"b{k:02}", 0.01, 0.01, **fields)]


def found(units: list[dict[str, Any]]) -> list[str]:
    return [unit["trace_id"] for unit in units if unit["state"] == "found"]


def test_a_run_of_many_usual_calls_is_found(answers: Answers) -> None:
    units = answers(DETECTOR, [*usual(), *run("z", *[0.01] * 20)])
    assert found(units) == ["z"]
    (unit,) = (unit for unit in units if unit["state"] == "found")
    assert (unit["text"], unit["span_id"]) == ("answer: cost of the run", None)
    evidence = json.loads(unit["evidence"])
    assert (evidence["n_calls"], evidence["n_baseline"]) == (20, 41)
    assert evidence["cost_usd"] == pytest.approx(20 / 100)
    assert evidence["bound_usd"] == pytest.approx(3 * 2 / 100)


def test_a_run_up_to_three_times_as_dear_is_clear(answers: Answers) -> None:
    assert found(answers(DETECTOR, [*usual(), *run("z", *[0.01] * 6)])) == []
    assert found(answers(DETECTOR, [*usual(), *run("z", *[0.01] * 7)])) == ["z"]


def test_below_a_cent_more_nothing_is_dear(answers: Answers) -> None:
    cheap = [span for k in range(40) for span in run(f"b{k:02}", 0.001)]
    assert found(answers(DETECTOR, [*cheap, *run("z", 0.010)])) == []
    assert found(answers(DETECTOR, [*cheap, *run("z", 0.012)])) == ["z"]


def test_a_cost_that_one_long_call_explains_is_reported_as_tokens_alone(answers: Answers) -> None:
    """Were both to report it, one prompt that took in a document would come up as two issues."""
    long = {"trace_id": "z", "span_id": "long", "parent_span_id": "r", "kind": "LLM", "model": "m"}
    spans = [*usual(), *run("z", 0.01), long | {"input_tokens": 90_000, "output_tokens": 100, "cost_usd": 0.9}]
    assert found(answers(DETECTOR, spans)) == []
    assert found(answers(token_spike.DETECTOR, spans)) == ["z"]
    many = [*spans, *(span | {"span_id": f"m{k}"} for k in range(200) for span in run("z", 0.01)[1:])]
    assert found(answers(DETECTOR, many)) == ["z"], "the long call holds less than half of the excess"


def test_runs_on_another_model_or_of_another_agent_are_another_kind(answers: Answers) -> None:
    large = [span for k in range(40) for span in run(f"l{k:02}", 0.5, model="large")]
    other = [span | {"name": "research"} for k in range(40) for span in run(f"o{k:02}", 0.5)]
    assert found(answers(DETECTOR, [*usual(), *large, *other])) == []


def test_an_enclosing_span_that_repeats_the_sum_is_not_added(answers: Answers) -> None:
    spans = [span | {"cost_usd": 0.02} if span["span_id"] == "r" else span for span in usual()]
    assert json_cost(answers(DETECTOR, [*spans, *run("z", 0.2)])) == pytest.approx(0.2)


def json_cost(units: list[dict[str, Any]]) -> float:
    (unit,) = (unit for unit in units if unit["state"] == "found")
    return float(json.loads(unit["evidence"])["cost_usd"])


def test_where_only_the_root_has_a_cost_that_is_the_runs(answers: Answers) -> None:
    spans = [
        {"trace_id": f"b{k:02}", "kind": "AGENT", "name": "answer", "cost_usd": 0.5 if k == 0 else 0.02}
        for k in range(40)
    ]
    assert found(answers(DETECTOR, spans)) == ["b00"]


@pytest.mark.parametrize(
    ("spans", "reason"),
    [
        (run("z", None), "cost not recorded"),
        (run("z", -1.0), "cost not recorded"),
        (run("z", 100.0), "fewer than 30 runs of this kind"),
    ],
)
def test_without_a_cost_or_a_baseline_nothing_can_be_said(
    answers: Answers, spans: list[dict[str, Any]], reason: str
) -> None:
    (unit,) = answers(DETECTOR, spans)
    assert (unit["state"], unit["reason"]) == ("not_applicable", reason)


def test_no_spans_give_no_units(answers: Answers) -> None:
    assert answers(DETECTOR, []) == []
