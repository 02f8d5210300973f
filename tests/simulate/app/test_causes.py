"""Causes: what the files leave of each, by hand, and that the slices of the truth are where the versions leave one."""

from datetime import UTC, datetime

import pytest

from tests.simulate.app.under_test import FILES, app_with
from workbench.simulate import FAULTS, Fault
from workbench.simulate.app.behaviour import Behaviour
from workbench.simulate.app.causes import CAUSES, REQUEST_SHARE, chance, disposition
from workbench.simulate.draws import generator
from workbench.simulate.request import Opinion, Request
from workbench.simulate.run import Run, ordinary
from workbench.simulate.words import STATES

APP = Behaviour(tools=frozenset({"check_citation", "jurisdiction_lookup"}))
BY_NAME = {fault.name: fault for fault in FAULTS}


def left(fault: str, **behaviour: object) -> float:
    return CAUSES[fault].left(Behaviour(**{"tools": APP.tools, **behaviour}))  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_slice_of_a_fault_is_where_the_shipped_versions_leave_its_cause(fault: Fault) -> None:
    cause = CAUSES[fault.name]
    having = [version for version in FILES if cause.left(app_with(version=version).behaviour) > 0]
    version = {} if len(having) == len(FILES) else {"prompt_version": having[0]}
    assert {**version, **cause.where} == fault.slice
    assert len(having) in (1, len(FILES))


def test_each_cause_is_taken_away_by_what_cures_it() -> None:
    assert left("jurisdiction_confusion", instructions=frozenset({"keeps_jurisdictions_apart"})) == 0
    assert left("jurisdiction_confusion", required_tools=frozenset({"jurisdiction_lookup"})) == 0.4
    assert left("latency_regression") == 0
    assert left("premature_end", instructions=frozenset({"searches_once"})) == 0
    assert left("premature_end", max_steps=12) == pytest.approx(2 / 5)
    assert left("premature_end", max_steps=14) == 0
    assert left("search_loop", max_identical_calls=2) == 0
    assert left("search_loop", max_identical_calls=3) == 1
    assert left("search_loop", search_timeout_ms=6500) == 0
    assert left("search_loop", search_timeout_ms=4800) == pytest.approx(1 / 2)
    assert left("citation_error", required_tools=frozenset({"check_citation"})) == 0
    assert left("citation_error", tools=frozenset(), required_tools=frozenset({"check_citation"})) == 1
    assert left("truncated_answer", max_output_tokens=2400) == 0
    assert left("truncated_answer", max_output_tokens=1750) == pytest.approx(1 / 2)
    assert left("failed_outcome", instructions=frozenset({"says_what_follows"})) == 0


def run_on(question: str, *, task: str = "state_court") -> Run:
    request = Request(
        number=0,
        trace_id="0" * 32,
        at=datetime(2026, 10, 1, 15, tzinfo=UTC),
        user="",
        user_tier="pro",
        is_unhappy=False,
        session="",
        task=task,
        opinion=Opinion("A v. B", "1 P.4th 1", 9),
        state=STATES[0],
        issue="removal",
        question=question,
        prompt_version="7",
        model="lex-large-2",
        release="",
        is_long=False,
        has_outcome=True,
    )
    return ordinary(request, generator(question))


def test_half_of_a_fault_lies_in_the_request_and_all_requests_together_have_its_prevalence() -> None:
    """Of a prone request .5 + .5 x .24 = .62, of another .12; and of all .24 x .62 + .76 x .12 = .24."""
    fault = BY_NAME["jurisdiction_confusion"]
    chances = {chance(fault, run_on(f"question {n}"), APP) for n in range(60)}
    assert sorted(chances) == [pytest.approx(0.5 * 0.24), pytest.approx(0.5 + 0.5 * 0.24)]
    assert REQUEST_SHARE == 0.5
    prone = [disposition(fault.name, f"question {n}") < 0.24 for n in range(4_000)]
    assert sum(prone) / 4_000 == pytest.approx(0.24, abs=4 * (0.24 * 0.76 / 4_000) ** 0.5)


def test_a_fault_is_not_possible_outside_its_scope_and_rare_outside_its_place() -> None:
    fault = BY_NAME["jurisdiction_confusion"]
    assert chance(fault, run_on("q", task="bankruptcy"), APP) == 0
    cured = Behaviour(instructions=frozenset({"keeps_jurisdictions_apart"}))
    chances = {chance(fault, run_on(f"question {n}"), cured) for n in range(400)}
    assert sorted(chances) == [pytest.approx(0.5 * 0.015), pytest.approx(0.5 + 0.5 * 0.015)]
