"""Half of an answer changed is a heavy edit, whether the source says the share or the text that was kept."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors.heavy_edit import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]

ROOT = {"kind": "AGENT", "span_id": "r", "input": "Summarise Doe v. Roe", "output": "kitten"}


def edit(value: float | None = None, kept: str | None = None, **fields: Any) -> dict[str, Any]:
    attributes = json.dumps({} if kept is None else {"kept": kept})
    return {"kind": "edit", "name": "kept", "target_id": "t1", "value": value, "attributes": attributes, **fields}


@pytest.mark.parametrize(("share", "state"), [(0.5, "found"), (0.95, "found"), (0.49, "clear"), (0.0, "clear")])
def test_the_bar_is_half_of_the_answer(answers: Answers, share: float, state: str) -> None:
    (unit,) = answers(DETECTOR, [ROOT], [edit(share)])
    assert unit["state"] == state


def test_a_kept_text_is_measured_against_the_answer(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [ROOT], [edit(kept="sitting"), edit(kept="dog")])
    assert (unit["state"], unit["text"]) == ("found", "rewritten before it was kept")
    evidence = json.loads(unit["evidence"])
    # Six letters become three others, or three of seven change: the heaviest counts.
    assert (evidence["changed_share"], evidence["n_edits"], evidence["signal_id"]) == (1.0, 2, "g1")


def test_an_edit_of_a_span_counts_for_its_trace(answers: Answers) -> None:
    spans = [ROOT, {"kind": "LLM", "span_id": "c", "parent_span_id": "r", "output": "mitten"}]
    (unit,) = answers(DETECTOR, spans, [edit(kept="mitten", target_kind="span", target_id="c")])
    assert unit["state"] == "clear"


@pytest.mark.parametrize(
    ("signals", "reason"),
    [
        ([], "no edit"),
        ([{"value": 0.0}], "no edit"),
        ([edit(kept="x" * 20_001)], "edit cannot be compared with the answer"),
        ([edit()], "edit cannot be compared with the answer"),
    ],
)
def test_what_cannot_be_compared_is_not_judged(answers: Answers, signals: list[dict[str, Any]], reason: str) -> None:
    (unit,) = answers(DETECTOR, [ROOT], signals)
    assert (unit["state"], unit["reason"]) == ("not_applicable", reason)


def test_it_says_that_its_words_are_no_ones(answers: Answers) -> None:
    """Grouped by what users had come for, an edit was a problem of each topic."""
    (unit,) = answers(DETECTOR, [ROOT], [edit(0.9)])
    assert json.loads(unit["evidence"])["has_words"] is False
