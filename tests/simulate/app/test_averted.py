"""Limits and guardrails that avert a fault: the fault is gone, and the price is there."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.simulate.app.under_test import FILES, Answers, answers, cases
from workbench.simulate.app import SampleApp

ASKED = cases(1_500, seed=12)


def of_task(**where: str) -> list[dict[str, Any]]:
    return [case for case in ASKED if all(case[name] == value for name, value in where.items())]


def with_settings(old: str, new: str, asked: Sequence[dict[str, Any]]) -> Answers:
    settings = FILES["7"]["settings.yaml"]
    assert old in settings
    return answers(SampleApp({**FILES["7"], "settings.yaml": settings.replace(old, new)}), asked)


def test_more_steps_end_with_an_answer_and_cost_the_calls() -> None:
    """Fourteen searches are enough for everybody, eight for nobody; .27 of 130 look for one party after the other."""
    parties = of_task(task="multi_party")
    live, more = answers(SampleApp(FILES["7"]), parties), with_settings("max_steps: 8", "max_steps: 18", parties)
    assert live.share("no answer") == pytest.approx(0.27, abs=0.16)
    assert more.share("no answer") < 0.03
    assert max(response.n_tool_calls for response in more.responses) >= 10
    assert more.total("cost_usd") > live.total("cost_usd")
    assert more.total("duration_ms") > 1.1 * live.total("duration_ms")


def test_a_longer_time_out_waits_instead_of_asking_again() -> None:
    slow = of_task(release="2026.10.0")
    live, patient = answers(SampleApp(FILES["7"]), slow), with_settings("timeout_ms: 3000", "timeout_ms: 7000", slow)
    assert live.share("a search three times in vain") > 0.04
    assert patient.share("a search three times in vain") < 0.02
    assert patient.total("duration_ms") < live.total("duration_ms"), "one wait is shorter than three to six"


def test_more_tokens_let_the_small_model_finish() -> None:
    long = [case for case in of_task(model="lex-small-2") if case["pages"] > 60]
    live, more = answers(SampleApp(FILES["7"]), long), with_settings("1024", "2400", long)
    assert live.share("a cut") == pytest.approx(0.5, abs=0.25)
    assert more.share("a cut") < 0.12, "what is rare elsewhere, .02, is left"
    assert more.total("output_tokens") > 1.2 * live.total("output_tokens")


def test_one_search_for_all_parties_and_a_word_on_the_debtor_cure_without_a_price() -> None:
    path = "prompts/case_summary.prompty"
    added = "Search for all parties at once.\nSay what the ruling means for the debtor.\n\nuser:"
    app = SampleApp({**FILES["7"], path: FILES["7"][path].replace("user:", added)})
    parties, debtors = of_task(task="multi_party"), of_task(task="bankruptcy")
    assert answers(app, parties).share("no answer") < 0.03
    assert answers(SampleApp(FILES["7"]), debtors).share("a failed task") > 0.3
    assert answers(app, debtors).share("a failed task") < 0.12
