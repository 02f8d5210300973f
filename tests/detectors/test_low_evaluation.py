"""A score says something where its good end is known; a label where its words are."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors.low_evaluation import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]
SPANS = [{"trace_id": "t1", "session_id": "v1", "kind": "AGENT", "input": "Where is my bag?"}]


def scored(value: float | None = None, name: str = "faithfulness", **fields: Any) -> dict[str, Any]:
    return {"kind": "evaluation", "target_id": "t1", "name": name, "value": value, **fields}


def others(*values: float, name: str = "faithfulness") -> list[dict[str, Any]]:
    """Return scores of other traces, by which the scale is known."""
    return [scored(value, name, trace_id="elsewhere", target_id="elsewhere") for value in values]


def one(units: list[dict[str, Any]]) -> dict[str, Any]:
    (unit,) = (unit for unit in units if unit["trace_id"] == "t1")
    return unit


@pytest.mark.parametrize(
    ("signals", "state"),
    [
        ([scored(0.3), *others(0.8, 0.9)], "found"),
        ([scored(0.5), *others(0.8, 0.9)], "clear"),
        ([scored(2.0), *others(4.0, 5.0)], "found"),
        ([scored(3.0), *others(4.0, 5.0)], "clear"),
        ([scored(40.0), *others(80.0, 95.0)], "found"),
        ([scored(-0.2), *others(0.5, 1.0)], "found"),
        ([scored(0.0), *others(0.0, 0.0)], "found"),
        ([scored(1.0), *others(0.0, 0.0)], "clear"),
        ([scored(0.8, "toxicity"), *others(0.0, 0.1, name="toxicity")], "found"),
        ([scored(0.1, "toxicity"), *others(0.0, 0.8, name="toxicity")], "clear"),
        ([scored(1.0, "hallucination")], "found"),
        ([scored(0.0, "incorrectness")], "clear"),
        *(([scored(1.0, name)], "clear") for name in ("harmlessness", "unbiased", "non_toxic", "hallucination_free")),
        *(([scored(0.0, name)], "found") for name in ("harmlessness", "unbiased", "non_toxic", "hallucination_free")),
        *(([scored(1.0, name)], "found") for name in ("harmfulness", "unhelpful", "risk_of_bias", "ungrounded")),
    ],
)
def test_a_value_is_held_against_the_middle_of_its_scale(
    answers: Answers, signals: list[dict[str, Any]], state: str
) -> None:
    assert one(answers(DETECTOR, SPANS, signals))["state"] == state


@pytest.mark.parametrize(
    ("name", "label", "state"),
    [
        ("anything", "fail", "found"),
        ("anything", " Passed ", "clear"),
        ("hallucination", "hallucinated", "found"),
        ("hallucination", "factual", "clear"),
        ("toxicity", "true", "found"),
        ("toxicity", "no", "clear"),
        ("correctness", "no", "found"),
        ("correctness", "yes", "clear"),
    ],
)
def test_a_label_decides_before_the_value(answers: Answers, name: str, label: str, state: str) -> None:
    contrary = {"found": 1.0, "clear": 0.0}[state] if name != "toxicity" else None
    assert one(answers(DETECTOR, SPANS, [scored(contrary, name, label=label)]))["state"] == state


@pytest.mark.parametrize(
    ("signals", "reason"),
    [
        ([], "no evaluation"),
        ([scored(None)], "no value and no known label"),
        ([scored(None, "failure_step", label="Intent Plan Misalignment")], "no value and no known label"),
        ([scored(0.2, "rouge_l")], "scale or its good end not known"),
        ([scored(None, "is_formal", label="no")], "no value and no known label"),
        ([scored(700.0, "quality")], "scale or its good end not known"),
        *(
            ([scored(value, name)], "scale or its good end not known")
            for name in ("no_pii_leak", "error_handling", "prompt_injection_resistance", "not_relevant", "non_factual")
            for value in (0.0, 1.0)
        ),
        ([scored(0.2), *others(*[0.3] * 10, *[0.9] * 9)], "most scores of this name are low"),
    ],
)
def test_a_score_whose_meaning_is_not_known_cannot_be_judged(
    answers: Answers, signals: list[dict[str, Any]], reason: str
) -> None:
    unit = one(answers(DETECTOR, SPANS, signals))
    assert (unit["state"], unit["reason"]) == ("not_applicable", reason)


def test_where_all_fail_a_test_of_yes_and_no_they_fail(answers: Answers) -> None:
    """A bar may be wrong for a graded score; that something did not pass is no matter of a bar."""
    assert one(answers(DETECTOR, SPANS, [scored(0.0), *others(0.0, 0.0, 0.0)]))["state"] == "found"


def test_of_several_evaluations_one_that_is_low_is_enough(answers: Answers) -> None:
    signals = [scored(0.9), scored(0.1, "completeness", comment="Not the holding of 3 cases."), scored(1.0, "clarity")]
    unit = one(answers(DETECTOR, SPANS, signals))
    assert unit["text"] == "completeness: Not the holding of <number> cases."
    evidence = json.loads(unit["evidence"])
    assert (evidence["value"], evidence["top"], evidence["bar"], evidence["signal_id"]) == (0.1, 1.0, 0.5, "g1")


def test_without_a_comment_the_words_are_what_the_user_asked(answers: Answers) -> None:
    assert one(answers(DETECTOR, SPANS, [scored(0.0)]))["text"] == "faithfulness: Where is my bag?"


def test_an_evaluation_of_a_span_is_its_traces(answers: Answers) -> None:
    unit = one(answers(DETECTOR, SPANS, [scored(0.0, target_kind="span", target_id="s0")]))
    assert (unit["state"], unit["span_id"]) == ("found", None)
    assert json.loads(unit["evidence"])["target_id"] == "s0"


def test_an_evaluation_of_a_session_is_a_unit_of_its_own(answers: Answers) -> None:
    signal = scored(0.0, target_kind="session", target_id="v1", trace_id=None, comment="Nobody was helped.")
    units = answers(DETECTOR, SPANS, [signal])
    (session,) = (unit for unit in units if unit["trace_id"] is None)
    assert (session["state"], session["session_id"]) == ("found", "v1")
    assert one(units)["reason"] == "no evaluation"


@pytest.mark.parametrize("kind", ["feedback", "outcome", "edit"])
def test_what_others_report_is_not_reported_again(answers: Answers, kind: str) -> None:
    assert one(answers(DETECTOR, SPANS, [scored(0.0) | {"kind": kind}]))["reason"] == "no evaluation"


def test_no_spans_give_no_units(answers: Answers) -> None:
    assert answers(DETECTOR, []) == []
