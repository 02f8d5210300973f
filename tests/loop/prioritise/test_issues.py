"""What people do with issues is in the ledger with who, when and why, and verdicts do not undo it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.backlog.issues import cause, issue
from tests.review.said import verdict
from workbench import loop
from workbench.errors import ConfigError, GateError
from workbench.loop.moves import moves
from workbench.loop.named import find_issue
from workbench.loop.people import a_person
from workbench.loop.prioritise.issues import categorise_issue, merge_issues, split_issue
from workbench.store import DEMO_SECRET, Workspace, init_workspace

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANN = a_person("ann", "typed")
DAY = timedelta(days=1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Make a workspace with two proposed issues and two causes of the first."""
    made = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    causes = [cause("seats"), cause("meals")]
    first = issue(cause_ids=tuple(one.id for one in causes))
    made.ledger.append([*causes, first, issue(id="iss_2", cluster_id="clu_b")], now=NOON)
    return made


def confirm(workspace: Workspace, issue_id: str, *, minute: int = 0, category: str | None = None) -> str:
    said = verdict(
        issue_id, "confirmed", by="ben", target_kind="issue", review_id=None, minute=minute, category=category
    )
    workspace.ledger.append([said], now=NOON + DAY)
    loop.settle(workspace, now=NOON + DAY)
    return said.id


def test_every_move_is_told_with_who_and_why(workspace: Workspace) -> None:
    said = confirm(workspace, "iss_1")
    merge_issues(workspace, "iss_1", "iss_2", reason="the same seat map", actor=ANN, now=NOON + 2 * DAY)
    split_issue(workspace, "iss_1", cause_ids=(), title="", reason="it is another", actor=ANN, now=NOON + 3 * DAY)
    told = moves(workspace)
    assert told.columns == ["issue_id", "from", "to", "at", "actor", "reason", "evidence"]
    says = "1 person who was to judge it says that it deserves a change"
    assert told.rows() == [
        ("iss_1", None, "proposed", NOON, "workbench", "", []),
        ("iss_2", None, "proposed", NOON, "workbench", "", []),
        ("iss_1", "proposed", "confirmed", NOON + DAY, "workbench", says, [said]),
        ("iss_1", "confirmed", "merged", NOON + 2 * DAY, "ann", "the same seat map", ["iss_2"]),
        ("iss_1", "merged", "proposed", NOON + 3 * DAY, "ann", "it is another", ["iss_2"]),
        ("iss_1", "proposed", "confirmed", NOON + 3 * DAY, "workbench", says, [said]),
    ]
    assert find_issue(workspace, "iss_1").merged_into is None


def test_a_merged_issue_is_not_moved_by_what_is_said_of_it(workspace: Workspace) -> None:
    merge_issues(workspace, "iss_1", "iss_2", reason="same", actor=ANN, now=NOON)
    confirm(workspace, "iss_1")
    assert find_issue(workspace, "iss_1").state == "merged"


def test_a_part_waits_for_a_verdict_of_its_own(workspace: Workspace) -> None:
    """What people confirmed was the whole; nobody has judged the part."""
    confirm(workspace, "iss_1")
    part = split_issue(
        workspace, "iss_1", cause_ids=["cau_meals_clu_a"], title="no meal", reason="another team's", actor=ANN, now=NOON
    )
    assert (part.state, part.split_from, part.title) == ("proposed", "iss_1", "no meal")
    assert find_issue(workspace, "iss_1").cause_ids == ("cau_seats_clu_a",)
    assert find_issue(workspace, "iss_1").state == "confirmed"


def test_a_category_holds_until_a_later_verdict_says_another(workspace: Workspace) -> None:
    """The next verdict of anybody would have put it back."""
    confirm(workspace, "iss_1", category="answer_poor")
    moved = categorise_issue(workspace, "iss_1", "slow", actor=ANN, now=NOON + 2 * DAY)
    assert moved.category == "slow"
    loop.settle(workspace, now=NOON + 3 * DAY)
    assert find_issue(workspace, "iss_1").category == "slow"
    confirm(workspace, "iss_1", minute=5 * 24 * 60, category="tool_refused")
    assert find_issue(workspace, "iss_1").category == "tool_refused"


def test_who_is_no_person_and_what_is_not_there_is_refused(workspace: Workspace) -> None:
    with pytest.raises(GateError, match="a program cannot"):
        a_person("nightly", "program")
    with pytest.raises(ConfigError, match="no such issue"):
        find_issue(workspace, "iss_9")
    with pytest.raises(ConfigError, match="which fits iss_1, iss_2; give more"):
        find_issue(workspace, "iss_")
    with pytest.raises(ConfigError, match="no such cause"):
        split_issue(workspace, "iss_1", cause_ids=["cau_x"], title="", reason="r", actor=ANN, now=NOON)
    with pytest.raises(ConfigError, match="must be one of"):
        categorise_issue(workspace, "iss_1", "nonsense", actor=ANN, now=NOON)
    assert moves(workspace).height == 2
