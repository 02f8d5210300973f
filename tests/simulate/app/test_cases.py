"""Cases: what they tell is asked, and what they do not tell follows from their question."""

from typing import Any

import pytest

from tests.simulate.app.under_test import app_with, cases


def test_a_bare_question_is_enough_of_a_case() -> None:
    app = app_with()
    said = app.respond({"question": "What did the Ohio Court of Appeals hold on defamation in Ames v. Boyle?"}, seed=1)
    assert said.output.startswith("Ames v. Boyle")
    assert "defamation" in said.output or said.finish_reason == "length"


@pytest.mark.parametrize("case", [{}, {"question": ""}, {"question": None}, {"question": "q", "pages": "many"}])
def test_a_case_without_a_question_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="=="):
        app_with().respond(case, seed=1)


def test_same_case_and_seed_is_the_same_answer_and_another_seed_is_not() -> None:
    asked, app = cases(30, seed=5), app_with()
    first = [app.respond(case, seed=1) for case in asked]
    assert first == [app_with().respond({**case}, seed=1) for case in asked]
    others = [app.respond(case, seed=2) for case in asked]
    assert all(one.otlp != other.otlp for one, other in zip(first, others, strict=True))
    assert len({one.trace_id for one in (*first, *others)}) == 2 * len(asked)


def test_a_request_that_failed_once_fails_more_often_when_it_is_asked_again() -> None:
    """Of prone requests .62 fail, of others .12; so after one failure .62 x .62 + .38 x .12 = .43 do."""
    asked = [case for case in cases(3_000, seed=6) if case["task"] == "state_court"]
    app = app_with()
    fails = [["Fed. R. Civ. P." in app.respond(case, seed=seed).output for seed in (1, 2)] for case in asked]
    after_failure = [second for first, second in fails if first]
    after_none = [second for first, second in fails if not first]
    assert sum(after_failure) / len(after_failure) > 1.5 * sum(after_none) / len(after_none)
