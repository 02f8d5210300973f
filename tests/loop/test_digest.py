"""What changed since the last run: each topic on issues that move by hand, and nothing is told twice."""

from datetime import timedelta

import pytest

from tests.backlog.issues import NOON, issue
from workbench.loop.digest import digest
from workbench.records import TOPICS, Digest, IssueState
from workbench.store import DEMO_SECRET, Workspace, init_workspace

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace with issues that were moved over forty days."""
    made = init_workspace(tmp_path_factory.mktemp("digest") / "acme", secret=DEMO_SECRET)
    courses: dict[str, list[tuple[IssueState, int]]] = {
        "iss_old": [("proposed", 0)],
        "iss_new": [("proposed", 39)],
        "iss_part": [("proposed", 39), ("merged", 40)],
        "iss_gone": [("proposed", 0), ("confirmed", 1), ("shipped", 5), ("watching", 6), ("resolved", 39)],
        "iss_back": [("proposed", 0), ("confirmed", 1), ("shipped", 5), ("resolved", 20), ("reopened", 39)],
        "iss_doubted": [("proposed", 0), ("shipped", 5), ("watching", 6), ("resolved", 20), ("watching", 39)],
        "iss_watched": [("proposed", 0), ("confirmed", 1), ("shipped", 5), ("watching", 39)],
        "iss_taken_back": [("proposed", 0), ("confirmed", 1), ("reopened", 39)],
        "iss_slow": [("proposed", 0), ("confirmed", 12)],
    }
    rows = sorted((day, name, state) for name, steps in courses.items() for state, day in steps)
    for day, name, state in rows:
        made.ledger.append([issue(state, id=name, cluster_id=f"clu_{name}")], now=NOON + day * DAY)
    return made


def told(workspace: Workspace, *, since: int | None, growing: dict[str, str] | None = None) -> Digest:
    at = None if since is None else NOON + since * DAY
    return digest(workspace, since=at, growing=growing or {}, now=NOON + 40 * DAY)


def ids(found: Digest) -> dict[str, list[str]]:
    return {topic: [line.issue_id for line in found.lines[topic]] for topic in TOPICS}


def test_each_issue_is_told_under_what_became_of_it(workspace: Workspace) -> None:
    assert ids(told(workspace, since=38)) == {
        "new": ["iss_new"],
        "growing": [],
        "reopened": ["iss_back"],
        "doubted": ["iss_doubted"],
        "resolved": ["iss_gone"],
        "stuck": ["iss_slow", "iss_old"],
    }


def test_a_stuck_issue_is_news_once(workspace: Workspace) -> None:
    """One is proposed since day 0 and stuck from 14 on, the other confirmed since 12 and stuck from 40 on."""
    stuck = told(workspace, since=38).lines["stuck"]
    assert [(line.issue_id, line.is_news) for line in stuck] == [("iss_slow", True), ("iss_old", False)]
    assert stuck[1].why == "proposed for 40 days; it may stay 14 days"


def test_what_was_told_is_no_news(workspace: Workspace) -> None:
    found = told(workspace, since=40)
    assert not found.has_news
    assert {topic for topic, lines in ids(found).items() if lines} == {"stuck"}


def test_the_first_digest_tells_all_that_is_open(workspace: Workspace) -> None:
    found = told(workspace, since=None)
    assert set(ids(found)["new"]) == {"iss_old", "iss_new", "iss_back", "iss_taken_back", "iss_slow"}
    assert found.has_news


def test_what_grows_is_told_where_it_is_open_and_known(workspace: Workspace) -> None:
    found = told(workspace, since=40, growing={"iss_old": "in 9 of 10", "iss_gone": "in 9 of 10", "iss_x": ""})
    assert [(line.issue_id, line.why) for line in found.lines["growing"]] == [("iss_old", "in 9 of 10")]
    assert found.has_news


def test_a_problem_that_expired_since_is_news(workspace: Workspace) -> None:
    at = NOON + 28 * DAY
    assert digest(workspace, since=at - DAY, growing={}, now=at + timedelta(hours=1)).has_news
