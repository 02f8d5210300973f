"""`workbench review`: how far a review is, closing it, and who may not judge is told so before any page opens."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.loop.under_review import make_workspace
from workbench import loop
from workbench.records import Review
from workbench.store import DEMO_SECRET, Workspace, init_workspace

if TYPE_CHECKING:
    from tests.conftest import Shell


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "w", {"clu_a": 6}, n_unflagged=5)


@pytest.fixture
def review(workspace: Workspace) -> Review:
    """Open a review now, and have ann judge two items of it."""
    made = loop.open_wanted(workspace, loop.Wanted(reviewers="ann, ben"), now=now())
    desk = loop.sit_down(workspace, made, who=loop.who_reviews("ann"))
    for _ in range(2):
        task = desk.take()
        assert task is not None
        desk.judge(task["place"], label="rejected", seen="digest")
    return made


def now() -> datetime:
    return datetime.now(UTC)


def test_status_says_how_far_it_is_and_what_waits(shell: "Shell", workspace: Workspace, review: Review) -> None:
    acme = shell.at(workspace.root)
    told = acme.json("review", "--status")
    assert (told["review"], told["items"], told["judged"]) == (review.id, review.n_items, 2)
    assert (told["by_reviewer"], told["is_over"], told["closed_at"]) == ({"ann": 2}, False, None)
    assert told["deadline_at"] == review.deadline_at.isoformat()
    assert 0 <= told["age_s"] < 600
    assert [(one["issue"], one["review"], one["why"], one["is_overdue"]) for one in told["waiting"]] == [
        ("iss_clu_a", review.id, "nobody", False)
    ]
    code, out, _ = acme.run("review", "--status")
    assert code == 0
    assert f"2 of {review.n_items} items are judged: ann 2" in " ".join(out.split())


def test_a_review_is_closed_once_and_for_all(shell: "Shell", workspace: Workspace, review: Review) -> None:
    acme = shell.at(workspace.root)
    closed = acme.json("review", "--close")
    assert closed["is_over"]
    assert closed["waiting"][0]["is_overdue"]
    assert acme.json("review", "--close")["closed_at"] == closed["closed_at"]
    assert acme.json("review", "--status", "--review", review.id)["closed_at"] == closed["closed_at"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--reviewer", "cem"), "its reviewers are ann, ben"),
        (("--review", "rev_z"), "there is no such review"),
        (("--new", "--mode", "best"), "must be one of random, uncertain, diverse"),
        (("--new", "--clusters", "clu_z"), "no such cluster"),
        (("--json",), "--json is of --status and --close"),
    ],
)
def test_what_cannot_be_is_said_before_a_page_opens(
    shell: "Shell", workspace: Workspace, review: Review, given: tuple[str, ...], said: str
) -> None:
    code, _, err = shell.at(workspace.root).run("review", *given)
    assert code == 2
    assert said in err
    assert [one.id for one in loop.newest_first(workspace)] == [review.id]


def test_without_a_detection_there_is_nothing_to_review(shell: "Shell", tmp_path: Path) -> None:
    init_workspace(tmp_path / "empty", secret=DEMO_SECRET)
    acme = shell.at(tmp_path / "empty")
    code, _, err = acme.run("review")
    assert (code, "no detection run was made yet" in err) == (4, True)
    code, _, err = acme.run("review", "--status")
    assert (code, "no review was opened yet" in err) == (4, True)
