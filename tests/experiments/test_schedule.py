"""Who is asked when: the same for the same seed, and no arm is favoured by its time."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.experiments.answer import Answer
from workbench.experiments.arm import Arm
from workbench.experiments.case import Case
from workbench.experiments.schedule import schedule


async def _never(case: Case, trial: int, seed: int) -> Answer:
    raise AssertionError


def arm(name: str) -> Arm:
    return Arm(name=name, version="v", adapter="a", ask=_never)


ARMS = [arm("baseline"), arm("candidate")]
CASES = [Case(case_id=f"c{number}", input={}) for number in range(10)]


@given(st.integers(1, 7), st.integers(1, 3), st.integers(1, 3), st.integers())
def test_every_case_meets_every_arm_in_every_trial_once(n_cases: int, n_arms: int, n_trials: int, seed: int) -> None:
    arms = [arm(str(number)) for number in range(n_arms)]
    items = schedule(CASES[:n_cases], arms, n_trials=n_trials, seed=seed)
    assert len(items) == len({item.key for item in items}) == n_cases * n_arms * n_trials
    assert len({(item.arm.name, item.case.case_id, item.trial) for item in items}) == len(items)


def test_arms_take_turns_and_so_does_which_of_them_is_first() -> None:
    items = schedule(CASES, ARMS, n_trials=2, seed=7)
    pairs = [items[place : place + 2] for place in range(0, len(items), 2)]
    assert all(one.case == other.case and one.seed == other.seed for one, other in pairs)
    assert all({one.arm.name, other.arm.name} == {"baseline", "candidate"} for one, other in pairs)
    of_first_trial = [pair[0].arm.name for pair in pairs[:10]]
    assert Counter(of_first_trial) == {"baseline": 5, "candidate": 5}
    assert all(one != other for one, other in pairwise(of_first_trial))


def test_the_order_follows_from_the_seed_and_not_from_the_file() -> None:
    def order(cases: list[Case], seed: int) -> list[str]:
        return [item.case.case_id for item in schedule(cases, ARMS, n_trials=2, seed=seed)]

    assert order(CASES, 1) == order(CASES[::-1], 1)
    assert order(CASES, 1) != order(CASES, 2)
    assert order(CASES, 1)[:20] != order(CASES, 1)[20:]


def test_each_trial_and_case_has_a_seed_of_its_own() -> None:
    items = schedule(CASES, ARMS, n_trials=3, seed=0)
    assert len({item.seed for item in items}) == 30
    assert all(0 <= item.seed < 2**31 for item in items)


@pytest.mark.parametrize("other", [{"name": "x"}, {"version": "x"}, {"adapter": "x"}])
def test_another_arm_is_another_question(other: dict[str, Any]) -> None:
    """Were it the same, the answers of one version would be taken for those of another."""
    (item,) = schedule(CASES[:1], ARMS[:1], seed=0)
    keys = {
        item.key,
        item._replace(arm=replace(item.arm, **other)).key,
        item._replace(trial=1).key,
        item._replace(seed=item.seed + 1).key,
        item._replace(case=replace(item.case, input={"q": 1})).key,
    }
    assert len(keys) == 5


def test_what_cannot_be_scheduled_is_refused() -> None:
    for cases, arms, n_trials in (([], ARMS, 1), (CASES, [], 1), (CASES, ARMS, 0), (CASES[:1] * 2, ARMS, 1)):
        with pytest.raises(ValueError, match="must"):
            schedule(cases, arms, n_trials=n_trials, seed=0)
