"""What people do in the simulated year: they judge what is found, mend some of it, and judge blind what became of it.

They go the way that everyone goes, through desks, experiments on frozen plans, and signatures; their names say that
they are simulated. They know the truth of the world, and err now and then.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from tests.benchmarks.year_world import DETECTORS, Live, edited, fix_of, planted
from workbench import loop
from workbench.backlog.parts import TAKES_IN
from workbench.errors import InsufficientDataError
from workbench.experiments.arm import Arm
from workbench.experiments.metric import Amount, Metric
from workbench.loop.detect.candidates import candidates
from workbench.loop.holdouts import make_holdout
from workbench.loop.refine.app_arms import files_in
from workbench.loop.refine.development import development_for
from workbench.loop.review.reviewing import Who
from workbench.loop.sample.changes import AUTHOR
from workbench.loop.sample.reviewed import SEEN
from workbench.loop.sample_app.arm import sample_arm
from workbench.loop.sample_app.metrics import SAMPLE_METRICS, SAMPLE_SCORERS
from workbench.loop.validate import freeze_experiment, plan_experiment, run_experiment, sign_decision
from workbench.records import Change, Decision, DetectionRun, Issue, Review
from workbench.simulate.reviewers import REVIEWERS, Truth, answer
from workbench.store import Workspace

JUDGE = replace(REVIEWERS[0], alarm_share=0.0)
"""Who judges: with one false alarm in fifty nothing rare could ever be shown to be gone."""
SIGNER = REVIEWERS[1].name
N_CASES = 200
N_BLIND, N_BLIND_ON = 20, 5
"""Random traces that are judged blind in a week: until the problem is shown to be gone, and from then on."""
MINUTES = 10.0
"""What the monthly round takes."""
TARGETS = {
    "jurisdiction_confusion": SAMPLE_METRICS[0],
    "citation_error": Metric(name="detector:tool_error", role="target", direction=-1, mwe=Amount(0.02)),
    "premature_end": Metric(name="detector:premature_end", role="target", direction=-1, mwe=Amount(0.02)),
}
TONE = replace(SAMPLE_METRICS[1], margin=Amount(0.1))
"""With a wider margin than the sample has: so few weeks of so little traffic show no five points."""


@dataclass
class Team:
    """The people, and what they know."""

    workspace: Workspace
    """Where all is kept."""
    live: Live
    """The app, and the truth."""
    issues: dict[str, str] = field(default_factory=dict)
    """By fault: the id of the issue that people know it as, from when they confirmed it first."""
    waiting: dict[str, str] = field(default_factory=dict)
    """By fault: the change that was merged and is not watched yet."""
    n_merged: int = 0
    """Issues that people merged into one that they know."""

    def review(self, now: datetime) -> None:
        """Judge a round on the newest run, and note which issue is which fault."""
        review = loop.open_review(
            self.workspace, now=now, minutes=MINUTES, control_share=0.0, deadline=timedelta(days=6)
        )
        self._judge(review, self._truth())
        for fault, detector in DETECTORS.items():
            if fault not in self.issues and (found := self.of_fault(fault, detector)):
                self.issues |= {fault: found[0].id} if found[0].state == "confirmed" else {}

    def put_together(self, now: datetime) -> None:
        """Merge what is proposed anew, and is a problem that people know, into the issue that they know it as."""
        every = {one.id: one for one in self.workspace.ledger.latest(Issue)}
        for fault, detector in DETECTORS.items():
            into = every.get(self.issues.get(fault, ""))
            if into is None or into.state not in TAKES_IN:
                continue
            for one in self.of_fault(fault, detector):
                if one.id != into.id and one.state in ("proposed", "confirmed", "reopened"):
                    actor, why = loop.a_person(AUTHOR, "typed"), "it is the same problem in other words"
                    loop.merge_issues(self.workspace, one.id, into.id, reason=why, actor=actor, now=now)
                    self.n_merged += 1

    def of_fault(self, fault: str, detector: str) -> list[Issue]:
        """Return the issues of the newest run that are a fault for most of their traces, the largest first."""
        members, faults = self._truth().members, self.live.faults
        return sorted(
            (
                one
                for one in self.workspace.ledger.latest(Issue)
                if one.detector == detector
                and (traces := members.get(one.cluster_id, ()))
                and 2 * sum(faults.get(trace) == fault for trace in traces) > len(traces)
            ),
            key=lambda one: (-one.n_traces, one.id),
        )

    def mend(self, fault: str, now: datetime) -> Decision:
        """Make the change for a fault, test it, have it signed, and merge it; return the decision."""
        issue = self.issue(fault)
        if issue.state != "confirmed":  # it came back after it was resolved: that is judged anew
            asked = loop.open_review(self.workspace, now=now, clusters=[issue.cluster_id], n=6, control_share=0.0)
            self._judge(asked, self._truth())
        example = fix_of(fault)
        begun = loop.begin_change(
            self.workspace,
            issue_ids=[issue.id],
            title=example.title,
            why=example.why,
            author=AUTHOR,
            identity="typed",
            now=now + timedelta(hours=6),
            development=development_for(self.workspace, [issue.id], now=now),
        )
        contents = {path: text.encode() for path, text in edited(self.live.app, fault).items()}
        change = loop.commit_change(self.workspace, begun.id, contents, now=now + timedelta(hours=6))
        decision = self._tested(change, fault, now=now + timedelta(hours=7))
        if decision.decision == "ship":
            self.live.merge(change, at=now + timedelta(hours=9))
            loop.reconcile_changes(self.workspace, now=now + timedelta(hours=10))
            self.waiting[fault] = change.id
        return decision

    def watch(self, now: datetime) -> None:
        """Begin to watch what is live, have traffic judged blind, and look at every watch."""
        for fault, change in list(self.waiting.items()):
            share, who = self.live.share(fault), Who(AUTHOR, "typed")
            loop.start_watch(self.workspace, change, who=who, now=now, version=self.live.version, before_share=share)
            del self.waiting[fault]
        newest = {one.issue_id: one for one in loop.watches(self.workspace)}
        for watch in newest.values():
            fault = next(name for name, issue in self.issues.items() if issue == watch.issue_id)
            if self.issue(fault).state not in ("watching", "resolved"):
                continue
            self._judge_blind(watch.id, fault, n=N_BLIND_ON if watch.state == "gone" else N_BLIND, now=now)
            loop.look(self.workspace, watch.id, now=now + timedelta(days=1))

    def issue(self, fault: str) -> Issue:
        """Return the issue that people know a fault as."""
        return loop.find_issue(self.workspace, self.issues[fault])

    def _judge_blind(self, watch_id: str, fault: str, *, n: int, now: datetime) -> None:
        only = {trace: one for trace, one in self.live.faults.items() if one == fault}
        try:
            review = loop.open_blind_review(self.workspace, watch_id, now=now, n=n, deadline=timedelta(days=6))
        except InsufficientDataError:
            return
        self._judge(review, Truth(only, {}, {}, {}))

    def _tested(self, change: Change, fault: str, *, now: datetime) -> Decision:
        by: dict[str, Any] = {"author": AUTHOR, "identity": "typed"}
        held = make_holdout(
            self.workspace, kind="random", issue_ids=change.issue_ids, n=N_CASES, seed=8, now=now, **by
        ).holdout
        metrics = (TARGETS[fault], TONE)
        planned = plan_experiment(
            self.workspace, change.id, holdout_id=held.id, metrics=metrics, own=SAMPLE_SCORERS.keys()
        )
        frozen = freeze_experiment(self.workspace, planned, now=now, **by)
        after = now + timedelta(minutes=5)
        run_experiment(self.workspace, frozen.id, make_arm=_arm, own=SAMPLE_SCORERS, now=lambda: after, **by)
        at = now + timedelta(hours=1)
        return sign_decision(self.workspace, frozen.id, signer=SIGNER, identity="typed", now=at).decision

    def _truth(self) -> Truth:
        run = self.workspace.ledger.latest(DetectionRun)[-1]
        shown = candidates(self.workspace, run).clustered
        members = shown.group_by("cluster_id").agg(pl.col("trace_id").unique().sort())
        slices = {one.name: list(one.slice.values()) for one in planted()}
        return Truth(self.live.faults, slices, dict(members.iter_rows()), {})

    def _judge(self, review: Review, truth: Truth) -> None:
        clock = _Clock(review.at + timedelta(hours=1))
        desk = loop.Desk(self.workspace, review.id, reviewer=JUDGE.name, identity="typed", clock=clock)
        while (task := desk.take()) is not None:
            clock.at += timedelta(seconds=JUDGE.seconds)
            what = {name: task[name] for name in ("kind", "target_id", "cluster_id")}
            said = answer(JUDGE, **what, truth=truth)
            desk.judge(task["place"], label=said.label, seen=SEEN, explanation=said.explanation, code=said.code)
        loop.close_review(self.workspace, review.id, now=clock.at)


class _Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def _arm(folder: Path, name: str, commit: str) -> Arm:
    return sample_arm(files_in(folder), name=name, version=commit, faults=planted())
