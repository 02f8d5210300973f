"""A plan says of a target that it does not see the problem: on three traces, each answered `all about ...`."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.loop.under_review import NOON, make_workspace
from workbench.detectors import DETECTORS
from workbench.errors import ConfigError
from workbench.experiments.metric import Amount, Metric, Role
from workbench.experiments.metrics_file import OF_ISSUE
from workbench.experiments.scoring import Asked, Matched, Scoring
from workbench.loop.scoring.scorers import OF_USERS, check_heard
from workbench.loop.validate.metrics import of_issues
from workbench.loop.validate.on_issue import blind_metrics
from workbench.records import Issue
from workbench.store import Workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root: Path = tmp_path_factory.mktemp("on_issue") / "acme"
    return make_workspace(root, {"clu_a": 3})


def told(workspace: Workspace, scorer: Scoring | None, *, falls: bool, name: str = "m", role: Role = "target") -> str:
    margin = Amount(0.1) if role == "guardrail" else None
    metric = Metric(name=name, role=role, direction=-1 if falls else 1, mwe=Amount(0.05), margin=margin, scorer=scorer)
    issues = workspace.ledger.latest(Issue)
    return " ".join(blind_metrics(workspace, [metric], issues, own={}, now=NOON))


def test_a_target_that_finds_nothing_wrong_with_the_issues_traces_is_told_of(workspace: Workspace) -> None:
    """A change of one problem was judged by the target of another, and the plan said nothing."""
    said = told(workspace, Matched(pattern="voucher"), falls=True)
    assert said.startswith("m finds nothing wrong with any of 3 traces of iss_clu_a")
    assert told(workspace, Matched(pattern="^all about"), falls=False)
    assert told(workspace, None, falls=True, name="detector:incomplete_answer")


def test_a_detector_that_can_tell_of_none_of_the_traces_is_told_of_whatever_it_measures(workspace: Workspace) -> None:
    """It was said once all answers were paid for, and people had scored them."""
    for role in ("target", "guardrail", "watch"):
        said = told(workspace, None, falls=True, name="detector:ungrounded_answer", role=role)
        assert said.startswith("detector:ungrounded_answer can tell of none of 3 traces of iss_clu_a")
    assert not told(workspace, None, falls=True, name="detector:incomplete_answer", role="guardrail")


def test_a_target_that_sees_the_problem_is_not(workspace: Workspace) -> None:
    assert not told(workspace, Matched(pattern="clu_a-00001"), falls=True)
    assert not told(workspace, Matched(pattern="clu_a-00001"), falls=False)


def test_what_cannot_be_told_of_recorded_answers_is_not_told(workspace: Workspace) -> None:
    assert not told(workspace, Asked(rubric="good"), falls=False)
    assert not told(workspace, None, falls=False, name="exact")
    assert not told(workspace, Matched(pattern="voucher"), falls=True, role="guardrail")


def test_the_detector_of_the_issue_stands_for_itself_in_a_file_of_metrics(workspace: Workspace) -> None:
    """A file with one target was wrong for the change of every other issue."""
    (issue,) = workspace.ledger.latest(Issue)
    others = (replace(issue, detector="refusal"), replace(issue, id="iss_b", detector="tool_error"))
    given = (
        Metric(name=OF_ISSUE, role="target", direction=-1, mwe=Amount(0.05)),
        Metric(name="detector:tool_error", role="watch", direction=-1),
        Metric(name="latency_ms", role="watch", direction=-1, kind="positive"),
    )
    found = [(one.name, one.role) for one in of_issues(given, others)]
    assert found == [("detector:refusal", "target"), ("detector:tool_error", "target"), ("latency_ms", "watch")]
    assert of_issues(given[1:], others) == given[1:]


def test_a_detector_that_goes_by_users_is_refused_before_anything_is_asked() -> None:
    """All answers were asked for and paid, and then none of them had a value."""
    unheard = Metric(name="detector:negative_feedback", role="target", direction=-1, mwe=Amount(0.05))
    with pytest.raises(ConfigError, match="no user sees an experiment's; write into"):
        check_heard([unheard])
    check_heard([replace(unheard, name="detector:tool_error"), replace(unheard, name="negative_feedback")])
    check_heard([unheard], own=["detector:negative_feedback"])
    assert set(OF_USERS) <= {detector.code for detector in DETECTORS}
