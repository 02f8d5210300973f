"""A reviewer's desk: what is given, what is kept, what is taken back, and what others may see of it and when."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import beta

from tests.loop.under_review import DETECTOR, NOON, Clock, make_workspace
from workbench.errors import ConfigError, StoreError, TakenError
from workbench.loop.desk import Desk
from workbench.loop.review.opening import close_review, open_review
from workbench.records import Issue, Review, Verdict
from workbench.report import issues_after_review, read_review
from workbench.store import Workspace, open_workspace
from workbench.store.ledger import Ledger


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "w", {"clu_a": 30, "clu_b": 12}, n_unflagged=40, n_causes=2)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def review_of(workspace: Workspace, **given: Any) -> Review:
    return open_review(workspace, now=NOON, **{"n": 30, **given})


def desk(workspace: Workspace, review: Review, reviewer: str, clock: Clock, **given: Any) -> Desk:
    return Desk(workspace, review.id, reviewer=reviewer, identity="typed", clock=clock, **given)


def judge_next(of: Desk, label: str = "confirmed", **given: Any) -> int:
    """Judge the next item, and return its place."""
    task = of.take()
    assert task is not None
    of.judge(task["place"], label=label, seen="digest", **given)
    return int(task["place"])


def judge_all(of: Desk, label: str = "confirmed") -> int:
    n = 0
    while of.take() is not None:
        judge_next(of, label)
        n += 1
    return n


def place_of(of: Desk, kind: str, cluster: str | None = "clu_a") -> int:
    tasks = [task for place in range(of.about()["n_items"]) if (task := of.take(place)) is not None]
    return next(int(task["place"]) for task in tasks if task["kind"] == kind and task["cluster_id"] == cluster)


def test_a_judgement_is_kept_with_all_that_was_said_and_by_whom(workspace: Workspace, clock: Clock) -> None:
    review = review_of(workspace)
    ann = desk(workspace, review, "ann", clock)
    task = ann.take()
    assert task is not None
    said = ann.judge(
        0, label="confirmed", seen="digest", explanation=" cites the\nwrong court ", code="Wrong  court", score=0.75
    )
    (verdict,) = workspace.ledger.latest(Verdict)
    assert said == {"place": 0, "verdict_id": verdict.id, "saved_at": verdict.at.isoformat(), "label": "confirmed"}
    assert (verdict.target_kind, verdict.target_id, verdict.cluster_id) == ("trace", task["target_id"], "clu_a")
    assert (verdict.detector, verdict.detector_version, verdict.review_id) == (DETECTOR, 3, review.id)
    assert (verdict.explanation, verdict.code, verdict.score) == ("cites the\nwrong court", "Wrong court", 0.75)
    assert (verdict.annotator_kind, verdict.annotator, verdict.identity) == ("HUMAN", "ann", "typed")
    assert (verdict.seen, verdict.is_adjudication, verdict.is_undo) == ("digest", False, False)
    assert workspace.ledger.entries()[-1].actor == '{"identity":"typed","kind":"HUMAN","name":"ann"}'


def test_the_same_said_again_changes_nothing_and_is_answered_alike(workspace: Workspace, clock: Clock) -> None:
    """A view that lost the answer asks again: one verdict, and the time at which it was saved."""
    ann = desk(workspace, review_of(workspace), "ann", clock)
    first, again = (ann.judge(0, label="confirmed", seen="x", code="slow") for _ in range(2))
    assert first == again
    assert len(workspace.ledger.history(Verdict, first["verdict_id"])) == 1
    assert ann.progress()["done"] == 1


def test_what_is_said_anew_is_a_revision(workspace: Workspace, clock: Clock) -> None:
    ann = desk(workspace, review_of(workspace), "ann", clock)
    judge_next(ann)
    said = ann.judge(0, label="rejected", seen="x")
    assert [one.label for one in workspace.ledger.history(Verdict, said["verdict_id"])] == ["confirmed", "rejected"]
    task = ann.take(0)
    assert task is not None
    assert task["own"]["label"] == "rejected"
    assert ann.progress()["done"] == 1


def test_an_undo_leads_back_step_by_step_to_the_beginning(workspace: Workspace, clock: Clock) -> None:
    ann = desk(workspace, review_of(workspace), "ann", clock)
    judge_next(ann, "confirmed", explanation="so it is")
    judge_next(ann, "rejected", code="slow")
    ann.judge(0, label="uncertain", seen="x")

    def own(place: int) -> str | None:
        task = ann.take(place)
        assert task is not None
        return None if task["own"] is None else task["own"]["label"]

    states = [(own(0), own(1))]
    places = []
    while (place := ann.undo()) is not None:
        places.append(place)
        states.append((own(0), own(1)))
    assert places == [0, 1, 0]
    assert states == [("uncertain", "rejected"), ("confirmed", "rejected"), ("confirmed", None), (None, None)]
    assert ann.progress()["done"] == 0
    assert {one.label for one in workspace.ledger.latest(Verdict)} == {"withdrawn"}
    task = ann.take(0)
    assert task is not None
    assert task["draft"] == "so it is"  # what was written is not lost with the label
    assert workspace.ledger.verify() > 0


def test_what_was_taken_back_can_be_said_again(workspace: Workspace, clock: Clock) -> None:
    ann = desk(workspace, review_of(workspace), "ann", clock)
    judge_next(ann)
    assert (ann.undo(), judge_next(ann), ann.undo(), ann.undo()) == (0, 0, 0, None)


def test_a_reviewer_comes_back_to_the_item_that_was_before_her(workspace: Workspace, clock: Clock) -> None:
    review = review_of(workspace)
    ann = desk(workspace, review, "ann", clock)
    judge_next(ann)
    ann.take()
    ann.draft(1, "let me think")
    again = desk(open_workspace(workspace.root), review, "ann", clock)
    task = again.take()
    assert task is not None
    assert (task["place"], task["draft"]) == (1, "let me think")
    again.judge(1, label="rejected", seen="x", explanation="thought")
    assert desk(workspace, review, "ann", clock).take(1)["draft"] == ""  # type: ignore[index]


def test_what_was_skipped_comes_at_the_end(workspace: Workspace, clock: Clock) -> None:
    ann = desk(workspace, review_of(workspace, n=8), "ann", clock)
    ann.skip(0)
    order = [judge_next(ann) for _ in range(8)]
    assert order == [1, 2, 3, 4, 5, 6, 7, 0]
    assert ann.take() is None


def test_an_item_is_judged_by_as_many_as_it_needs_and_no_more(workspace: Workspace, clock: Clock) -> None:
    review = review_of(workspace, n=12, n_per_item=2)
    desks = [desk(workspace, review, name, clock) for name in ("ann", "ben", "cem")]
    assert [judge_all(of) for of in desks] == [12, 12, 0]
    assert desks[2].take(3) is None
    with pytest.raises(TakenError):
        desks[2].judge(3, label="confirmed", seen="x")
    assert len(workspace.ledger.latest(Verdict)) == 24
    assert desks[0].progress()["by_reviewer"] == {"ann": 12, "ben": 12}


def test_an_item_whose_holder_went_away_goes_to_another(workspace: Workspace, clock: Clock) -> None:
    review = review_of(workspace)
    ann, ben = desk(workspace, review, "ann", clock), desk(workspace, review, "ben", clock)
    assert [of.take()["place"] for of in (ann, ben)] == [0, 1]  # type: ignore[index]
    clock.at += timedelta(hours=1)
    assert judge_next(ben) == 0
    with pytest.raises(TakenError, match="another reviewer has it by now"):
        ann.judge(0, label="confirmed", seen="x")
    assert [one.annotator for one in workspace.ledger.latest(Verdict)] == ["ben"]


def test_named_reviewers_have_their_own_items(workspace: Workspace, clock: Clock) -> None:
    review = review_of(workspace, n=12, n_per_item=2, reviewers=["ann", "ben", "cem"])
    ben = desk(workspace, review, "ben", clock)
    assert [judge_next(ben) for _ in range(8)] == [0, 1, 3, 4, 6, 7, 9, 10]
    assert (ben.take(), ben.take(2)) == (None, None)
    with pytest.raises(ConfigError, match="must be one of this reviewer's"):
        ben.judge(2, label="confirmed", seen="x")
    with pytest.raises(ConfigError, match="its reviewers are ann, ben, cem"):
        desk(workspace, review, "dan", clock)


def test_others_are_unseen_until_all_is_done_and_seen_by_who_decides(workspace: Workspace, clock: Clock) -> None:
    review = review_of(workspace, n=8, n_per_item=2)
    ann, ben = desk(workspace, review, "ann", clock), desk(workspace, review, "ben", clock)
    ann.judge(0, label="rejected", seen="x", explanation="all is well", code="none")
    judge_all(ann)
    assert ann.take(0)["others"] == []  # type: ignore[index]
    judge_next(ben)
    assert ben.take(0)["others"] == []  # type: ignore[index]
    assert all(task["others"] == [] for task in ben.ahead(0))
    judge_all(ben)
    told = {"annotator": "ann", "label": "rejected", "explanation": "all is well", "code": "none"}
    assert ben.take(0)["others"] == [told]  # type: ignore[index]


def test_who_decides_has_the_items_on_which_others_disagree(workspace: Workspace, clock: Clock) -> None:
    review = review_of(workspace, n=8, n_per_item=2)
    ann, ben = desk(workspace, review, "ann", clock), desk(workspace, review, "ben", clock)
    judge_all(ann)
    ben.judge(2, label="rejected", seen="x")
    ben.judge(5, label="uncertain", seen="x")
    judge_all(ben)
    eve = desk(workspace, review, "eve", clock, is_adjudicating=True)
    assert eve.about()["is_adjudicating"]
    task = eve.take()
    assert task is not None
    assert (task["place"], task["own"]) == (2, None)
    assert [(one["annotator"], one["label"]) for one in task["others"]] == [("ann", "confirmed"), ("ben", "rejected")]
    eve.judge(2, label="rejected", seen="x")
    assert judge_next(eve) == 5
    assert eve.take() is None
    assert eve.progress()["done"] == 2
    decided = [one for one in workspace.ledger.latest(Verdict) if one.is_adjudication]
    assert [one.label for one in decided] == ["rejected", "confirmed"]
    assert ann.take(2)["own"]["label"] == "confirmed"  # type: ignore[index]  # what she said first stands beside it
    assert (eve.undo(), eve.undo(), eve.undo()) == (5, 2, None)


def test_nobody_decides_what_they_are_a_party_to(workspace: Workspace, clock: Clock) -> None:
    """Who was outvoted decided for herself, and the issue followed."""
    review = review_of(workspace, n=8, n_per_item=2)
    for name, label in (("ann", "confirmed"), ("ben", "rejected")):
        desk(workspace, review, name, clock).judge(0, label=label, seen="x")
    ann, eve = (desk(workspace, review, name, clock, is_adjudicating=True) for name in ("ann", "eve"))
    assert (ann.take(), ann.take(0), eve.take()["place"]) == (None, None, 0)  # type: ignore[index]
    with pytest.raises(ConfigError, match="must be one of this reviewer's"):
        ann.judge(0, label="confirmed", seen="x")


def test_nothing_is_decided_before_all_have_judged(workspace: Workspace, clock: Clock) -> None:
    """The third of three sat down to decide, read what the two had said, and then judged as if she had not."""
    review = review_of(workspace, n=8, n_per_item=3)
    eve = desk(workspace, review, "eve", clock, is_adjudicating=True)
    for name, label in (("ann", "confirmed"), ("ben", "rejected")):
        desk(workspace, review, name, clock).judge(0, label=label, seen="x")
    assert (eve.take(), eve.take(0)) == (None, None)
    desk(workspace, review, "cem", clock).judge(0, label="rejected", seen="x")
    assert [one["annotator"] for one in eve.take()["others"]] == ["ann", "ben", "cem"]  # type: ignore[index]


def test_who_decides_reads_a_cause_as_others_would_have_it(workspace: Workspace, clock: Clock) -> None:
    review = review_of(workspace, n_per_item=2)
    ann, ben = desk(workspace, review, "ann", clock), desk(workspace, review, "ben", clock)
    place = place_of(ann, "cause")
    ann.judge(place, label="edited", seen="x", statement=["the index is cold"], explanation="see the log")
    ben.judge(place, label="rejected", seen="x")
    (said, _) = desk(workspace, review, "eve", clock, is_adjudicating=True).take()["others"]  # type: ignore[index]
    assert (said["label"], said["explanation"]) == ("edited", "the index is cold\nsee the log")


def test_a_taxonomy_that_cannot_be_read_keeps_nobody_from_reviewing(workspace: Workspace, clock: Clock) -> None:
    (workspace.root / "taxonomy.toml").write_text("[[category")
    ann = desk(workspace, review_of(workspace), "ann", clock)
    assert ann.about()["categories"] == []
    assert judge_next(ann) == 0


def test_an_unflagged_trace_looks_like_any_other_and_names_no_detector(workspace: Workspace, clock: Clock) -> None:
    ann = desk(workspace, review_of(workspace), "ann", clock)
    place = place_of(ann, "trace", None)
    task = ann.take(place)
    assert task is not None
    assert (task["kind"], task["detector"], task["cluster_id"]) == ("trace", None, None)
    ann.judge(place, label="confirmed", seen="x")
    (verdict,) = workspace.ledger.latest(Verdict)
    assert (verdict.detector, verdict.detector_version, verdict.cluster_id) == (None, None, None)
    with pytest.raises(ConfigError, match="only a cluster that is reviewed"):
        ann.bulk(place, label="confirmed")


def test_a_cause_is_edited_split_or_the_same_as_another(workspace: Workspace, clock: Clock) -> None:
    ann = desk(workspace, review_of(workspace), "ann", clock)
    place = place_of(ann, "cause")
    ann.judge(place, label="edited", seen="x", statement=["the index is cold "])
    ann.judge(place, label="split", seen="x", statement=["the index is cold", "the cache is small"])
    ann.judge(place, label="merge", seen="x", same_as="cau_clu_a_1")
    (verdict,) = workspace.ledger.latest(Verdict)
    history = workspace.ledger.history(Verdict, verdict.id)
    assert [one.statement for one in history] == [
        ("the index is cold",),
        ("the index is cold", "the cache is small"),
        (),
    ]
    assert verdict.same_as == "cau_clu_a_1"
    ann.undo()
    assert ann.take(place)["own"]["statement"] == ["the index is cold", "the cache is small"]  # type: ignore[index]


def test_a_trace_that_is_not_this_problem_says_of_which_other_one_it_is(workspace: Workspace, clock: Clock) -> None:
    """A reviewer could only reject it, and what it was of instead was lost."""
    review = review_of(workspace)
    ann = desk(workspace, review, "ann", clock)
    place = place_of(ann, "trace")
    ann.judge(place, label="rejected", seen="x", same_as="iss_clu_b")
    (verdict,) = workspace.ledger.latest(Verdict)
    assert (verdict.label, verdict.same_as) == ("rejected", "iss_clu_b")
    assert {one["id"] for one in ann.about()["issues"]} == {"iss_clu_a", "iss_clu_b"}
    shown = issues_after_review(read_review(workspace, review_id=review.id, now=NOON)).plain
    assert "Which traces are of another problem?" in shown
    ann.judge(place, label="confirmed", seen="x", same_as="iss_clu_b")
    assert workspace.ledger.latest(Verdict)[0].same_as is None, "it has the problem, and is of this one"


@pytest.mark.parametrize(
    ("kind", "said", "why"),
    [
        ("trace", {"label": "edited"}, "label == 'edited', must be one of confirmed, rejected, uncertain"),
        ("trace", {"label": "withdrawn"}, "must be one of"),
        ("trace", {"label": "confirmed", "score": 1.5}, "must be from 0 to 1"),
        ("trace", {"label": "confirmed", "code": "x" * 501}, "must have at most 500"),
        ("trace", {"label": "confirmed", "explanation": "x" * 20_001}, "must have at most 20,000"),
        ("cause", {"label": "edited"}, "write one statement"),
        ("cause", {"label": "split", "statement": ["one"]}, "must be at least 2"),
        ("cause", {"label": "split", "statement": ["x"] * 21}, "must have at most 20"),
        ("cause", {"label": "merge", "same_as": "cau_x"}, "same_as == 'cau_x'"),
        ("cause", {"label": "merge", "same_as": "cau_clu_a_0"}, "same_as"),
        ("trace", {"label": "rejected", "same_as": "iss_clu_a"}, "same_as == 'iss_clu_a', must be one of iss_clu_b"),
        ("issue", {"label": "confirmed", "category": "nonsense"}, "category == 'nonsense'"),
        ("issue", {"label": "confirmed", "severity": "awful"}, "must be one of low, medium, high"),
    ],
)
def test_what_cannot_be_said_of_an_item_is_refused_and_nothing_is_kept(
    workspace: Workspace, clock: Clock, kind: str, said: dict[str, Any], why: str
) -> None:
    ann = desk(workspace, review_of(workspace), "ann", clock)
    with pytest.raises(ConfigError, match=why):
        ann.judge(place_of(ann, kind), seen="x", **said)
    assert workspace.ledger.latest(Verdict) == []


def test_an_issue_is_decided_by_what_is_said_of_it_and_undecided_by_the_undo(
    workspace: Workspace, clock: Clock
) -> None:
    ann = desk(workspace, review_of(workspace), "ann", clock)
    place = place_of(ann, "issue")

    def stands() -> tuple[str, str, str]:
        (issue,) = [one for one in workspace.ledger.latest(Issue) if one.id == "iss_clu_a"]
        return issue.state, issue.severity, issue.category

    before = stands()
    ann.judge(place, label="confirmed", seen="x", category="tool_refused", severity="high")
    assert stands() == ("confirmed", "high", "tool_refused")
    ann.undo()
    assert stands() == before


def test_a_whole_cluster_is_judged_after_ten_of_its_traces_were_alike(workspace: Workspace, clock: Clock) -> None:
    review = review_of(workspace, n=40, control_share=0.0)
    ann = desk(workspace, review, "ann", clock)
    n_traces = len([one for one in workspace.review_items.of(review.id)["cluster_id"] if one == "clu_a"]) - 3
    for n in range(10):
        with pytest.raises(ConfigError, match=f"judge {10 - n} more first"):
            ann.bulk(0, label="confirmed")
        judge_next(ann, "rejected" if n == 4 else "confirmed")
    with pytest.raises(ConfigError, match="1 of 10 judged are rejected"):
        ann.bulk(0, label="rejected")
    said = ann.bulk(0, label="confirmed", code="slow")
    assert (said["n_checked"], said["n_agreed"], said["n_done"]) == (10, 9, n_traces - 10)
    assert said["low"] == pytest.approx(beta.ppf(0.025, 9, 2))
    assert ann.progress()["done"] == n_traces
    assert ann.take()["kind"] == "cause"  # type: ignore[index]
    (verdict,) = [one for one in workspace.ledger.latest(Verdict) if one.target_kind == "cluster"]
    assert (verdict.target_id, verdict.label, verdict.n_checked, verdict.n_agreed) == ("clu_a", "confirmed", 10, 9)
    assert ann.undo() == 10
    assert ann.progress()["done"] == 10
    assert ann.ahead(22)[0]["place"] == 10  # the cause is still before her


def test_a_check_sample_with_gaps_or_of_doubtful_traces_is_none(workspace: Workspace, clock: Clock) -> None:
    """Who passes over what does not fit would prove whatever they like."""
    ann = desk(workspace, review_of(workspace, n=40, control_share=0.0), "ann", clock)
    ann.skip(0)
    for _ in range(12):
        judge_next(ann)
    with pytest.raises(ConfigError, match="judge 10 more first"):
        ann.bulk(0, label="confirmed")
    doubtful = desk(workspace, review_of(workspace, n=40, control_share=0.0, mode="uncertain"), "ann", clock)
    for _ in range(12):
        judge_next(doubtful)
    with pytest.raises(ConfigError, match="no random sample"):
        doubtful.bulk(0, label="confirmed")


def test_what_others_have_is_not_marked_by_a_whole_verdict(workspace: Workspace, clock: Clock) -> None:
    review = review_of(workspace, n=40, control_share=0.0)
    ann, ben = desk(workspace, review, "ann", clock), desk(workspace, review, "ben", clock)
    assert judge_next(ben) == 0
    for _ in range(10):
        judge_next(ann)
    assert ben.take()["place"] == 11  # type: ignore[index]
    ann.bulk(1, label="confirmed")
    assert judge_next(ben) == 11


def test_a_flag_is_kept_with_the_verdict(workspace: Workspace, clock: Clock) -> None:
    ann = desk(workspace, review_of(workspace), "ann", clock)
    ann.flag(0, True)
    judge_next(ann)
    judge_next(ann)
    ann.flag(1, True)
    assert [one.is_flagged for one in workspace.ledger.latest(Verdict)] == [True, True]
    assert ann.progress()["n_flagged"] == 2
    ann.flag(0, False)
    assert [one.is_flagged for one in workspace.ledger.latest(Verdict)] == [False, True]
    assert ann.progress()["n_flagged"] == 1


def test_a_flag_says_nothing_anew_and_an_undo_takes_back_what_was_said(workspace: Workspace, clock: Clock) -> None:
    """A flag made an old verdict a new one, on a problem that had come back since; and the undo took back the flag."""
    ann = desk(workspace, review_of(workspace), "ann", clock)
    judge_next(ann, "confirmed")
    ann.judge(0, label="rejected", seen="x")
    (before,) = workspace.ledger.latest(Verdict)
    ann.flag(0, True)
    ann.flag(0, False)
    ann.flag(0, True)
    (flagged,) = workspace.ledger.latest(Verdict)
    assert flagged == replace(before, is_flagged=True, at=before.at + timedelta(microseconds=3))
    stands = []
    while ann.undo() is not None:
        (verdict,) = workspace.ledger.latest(Verdict)
        stands.append((verdict.label, verdict.is_flagged, ann.progress()["n_flagged"]))
    assert stands == [("confirmed", True, 1), ("withdrawn", True, 1)]


def test_a_judgement_is_kept_where_the_issue_cannot_be_settled(
    workspace: Workspace, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reviewer read that it was not saved, while it was: said again elsewhere, it was said twice."""
    review = review_of(workspace)
    ann = desk(workspace, review, "ann", clock)
    place, append = place_of(ann, "issue"), Ledger.append

    def locked_for_issues(ledger: Ledger, records: Any, **given: Any) -> int:
        if any(isinstance(one, Issue) for one in records):
            raise StoreError("the ledger is locked")
        return append(ledger, records, **given)

    monkeypatch.setattr(Ledger, "append", locked_for_issues)
    said = ann.judge(place, label="confirmed", seen="x")
    assert [one.id for one in workspace.ledger.latest(Verdict)] == [said["verdict_id"]]
    monkeypatch.undo()
    close_review(workspace, review.id, now=clock())
    assert [one.state for one in workspace.ledger.latest(Issue) if one.id == "iss_clu_a"] == ["confirmed"]


def test_what_is_ahead_comes_in_order_and_is_held_for_nobody(workspace: Workspace, clock: Clock) -> None:
    review = review_of(workspace)
    ann, ben = desk(workspace, review, "ann", clock), desk(workspace, review, "ben", clock)
    ann.take()
    assert [task["place"] for task in ann.ahead(0, n=3)] == [1, 2, 3]
    assert ben.take()["place"] == 1  # type: ignore[index]
    assert [task["place"] for task in ann.ahead(0, n=3)] == [2, 3, 4]


def test_items_are_found_by_words_of_their_trace_cluster_cause_or_issue(workspace: Workspace, clock: Clock) -> None:
    ann = desk(workspace, review_of(workspace), "ann", clock)
    trace = ann.take()["target_id"]  # type: ignore[index]
    (found,) = ann.find(f"ALL about {trace}")
    assert (found["place"], found["label"]) == (0, None)
    assert trace in found["title"]
    titles = [one["title"] for one in ann.find("prompt version clu_b", n=50)]
    assert titles == [f"clu_b has prompt version {number} more often than others" for number in (0, 1)]
    assert {one["title"] for one in ann.find("voucher clu_b", n=50)} == {
        "tool error: voucher, clu_b",
    }
    assert len(ann.find("voucher", n=5)) == 5
    assert ann.find("clear-") != []
    assert (ann.find("nowhere at all"), ann.find("  ")) == ([], [])
    judge_next(ann, "uncertain")
    assert ann.find(f"all about {trace}")[0]["label"] == "uncertain"


def test_the_next_uncertain_item_is_the_one_after_and_round_again(workspace: Workspace, clock: Clock) -> None:
    ann = desk(workspace, review_of(workspace), "ann", clock)
    assert ann.next_uncertain(0) is None
    for place in (2, 6):
        ann.judge(place, label="uncertain", seen="x")
    assert [ann.next_uncertain(place) for place in (0, 2, 6, 7)] == [2, 6, 2, 2]


def test_progress_says_how_many_how_fast_and_what_was_new(workspace: Workspace, clock: Clock) -> None:
    """Each take looks at the clock once and each judgement once more: two seconds an item."""
    ann = desk(workspace, review_of(workspace), "ann", clock)
    assert ann.progress()["seconds_an_item"] is None
    for code in ("slow", "Slow", "wrong court", ""):
        judge_next(ann, code=code)
    told = ann.progress()
    assert (told["done"], told["n_items"], told["n_skipped"]) == (4, 30, 0)
    assert told["new_codes"] == {"last": 4, "n": 2}
    assert told["seconds_an_item"] == 2.0
    assert ann.about()["codes"] == ["slow", "wrong court"]


def test_a_review_that_is_over_gives_and_takes_nothing_and_can_be_looked_at(workspace: Workspace, clock: Clock) -> None:
    review = review_of(workspace)
    ann = desk(workspace, review, "ann", clock)
    judge_next(ann)
    close_review(workspace, review.id, now=NOON)
    assert ann.take() is None
    assert ann.take(0)["own"]["label"] == "confirmed"  # type: ignore[index]
    with pytest.raises(ConfigError, match="this review is over"):
        ann.judge(1, label="confirmed", seen="x")
    with pytest.raises(ConfigError, match="this review is over"):
        ann.bulk(0, label="confirmed")
    with pytest.raises(ConfigError, match="this review is over"):
        ann.undo()
    late = review_of(workspace, seed=1)
    ben = desk(workspace, late, "ben", clock)
    clock.at = late.deadline_at
    with pytest.raises(ConfigError, match="this review is over"):
        ben.judge(0, label="confirmed", seen="x")


def test_two_desks_of_one_reviewer_know_of_each_other(workspace: Workspace, clock: Clock) -> None:
    """A second tab, or a kernel that was thought dead."""
    review = review_of(workspace)
    one, other = (desk(workspace, review, "ann", clock) for _ in range(2))
    judge_next(one)
    assert other.take(0)["own"]["label"] == "confirmed"  # type: ignore[index]
    assert judge_next(other) == 1
    assert one.undo() == 1
    assert other.undo() == 0
    assert one.undo() is None


def test_a_desk_needs_a_review_and_a_name(workspace: Workspace, clock: Clock) -> None:
    review = review_of(workspace)
    with pytest.raises(ConfigError, match="no such review"):
        desk(workspace, replace(review, id="rev_x"), "ann", clock)
    with pytest.raises(ConfigError, match="must be one line"):
        desk(workspace, review, " ", clock)


def test_a_label_taken_back_after_the_others_was_shown_is_still_the_first(workspace: Workspace, clock: Clock) -> None:
    """Who had read what the other said took hers back and agreed, and the two had agreed as if neither knew."""
    review = review_of(workspace, n=8, n_per_item=2)
    ann, ben = desk(workspace, review, "ann", clock), desk(workspace, review, "ben", clock)
    judge_all(ann, "confirmed")
    n = judge_all(ben, "rejected")
    last = ben.about()["n_items"] - 1
    assert ben.take(last)["others"][0]["label"] == "confirmed"  # type: ignore[index]
    assert ben.undo() == last
    ben.judge(last, label="confirmed", seen="x")
    eve = desk(workspace, review, "eve", clock, is_adjudicating=True)
    assert judge_all(eve, "rejected") == n


def test_who_has_an_item_of_an_erased_user_before_them_goes_on_with_the_next(
    workspace: Workspace, clock: Clock
) -> None:
    """The item could not be judged and came back for ever, held or skipped, to who sat there as it was erased."""
    ann = desk(workspace, review_of(workspace, n=8, control_share=0.0), "ann", clock)
    held, skipped = ann.take(0), ann.take(1)
    assert held is not None
    assert skipped is not None
    ann.skip(1)
    workspace.review_items.erase([held["target_id"], skipped["target_id"]])
    with pytest.raises(TakenError, match="its user was erased"):
        ann.judge(0, label="confirmed", seen="x")
    assert ann.take(0) is None
    n_left = ann.progress()["n_items"]
    order = [judge_next(ann) for _ in range(n_left)]
    assert (order[0], ann.take(), {0, 1} & set(order)) == (2, None, set())
