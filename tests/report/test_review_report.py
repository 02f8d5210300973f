"""The report of a review: what two people said of a small run, counted by hand, in every table."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loop.under_review import NOON, Clock, make_workspace
from tests.review.said import verdict
from workbench import loop, report
from workbench.errors import ConfigError, InsufficientDataError
from workbench.records import Review, Verdict, chosen_review
from workbench.report.blocks import Block
from workbench.report.chart import Chart
from workbench.report.detection import Problem
from workbench.report.review import ReviewReport
from workbench.store import Workspace

TWO_DAYS = timedelta(days=2)
SECTIONS: tuple[Callable[[ReviewReport], Block | Chart], ...] = (
    report.review_summary,
    report.review_figures,
    report.progress_by_reviewer,
    report.saturation_chart,
    report.issues_after_review,
    report.waiting_issues,
    report.causes_after_review,
    report.prevalence_chart,
    report.prevalence_by_cluster,
    report.precision_by_detector,
    report.what_was_missed,
    report.reviewer_agreement,
    lambda told: report.where_reviewers_differ(told, top_n=5),
    report.judges,
    report.review_conclusions,
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Make a run of two clusters, of four traces and of two, and ten traces in which nothing was found."""
    return made(tmp_path)


@pytest.fixture
def review(workspace: Workspace) -> Review:
    """Open a review of all traces of the clusters and five of the others, each for two people."""
    return opened(workspace)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Make the same with its review, judged by ann and ben; it is read and not written."""
    workspace = made(tmp_path_factory.mktemp("judged"))
    judge(workspace, opened(workspace), "ann", "ben")
    return workspace


def made(folder: Path) -> Workspace:
    return make_workspace(folder / "w", {"clu_a": 4, "clu_b": 2}, n_unflagged=10)


def opened(workspace: Workspace) -> Review:
    return loop.open_review(workspace, now=NOON, n=15, n_per_item=2, control_share=5 / 15)


def said_by(who: str, task: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ann and ben say: they differ on one trace of clu_a and on the issue of clu_b."""
    if task["kind"] == "issue":
        return {
            "label": "rejected" if task["cluster_id"] == "clu_b" and who == "ben" else "confirmed",
            "severity": "high",
        }
    if task["kind"] == "cause":
        return (
            {"label": "edited", "statement": ["nobody asks for the court"]} if who == "ben" else {"label": "confirmed"}
        )
    if task["cluster_id"] is None:
        return {"label": "rejected"}
    if task["target_id"] == "clu_a-00003":
        return {"label": "rejected" if who == "ben" else "confirmed", "code": "bad voucher"}
    return {"label": "confirmed", "code": "Bad  voucher" if who == "ben" else "wrong shop"}


def judge(workspace: Workspace, review: Review, *people: str) -> None:
    for hour, who in enumerate(people):
        clock = Clock(NOON + timedelta(hours=hour))
        desk = loop.Desk(workspace, review.id, reviewer=who, identity="typed", clock=clock)
        while (task := desk.take()) is not None:
            desk.judge(task["place"], seen="digest", **said_by(who, task))


def read(workspace: Workspace, **given: Any) -> ReviewReport:
    return report.read_review(workspace, **{"now": NOON + TWO_DAYS, **given})


def words(shown: Block | Chart) -> str:
    return " ".join((shown.plain if isinstance(shown, Block) else shown.alt).split())


def test_the_review_is_what_the_tests_count_by(review: Review) -> None:
    assert (review.n_items, review.n_control) == (15, 5)
    assert review.n_population == {"clu_a": 4, "clu_b": 2, "control": 10}


def test_what_two_people_said_is_told_in_every_table(judged: Workspace) -> None:
    told = read(judged)
    assert told.n_judged == 15
    summary = words(report.review_summary(told))
    assert summary.startswith("Of 2 issues in this review, 1 is confirmed, 0 rejected; 1 waits for people.")
    assert "2 reviewers judged 15 of 15 (100 %) items, drawn at random, each for 2 reviewers." in summary
    assert "Opened 2 days ago, open until 2026-03-16 12:00 UTC." in summary
    progress = words(report.progress_by_reviewer(told))
    assert "ann 11 2 2 0 0 0 0" in progress
    assert "ben 11 2 2 0 0 0 0" in progress
    by_cluster = words(report.prevalence_by_cluster(told))
    # of clu_a three of four are agreed on, and all are known but one: 3 or 4 of 4
    assert "clu_a 4 4 of 4 3 0 1 100 % (75 to 100) 4 (3 to 4)" in by_cluster
    assert "clu_b 2 2 of 2 2 0 0 100 % (100 to 100) 2 (2 to 2)" in by_cluster
    assert "no detector found any 10 5 of 5 0 5 0 0 % (0 to" in by_cluster
    assert "Where few items stand for most of a cluster, its interval is too short." in by_cluster
    precision = words(report.precision_by_detector(told))
    assert "tool error 2 of 2 6 5 0" in precision
    missed = words(report.what_was_missed(told))
    assert "Of 10 traces in which no detector found anything, 5 were judged, and 0 of 5 (0 %) have a problem" in missed
    agreement = words(report.reviewer_agreement(told))
    assert "figure 11 traces 2 causes 2 issues raw 0.91" in agreement
    raw = agreement[agreement.index("raw ") : agreement.index("within confirmed")]
    assert [part.split(" ")[0] for part in raw.replace("raw ", "").split(") ") if part] == ["0.91", "0.00", "0.50"]
    differ = words(report.where_reviewers_differ(told, top_n=5))
    assert "trace clu_a-00003 " in differ
    assert "ann confirmed, ben rejected not yet" in differ
    assert "4 of 4 (100 %) are not decided yet" in differ


def test_issues_say_where_they_stand_and_why_they_wait(judged: Workspace) -> None:
    issues = words(report.issues_after_review(read(judged)))
    assert "confirmed 1. tool error voucher clu_a high" in issues
    assert "2 reviewers, last ben" in issues
    assert "proposed 2. tool error voucher clu_b medium uncategorised 100 % (100 to 100) reviewers disagree" in issues
    late = read(judged, now=NOON + timedelta(days=20))
    assert "overdue reviewers disagree" in words(report.issues_after_review(late))
    waiting = words(report.waiting_issues(late))
    assert "tool error: voucher, clu_b overdue 20 days ago reviewers disagree" in waiting
    assert "1 review has ended without a decision" in waiting
    assert "overdue its deadline was 2026-03-16 12:00 UTC" in words(report.review_summary(late))


def test_the_totals_of_the_issues_sum_to_all_of_them_when_one_went_on(judged: Workspace) -> None:
    """An issue that was validating was in no total: of two issues one was told of, and the other was nowhere."""
    told = read(judged)
    moved = replace(told, detection=replace(told.detection, problems=tuple(map(went_on, told.detection.problems))))
    said = "Of 2 issues in this review, 1 is confirmed (1 validating), 0 rejected; 1 waits for people."
    assert words(report.review_summary(moved)).startswith(said)
    assert said in words(report.review_conclusions(moved))
    assert "1 of 2 issues confirmed 1 validating; 0 rejected, 1 waits" in words(report.review_figures(moved))
    by_issue = words(report.issues_after_review(moved))
    assert by_issue.index("validating") < by_issue.index("proposed")


def went_on(problem: Problem) -> Problem:
    """Return a problem whose issue went on from where people confirmed it."""
    if problem.issue is None or problem.issue.state != "confirmed":
        return problem
    return replace(problem, issue=replace(problem.issue, state="validating"))


def test_causes_are_told_with_how_they_should_read(judged: Workspace) -> None:
    causes = words(report.causes_after_review(read(judged)))
    assert "ann confirmed, ben edited it nobody asks for the court" in causes


def test_saturation_counts_codes_in_any_spelling(judged: Workspace) -> None:
    assert "brought 2 new codes of 2" in words(report.saturation_chart(read(judged)))


def test_a_judge_is_told_beside_the_people(workspace: Workspace, review: Review) -> None:
    judge(workspace, review, "ann", "ben")
    by_model: dict[str, Any] = {"by": "gpt <b>", "annotator_kind": "LLM", "review_id": None, "cluster_id": None}
    said = [verdict(f"clu_a-0000{number}", "confirmed", **by_model) for number in range(3)]
    said += [verdict("clu_b-00000", "rejected", **by_model)]
    workspace.ledger.append(said, now=NOON)
    shown = report.judges(read(workspace))
    assert "gpt <b> LLM 3 of 4 (75 %) 30 to 95 % no such trace – 0" in words(shown)
    assert "<b>" not in shown.html


def test_who_is_judging_reads_of_nobody_else(judged: Workspace) -> None:
    blind = read(judged, reviewer="ann", is_live=True)
    shown = " ".join(words(section(blind)) for section in SECTIONS)
    assert "ben" not in shown
    assert blind.people == ("ann",)
    assert "how far they agree is not known" in shown


def test_before_anybody_judged_every_section_says_so(workspace: Workspace, review: Review) -> None:
    told = read(workspace)
    shown = [words(section(told)) for section in SECTIONS]
    assert all(shown)
    assert shown[0].startswith("Nobody has judged anything in this review yet.")
    assert "nobody has judged it" in " ".join(shown)


def test_the_newest_review_is_told_of_unless_another_is_named(workspace: Workspace, review: Review) -> None:
    later = loop.open_review(workspace, now=NOON + timedelta(hours=1), n=5)
    assert read(workspace).review.id == later.id
    assert read(workspace, review_id=review.id).review.id == review.id
    closed = loop.close_review(workspace, review.id, now=NOON + TWO_DAYS)
    assert "closed on 2026-03-04 12:00 UTC" in words(report.review_summary(read(workspace, review_id=closed.id)))
    with pytest.raises(ConfigError, match="there is no such review"):
        read(workspace, review_id="rev_other")


def test_without_a_review_there_is_nothing_to_tell(workspace: Workspace) -> None:
    with pytest.raises(InsufficientDataError, match="no review was opened yet"):
        read(workspace)
    with pytest.raises(InsufficientDataError):
        chosen_review([], "latest")


def test_what_was_withdrawn_is_told_nowhere(workspace: Workspace, review: Review) -> None:
    judge(workspace, review, "ann")
    verdicts = workspace.ledger.latest(Verdict)
    workspace.ledger.append([replace(one, label="withdrawn", code="", statement=()) for one in verdicts], now=NOON)
    assert read(workspace).people == ()
    assert read(workspace).n_judged == 0
