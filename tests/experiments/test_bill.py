"""What the answers of an arm took: sums by hand, and what one answer does not say is not known of the sum."""

from datetime import UTC, datetime
from typing import Any

from workbench.experiments.answer import Answer, error
from workbench.experiments.arm import Spend
from workbench.experiments.bill import bill_of
from workbench.experiments.outcome import Outcome

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def outcome(answer: Answer, *, arm: str = "baseline", **given: Any) -> Outcome:
    usual = {"key": "k", "version": "v", "case_id": "c1", "trial": 0, "seed": 1, "charged": Spend()}
    return Outcome(arm=arm, answer=answer, started_at=NOON, finished_at=NOON, **{**usual, **given})


def test_sums_are_of_one_arm_alone() -> None:
    answers = [
        outcome(Answer(output="a", latency_ms=100.0, input_tokens=10, output_tokens=1, cost_usd=0.5), is_cached=True),
        outcome(Answer(output="b", latency_ms=400.0, input_tokens=20, output_tokens=2, cost_usd=0.25)),
        outcome(Answer(output="c", latency_ms=300.0, input_tokens=30, output_tokens=3, cost_usd=0.0)),
        outcome(Answer(output="d", latency_ms=9.0, input_tokens=1, output_tokens=1, cost_usd=9.0), arm="candidate"),
    ]
    bill = bill_of("baseline", answers)
    assert (bill.n_answers, bill.n_errors, bill.n_cached) == (3, 0, 1)
    assert (bill.input_tokens, bill.output_tokens, bill.cost_usd, bill.median_ms) == (60, 6, 0.75, 300.0)


def test_what_one_answer_does_not_say_is_not_known_of_the_sum() -> None:
    known = Answer(output="a", latency_ms=100.0, input_tokens=10, output_tokens=1, cost_usd=0.5)
    failed = [outcome(error("timeout")), outcome(error("empty")), outcome(error("timeout"))]
    bill = bill_of("baseline", [outcome(known), *failed])
    assert (bill.n_answers, bill.n_errors, bill.error_kinds) == (4, 3, ("timeout", "empty"))
    assert (bill.input_tokens, bill.cost_usd, bill.median_ms) == (None, None, 100.0)
