"""What a watch comes to: every row of the table, at its edges."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.records import WatchState
from workbench.stats.absence import n_for_silence
from workbench.watch import Evidence, assess

SEEN = Evidence(n_after=500, n_judged=0, n_confirmed=0, n_hits=0, has_alarm=False, target=0.02)
ENOUGH = 188  # a quarter more than log(.05) / log(.98) = 148.3, for looking often


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({}, "not_enough_exposure"),
        ({"n_judged": ENOUGH - 1}, "not_enough_exposure"),
        ({"n_judged": ENOUGH}, "gone"),
        ({"n_judged": ENOUGH, "has_alarm": True}, "watching"),
        ({"n_judged": ENOUGH, "has_alarm": True, "n_hits": 1}, "watching"),
        ({"n_judged": ENOUGH, "has_alarm": True, "n_hits": 2}, "reopened"),
        ({"n_judged": ENOUGH, "n_confirmed": 1, "n_hits": 1}, "watching"),
        ({"n_judged": ENOUGH, "n_confirmed": 13, "n_hits": 0}, "reopened"),
        ({"n_judged": 400, "n_confirmed": 1, "n_hits": 9}, "gone"),
        ({"has_alarm": True, "n_hits": 2}, "reopened"),
        ({"n_judged": ENOUGH, "has_unowned_alarm": True}, "watching"),
        ({"n_judged": ENOUGH, "has_unowned_alarm": True, "n_unowned_hits": 1, "n_hits": 9}, "watching"),
        ({"n_judged": ENOUGH, "has_unowned_alarm": True, "n_unowned_hits": 2}, "reopened"),
    ],
)
def test_the_first_row_that_holds_is_taken(more: dict[str, Any], state: WatchState) -> None:
    assert assess(SEEN._replace(**more)).state == state


def test_silence_in_little_traffic_is_no_proof_and_says_what_is_missing() -> None:
    found = assess(SEEN._replace(n_after=40, n_judged=40))
    assert (
        found.reasons[0]
        == "Not enough exposure: 40 of at least 188 random traces were judged, so silence proves nothing."
    )
    assert found.reasons[1] == "The changed version has answered 40 traces so far: wait for traffic."
    assert "have 148 more judged" in assess(SEEN._replace(n_judged=40)).reasons[1]


def test_a_bound_near_nothing_is_not_told_to_more_digits_than_was_judged() -> None:
    """One hit of 200 had a lower bound of "0.00089 %"."""
    said = assess(SEEN._replace(target=0.035, n_judged=200, n_confirmed=1)).reasons[1]
    assert said == "1 of 200 traces drawn at random have it: <0.01 % to 3.3 % of all, 95 % each side."


@given(st.floats(0.002, 0.5))
def test_without_a_hit_it_is_gone_from_just_so_many_traces_on(target: float) -> None:
    n = n_for_silence(target)
    seen = SEEN._replace(target=target, n_after=10**6)
    assert assess(seen._replace(n_judged=n + 1)).state == "gone"
    assert assess(seen._replace(n_judged=n - 1)).state == "not_enough_exposure"


@given(st.integers(0, 300), st.integers(0, 300), st.booleans())
def test_every_outcome_has_its_reasons_and_bounds(hits: int, misses: int, has_alarm: bool) -> None:
    found = assess(SEEN._replace(n_judged=hits + misses, n_confirmed=hits, n_hits=hits, has_alarm=has_alarm))
    assert len(found.reasons) == 2
    assert all(found.reasons)
    assert 0 <= found.low <= found.high <= 1
