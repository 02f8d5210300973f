"""A rate shift is a version since which more goes wrong than before it and beside it, beyond chance and by half."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from scipy.stats import fisher_exact

from workbench.detectors import rate_shift

Answers = Callable[..., list[dict[str, Any]]]
Row = dict[str, Any]


def traces(n: int, *, n_bad: int = 0, start: int = 0, name: str = "a", **fields: Any) -> list[Row]:
    """Return traces one second apart, the first of them bad."""
    return [
        {
            **{"trace_id": f"{name}{number}", "started_at": start + number, "kind": "LLM", "prompt_name": "summary"},
            **{"status": "ERROR" if number < n_bad else "OK", **fields},
        }
        for number in range(n)
    ]


def counted(units: Sequence[Row]) -> dict[str, int]:
    said = [unit["reason"] or unit["state"] for unit in units]
    return {word: said.count(word) for word in sorted(set(said))}


BEFORE = traces(100, n_bad=5, prompt_version="1")
AFTER = traces(60, n_bad=30, start=100, name="b", prompt_version="2")
NOT_BEGUN = "its version did not begin in this window"


def test_the_bad_traces_of_a_version_since_which_more_go_wrong_are_found(answers: Answers) -> None:
    units = answers(rate_shift.DETECTOR, BEFORE + AFTER)
    found = [unit for unit in units if unit["state"] == "found"]
    assert {unit["trace_id"] for unit in found} == {f"b{number}" for number in range(30)}
    assert counted(units) == {"clear": 30, "found": 30, NOT_BEGUN: 100}
    assert {unit["text"] for unit in found} == {"prompt version 2 of summary: more errors since it came in"}
    evidence = json.loads(found[0]["evidence"])
    p_value = fisher_exact([[30, 30], [5, 95]], alternative="greater").pvalue
    assert (evidence["hits"], evidence["n"], evidence["other_hits"], evidence["other_n"]) == (30, 60, 5, 100)
    assert evidence["p_value"] == pytest.approx(p_value, rel=1e-9)
    assert evidence["p_adjusted"] == evidence["p_value"], "one version, and one measure that is known of its traces"


def test_a_version_that_is_no_worse_is_clear(answers: Answers) -> None:
    units = answers(rate_shift.DETECTOR, BEFORE + traces(60, n_bad=4, start=100, name="b", prompt_version="2"))
    assert counted(units) == {"clear": 60, NOT_BEGUN: 100}


def test_a_rise_that_nobody_would_notice_is_clear_however_sure_it_is(answers: Answers) -> None:
    """40 % against 30 % in two thousand traces each is beyond chance (p = 2e-11), and a third more is no shift."""
    before = traces(2_000, n_bad=600, prompt_version="1")
    units = answers(rate_shift.DETECTOR, before + traces(2_000, n_bad=800, start=2_000, name="b", prompt_version="2"))
    assert counted(units) == {"clear": 2_000, NOT_BEGUN: 2_000}


@pytest.mark.parametrize(
    ("spans", "reason"),
    [
        (traces(19, prompt_version="1") + AFTER, NOT_BEGUN),
        (BEFORE + traces(19, n_bad=19, start=100, name="b", prompt_version="2"), "fewer than 20 traces to compare"),
        (traces(60, n_bad=30), "no prompt version, model or release"),
        (traces(60, n_bad=30, prompt_version="2"), NOT_BEGUN),
        ([{**span, "started_at": None} for span in AFTER], "no time"),
    ],
)
def test_it_cannot_tell_without_a_change_a_time_or_traces_enough(
    spans: list[Row], reason: str, answers: Answers
) -> None:
    assert counted(answers(rate_shift.DETECTOR, spans)).keys() - {NOT_BEGUN} == {reason} - {NOT_BEGUN}


def test_a_version_that_is_only_rare_did_not_come_in(answers: Answers) -> None:
    """One model in fifty is first seen late by chance; that it is worse is no shift."""
    usual = traces(980, n_bad=50, model="large", prompt_name=None)
    rare = [{**one, "started_at": 47 + 49 * number} for number, one in enumerate(traces(20, n_bad=20, name="b"))]
    units = answers(rate_shift.DETECTOR, usual + [{**one, "model": "small", "prompt_name": None} for one in rare])
    assert counted(units) == {NOT_BEGUN: 1_000}


@pytest.mark.parametrize(("n_bad_beside", "n_found"), [(80, 0), (30, 80)])
def test_what_gets_worse_for_everybody_is_not_the_versions_doing(
    n_bad_beside: int, n_found: int, answers: Answers
) -> None:
    """All of the app failed more from noon on, and the version that came in at noon was blamed."""
    before = traces(100, prompt_version="1")
    beside = traces(100, n_bad=n_bad_beside, start=100, name="c", prompt_version="1")
    canary = traces(100, n_bad=80, start=100, name="b", prompt_version="2")
    units = answers(rate_shift.DETECTOR, before + beside + canary)
    assert counted(units).get("found", 0) == n_found


def test_a_version_of_one_prompt_is_no_version_of_another(answers: Answers) -> None:
    other = traces(60, n_bad=30, start=100, name="b", prompt_version="2")
    units = answers(rate_shift.DETECTOR, BEFORE + [{**span, "prompt_name": "other"} for span in other])
    assert counted(units) == {NOT_BEGUN: 160}


@pytest.mark.parametrize(
    ("signal", "measure"),
    [
        ({"kind": "outcome", "name": "reward"}, "failed outcomes"),
        ({"kind": "feedback", "name": "thumb"}, "negative feedback"),
    ],
)
def test_outcomes_and_feedback_are_measures_too(signal: Row, measure: str, answers: Answers) -> None:
    before, after = traces(40, release="1.0"), traces(40, start=40, name="b", release="1.1")
    signals = [{**signal, "trace_id": f"a{number}", "value": float(number > 0)} for number in range(40)]
    signals += [{**signal, "trace_id": f"b{number}", "value": float(number >= 20)} for number in range(40)]
    units = answers(rate_shift.DETECTOR, before + after, signals)
    found = [unit for unit in units if unit["state"] == "found"]
    assert {unit["trace_id"] for unit in found} == {f"b{number}" for number in range(20)}
    assert {unit["text"] for unit in found} == {f"release 1.1 of the app: more {measure} since it came in"}


def test_random_traffic_with_five_releases_hardly_ever_has_a_shift(answers: Answers) -> None:
    rng = np.random.default_rng(7)
    n_wrong = 0
    for _ in range(100):
        spans = traces(300)
        for number, bad in enumerate(rng.random(300) < 0.2):
            spans[number].update(status="ERROR" if bad else "OK", release=str(number // 60), model="large")
        n_wrong += "found" in counted(answers(rate_shift.DETECTOR, spans))
    assert n_wrong <= 4, "at most one in a hundred windows on average: five have a chance of 0.4 %"
