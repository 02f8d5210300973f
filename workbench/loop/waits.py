"""Waits whose time is up, and who is asked to end each: an experiment's deadline, a problem's expiry, a round's end.

A wait ends by somebody's decision and by nothing else; what a passed time does is that it is said, with a name.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import polars as pl

from workbench.loop.withdrawals import withdrawals
from workbench.records import Change, Decision, Experiment, Issue, ReleaseCandidate, Review, Wait
from workbench.review.waiting import UNDECIDED
from workbench.store import Workspace


def ended_waits(workspace: Workspace, *, stays: pl.DataFrame, now: datetime) -> tuple[Wait, ...]:
    """Return the waits whose time is up, the longest over first; read-only.

    Parameters
    ----------
    workspace
        Its issues, reviews, changes, experiments and decisions are read, and whom it names as owner.
    stays
        As of `backlog.stages`: how long issues are where they are.
    now
        The time, UTC.
    """
    waits = (*_issues(workspace, stays, now=now), *_reviews(workspace, now=now), *_experiments(workspace, now=now))
    return tuple(sorted(waits, key=lambda wait: (wait.due_at, wait.id)))


def _issues(workspace: Workspace, stays: pl.DataFrame, *, now: datetime) -> Iterator[Wait]:
    """Yield the issues that nobody has decided on in the time that a problem may wait."""
    issues = {issue.id: issue for issue in workspace.ledger.latest(Issue)}
    here = stays.filter(pl.col("left_at").is_null(), pl.col("state").is_in(UNDECIDED))
    expiry = timedelta(days=workspace.waits.expiry_days)
    for issue_id, entered_at in here.select("issue_id", "entered_at").iter_rows():
        due_at = entered_at + expiry
        if issue_id in issues and now >= due_at:
            ends = "have it judged, or reject it: `workbench review`"
            yield Wait("issue", issue_id, issues[issue_id].title, due_at, _owner(workspace), ends)


def _reviews(workspace: Workspace, *, now: datetime) -> Iterator[Wait]:
    """Yield the rounds whose deadline has passed and that nobody has closed."""
    for review in workspace.ledger.latest(Review):
        if review.closed_at is None and now >= review.deadline_at:
            asked, ends = review.reviewers or _owner(workspace), "close it: `workbench review --close`"
            yield Wait("review", review.id, "", review.deadline_at, asked, ends)


def _experiments(workspace: Workspace, *, now: datetime) -> Iterator[Wait]:
    """Yield the experiments whose deadline has passed and that nobody has ended."""
    ledger = workspace.ledger
    changes = {change.id: change for change in ledger.latest(Change)}
    candidates = {candidate.id: candidate for candidate in ledger.latest(ReleaseCandidate)}
    decisions: dict[str, Decision] = {}
    for decision in ledger.latest(Decision):
        decisions[decision.experiment_id] = _later(decisions.get(decision.experiment_id), decision)
    gone = withdrawals(workspace)
    for experiment in _newest(one for one in ledger.latest(Experiment) if one.id not in gone):
        candidate = candidates.get(experiment.candidate_id or "")
        of_it = [changes[one] for one in (candidate or experiment).change_ids if one in changes]
        is_given_up = (candidate is not None and candidate.state == "withdrawn") or any(
            change.state in ("abandoned", "rolled_back") for change in of_it
        )
        due_at = experiment.deadline_at
        if due_at is None or now < due_at or is_given_up or _is_ended(decisions.get(experiment.id)):
            continue
        asked = tuple(dict.fromkeys(change.author for change in of_it)) or _owner(workspace)
        title = candidate.name if candidate is not None else of_it[0].title if of_it else ""
        ends = f"decide and sign it: `workbench experiment sign {experiment.id}`"
        yield Wait("experiment", experiment.id, title, due_at, asked, ends)


def _newest(experiments: Iterable[Experiment]) -> list[Experiment]:
    """Return the newest experiment on each change or candidate: an earlier one waits for nobody any more."""
    newest = {
        (one.change_ids, one.candidate_id): one for one in sorted(experiments, key=lambda one: (one.frozen_at, one.id))
    }
    return list(newest.values())


def _later(one: Decision | None, other: Decision) -> Decision:
    return other if one is None or (other.at, other.id) >= (one.at, one.id) else one


def _is_ended(decision: Decision | None) -> bool:
    """Return whether a decision leaves nothing to wait for: it does not ship, or a person signed what comes of it."""
    if decision is None or decision.decision == "invalid":
        return False
    if decision.decision == "inconclusive":
        return decision.ended_as is not None
    return decision.decision == "dont_ship" or bool(decision.signer)


def _owner(workspace: Workspace) -> tuple[str, ...]:
    return (workspace.waits.owner,) if workspace.waits.owner else ()
