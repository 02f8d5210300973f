"""Each prompt and model is its own baseline; tokens in and tokens out are judged apart."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors.token_spike import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]


def calls(n: int = 40, **fields: Any) -> list[dict[str, Any]]:
    """Return calls of 1,000 to 1,100 tokens in and 100 out."""
    usual = {"kind": "LLM", "model": "m", "prompt_name": "summary", "output_tokens": 100}
    return [{**usual, "trace_id": f"b{k:02}", "input_tokens": 1_000 + 100 * k // n, **fields} for k in range(n)]


def spike(**fields: Any) -> dict[str, Any]:
    return {**calls(1)[0], "trace_id": "z", "span_id": "z", **fields}


def found(units: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(unit["span_id"], unit["text"]) for unit in units if unit["state"] == "found"]


@pytest.mark.parametrize(
    ("tokens", "text"),
    [({"input_tokens": 9_000}, "summary: tokens in"), ({"output_tokens": 4_000}, "summary: tokens out")],
)
def test_a_call_with_many_times_the_tokens_is_found(answers: Answers, tokens: dict[str, int], text: str) -> None:
    units = answers(DETECTOR, [*calls(), spike(**tokens)])
    assert found(units) == [("z", text)]
    (unit,) = (unit for unit in units if unit["state"] == "found")
    evidence = json.loads(unit["evidence"])
    assert evidence["n_baseline"] == 41
    assert evidence["model"] == "m"


@pytest.mark.parametrize("tokens", [{"input_tokens": 3_000}, {"output_tokens": 1_000}])
def test_what_is_not_three_times_the_usual_or_not_a_thousand_more_is_clear(
    answers: Answers, tokens: dict[str, int]
) -> None:
    assert found(answers(DETECTOR, [*calls(), spike(**tokens)])) == []


def test_a_long_prompt_is_its_own_baseline(answers: Answers) -> None:
    others: tuple[dict[str, Any], ...] = (
        {"prompt_name": "draft"},
        {"model": "large"},
        {"finish_reason": "tool_calls"},
        {"agent": "writer"},
    )
    long = [call for other in others for call in calls(input_tokens=20_000, **other)]
    assert found(answers(DETECTOR, [*calls(), *long])) == []


def test_long_inputs_of_one_call_in_ten_are_what_users_bring(answers: Answers) -> None:
    """In the sample one summary in ten is of a long case: reported, each of them would be a problem of its own."""
    assert found(answers(DETECTOR, [*calls(36), *calls(5, input_tokens=9_000)])) == []
    assert len(found(answers(DETECTOR, [*calls(98), *calls(2, input_tokens=9_000)]))) == 2


def test_another_version_of_the_prompt_does_not_hide_its_spike(answers: Answers) -> None:
    units = answers(DETECTOR, [*calls(prompt_version="1"), spike(input_tokens=9_000, prompt_version="2")])
    assert found(units) == [("z", "summary: tokens in")]


def test_one_way_is_enough(answers: Answers) -> None:
    units = answers(DETECTOR, [*calls(output_tokens=None), spike(input_tokens=9_000, output_tokens=None)])
    assert found(units) == [("z", "summary: tokens in")]


@pytest.mark.parametrize(
    ("spans", "reason"),
    [
        ([spike(input_tokens=None, output_tokens=None)], "tokens not recorded"),
        ([spike(input_tokens=-1, output_tokens=None)], "tokens not recorded"),
        ([spike(input_tokens=10**6)], "fewer than 30 calls with this prompt and model"),
    ],
)
def test_without_tokens_or_a_baseline_nothing_can_be_said(
    answers: Answers, spans: list[dict[str, Any]], reason: str
) -> None:
    (unit,) = answers(DETECTOR, spans)
    assert (unit["state"], unit["reason"]) == ("not_applicable", reason)


def test_only_calls_of_models_are_examined(answers: Answers) -> None:
    assert answers(DETECTOR, calls(kind="AGENT")) == []
    assert answers(DETECTOR, []) == []
