"""The sample's review: simulated reviewers at real desks, so that whoever looks at the sample sees one that is done.

What they say goes the way of every verdict, through a desk into the ledger; their names say that they are simulated.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from workbench.boundaries.paths import shipped
from workbench.loop.desk import Desk
from workbench.loop.detect.candidates import candidates
from workbench.loop.detect.running import Detection
from workbench.loop.review.opening import close_review, open_review
from workbench.records import Review
from workbench.simulate.reviewers import REVIEWERS, Reviewer, Truth, answer
from workbench.store import Workspace

MINUTES = 60.0
"""What the round may take one reviewer."""
N_PER_ITEM = 2
"""Reviewers of each item, so that there is an agreement to tell of."""
CONTROL_SHARE = 0.2
"""Share of the items that no detector found: of twenty traces, none with a problem says that few of all have one."""
WIDEST, STEP = 12, 4
"""The widest clusters are reviewed, and every so many of the others: the long tail has what deserves no change."""
SEED = 5
DECIDED_AFTER = timedelta(days=1)
"""When somebody decides between those who differ. Then it is closed, so that whoever comes has a round of their own."""
LEFT_OPEN = 3
"""Every third disagreement over a trace or a cause is left undecided, for a report has to show such ones too. Over
issues none is: each is decided by one of the others, for nobody decides what they differ on themselves."""
SEEN = "simulated"
"""What stands for the digest of what was shown: nothing was."""


def review_sample(workspace: Workspace, detection: Detection, *, now: datetime) -> Review:
    """Open a review on a detection run of the sample, have it judged by simulated reviewers, and return it.

    Parameters
    ----------
    workspace
        The sample's.
    detection
        The run.
    now
        When the review is opened, UTC.
    """
    truth = truth_of(shipped("sample"), workspace, detection)
    names = [reviewer.name for reviewer in REVIEWERS]
    ranking = detection.clusters.sort("n_traces", "cluster_id", descending=[True, False])["cluster_id"].to_list()
    review = open_review(
        workspace,
        now=now,
        run_id=detection.run.id,
        clusters=[*ranking[:WIDEST], *ranking[WIDEST::STEP]],
        minutes=MINUTES,
        control_share=CONTROL_SHARE,
        seed=SEED,
        n_per_item=N_PER_ITEM,
        reviewers=names,
    )
    for reviewer in REVIEWERS:
        judge_round(workspace, review, reviewer, truth)
    for reviewer in REVIEWERS:
        _decide(workspace, review, reviewer, truth)
    return close_review(workspace, review.id, now=now + DECIDED_AFTER + timedelta(hours=1))


def truth_of(folder: Path, workspace: Workspace, detection: Detection) -> Truth:
    """Return what is so in a simulated world, for who is asked about a detection run of it.

    Parameters
    ----------
    folder
        Where its `truth.jsonl` and `faults.jsonl` lie.
    workspace
        Where it was detected.
    detection
        The run.
    """
    planted = pl.read_ndjson(folder / "truth.jsonl").filter(pl.col("fault") != "none")
    faults = pl.read_ndjson(folder / "faults.jsonl")
    shown = candidates(workspace, detection.run).clustered
    of_cluster = shown.group_by("cluster_id").agg(pl.col("trace_id").unique().sort())
    return Truth(
        faults=dict(planted.select("trace_id", "fault").iter_rows()),
        slices={
            fault: list(msgspec.json.decode(where, type=dict[str, str]).values())
            for fault, where in faults.select("fault", "slice").iter_rows()
        },
        members=dict(of_cluster.iter_rows()),
        causes={cause.id: cause for cause in detection.causes},
    )


def judge_round(workspace: Workspace, review: Review, reviewer: Reviewer, truth: Truth) -> None:
    """Have one reviewer judge all that is theirs in a round, as they err.

    Parameters
    ----------
    workspace, review
        The round, and where it is.
    reviewer
        The simulated reviewer.
    truth
        What is so.
    """
    watch = _Watch(review.at + timedelta(hours=2))
    desk = _desk(workspace, review, reviewer, watch)
    while (task := desk.take()) is not None:
        watch.at += timedelta(seconds=reviewer.seconds)
        _say(desk, task, reviewer, truth)


def careful(reviewer: Reviewer) -> Reviewer:
    """Return the reviewer when they take more time: they do not err then."""
    return replace(reviewer, miss_share=0.0, alarm_share=0.0, doubt_share=0.0, seconds=2 * reviewer.seconds)


class _Watch:
    """A clock that moves on by what an item takes."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def _decide(workspace: Workspace, review: Review, reviewer: Reviewer, truth: Truth) -> None:
    """Have one reviewer, who takes more time and does not err then, decide where others disagree.

    The first of them decides what others say of issues, and most of the rest; who comes later, what is left of issues.
    """
    watch, slow = _Watch(review.at + DECIDED_AFTER), careful(reviewer)
    desk = _desk(workspace, review, reviewer, watch, is_adjudicating=True)
    differed = [(one["place"], one["kind"]) for one in desk.ahead(-1, review.n_items)]
    for at, (place, kind) in enumerate(differed, start=1):
        is_theirs = kind == "issue" or (reviewer is REVIEWERS[0] and at % LEFT_OPEN)
        task = desk.take(place) if is_theirs else None
        if task is not None:
            watch.at += timedelta(seconds=slow.seconds)
            _say(desk, task, slow, truth)


def _say(desk: Desk, task: Mapping[str, Any], reviewer: Reviewer, truth: Truth) -> None:
    kind, target_id, cluster_id = task["kind"], task["target_id"], task["cluster_id"]
    said = answer(reviewer, kind=kind, target_id=target_id, cluster_id=cluster_id, truth=truth, seed=SEED)
    desk.judge(
        task["place"],
        label=said.label,
        seen=SEEN,
        explanation=said.explanation,
        code=said.code,
        severity=said.severity,
    )


def _desk(
    workspace: Workspace,
    review: Review,
    reviewer: Reviewer,
    clock: Callable[[], datetime],
    *,
    is_adjudicating: bool = False,
) -> Desk:
    return Desk(
        workspace, review.id, reviewer=reviewer.name, identity="typed", clock=clock, is_adjudicating=is_adjudicating
    )
