"""How many new codes the last items brought: counted by hand, in the order of judging, in any spelling."""

import pytest

from tests.review.said import verdict
from workbench.records import ERASED
from workbench.review import codes_of, curve, saturation


def test_new_codes_are_those_that_the_last_items_brought_first() -> None:
    codes = [{"slow"}, {"wrong court"}, set(), {"slow"}, {"made up", "slow"}, {"made up"}]
    told = saturation(codes, last=3)
    assert (told.n_items, told.n_codes, told.n_last, told.n_new) == (6, 3, 3, 1)
    assert saturation(codes, last=20).n_new == 3
    assert curve(codes)["n_codes"].to_list() == [1, 2, 2, 2, 3, 3]


def test_the_chance_of_a_new_code_is_the_share_of_items_whose_code_was_given_once() -> None:
    """Good's estimate by hand: `rare` and `odd` were given once, in 8 items."""
    codes = [{"slow"}] * 5 + [{"rare"}, {"odd"}, set()]
    assert saturation(codes).chance_of_new == 2 / 8


def test_nothing_judged_is_nothing_known() -> None:
    told = saturation([])
    assert (told.n_items, told.n_codes, told.n_last, told.n_new, told.chance_of_new) == (0, 0, 0, 0, None)
    assert curve([]).height == 0
    with pytest.raises(ValueError, match="last == 0"):
        saturation([], last=0)


def test_codes_come_in_the_order_of_judging_and_in_any_spelling() -> None:
    said = [
        verdict("b", "confirmed", minute=5, code="Wrong  Court"),
        verdict("a", "confirmed", minute=1, code="slow"),
        verdict("a", "confirmed", minute=9, by="ben", code="SLOW "),
        verdict("c", "rejected", minute=6, code="not slow at all"),
        verdict("d", "uncertain", minute=7, code=ERASED),
        verdict("e", "confirmed", minute=8, by="judge", annotator_kind="LLM", code="made up"),
        verdict("iss_1", "confirmed", minute=9, target_kind="issue", code="of an issue"),
    ]
    assert codes_of(said) == [{"slow"}, {"wrong court"}, set(), set()]
