"""Cases that judge a change share no user and no near-duplicate with those that it was developed on."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.experiments.words import by_words
from workbench.experiments.case import Case
from workbench.experiments.likeness import NEAR, exact, near_pairs, nearest, normalised, text_of, vectors
from workbench.experiments.split import grouped, groups_of, split

LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
"""Sixteen words: with one more the cosine is 4 / 17 ** .5 = .970."""


def case(case_id: str, question: str, *, user: str | None = None) -> Case:
    return Case(case_id=case_id, input={"question": question}, user_key=user)


def test_a_users_other_request_and_a_near_copy_of_a_request_are_left_out() -> None:
    developed = [case("d", LONG, user="ann")]
    asked = [
        case("same user", "Is it binding?", user="ann"),
        case("copy", LONG.upper() + "!", user="ben"),
        case("near", f"{LONG} seventeen", user="ben"),
        case("d", "itself", user="ben"),
        case("free", "Where is my bag?", user="ben"),
        case("nobody", "What does it cost?"),
    ]
    found = split(asked, development=developed, embed=by_words)
    assert [one.case_id for one in found.cases] == ["free", "nobody"]
    assert found.left_out == {"same user": "user", "copy": "group", "near": "group", "d": "development"}


def test_a_group_is_whole_though_its_ends_are_not_alike() -> None:
    """One and eighteen words' difference are near; what is between them binds both ends to one side."""
    middle, far = f"{LONG} x", f"{LONG} x y"
    assert 4 / 18**0.5 < NEAR < (17 / 18) ** 0.5
    assert len(set(groups_of([LONG, middle, far], embed=by_words))) == 1
    assert len(set(groups_of([LONG, far], embed=by_words))) == 2
    found = split([case("m", middle), case("f", far)], development=[case("d", LONG)], embed=by_words)
    assert found.cases == ()


def test_near_duplicates_in_a_holdout_share_a_group_and_others_have_none() -> None:
    one, two, three = grouped([case("a", LONG), case("b", "Is it binding?"), case("c", LONG + ".")], embed=by_words)
    assert one.group == three.group != ""
    assert two.group == ""
    assert grouped([], embed=by_words) == ()


def test_what_makes_no_difference_is_set_aside_and_a_text_of_marks_alone_is_itself() -> None:
    assert normalised("Ｉｓ  it — BINDING?") == "is it binding"
    assert exact("???") == exact(" ? ??") != exact("!")
    assert text_of(Case(case_id="a", input={"topic": "x", "n": 2})) == '{"n": 2, "topic": "x"}'


def test_a_text_that_says_nothing_to_the_embedder_is_near_to_nothing() -> None:
    rows = vectors(["", " ", "a"], embed=by_words)
    assert rows.sum(axis=1).tolist() == [0, 0, 1]
    assert near_pairs(rows).tolist() == []
    assert nearest(rows[:1], rows[2:]).similarities.tolist() == [0]
    with pytest.raises(ValueError, match="one row a text"):
        vectors(["a", "b"], embed=lambda texts: np.ones((1, 2), dtype=np.float32))


WORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=24).map(" ".join)
CASES = st.lists(st.tuples(st.sampled_from([None, "ann", "ben", "cas"]), WORDS), max_size=7)


@given(CASES, CASES)
def test_no_user_and_no_group_is_on_both_sides_whatever_the_data(
    developed: list[tuple[str | None, str]], others: list[tuple[str | None, str]]
) -> None:
    """Every near pair is followed by hand, with no matrix and no components."""
    development = [case(f"d{place}", text, user=user) for place, (user, text) in enumerate(developed)]
    cases = [case(f"c{place}", text, user=user) for place, (user, text) in enumerate(others)]
    found = split(cases, development=development, embed=by_words)
    reached = {one.case_id for one in development}
    every = [*development, *cases]
    for _ in every:
        reached |= {
            one.case_id for one, other in product(every, every) if other.case_id in reached and is_near(one, other)
        }
    users = {one.user_key for one in development if one.user_key}
    wanted = [one.case_id for one in cases if one.case_id not in reached and one.user_key not in users]
    assert [one.case_id for one in found.cases] == wanted
    assert len(found.cases) + len(found.left_out) == len(cases)


def is_near(one: Case, other: Case) -> bool:
    words = [text_of(case).split() for case in (one, other)]
    if words[0] == words[1]:
        return True
    counts = [{word: said.count(word) for word in "abcd"} for said in words]
    dot = sum(counts[0][word] * counts[1][word] for word in "abcd")
    lengths = [sum(n * n for n in count.values()) for count in counts]
    # In whole numbers: cosine ** 2 >= NEAR ** 2, NEAR being 95 / 100; single floats cannot tell less than 1e-6.
    return min(lengths) > 0 and 10_000 * dot * dot >= 9_025 * lengths[0] * lengths[1]
