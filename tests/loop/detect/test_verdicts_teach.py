"""Verdicts teach: a world of planted faults is detected, reviewed by its truth, settled, learned from, detected again.

One of its detectors cries wolf: a rule that finds whatever the first release answered, which was no worse than others.
"""

from collections import Counter
from datetime import timedelta
from typing import Any, NamedTuple

import polars as pl
import pytest

from tests.loop.under_review import Clock
from workbench import loop
from workbench.detectors import scorecard
from workbench.loop.sample.reviewed import truth_of
from workbench.records import Issue, Review, Verdict
from workbench.report import precision_by_detector, prevalence_by_cluster, read_review
from workbench.report.review import missed, prevalence
from workbench.simulate import FAULTS, World, write
from workbench.simulate.reviewers import Reviewer, Truth, answer, main_fault
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.windows import Window

pytestmark = pytest.mark.slow  # half a minute: a world of 1,200 traces, 400 items judged, a detector trained, two runs
WOLF = """
[[rule]]
code = "cries_wolf"
severity = "low"
unit = "span"
question = "Did the first release answer?"
where = "kind = 'AGENT' AND release = '2026.9.4'"
text = "release"
"""
N_TRACES, N_ITEMS = 1_200, 400
SHOWS = {"jurisdiction_confusion", "truncated_answer", "search_loop", "premature_end"}
"""Faults that show in what was asked and answered, which is what a trained detector reads."""
SURE = Reviewer(name="ann", miss_share=0.0, alarm_share=0.0, doubt_share=0.0)
WORLD = World(n_traces=N_TRACES, seed=23, faults=tuple(one for one in FAULTS if one.name in SHOWS))


class Taught(NamedTuple):
    """A world before and after a review."""

    workspace: Workspace
    before: loop.Detection
    review: Review
    truth: Truth
    learned: Any
    after: loop.Detection


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Taught:
    root = tmp_path_factory.mktemp("teach")
    files = write(WORLD, root / "world")
    workspace = init_workspace(root / "acme", secret=DEMO_SECRET)
    (workspace.root / "rules.toml").write_text(WOLF)
    loop.feed(workspace, [root / "world" / "telemetry", files.signals], now=WORLD.end)
    before = loop.detect(workspace, window=Window(), now=WORLD.end)
    review = loop.open_review(workspace, now=WORLD.end, n=N_ITEMS, control_share=0.25)
    truth = truth_of(root / "world", workspace, before)
    judge(workspace, review, truth)
    learned = loop.train(workspace)
    after = loop.detect(workspace, window=Window(), now=WORLD.end + timedelta(days=1))
    return Taught(workspace, before, review, truth, learned, after)


def judge(workspace: Workspace, review: Review, truth: Truth) -> None:
    """Have one who does not err judge a whole review."""
    desk = loop.Desk(workspace, review.id, reviewer=SURE.name, identity="typed", clock=Clock(WORLD.end))
    while (task := desk.take()) is not None:
        about = {name: task[name] for name in ("kind", "target_id", "cluster_id")}
        said = answer(SURE, **about, truth=truth)
        desk.judge(task["place"], label=said.label, seen="digest", code=said.code, severity=said.severity)


def test_issues_stand_where_the_truth_of_their_cluster_puts_them(taught: Taught) -> None:
    issues = {issue.id: issue for issue in taught.workspace.ledger.latest(Issue)}
    asked = taught.workspace.review_items.of(taught.review.id).filter(kind="issue")
    assert asked.height >= 5
    wanted = {
        issue_id: "rejected" if main_fault(cluster_id, taught.truth) is None else "confirmed"
        for issue_id, cluster_id in asked.select("target_id", "cluster_id").iter_rows()
    }
    assert {issue_id: issues[issue_id].state for issue_id in wanted} == wanted
    assert set(wanted.values()) == {"confirmed", "rejected"}
    others = {issue.state for issue in issues.values() if issue.id not in wanted and issue.detector != "trained"}
    assert others <= {"proposed"}, "what nobody judged is not decided"


def test_the_scorecard_counts_what_was_said_of_each_detector(taught: Taught) -> None:
    said = Counter(
        (one.detector, one.label)
        for one in taught.workspace.ledger.latest(Verdict)
        if one.target_kind == "trace" and one.detector is not None
    )
    verdicts = taught.workspace.ledger.latest(Verdict)
    scores = scorecard.precision(scorecard.settled(scorecard.verdict_frame(verdicts)))
    counted = {
        (row["detector"], label): row[f"n_{label}"]
        for row in scores.iter_rows(named=True)
        for label in ("confirmed", "rejected")
        if row[f"n_{label}"]
    }
    # A trace in two clusters of one detector is one finding of it, judged twice.
    assert counted.keys() == said.keys()
    assert all(counted[key] <= said[key] for key in said)


def test_who_cries_wolf_ranks_last_in_the_next_run_and_no_other_does(taught: Taught) -> None:
    assert taught.before.run.demoted == {}
    assert taught.after.run.demoted.keys() == {"cries_wolf"}
    assert "reviewers confirmed" in taught.after.run.demoted["cries_wolf"]
    assert taught.before.issues[-1].detector != "cries_wolf"
    assert taught.after.issues[-1].detector == "cries_wolf"


def test_a_detector_is_trained_by_what_was_said_and_finds_what_nobody_judged(taught: Taught) -> None:
    labels = {one.target_id: one.label for one in taught.workspace.ledger.latest(Verdict) if one.target_kind == "trace"}
    counts = Counter(labels.values())
    # Requests of the same words teach once.
    assert 0.9 * counts["confirmed"] <= taught.learned.n_confirmed <= counts["confirmed"]
    assert 0.9 * counts["rejected"] <= taught.learned.n_rejected <= counts["rejected"]
    assert min(taught.learned.n_confirmed, taught.learned.n_rejected) >= 40
    tallies = {tally.detector: tally for tally in taught.after.run.tallies}
    assert "trained" not in {tally.detector for tally in taught.before.run.tallies}
    assert tallies["trained"].state in {"found", "clear"}
    found = set(taught.after.findings.filter(detector="trained")["trace_id"]) - labels.keys()
    right = sum(trace_id in taught.truth.faults for trace_id in found)
    unjudged = set(taught.workspace.telemetry.spans().select("trace_id").collect()["trace_id"]) - labels.keys()
    usual = sum(trace_id in taught.truth.faults for trace_id in unjudged) / len(unjudged)
    assert right > 2 * usual * len(found), "what it finds is wrong far more often than what it does not"


def test_what_is_estimated_holds_the_planted_truth(taught: Taught) -> None:
    """Of ten and more intervals of 95 % one may miss; each was drawn at random once."""
    report = read_review(taught.workspace, review_id=taught.review.id, now=WORLD.end)
    shares = prevalence(report).drop_nulls("share").filter(pl.col("cluster_id") != "control")
    held = [
        row["traces_low"] <= sum(one in taught.truth.faults for one in members) <= row["traces_high"]
        for row in shares.iter_rows(named=True)
        for members in [taught.truth.members[row["cluster_id"]]]
    ]
    told = missed(report)
    flagged = set(taught.before.findings["trace_id"].drop_nulls())
    truly_missed = len(taught.truth.faults.keys() - flagged) / told.n_control
    held.append(told.low is not None and told.high is not None and told.low <= truly_missed <= told.high)
    assert len(held) >= 8
    assert held.count(False) <= 1
    assert "cries wolf" in precision_by_detector(report).plain
    assert prevalence_by_cluster(report).plain
