"""A simulated year of weekly runs, in short; in full `python -m tests.benchmarks.year`."""

from pathlib import Path

import pytest

from tests.benchmarks.year import Event, live_through, make_team
from tests.benchmarks.year_checks import Quarters, Week, quarters, ways
from workbench.records import Change, Issue, Watch

WEEKS = 11
EVENTS = (Event(3, "mend", "citation_error"), Event(3, "lose", "citation_error"))


def week(number: int, *, n_traces: int, n_bytes: int, seconds: float) -> Week:
    return Week(number, n_traces, {"detect": seconds}, n_bytes, 0.0, {}, {})


def growth(figures: list[Quarters], name: str) -> Quarters:
    return next(one for one in figures if one.name == name)


def test_a_workspace_that_grows_with_the_traffic_is_told_from_one_that_grows_with_its_square() -> None:
    """Ten traces a week; a thousand bytes each, or one more byte each for every trace that was there before."""
    linear = [week(k, n_traces=10 * (k + 1), n_bytes=10_000 * (k + 1), seconds=2.0) for k in range(8)]
    square = [week(k, n_traces=10 * (k + 1), n_bytes=100 * (k + 1) ** 2, seconds=2.0**k) for k in range(8)]
    of_linear, of_square = (growth(quarters(weeks), "bytes that a trace adds") for weeks in (linear, square))
    assert of_linear.values == (1000.0, 1000.0, 1000.0, 1000.0)
    assert of_square.values == (20.0, 60.0, 100.0, 140.0)
    assert of_linear.growth <= of_linear.goal < of_square.growth
    slow = growth(quarters(square), "CPU seconds of detect")
    assert slow.goal == 80 / 40
    assert slow.growth == (2**6 + 2**7) / (2**2 + 2**3)


@pytest.mark.slow
def test_a_mend_that_was_lost_is_found_out_and_every_fault_keeps_its_issue(tmp_path: Path) -> None:
    team = make_team(tmp_path, seed=1)
    lived = list(live_through(team, weeks=WEEKS, traces=70, events=EVENTS))
    told = {way.fault: way for way in ways(lived, team.workspace, team.issues)}
    failed = told["citation_error"]
    assert failed.states == ("shipped", "watching", "reopened")
    (change,) = team.workspace.ledger.latest(Change)
    (watch,) = team.workspace.ledger.latest(Watch)
    back = next(one for one in team.workspace.ledger.history(Issue, failed.issue_id) if one.state == "reopened")
    assert (back.evidence, change.id in back.reason) == ((watch.id,), True)
    for way in told.values():
        assert way.n_known == way.n_weeks > 0
    assert told["premature_end"].others == told["citation_error"].others == ()
