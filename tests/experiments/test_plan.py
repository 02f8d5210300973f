"""A plan has one digest, comes back from its JSON, and says beforehand what it can never show."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.exact_power import power_of_mid_p
from tests.experiments.made import NOON, RIGHT, counted, plan
from workbench.experiments.analysis import analyse
from workbench.experiments.decision import decide
from workbench.experiments.metric import Amount, Metric, Source
from workbench.experiments.outlook import CHANGED_SHARE, cannot_ship, outlook
from workbench.experiments.plan import from_json, plan_digest, to_json


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"metrics": (RIGHT, RIGHT)}, "a name of its own"),
        ({"metrics": (replace(RIGHT, role="watch"),)}, "no metric is a target"),
        ({"alpha": 0.5}, "alpha == 0.5"),
        ({"n_cases": 1}, "n_cases == 1"),
        ({"n_trials": 0}, "n_trials == 0"),
        ({"looks": (0.5, 0.4, 1.0)}, "must rise"),
        ({"looks": (0.5,)}, "must rise"),
        ({"looks": (0.01, 1.0)}, "at the first one there are fewer than 2 cases"),
        ({"max_cases": None}, "a plan must end"),
        ({"max_cases": 99}, "at least n_cases == 100"),
        ({"deadline_at": datetime(2026, 1, 1)}, "time zone"),
        ({"metrics": (replace(RIGHT, source=Source("judge", "m1")),), "judge": "m2"}, "are judged by m1"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(plan(), **given)


@given(
    n_cases=st.integers(2, 10**6),
    alpha=st.floats(0.001, 0.2),
    mwe=st.floats(0, 0.9),
    deadline_at=st.datetimes(timezones=st.just(UTC), min_value=datetime(2020, 1, 1)),
)
def test_a_plan_comes_back_from_its_json(n_cases: int, alpha: float, mwe: float, deadline_at: datetime) -> None:
    right = replace(RIGHT, mwe=Amount(mwe))
    made = plan(right, n_cases=n_cases, alpha=alpha, deadline_at=deadline_at, max_cases=None)
    assert from_json(to_json(made)) == made
    assert plan_digest(from_json(to_json(made))) == plan_digest(made)


def test_the_digest_changes_with_anything_and_not_with_the_zone_of_a_time() -> None:
    made = plan(deadline_at=NOON)
    elsewhere = replace(made, deadline_at=NOON.astimezone(timezone(timedelta(hours=-7))))
    assert plan_digest(elsewhere) == plan_digest(made)
    others = [
        replace(made, alpha=0.04),
        replace(made, n_trials=2),
        replace(made, holdout_id="hold_2"),
        replace(made, metrics=(replace(RIGHT, mwe=Amount(0.01)),)),
        replace(made, deadline_at=NOON + timedelta(seconds=1)),
    ]
    assert len({plan_digest(one) for one in (made, *others)}) == 1 + len(others)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"metrics":[],"n_cases":5,"holdout_id":"h","max_cases":9}'])
def test_what_is_no_plan_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        from_json(text)


def test_a_plan_is_due_at_its_deadline_or_its_most_cases() -> None:
    made = plan(deadline_at=NOON)
    assert made.is_due(now=NOON, n_cases=10)
    assert made.is_due(now=NOON - timedelta(days=1), n_cases=1_000)
    assert not made.is_due(now=NOON - timedelta(seconds=1), n_cases=999)


def test_a_margin_below_the_floor_is_told_before_any_money_is_spent() -> None:
    """Of STATISTICS, section 2: 8.3 points at 30 cases, 2.6 at 100; a margin of 2 needs 2.706 * .98 / .02 = 132.6."""
    tone = Metric(name="tone", role="guardrail", margin=Amount(0.02))
    (told,) = cannot_ship(plan(RIGHT, tone))
    assert told.startswith("tone: a loss of 2.0 points can never be excluded with 100 cases (floor 2.6 points); 133")
    assert cannot_ship(plan(RIGHT, tone, n_cases=133)) == ()
    assert [round(100 * (one.floor or 0), 1) for one in outlook(plan(RIGHT, tone, n_cases=30))] == [8.3, 8.3]


def test_too_few_cases_to_show_any_gain_are_told_before_any_money_is_spent() -> None:
    """All won, the mid-p of n cases is one half to the power of n + 1: .0625 of three, .031 of four, .016 of five."""
    (told,) = cannot_ship(plan(n_cases=3))
    assert told == "right: no gain can ever be shown with 3 cases, whatever they come to; 4 are the least"
    assert cannot_ship(plan(n_cases=4)) == ()
    both = (RIGHT, replace(RIGHT, name="kind"))
    assert [one.split("; ")[1] for one in cannot_ship(plan(*both, n_cases=4))] == ["5 are the least"] * 2
    assert cannot_ship(plan(*both, n_cases=5)) == ()
    of_any_number = replace(RIGHT, name="stars", kind="ordinal", range=(1.0, 5.0))
    assert cannot_ship(plan(RIGHT, of_any_number, n_cases=3)) == (), "the other target may be shown better"
    for n, decision in ((3, "inconclusive"), (4, "ship")):
        made = plan(n_cases=n)
        assert decide(made, analyse(made, counted(n, 0, n)), faults=(), now=NOON).decision == decision


def test_a_gain_that_few_cases_show_is_not_told_too_small() -> None:
    """Four of four must be won: .9 to the power of a fourth is .974. It was told as 46 points, found 4 times in 100."""
    (few,) = outlook(plan(replace(RIGHT, mwe=Amount(0.5)), n_cases=4))
    assert few.words == (
        "right: 4 cases show a gain of 97.4 points nine times in ten; 12 cases are needed for a gain of 50.0 points"
    )
    for n in (4, 8, 15, 30, 60):
        (one,) = outlook(plan(n_cases=n))
        assert one.detectable is not None
        assert power_of_mid_p(n, one.detectable, changed_share=max(CHANGED_SHARE, one.detectable)) >= 0.895


def test_looks_leave_a_little_less_for_the_end_and_the_floor_says_so() -> None:
    """O'Brien and Fleming leave .0482 of .05: z 1.663, and z^2 / (n + z^2) of 100 cases 2.69 points."""
    tone = Metric(name="tone", role="guardrail", margin=Amount(0.0266))
    assert cannot_ship(plan(RIGHT, tone)) == ()
    assert "floor 2.7 points" in cannot_ship(plan(RIGHT, tone, looks=(0.5, 1.0)))[0]


def test_cases_needed_are_the_published_ones() -> None:
    """(1.645 + 1.282)^2 d / m^2: 172 pairs where one case in twenty changes and the margin is 5 points."""
    tone = Metric(name="tone", role="guardrail", margin=Amount(0.05))
    rare = outlook(plan(RIGHT, tone), deviations={"tone": 0.05**0.5})[1]
    assert (rare.n_needed, outlook(plan(RIGHT, tone))[1].n_needed) == (172, 343)
    assert "172 cases are needed for a margin of 5.0 points" in rare.words


def test_what_is_not_known_is_said_to_be_not_known() -> None:
    latency = Metric(
        name="latency", role="guardrail", direction=-1, kind="positive", margin=Amount(0.1, is_relative=True)
    )
    told = outlook(plan(RIGHT, latency))[1]
    assert (told.can_show, told.detectable, told.n_needed) == (True, None, None)
    assert "not known before a first comparison" in told.words
