"""The sample's changes: for each confirmed issue with an example, a change that is begun and committed as any is.

Their author is simulated, and the name says so.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from workbench.loop.detect.candidates import candidates
from workbench.loop.detect.running import Detection
from workbench.loop.people import a_person
from workbench.loop.refine.changing import begin_change
from workbench.loop.refine.committing import commit_change
from workbench.loop.refine.development import of_first_weeks
from workbench.records import Change, Issue
from workbench.simulate.app import ExampleChange, example_changes
from workbench.simulate.reviewers import Truth
from workbench.store import Workspace

AUTHOR = "Rosa Lind (simulated)"
"""Who signs the changes of the sample."""
TRIED = ("warn_the_reader",)
"""The example that is made first, and fails its experiment."""
MADE = ("retry_once", "verify_citations", "state_jurisdiction_first")
"""Those that are made then, in this order; the others are there for who wants to see a change fail otherwise."""
BETWEEN = timedelta(hours=1)
"""Between one change and the next."""
MAJORITY = 0.5
"""Of an issue's traces, so that the planted fault is what the issue is about."""


def change_sample(
    workspace: Workspace, detection: Detection, *, truth: Truth, now: datetime, names: Sequence[str] = MADE
) -> tuple[Change, ...]:
    """Make changes of the sample, committed to its app, and return them.

    Parameters
    ----------
    workspace
        The sample's, reviewed, with its app.
    detection
        The run that was reviewed.
    truth
        What is so in the sample, as of `sample_review.truth_of`.
    now
        When the first of the changes is made, UTC: after the review.
    names
        The examples that are made, in this order.
    """
    examples, issues = example_changes(), _issues_by_fault(workspace, truth)
    return tuple(
        _made(workspace, examples[name], issues[examples[name].for_fault], detection, now=now + place * BETWEEN)
        for place, name in enumerate(names)
        if examples[name].for_fault in issues
    )


def _issues_by_fault(workspace: Workspace, truth: Truth) -> dict[str, Issue]:
    """Return the confirmed issue of each planted fault: the one in whose traces it is most often."""
    best: dict[str, tuple[int, Issue]] = {}
    for issue in sorted(workspace.ledger.latest(Issue), key=lambda one: one.id):
        traces = truth.members.get(issue.cluster_id, ())
        if issue.state != "confirmed" or not traces:
            continue
        counts = pl.Series([truth.faults.get(trace, "") for trace in traces]).value_counts(sort=True)
        fault, n = str(counts[0, 0]), int(counts[0, 1])
        if fault and n > MAJORITY * len(traces) and n > best.get(fault, (0, issue))[0]:
            best[fault] = (n, issue)
    return {fault: issue for fault, (_, issue) in best.items()}


def _made(workspace: Workspace, example: ExampleChange, issue: Issue, detection: Detection, *, now: datetime) -> Change:
    begun = begin_change(
        workspace,
        issue_ids=(issue.id,),
        title=example.title,
        why=example.why,
        author=AUTHOR,
        identity="typed",
        now=now,
        development=_development(workspace, issue, detection),
    )
    contents = {path: text.encode() for path, text in example.files.items()}
    return commit_change(workspace, begun.id, contents, now=now, actor=a_person(AUTHOR, "typed"))


def _development(workspace: Workspace, issue: Issue, detection: Detection) -> list[str]:
    """Return an issue's traces of its first weeks, so that those of later ones are left to judge the change on."""
    found = candidates(workspace, detection.run).clustered.filter(pl.col("cluster_id") == issue.cluster_id)
    return of_first_weeks(workspace, found["trace_id"].unique().to_list())
