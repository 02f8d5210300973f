"""The review without a browser: what is asked is done once, on the item that was seen, and told as the desk tells it.

The desk is the real one, on a real workspace.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import traitlets

from workbench import report, widgets
from workbench.errors import StoreError
from workbench.loop.desk import Desk
from workbench.records import Issue, Verdict
from workbench.store import Workspace, read_taxonomy
from workbench.widgets.review_widget import ReviewWidget

Press = Callable[..., dict[str, Any]]
OpenDesk = Callable[..., Desk]
asks = itertools.count()


def read(tasks: Sequence[Any]) -> list[dict[str, Any]]:
    """Return of each task a trace that has its target's name, with one cause and two neighbours."""
    causes = [{"id": f"cau_{at}", "is_asked": at == 0, "statement": f"cause {at}"} for at in range(2)]
    near = [{"trace_id": f"near\x00{at}", "title": f"near {at}", "text": "alike"} for at in range(2)]
    return [{"trace": {"title": one["target_id"]}, "causes": causes, "neighbours": near} for one in tasks]


def press(view: ReviewWidget, kind: str, **more: Any) -> dict[str, Any]:
    """Ask the view for something as its script does, and return what it answers."""
    message = {"kind": kind, "ask": f"ask-{next(asks)}", "seen": view.item.get("seen"), **more}
    view._handle_custom_msg(message, [])
    return dict(view.answer)


@pytest.fixture
def view(desk: Desk) -> ReviewWidget:
    """Return the view on the first of the items."""
    return widgets.review(desk, read=read)


def verdicts(workspace: Workspace) -> list[tuple[str, str]]:
    """Return what the ledger holds, in its newest revisions: target and label, as they were first given."""
    return [(one.target_id, one.label) for one in workspace.ledger.latest(Verdict)]


def test_a_label_is_in_the_ledger_when_it_is_acknowledged_and_the_next_item_is_there(
    view: ReviewWidget, reviewed: Workspace
) -> None:
    first = view.item
    answer = press(view, "judge", label=0, explanation=" why ", code="my  word")
    (verdict,) = reviewed.ledger.latest(Verdict)
    assert (answer["kind"], answer["label"], answer["saved_at"]) == ("saved", "confirmed", verdict.at.isoformat())
    assert (verdict.target_id, verdict.label, verdict.explanation) == (first["trace"]["title"], "confirmed", "why")
    assert verdict.seen == first["seen"]
    assert (first["place"], view.item["place"], view.progress["done"]) == (0, 1, 1)


def test_who_judges_again_what_was_judged_stays_with_it(view: ReviewWidget, reviewed: Workspace) -> None:
    """Whoever went back to mend a slip was thrown to the end of the queue: "All done"."""
    first = view.item["place"]
    press(view, "judge", label=0)
    press(view, "go", place=first)
    assert press(view, "judge", label=1)["kind"] == "saved"
    assert (view.item["place"], view.item["own"]["label"]) == (first, "rejected")
    press(view, "undo")
    press(view, "go", place=first)
    assert [label for _, label in verdicts(reviewed)] == ["confirmed"]


def test_an_issue_of_which_every_trace_was_rejected_is_confirmed_by_who_insists(
    view: ReviewWidget, reviewed: Workspace
) -> None:
    """It was confirmed without a word: one of the two is a slip, or the reviewer knows more than the traces show."""
    while view.item["kind"] != "issue":
        press(view, "judge", label=1)
    answer = press(view, "judge", label=0)
    assert answer["kind"] == "refused"
    assert "traces of it that people judged were rejected. Say it again to confirm it all the same." in answer["words"]
    assert not reviewed.ledger.latest(Verdict, target_kind="issue")
    assert press(view, "judge", label=0)["kind"] == "saved"
    (said,) = reviewed.ledger.latest(Verdict, target_kind="issue")
    assert said.label == "confirmed"


def test_an_issue_of_which_a_trace_was_confirmed_is_confirmed_at_once(view: ReviewWidget) -> None:
    press(view, "judge", label=0)
    while view.item["kind"] != "issue":
        press(view, "judge", label=1)
    assert press(view, "judge", label=0)["kind"] == "saved"


def test_a_double_press_labels_once(view: ReviewWidget, reviewed: Workspace) -> None:
    """A slow kernel took the second press for a label of the next item, which nobody had seen."""
    seen = view.item["seen"]
    assert press(view, "judge", label=0)["kind"] == "saved"
    assert press(view, "judge", label=0, seen=seen)["kind"] == "stale"
    assert len(verdicts(reviewed)) == 1
    assert view.item["place"] == 1


def test_what_is_asked_again_after_a_lost_answer_is_told_again_and_done_once(
    view: ReviewWidget, reviewed: Workspace
) -> None:
    seen = view.item["seen"]
    first = press(view, "judge", label=1, ask="again", seen=seen)
    assert press(view, "judge", label=1, ask="again", seen=seen) == first
    assert [label for _, label in verdicts(reviewed)] == ["rejected"]


@pytest.mark.parametrize(
    "content", [None, [], {}, {"kind": "judge"}, {"kind": "judge", "ask": 7}, {"kind": 1, "ask": ""}]
)
def test_a_message_that_makes_no_sense_is_not_answered(view: ReviewWidget, content: Any) -> None:
    view._handle_custom_msg(content, [])
    assert view.answer == {}


@pytest.mark.parametrize("label", [None, 3, -1, "0", True])
def test_a_label_that_there_is_not_is_refused(view: ReviewWidget, reviewed: Workspace, label: Any) -> None:
    assert press(view, "judge", label=label)["kind"] == "refused"
    assert verdicts(reviewed) == []


def test_an_undo_goes_back_to_the_item_as_if_it_was_not_labelled(view: ReviewWidget, reviewed: Workspace) -> None:
    press(view, "judge", label=0)
    press(view, "judge", label=1)
    assert press(view, "undo")["words"] == "Taken back: item 2."
    assert (view.item["place"], view.item["own"]) == (1, None)
    assert press(view, "undo")["words"] == "Taken back: item 1."
    assert press(view, "undo")["kind"] == "refused"
    assert {label for _, label in verdicts(reviewed)} == {"withdrawn"}


def test_a_note_is_kept_as_a_draft_and_is_there_for_the_next_view(
    view: ReviewWidget, open_desk: OpenDesk, reviewed: Workspace
) -> None:
    """What was typed was lost with the kernel."""
    assert press(view, "draft", text="half a thought")["kind"] == "draft"
    again = widgets.review(open_desk(), read=read)
    assert (again.item["place"], again.item["draft"], again.item["seen"]) == (0, "half a thought", view.item["seen"])
    assert verdicts(reviewed) == []


def test_who_comes_back_resumes_where_they_were(view: ReviewWidget, open_desk: OpenDesk) -> None:
    for _ in range(3):
        press(view, "judge", label=0)
    again = widgets.review(open_desk(), read=read)
    assert (again.item["place"], again.item["seen"], again.progress["done"]) == (3, view.item["seen"], 3)


def test_skipping_flagging_and_going_back_and_forth(view: ReviewWidget) -> None:
    press(view, "skip")
    assert (view.item["place"], view.progress["n_skipped"]) == (1, 1)
    press(view, "flag", is_flagged=True)
    assert (view.item["is_flagged"], view.progress["n_flagged"]) == (True, 1)
    press(view, "step", by=-1)
    assert view.item["place"] == 0
    assert press(view, "step", by=-1)["words"] == "This is the first item."
    press(view, "step", by=1)
    assert (view.item["place"], view.item["is_flagged"]) == (1, True)
    press(view, "go", place=5)
    assert view.item["place"] == 5
    assert press(view, "go", place=10**9)["kind"] == "refused"


def test_the_next_that_one_was_not_sure_of_is_found(view: ReviewWidget) -> None:
    assert press(view, "next_unsure")["kind"] == "refused"
    press(view, "judge", label=2)
    press(view, "judge", label=0)
    press(view, "next_unsure")
    assert (view.item["place"], view.item["own"]["label"]) == (0, "uncertain")


def test_a_label_that_is_given_again_stays_and_is_a_revision(view: ReviewWidget, reviewed: Workspace) -> None:
    press(view, "judge", label=0)
    press(view, "step", by=-1)
    press(view, "judge", label=0, explanation="because", is_staying=True)
    assert (view.item["place"], view.item["own"]["explanation"]) == (0, "because")
    (verdict,) = reviewed.ledger.latest(Verdict)
    assert len(reviewed.ledger.history(Verdict, verdict.id)) == 2


def test_search_finds_by_words_of_the_trace(view: ReviewWidget) -> None:
    answer = press(view, "find", words="question", seen="stale")
    assert answer["kind"] == "found"
    assert {"place", "title", "label"} == set(answer["found"][0])


def test_a_neighbour_is_opened_by_its_number_and_the_item_stays_what_is_judged(view: ReviewWidget) -> None:
    press(view, "open", of="neighbours", at=1)
    assert view.opened == {"of": "neighbours", "at": 1, "trace": {"title": "near⟨U+0000⟩1"}}
    assert press(view, "open", of="neighbours", at=7)["kind"] == "opened"
    assert view.opened == {}
    press(view, "open", of="causes", at=0)
    assert view.opened == {}


def test_a_code_that_is_new_is_offered_from_then_on(view: ReviewWidget, reviewed: Workspace) -> None:
    press(view, "judge", label=0, code="bidi\u202ecode")
    assert view.about["codes"][0] == "bidi⟨U+202E⟩code"
    press(view, "judge", label=0, code=view.about["codes"][0])
    assert {one.code for one in reviewed.ledger.latest(Verdict)} == {"bidi\u202ecode"}


def test_a_rest_that_may_not_be_labelled_at_once_says_why(view: ReviewWidget, reviewed: Workspace) -> None:
    answer = press(view, "bulk", label=0)
    assert answer["kind"] == "refused"
    assert "judge 10 more first" in answer["words"]
    assert verdicts(reviewed) == []


def test_keys_are_changed_in_a_line_and_a_key_that_is_taken_is_refused(view: ReviewWidget) -> None:
    view.keymap = {"confirmed": ["y"]}
    assert (view.keymap["confirmed"], view.keymap["rejected"]) == (["y"], ["2", "r"])
    with pytest.raises(traitlets.TraitError, match="'n'"):
        view.keymap = {"skip": ["n"]}


class Failing:
    """A desk whose disk is full for its next judgements."""

    def __init__(self, desk: Desk, *errors: Exception) -> None:
        self._desk, self._errors = desk, list(errors)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)

    def judge(self, place: int, **said: Any) -> dict[str, Any]:
        """Raise what is left to raise, then judge."""
        if self._errors:
            raise self._errors.pop(0)
        return self._desk.judge(place, **said)


def test_what_could_not_be_saved_is_said_and_the_same_item_stays(desk: Desk, reviewed: Workspace) -> None:
    failing: Any = Failing(desk, StoreError("the disk is full", fix="make room"), OSError("gone"))
    view = widgets.review(failing, read=read)
    said = {"label": 0, "ask": "one", "seen": view.item["seen"]}
    assert press(view, "judge", **said) == {"ask": "one", "kind": "failed", "words": "the disk is full; make room"}
    assert (view.item["place"], verdicts(reviewed)) == (0, [])
    press(view, "judge", **said)
    assert view.answer["words"] == "OSError: gone"
    assert press(view, "judge", **said)["kind"] == "saved"
    assert len(verdicts(reviewed)) == 1


def test_a_trace_that_cannot_be_read_loses_no_label(desk: Desk, reviewed: Workspace) -> None:
    def torn(tasks: Sequence[Any]) -> list[dict[str, Any]]:
        if any(one["place"] > 0 for one in tasks):
            raise OSError("torn file")
        return read(tasks)

    view = widgets.review(desk, read=torn)
    assert press(view, "judge", label=0)["kind"] == "saved"
    assert view.item["trace"]["note"] == "OSError: torn file"
    assert len(verdicts(reviewed)) == 1


def test_when_all_is_done_nothing_is_shown_and_undo_still_works(view: ReviewWidget) -> None:
    for _ in range(view.progress["n_items"]):
        label = 0
        assert press(view, "judge", label=label)["kind"] == "saved"
    assert (view.item, view.progress["done"]) == ({}, view.progress["n_items"])
    assert press(view, "judge", label=0)["kind"] == "refused"
    press(view, "undo")
    assert view.item["place"] == view.progress["n_items"] - 1


@pytest.fixture
def causes(view: ReviewWidget) -> ReviewWidget:
    """Return the view on the first cause."""
    while view.item["kind"] != "cause":
        press(view, "judge", label=0)
    return view


@pytest.mark.parametrize(
    ("label", "more", "kept"),
    [
        ("edited", {"statement": ["it is the index"]}, (("it is the index",), None)),
        ("split", {"statement": ["one", " two "]}, (("one", "two"), None)),
    ],
)
def test_a_cause_is_edited_and_split(
    causes: ReviewWidget, reviewed: Workspace, label: str, more: dict[str, Any], kept: tuple[Any, ...]
) -> None:
    at = [one["label"] for one in causes.about["labels"]["cause"]].index(label)
    assert press(causes, "judge", label=at, **more)["kind"] == "saved"
    verdict = reviewed.ledger.latest(Verdict)[-1]
    assert (verdict.label, verdict.statement, verdict.same_as) == (label, *kept)


def test_a_trace_is_said_to_be_of_another_problem(desk: Desk, view: ReviewWidget, reviewed: Workspace) -> None:
    place = view.item["place"]
    mine = (desk.take(place) or {})["cluster_id"]
    others = {one.id for one in reviewed.ledger.latest(Issue) if one.cluster_id != mine}
    other = next(at for at, one in enumerate(view.about["issues"]) if one["id"] in others)
    answer = press(view, "judge", label=1, same_as=other)
    assert (answer["kind"], answer["words"]) == ("saved", "Noted that it is of another problem.")
    assert reviewed.ledger.latest(Verdict)[0].same_as == view.about["issues"][other]["id"]
    press(view, "go", place=place)
    assert view.item["own"]["same_as"] == view.about["issues"][other]["id"]


def test_a_cause_is_merged_with_another_of_its_problem(desk: Desk, reviewed: Workspace) -> None:
    view = widgets.review(desk, read=report.review_reader(report.read_detection(reviewed)))
    while view.item["kind"] != "cause":
        press(view, "judge", label=0)
    listed = view.item["causes"]
    other = next(place for place, cause in enumerate(listed) if not cause["is_asked"])
    at = [one["label"] for one in view.about["labels"]["cause"]].index("merge")
    assert press(view, "judge", label=at, same_as=other)["kind"] == "saved"
    verdict = reviewed.ledger.latest(Verdict)[-1]
    assert (verdict.label, verdict.same_as) == ("merge", listed[other]["id"])


def test_an_issue_is_given_its_category_and_severity_and_becomes_confirmed(
    view: ReviewWidget, reviewed: Workspace
) -> None:
    while view.item["kind"] != "issue":
        press(view, "judge", label=0)
    category, severity = 3, view.about["severities"].index("high")
    offered = [(one["code"], one["name"], one["about"]) for one in view.about["categories"]]
    assert offered == [(one.code, one.name, one.about) for one in read_taxonomy(reviewed.root).categories]
    assert press(view, "judge", label=0, category=category, severity=severity)["kind"] == "saved"
    verdict = reviewed.ledger.latest(Verdict)[-1]
    (issue,) = [one for one in reviewed.ledger.latest(Issue) if one.id == verdict.target_id]
    assert issue.state == "confirmed"
    assert issue.severity == "high"
    assert issue.category == read_taxonomy(reviewed.root).categories[category].code == verdict.category


def test_a_split_into_one_is_not_saved(causes: ReviewWidget) -> None:
    assert press(causes, "judge", label=4, statement=["one"])["kind"] == "failed"


def test_an_item_whose_user_is_erased_goes_from_the_screen_with_all_that_was_read(
    desk: Desk, reviewed: Workspace
) -> None:
    """The reviewer could neither label it nor leave it, and went on to read what was erased."""
    scans: list[list[str]] = []

    def noted(tasks: Sequence[Any]) -> list[dict[str, Any]]:
        scans.append([one["target_id"] for one in tasks])
        return read(tasks)

    view = widgets.review(desk, read=noted)
    erased = view.item["trace"]["title"]
    reviewed.review_items.erase([erased])
    answer = press(view, "judge", label=0)
    assert (answer["kind"], "its user was erased" in answer["words"]) == ("failed", True)
    assert (view.item["place"], verdicts(reviewed)) == (1, [])
    following = view.item["trace"]["title"]
    assert [following in scan for scan in scans].count(True) == 2, "it was read anew"
    assert press(view, "judge", label=0)["kind"] == "saved"
