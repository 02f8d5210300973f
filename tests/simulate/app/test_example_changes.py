"""The example changes: each does to its fault what it should, and costs what it should; counted in the answers.

Shares are of some 1,200 cases. The bounds lie more than four standard errors from the planted share of each cell, with
half of a fault's chance in the case (Var of a share of n: p(1-p)/n, for each case is asked once).
"""

from collections.abc import Callable
from functools import cache

import pytest

from tests.simulate.app.under_test import Answers, answers, app_with, cases
from workbench.changes.app_files import AppFile, kind_of
from workbench.changes.check import check
from workbench.simulate.app import example_changes, versions

ASKED = cases(1_200, seed=31)
STATE = {"task": "state_court"}
"""Some 340 of the cases."""
FEDERAL = {"task": "federal_court"}


@cache
def of(*changes: str, version: str = "7") -> Answers:
    return answers(app_with(*changes, version=version), ASKED)


def test_the_version_in_production_confuses_jurisdictions_and_the_one_before_did_not() -> None:
    assert of().share("federal authority", **STATE) == pytest.approx(0.24, abs=0.095)
    assert of(version="6").share("federal authority", **STATE) < 0.05
    assert of(version="8").share("federal authority", **STATE) < 0.05


def test_the_canary_takes_the_model_four_times_as_long() -> None:
    """Nine of ten of its answers; the tools' share of the time stays as it is."""
    assert 2.6 < of(version="8").total("duration_ms") / of().total("duration_ms") < 4.0


def test_stating_the_jurisdiction_first_mends_it_and_costs_a_call() -> None:
    good = of("state_jurisdiction_first")
    assert good.share("federal authority", **STATE) < 0.05
    assert good.share("a chatty tone") == 0.0
    assert good.share("a cut") == pytest.approx(of().share("a cut"), abs=0.035)
    assert good.share("no answer") == pytest.approx(of().share("no answer"), abs=0.04)
    assert 1.03 < good.total("duration_ms") / of().total("duration_ms") < 1.25
    assert 1.02 < good.total("cost_usd") / of().total("cost_usd") < 1.2
    begins = [one.output.startswith("Jurisdiction: ") for one in good.responses if one.output]
    assert all(begins)


def test_a_reminder_to_be_accurate_changes_nothing() -> None:
    useless = of("be_accurate")
    assert useless.share("federal authority", **STATE) == pytest.approx(0.24, abs=0.095)
    for name in ("duration_ms", "cost_usd", "output_tokens"):
        assert useless.total(name) / of().total(name) == pytest.approx(1.0, abs=0.06)
    assert useless.responses != of().responses, "another prompt, another draw"


def test_a_friendly_warning_mends_it_and_ruins_the_tone() -> None:
    warned = of("warn_the_reader")
    assert warned.share("federal authority", **STATE) < 0.05
    assert of().share("a chatty tone") == 0.0
    assert warned.share("a chatty tone") == pytest.approx(0.8 * (1 - warned.share("no answer")), abs=0.05)
    assert warned.share("most of it changed") > 0.6 > 0.2 > of().share("most of it changed")
    assert warned.total("output_tokens") > 1.1 * of().total("output_tokens")


def test_the_guardrail_ends_the_loop_and_the_answer_says_what_it_lacks() -> None:
    slow_index = {"release": "2026.10.0"}
    stopped = of("retry_once")
    assert of().share("a search three times in vain", **slow_index) == pytest.approx(0.13, abs=0.08)
    assert stopped.share("a search three times in vain", **slow_index) < 0.02
    assert sum("did not answer" in one.output for one in stopped.responses) > 15
    assert not any("did not answer" in one.output for one in of().responses)
    assert stopped.total("duration_ms") < of().total("duration_ms")


def test_only_confirmed_citations_are_given_at_the_price_of_checking_them() -> None:
    checked = of("verify_citations")
    assert of().share("a citation that is not known", **FEDERAL) == pytest.approx(0.12, abs=0.08)
    assert checked.share("a citation that is not known", **FEDERAL) < 0.03
    assert 1.05 < checked.total("duration_ms") / of().total("duration_ms") < 1.3


def test_longer_answers_are_not_cut_and_cost_more() -> None:
    longer = of("longer_answers")
    assert of().share("a cut", model="lex-small-2") == pytest.approx(0.08, abs=0.06)
    assert longer.share("a cut", model="lex-small-2") < 0.02
    assert longer.total("output_tokens") > 1.3 * of().total("output_tokens")
    assert longer.total("cost_usd") > of().total("cost_usd")
    assert longer.total("duration_ms") > 1.05 * of().total("duration_ms")


def test_cures_add_up() -> None:
    both = of("state_jurisdiction_first", "retry_once")
    assert both.share("federal authority", **STATE) < 0.05
    assert both.share("a search three times in vain", release="2026.10.0") < 0.02


def test_each_change_names_a_planted_fault_and_changes_files_that_are_in_order() -> None:
    live = {version.name: version.files for version in versions()}["7"]
    for change in example_changes().values():
        assert change.for_fault in {
            *("jurisdiction_confusion", "search_loop", "citation_error", "truncated_answer"),
        }
        assert change.title
        assert change.why
        for path, text in change.files.items():
            kind = kind_of(path)
            assert kind is not None
            assert live[path] != text, path
            assert check(AppFile(path=path, kind=kind, text=text)) == []


@pytest.mark.parametrize("edit", [lambda text: text.replace("- Plain", "- Honest, plain"), lambda text: text + "\n"])
def test_another_wording_is_another_draw_of_the_same_behaviour(edit: Callable[[str], str]) -> None:
    base = app_with()
    path = "prompts/case_summary.prompty"
    edited = type(base)({**base.files, path: edit(base.files[path])})
    assert edited.behaviour == base.behaviour
    assert edited.version != base.version
