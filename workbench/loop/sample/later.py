"""The weeks after the sample: the change that shipped is live, its traffic comes in, and people look at it blind.

The demo ends with an answer then: whether the problem that its first complaints were about is gone.
"""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import polars as pl

from workbench.boundaries.paths import shipped
from workbench.changes.repository import open_app
from workbench.errors import InsufficientDataError
from workbench.loop.detect.running import Detection, detect
from workbench.loop.feed.files import feed
from workbench.loop.named import find_issue
from workbench.loop.refine.committing import reconcile_changes
from workbench.loop.review.opening import close_review
from workbench.loop.review.reviewing import Who
from workbench.loop.sample.changes import AUTHOR
from workbench.loop.sample.making import SAMPLE_NOW, Sample
from workbench.loop.sample.reviewed import careful, judge_round
from workbench.loop.sample_app.app import go_live
from workbench.loop.watch import look, open_blind_review, start_watch
from workbench.loop.watch.sampling import MOST_RANDOM
from workbench.records import Change, Issue
from workbench.simulate import write
from workbench.simulate.app import example_changes
from workbench.simulate.later import later_weeks
from workbench.simulate.reviewers import REVIEWERS, Truth, answer
from workbench.store import Workspace
from workbench.watch import Looked
from workbench.windows import Window

LIVE_FROM = datetime(2026, 11, 2, tzinfo=UTC)
"""The Monday after the decision."""
WEEKS = 2
"""So many show it, and no problem of the sample has waited so long by then that its time is up."""
LOOKED_AT = LIVE_FROM + timedelta(weeks=WEEKS, hours=6)
"""The Monday morning on which the new traffic is detected, and the watch begins."""
VERSION = "9"
"""What telemetry calls the prompt with the change; the sample's last one is 8."""
N_BEFORE = 400
"""Random traces from before the ship of which somebody says whether they have the problem."""
SEED = 47
JUDGE = REVIEWERS[2]
"""Who judges, and takes their time: one slip in fifty would be taken for the problem."""


class Later(NamedTuple):
    """What came of the sample's change."""

    detection: Detection
    """What was found in the weeks after the ship."""
    looked: Looked
    """What the watch came to."""
    at: datetime
    """When that was, UTC."""


def watch_sample(sample: Sample) -> Later:
    """Put the sample's last change live, bring in the weeks after, watch its issue, and return what came of it.

    Raises
    ------
    InsufficientDataError
        If the change was not decided to ship.
    """
    workspace, change = sample.workspace, sample.changes[-1]
    if sample.decisions[-1].decision != "ship" or change.commit is None:
        raise InsufficientDataError("the sample's last change did not ship", where=change.id)
    go_live(workspace.app, change.commit, version=VERSION)
    reconcile_changes(workspace, now=LIVE_FROM)
    faults = _come_in(workspace, change)
    detection = detect(workspace, window=Window(start=LIVE_FROM, end=LOOKED_AT), now=LOOKED_AT)
    issue = find_issue(workspace, change.issue_ids[0])
    [watch] = start_watch(
        workspace,
        issue.id,
        who=Who(AUTHOR, "typed"),
        now=LOOKED_AT,
        version=VERSION,
        before_share=_share_before(workspace, issue, _faults(shipped("sample") / "truth.jsonl")),
    )
    review = open_blind_review(workspace, watch.id, now=LOOKED_AT, n=MOST_RANDOM, seed=SEED)
    judge_round(workspace, review, careful(JUDGE), _truth(faults))
    at = LOOKED_AT + timedelta(days=1)
    close_review(workspace, review.id, now=at)
    return Later(detection, look(workspace, watch.id, now=at), at)


def _come_in(workspace: Workspace, change: Change) -> dict[str, str]:
    """Store what the live app did and heard since, and return the traces that have the fault all the same."""
    contents = open_app(workspace.app).contents(change.commit or "")
    files = {path: raw.decode() for path, raw in contents.items()}
    with tempfile.TemporaryDirectory() as folder:
        world = later_weeks(files, version=VERSION, start=LIVE_FROM, weeks=WEEKS, seed=SEED)
        made = write(world, Path(folder) / "later")
        feed(workspace, [*made.telemetry, made.signals], now=LOOKED_AT)
        return _faults(made.truth)


def _faults(truth: Path) -> dict[str, str]:
    """Return the traces that have the fault that the change is for, and its name."""
    fault = example_changes()["state_jurisdiction_first"].for_fault
    planted = pl.read_ndjson(truth).filter(pl.col("fault") == fault)
    return dict(planted.select("trace_id", "fault").iter_rows())


def _truth(faults: dict[str, str]) -> Truth:
    return Truth(faults=faults, slices={}, members={}, causes={})


def _share_before(workspace: Workspace, issue: Issue, faults: dict[str, str]) -> float:
    """Return how common the problem was since it began, by the same person's eye on a random sample of that traffic.

    Detectors miss those of whom nobody complained, so that a target that follows from them alone is too strict.
    """
    traffic = workspace.telemetry.traces(window=Window(start=issue.first_seen_at, end=SAMPLE_NOW))
    drawn = traffic.select("trace_id").collect().sort("trace_id").sample(N_BEFORE, seed=SEED, shuffle=True)
    said = [
        answer(
            careful(JUDGE), kind="trace", target_id=one, cluster_id=issue.cluster_id, truth=_truth(faults), seed=SEED
        )
        for one in drawn["trace_id"]
    ]
    return sum(one.label == "confirmed" for one in said) / len(said)
