"""What puts a person before a review: the round that is open or a new one, their name, or recorded verdicts instead."""

import getpass
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loop.under_review import NOON, Clock, make_workspace
from workbench import loop
from workbench.errors import ConfigError, InsufficientDataError
from workbench.loop.review.replay import Replayed
from workbench.records import Issue, Review, Verdict
from workbench.store import DEMO_SECRET, Workspace, init_workspace

HOUR = timedelta(hours=1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "w", {"clu_a": 6, "clu_b": 3}, n_unflagged=5)


def to_judge(workspace: Workspace, *, now: Any = NOON, review_id: str = loop.LATEST, **wanted: Any) -> Review:
    return loop.review_to_judge(workspace, review_id=review_id, wanted=loop.Wanted(**wanted), now=now)


def test_a_round_is_opened_once_and_then_gone_on_with(workspace: Workspace) -> None:
    first = to_judge(workspace, minutes=3, mode="diverse", n_per_item=2, reviewers="ann, ben", clusters="clu_b")
    assert (first.mode, first.n_per_item, first.reviewers) == ("diverse", 2, ("ann", "ben"))
    assert set(first.n_population) == {"clu_b", "control"}
    assert to_judge(workspace, now=NOON + HOUR).id == first.id
    assert to_judge(workspace, review_id=first.id).id == first.id
    assert len(loop.newest_first(workspace)) == 1


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ({"minutes": 2}, "minutes"),
        ({"mode": "uncertain"}, "mode"),
        ({"clusters": "clu_b"}, "clusters"),
        ({"n_per_item": 2}, "reviewers of an item"),
        ({"reviewers": "ben"}, "reviewers"),
        ({"mode": "uncertain", "clusters": "clu_b"}, "mode, clusters"),
    ],
)
def test_an_open_round_is_not_taken_for_another_that_was_asked_for(
    workspace: Workspace, wanted: dict[str, Any], named: str
) -> None:
    """Whoever asked for the uncertain traces of one cluster judged a random sample of all without a word."""
    opened = to_judge(workspace)
    assert opened.n_items > 2 * 60 / 18
    with pytest.raises(ConfigError, match=rf"{opened.id} is open, and has other {named} than asked for.*--new"):
        to_judge(workspace, now=NOON + HOUR, **wanted)
    assert [one.id for one in loop.newest_first(workspace)] == [opened.id]


@pytest.mark.parametrize("minutes", [1, 2, 45])
@pytest.mark.parametrize("clusters", ["all", "clu_b, clu_a", "iss_clu_b, clu_a"])
def test_who_asks_for_the_same_again_goes_on(workspace: Workspace, minutes: float, clusters: str) -> None:
    wanted: dict[str, Any] = {
        "minutes": minutes,
        "clusters": clusters,
        "mode": "diverse",
        "reviewers": "ann,ben",
        "n_per_item": 2,
    }
    assert to_judge(workspace, **wanted).id == to_judge(workspace, now=NOON + HOUR, **wanted).id


@pytest.mark.parametrize("is_closed", [True, False])
def test_where_the_newest_is_over_a_new_one_is_opened(workspace: Workspace, is_closed: bool) -> None:
    first = to_judge(workspace)
    if is_closed:
        loop.close_review(workspace, first.id, now=NOON + HOUR)
    later = NOON + (2 * HOUR if is_closed else timedelta(days=15))
    second = to_judge(workspace, now=later)
    assert second.id != first.id
    assert [one.id for one in loop.newest_first(workspace)] == [second.id, first.id]
    assert loop.latest_review(workspace).id == second.id


def test_a_notebook_that_only_tells_opens_nothing(workspace: Workspace, tmp_path: Path) -> None:
    def review_for(*, is_live: bool = False, replay: str = "none") -> Review:
        given: dict[str, Any] = {"review_id": "latest", "wanted": loop.Wanted(), "now": NOON}
        return loop.review_for(workspace, is_live=is_live, replay=replay, **given)

    with pytest.raises(InsufficientDataError, match="no review was opened yet"):
        review_for()
    opened = review_for(replay=str(tmp_path / "said.jsonl"))
    assert review_for().id == review_for(is_live=True).id == opened.id


def test_what_is_wanted_is_checked(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="mode == 'best', must be one of random, uncertain, diverse"):
        to_judge(workspace, mode="best")
    with pytest.raises(ConfigError, match="no such cluster"):
        to_judge(workspace, clusters="clu_z")
    with pytest.raises(ConfigError, match="clusters has 'clu_', which fits clu_a, clu_b; give more"):
        to_judge(workspace, clusters="clu_")
    with pytest.raises(ConfigError, match="no such review"):
        to_judge(workspace, review_id="rev_z")
    with pytest.raises(InsufficientDataError, match="no detection run"):
        to_judge(init_workspace(tmp_path / "empty", secret=DEMO_SECRET))


def test_who_reviews_is_the_user_of_the_system_or_a_typed_name(workspace: Workspace) -> None:
    assert loop.who_reviews("me") == (getpass.getuser(), "os_user", False)
    assert loop.who_reviews("ann", is_adjudicating=True) == ("ann", "typed", True)
    review = to_judge(workspace, reviewers="ann,ben")
    assert loop.sit_down(workspace, review, who=loop.who_reviews("ann")).about()["reviewer"] == "ann"
    with pytest.raises(ConfigError, match="must be one of the review's"):
        loop.sit_down(workspace, review, who=loop.who_reviews("cem"))


def recorded(workspace: Workspace, path: Path, review: Review) -> list[dict[str, Any]]:
    """Judge a review by two people, write what they said as JSON lines, and return it."""
    for who, at in (("ann", NOON), ("ben", NOON + HOUR)):
        desk = loop.Desk(workspace, review.id, reviewer=who, identity="os_user", clock=Clock(at))
        while (task := desk.take()) is not None:
            is_split = task["kind"] == "cause" and who == "ann"
            said: dict[str, Any] = (
                {"label": "split", "statement": ["one", "other"]} if is_split else {"label": "confirmed"}
            )
            if task["kind"] == "issue":
                said |= {"severity": "high" if who == "ben" else "low", "explanation": "costs a customer"}
            desk.judge(task["place"], seen="digest", **said)
    names = ("annotator", "annotator_kind", "target_kind", "target_id", "cluster_id", "label")
    more = ("explanation", "code", "severity", "statement", "is_adjudication")
    rows = [{name: getattr(one, name) for name in (*names, *more)} for one in workspace.ledger.latest(Verdict)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return rows


def test_recorded_verdicts_said_again_come_to_the_same(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    rows = recorded(workspace, path, to_judge(workspace, n_per_item=2))
    again = make_workspace(tmp_path / "again", {"clu_a": 6, "clu_b": 3}, n_unflagged=5)
    review = to_judge(again, n_per_item=2)
    assert loop.replay(again, review, path=path, now=NOON + HOUR) == Replayed(len(rows), 0, 0, {})
    assert (
        states(again) == states(workspace) == {"iss_clu_a": ("confirmed", "high"), "iss_clu_b": ("confirmed", "high")}
    )
    said = again.ledger.latest(Verdict)
    assert {one.identity for one in said} == {"typed"}, "that a file names somebody proves nothing"
    assert {one.statement for one in said if one.label == "split"} == {("one", "other")}
    n = len(again.ledger.entries())
    loop.replay(again, review, path=path, now=NOON + 2 * HOUR)
    assert len(again.ledger.entries()) == n, "what is replayed twice is said once"


def states(workspace: Workspace) -> dict[str, tuple[str, str]]:
    return {one.id: (one.state, one.severity) for one in workspace.ledger.latest(Issue)}


def test_what_cannot_be_said_again_is_counted(workspace: Workspace, tmp_path: Path) -> None:
    review = to_judge(workspace)
    about = {"target_kind": "trace", "cluster_id": "clu_a", "target_id": "clu_a-00000"}
    trace = {"annotator": "ann", "annotator_kind": "HUMAN", **about}
    rows = [
        {**trace, "label": "confirmed"},
        {**trace, "label": "confirmed", "annotator": "gpt", "annotator_kind": "LLM"},
        {**trace, "label": "withdrawn", "annotator": "ben"},
        {**trace, "label": "confirmed", "cluster_id": "clu_other"},
        {**trace, "label": "edited", "target_id": "clu_a-00001"},
    ]
    path = tmp_path / "said.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = loop.replay(workspace, review, path=path, now=NOON + HOUR)
    assert (told.n_said, told.n_elsewhere, told.n_others) == (1, 1, 2)
    assert Counter(told.refused.values()) == {1: 1}
    assert loop.replay(workspace, review, path="none", now=NOON) == Replayed(0, 0, 0, {})
    with pytest.raises(ConfigError, match="no such file"):
        loop.replay(workspace, review, path=tmp_path / "other.jsonl", now=NOON)


def test_nothing_is_said_in_a_round_that_is_over(workspace: Workspace, tmp_path: Path) -> None:
    """A recorded time is not believed: it would let a file speak into a review that has ended."""
    review = to_judge(workspace)
    about = {"target_kind": "trace", "cluster_id": "clu_a", "target_id": "clu_a-00000"}
    row = {"annotator": "ann", "annotator_kind": "HUMAN", **about}
    path = tmp_path / "said.jsonl"
    path.write_text(json.dumps({**row, "label": "confirmed", "at": NOON.isoformat()}) + "\n")
    told = loop.replay(workspace, review, path=path, now=NOON + timedelta(days=15))
    assert told.n_said == 0
    assert "this review is over" in next(iter(told.refused))


def said_of_an_issue(path: Path, *rows: dict[str, Any]) -> Path:
    """Write rows about the issue of clu_a as JSON lines."""
    about = {"annotator": "ann", "target_kind": "issue", "cluster_id": "clu_a", "target_id": "iss_clu_a"}
    path.write_text("".join(json.dumps({**about, "label": "confirmed", **row}) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("row", "n_others", "refused"),
    [
        ({"annotator_kind": "HUMAN", "identity": "program"}, 1, []),
        ({"annotator_kind": None, "identity": "typed"}, 0, [1]),
        ({}, 0, [1]),
    ],
)
def test_what_no_person_said_is_not_said_by_one(
    workspace: Workspace, tmp_path: Path, row: dict[str, Any], n_others: int, refused: list[int]
) -> None:
    """A program's verdict came out of a replay as a person's, and confirmed an issue that nobody had looked at."""
    path = said_of_an_issue(tmp_path / "said.jsonl", row)
    told = loop.replay(workspace, to_judge(workspace), path=path, now=NOON + HOUR)
    assert (told.n_said, told.n_others, list(told.refused.values())) == (0, n_others, refused)
    assert workspace.ledger.latest(Verdict) == []
    assert states(workspace)["iss_clu_a"][0] == "proposed"


@pytest.mark.parametrize(("labels", "state"), [(["withdrawn"], "proposed"), (["withdrawn", "rejected"], "rejected")])
def test_of_a_history_the_end_is_said_again(
    workspace: Workspace, tmp_path: Path, labels: list[str], state: str
) -> None:
    """What a person had said and taken back was said again, and confirmed the issue after all."""
    rows = [{"annotator_kind": "HUMAN", "label": label} for label in ("confirmed", *labels)]
    path = said_of_an_issue(tmp_path / "said.jsonl", *rows)
    told = loop.replay(workspace, to_judge(workspace), path=path, now=NOON + HOUR)
    assert (told.n_said, told.n_others) == (len(labels) - 1, 2)
    assert states(workspace)["iss_clu_a"][0] == state
