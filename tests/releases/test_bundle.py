"""Changes in bundles: which belong together, and why."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tests.releases.measured import pain_of
from workbench.releases import Touched, bundle

PAIN = pain_of({f"iss_{n}": n for n in range(1, 6)})


def a_change(name: str, *issues: str, paths: tuple[str, ...] = ()) -> Touched:
    return Touched(f"chg_{name}", "0" * 40, issues, frozenset(paths))


def test_changes_for_one_issue_one_cluster_or_in_one_file_are_one_bundle_that_says_why() -> None:
    touched = [
        a_change("a", "iss_1", paths=("tools/find.json",)),
        a_change("b", "iss_1", "iss_2"),
        a_change("c", "iss_3", paths=("tools/find.json",)),
        a_change("d", "iss_4"),
        a_change("e", "iss_5"),
    ]
    clusters = {"iss_4": frozenset({"clu_x"}), "iss_5": frozenset({"clu_x", "clu_y"})}
    first, second = bundle(touched, clusters=clusters, pain=PAIN)
    assert first.change_ids == ("chg_e", "chg_d")
    assert first.reasons == ("chg_d, chg_e: for issues of the same cluster clu_x",)
    assert first.pain is not None
    assert first.pain.value == 4 + 5
    assert second.change_ids == ("chg_b", "chg_c", "chg_a")  # equal pain: by id
    assert second.issue_ids == ("iss_1", "iss_2", "iss_3")
    assert second.reasons == (
        "chg_a, chg_b: for the same issue iss_1",
        "chg_a, chg_c: in the same file tools/find.json",
    )


def test_a_change_that_meets_no_other_stands_alone_without_a_reason() -> None:
    (alone,) = bundle([a_change("a", "iss_1", "iss_2")], clusters={"iss_1": frozenset({"clu_x"})})
    assert (alone.change_ids, alone.reasons, alone.pain) == (("chg_a",), (), None)
    assert bundle([], clusters={}) == ()


@given(st.lists(st.tuples(st.sets(st.sampled_from("pqrst"), max_size=2), st.integers(1, 5)), max_size=8), st.randoms())
def test_every_change_is_in_one_bundle_whatever_order_they_come_in(
    drawn: list[tuple[set[str], int]], shuffler: random.Random
) -> None:
    touched = [a_change(str(at), f"iss_{n}", paths=tuple(paths)) for at, (paths, n) in enumerate(drawn)]
    found = bundle(touched, clusters={}, pain=PAIN)
    assert sorted(change for one in found for change in one.change_ids) == sorted(one.change_id for one in touched)
    group = {change: one for one in found for change in one.change_ids}
    for one in touched:
        for other in touched:
            if one.paths & other.paths or {*one.issue_ids} & {*other.issue_ids}:
                assert group[one.change_id] is group[other.change_id]
    shuffled = [*touched]
    shuffler.shuffle(shuffled)
    assert {one.change_ids for one in bundle(shuffled, clusters={}, pain=PAIN)} == {one.change_ids for one in found}
