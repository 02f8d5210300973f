"""What fits into a review, whose item is whose, and what lets a whole cluster be judged at once."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import beta

from workbench.records import OF_CAUSES
from workbench.review import ANSWERS, Budget, Size, assigned, check_sample, divide
from workbench.review.consensus import LABELS

SIZES = [Size(90, 2), Size(40, 1), Size(3, 1)]


def plan(n: int, *, control_share: float = 0.1, n_unflagged: int = 500, is_chosen: bool = False) -> Budget:
    return divide(SIZES, n=n, control_share=control_share, n_unflagged=n_unflagged, is_chosen=is_chosen)


def test_clusters_are_taken_while_there_is_room_for_five_traces_of_each() -> None:
    """They need 7, 6 and 4 places: of 12 places that are left the first takes 7, and the second finds no 6."""
    assert plan(13) == Budget(n_clusters=1, n_traces=12 - 2, n_control=1)
    assert plan(15, control_share=0.0) == Budget(n_clusters=2, n_traces=15 - 3, n_control=0)
    assert plan(17, control_share=0.0) == Budget(n_clusters=3, n_traces=17 - 4, n_control=0)


def test_a_review_has_a_cluster_and_a_trace_of_it_however_small_it_is() -> None:
    assert plan(1, control_share=0.0) == Budget(n_clusters=1, n_traces=1, n_control=0)
    assert plan(3, control_share=0.0, is_chosen=True) == Budget(n_clusters=3, n_traces=3, n_control=0)


def test_no_more_unflagged_traces_are_drawn_than_there_are() -> None:
    assert plan(100, control_share=0.5, n_unflagged=7).n_control == 7
    assert divide([], n=10, control_share=0.5, n_unflagged=3, is_chosen=False) == Budget(0, 7, 3)


@pytest.mark.parametrize(("n", "control_share"), [(0, 0.1), (10, 1.0), (10, -0.1), (10, float("nan"))])
def test_a_budget_has_bounds(n: int, control_share: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        plan(n, control_share=control_share)


@pytest.mark.parametrize(("n_reviewers", "n_per_item"), [(1, 1), (3, 1), (3, 2), (3, 3), (8, 2)])
def test_each_item_has_its_reviewers_and_each_reviewer_as_many_items(n_reviewers: int, n_per_item: int) -> None:
    names = tuple(f"r{number}" for number in range(n_reviewers))
    of_each = {name: assigned(48, reviewers=names, reviewer=name, n_per_item=n_per_item) for name in names}
    assert Counter(place for places in of_each.values() for place in places) == dict.fromkeys(range(48), n_per_item)
    assert {len(places) for places in of_each.values()} == {48 * n_per_item // n_reviewers}
    with pytest.raises(ValueError, match="must be one of"):
        assigned(48, reviewers=names, reviewer="eve", n_per_item=n_per_item)


@pytest.mark.parametrize(
    ("labels", "n_checked", "n_agreed", "is_enough"),
    [
        ("c" * 9, 9, 9, False),
        ("c" * 10, 10, 10, True),
        ("c" * 9 + "r", 10, 9, True),
        ("c" * 8 + "rr", 10, 8, False),
        ("c" * 9 + ".c", 9, 9, False),
        ("." + "c" * 20, 0, 0, False),
        ("c" * 18 + "rr" + ".", 20, 18, True),
    ],
)
def test_ten_without_a_gap_of_which_nine_in_ten_are_alike(
    labels: str, n_checked: int, n_agreed: int, is_enough: bool
) -> None:
    words = {"c": "confirmed", "r": "rejected", ".": None}
    sample = check_sample([words[one] for one in labels], label="confirmed")
    assert (sample.n_checked, sample.n_agreed, sample.is_enough) == (n_checked, n_agreed, is_enough)
    error = {10: 0.05 / 2, 20: 0.05 / 4}.get(n_checked)
    low = 0.0 if error is None else beta.ppf(error, n_agreed, n_checked - n_agreed + 1)
    assert sample.low == pytest.approx(low)


@pytest.mark.parametrize("share", [0.6, 0.7, 0.8, 0.9])
def test_who_judges_on_until_enough_agree_is_told_too_much_as_rarely_as_said(share: float) -> None:
    """Of a cluster of which .80 agree 11.4 % of reviewers were told a bound above that, where 5 % was claimed."""
    rng, told = np.random.default_rng(1), []
    for is_agreed in rng.random((2_000, 50)) < share:
        labels = np.where(is_agreed, "rejected", "confirmed").tolist()
        n_agreed = is_agreed.cumsum()
        looks = [n for n in range(10, 51) if n_agreed[n - 1] >= 0.9 * n]
        samples = [check_sample(labels[:n], label="rejected") for n in looks[:1]]
        told.append(any(sample.is_enough and sample.low > share for sample in samples))
    assert np.mean(told) <= 0.05


def test_between_two_looks_the_bound_of_the_last_stands() -> None:
    sample = check_sample(["confirmed"] * 19, label="confirmed")
    assert sample.n_checked == 19
    assert sample.low == pytest.approx(0.025 ** (1 / 10))


def test_what_can_be_answered_has_a_key_of_its_own_and_is_what_agreement_counts() -> None:
    for kind, answers in ANSWERS.items():
        assert len({answer.key for answer in answers}) == len(answers)
        assert tuple(answer.label for answer in answers) == LABELS[kind]
    assert {answer.label for answer in ANSWERS["cause"]} > set(OF_CAUSES)
