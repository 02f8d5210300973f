"""The gate: people decide, all who had to and alike; models, programs, silence and half a round decide nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.review.said import NOON, REVIEW, verdict
from workbench.records import Review, Verdict
from workbench.review import Ruling, asking, rule, standing


def review(review_id: str = REVIEW, *, n_per_item: int = 1) -> Review:
    return Review(
        id=review_id,
        at=NOON,
        run_id="run_1",
        mode="random",
        seed=0,
        n_per_item=n_per_item,
        n_items=1,
        n_control=0,
        n_population={"clu_a": 1},
        items_digest="",
        deadline_at=NOON + timedelta(days=14),
    )


ONE = {REVIEW: review()}
TWO = {REVIEW: review(n_per_item=2)}


def on_issue(label: str, **more: Any) -> Verdict:
    return verdict("iss_1", label, **{"target_kind": "issue", **more})


def told(ruling: Ruling) -> tuple[Any, ...]:
    return ruling.state, ruling.why, ruling.n_judged, ruling.n_wanted


@pytest.mark.parametrize("label", ["confirmed", "rejected"])
def test_one_person_decides_where_one_is_wanted(label: str) -> None:
    ruling = rule([on_issue(label, severity="high")], reviews=ONE)
    assert told(ruling) == (label, "decided", 1, 1)
    assert ruling.verdict is not None
    assert ruling.verdict.severity == "high"
    assert told(rule([on_issue(label, review_id=None)], reviews={})) == (label, "decided", 1, 1)


@pytest.mark.parametrize(
    "no_person",
    [{"annotator_kind": "LLM"}, {"annotator_kind": "CODE"}, {"identity": "program"}],
    ids=["a model", "a program", "a program that says that it is a person"],
)
def test_who_is_no_person_decides_nothing(no_person: dict[str, Any]) -> None:
    said = [on_issue("confirmed", by=f"judge {n}", **no_person) for n in range(9)]
    assert told(rule(said, reviews=ONE)) == (None, "nobody", 0, 1)
    assert rule([*said, on_issue("rejected")], reviews=ONE).state == "rejected"


def test_half_of_those_who_had_to_judge_decide_nothing() -> None:
    assert told(rule([on_issue("confirmed")], reviews=TWO)) == (None, "too_few", 1, 2)
    both = [on_issue("confirmed"), on_issue("confirmed", by="ben", minute=1)]
    assert told(rule(both, reviews=TWO)) == ("confirmed", "decided", 2, 2)


def test_who_disagree_or_are_not_sure_decide_nothing_until_somebody_decides_between_them() -> None:
    differ = [on_issue("confirmed"), on_issue("rejected", by="ben")]
    assert told(rule(differ, reviews=TWO)) == (None, "disagree", 2, 2)
    assert told(rule([on_issue("uncertain")], reviews=ONE)) == (None, "uncertain", 1, 1)
    between = on_issue("rejected", by="ann", minute=9, is_adjudication=True, id="ver_between")
    assert told(rule([*differ, between], reviews=TWO)) == ("rejected", "decided", 2, 2)
    unsure = on_issue("uncertain", by="ann", minute=9, is_adjudication=True, id="ver_between")
    assert told(rule([*differ, unsure], reviews=TWO))[:2] == (None, "uncertain")


def test_what_is_withdrawn_is_not_said() -> None:
    revisions = [on_issue("confirmed"), on_issue("withdrawn", minute=1)]
    assert told(rule(standing(revisions), reviews=ONE)) == (None, "nobody", 0, 1)
    assert told(rule(revisions[1:], reviews=ONE)) == (None, "nobody", 0, 1)


def test_the_newest_round_that_decided_holds_and_an_unfinished_one_changes_nothing() -> None:
    old = on_issue("confirmed", review_id="rev_0")
    new = on_issue("rejected", minute=9)
    rounds = {"rev_0": review("rev_0"), **TWO}
    assert rule([old, new], reviews=rounds).state == "confirmed"
    assert rule([old, new, on_issue("rejected", by="ben")], reviews=rounds).state == "rejected"


def test_what_was_said_before_a_problem_came_back_decides_nothing_of_it() -> None:
    since = NOON + timedelta(minutes=5)
    assert told(rule([on_issue("confirmed")], reviews=ONE, since=since)) == (None, "nobody", 0, 1)
    again = [on_issue("confirmed"), on_issue("rejected", by="ben", minute=6)]
    assert told(rule(again, reviews=ONE, since=since)) == ("rejected", "decided", 1, 1)


def test_a_row_of_a_file_that_names_a_review_which_is_not_here_decides_nothing() -> None:
    """One person was enough where the review was not known: a file with a made-up review decided any issue."""
    assert told(rule([on_issue("confirmed", review_id="rev_elsewhere")], reviews=TWO)) == (None, "nobody", 0, 1)


def test_who_decides_between_others_decides_only_where_all_have_judged_and_differ() -> None:
    """A single verdict that said of itself that it decides between others decided a review by two."""
    between = on_issue("confirmed", by="cem", minute=9, is_adjudication=True, id="ver_between")
    ann, ben = on_issue("rejected"), on_issue("rejected", by="ben")
    assert told(rule([between], reviews=TWO)) == (None, "too_few", 0, 2)
    assert told(rule([ann, between], reviews=TWO)) == (None, "too_few", 1, 2)
    assert told(rule([ann, ben, between], reviews=TWO)) == ("rejected", "decided", 2, 2)
    assert told(rule([ann, replace(ben, label="confirmed"), between], reviews=TWO)) == ("confirmed", "decided", 2, 2)


def test_while_a_round_by_two_asks_for_an_issue_nothing_outside_of_it_decides() -> None:
    """One row of a file, of no review, decided an issue on which two people were just then asked."""
    outside = [on_issue("confirmed", review_id=None, minute=9), on_issue("confirmed", review_id="rev_0", minute=9)]
    rounds = {"rev_0": review("rev_0"), **TWO}
    assert told(rule(outside, reviews=rounds, asking={REVIEW})) == (None, "nobody", 0, 2)
    assert told(rule([on_issue("rejected"), *outside], reviews=rounds, asking={REVIEW})) == (None, "too_few", 1, 2)
    both = [on_issue("rejected"), on_issue("rejected", by="ben")]
    assert rule([*both, *outside], reviews=rounds, asking={REVIEW}).state == "rejected"
    assert rule([on_issue("rejected"), *outside], reviews=rounds).state == "confirmed", "when it is over"


def test_a_round_that_is_over_or_by_one_keeps_nothing_waiting() -> None:
    open_round, by_one = review(n_per_item=2), review("rev_0")
    asked = {REVIEW: ["iss_1", "iss_2"], "rev_0": ["iss_1", "iss_3"]}
    found = asking([open_round, by_one], asked=asked, now=NOON)
    assert found == {"iss_1": {REVIEW}, "iss_2": {REVIEW}}
    assert asking([replace(open_round, closed_at=NOON)], asked=asked, now=NOON) == {}
    assert asking([open_round], asked=asked, now=open_round.deadline_at) == {}
