"""A watch begins once what shipped is seen in the traffic: how common the problem was is noted, and what is the aim."""

from datetime import datetime

import polars as pl

from workbench.backlog import held_by, move
from workbench.errors import ConfigError, GateError, InsufficientDataError
from workbench.ids import ordered_id
from workbench.loop.named import find_change, find_issue
from workbench.loop.people import a_person
from workbench.loop.prioritise.said_of_issues import said_of_issues
from workbench.loop.review.reviewing import Who
from workbench.loop.signatures import signatures
from workbench.loop.watch.changed import Live, live
from workbench.loop.watch.traffic import examined
from workbench.records import Change, Decision, Experiment, Issue, IssueState, ReleaseCandidate, Watch
from workbench.store import Workspace
from workbench.watch import TARGET_RATIO, before_of, by_day, target_of
from workbench.watch.target import Before

WATCHABLE: tuple[IssueState, ...] = ("shipped", "watching", "resolved")
"""Where an issue may stand that a watch begins on; one that is watched already begins anew, with what is known now."""


def start_watch(
    workspace: Workspace,
    name: str,
    *,
    who: Who,
    now: datetime,
    version: str = "",
    since: datetime | None = None,
    flag: str = "",
    ratio: float = TARGET_RATIO,
    before_share: float | None = None,
) -> tuple[Watch, ...]:
    """Begin to watch the issues of what shipped, and return the watches; the issues are `watching` from then on.

    Parameters
    ----------
    workspace
        Where it is recorded.
    name
        An issue (iss_...), or a change (chg_...), whose issues are watched that shipped; or the beginning of one.
    who
        The person who begins it.
    now
        The time, UTC.
    version
        The prompt version or release that has the change; empty: what the app's history says.
    since
        From when on all traffic has it; None: since the version is seen.
    flag
        The feature flag by which some users are held back at random; empty: none.
    ratio
        The share of what it was, above 0 and below 1, below which the problem is gone.
    before_share
        Share of traces that had it before, such as from a random sample that people judged; None is what detectors
        found, as far as it was right. People find after the ship what detectors missed before it: where these miss much
        a target that follows from them is too strict.

    Raises
    ------
    ConfigError
        If there is no such issue or change.
    GateError
        If the issue did not ship on a decision that a person signed.
    InsufficientDataError
        If the version is not in the traffic yet, or no detection run had found the issue before.
    """
    for what, share in (("target", ratio), ("before", before_share)):
        if share is not None and not 0 < share < 1:
            raise ConfigError(f"{what} == {share}, must be above 0 and below 1")
    actor = a_person(who.name, who.identity)
    made: list[Watch] = []
    for issue in _issues(workspace, name):
        decision = _decision_on(workspace, issue)
        changes = _changes_of(workspace, issue, decision)
        of = live(workspace, changes, shipped_at=decision.at, version=version, since=since)
        before = _before(workspace, issue, of, now=now)
        made.append(
            Watch(
                id=ordered_id("wch", now, issue.id, *(change.id for change in changes)),
                issue_id=issue.id,
                change_ids=tuple(change.id for change in changes),
                decision_id=decision.id,
                started_at=now,
                since=of.since,
                versions=of.versions,
                flag=flag,
                n_before=before.n,
                n_found_before=before.n_found,
                precision=before.precision,
                before_share=before.share if before_share is None else before_share,
                target_share=target_of(before, ratio=ratio) if before_share is None else before_share * ratio,
                at=now,
                author=who.name,
                identity=who.identity,
            )
        )
    with workspace.writing():
        newest = {issue.id: issue for issue in workspace.ledger.latest(Issue)}
        reason = "what should mend it is seen in the traffic"
        moved = [
            move(newest[one.issue_id], "watching", evidence=[one.id], reason=reason, by="person")
            for one in made
            if newest[one.issue_id].state == "shipped"
        ]
        workspace.ledger.append([*made, *moved], now=now, actor=actor)
    return tuple(made)


def _issues(workspace: Workspace, name: str) -> list[Issue]:
    """Return the issues that are to be watched."""
    if not name.startswith("chg_"):
        return [find_issue(workspace, name)]
    of_change = [find_issue(workspace, one) for one in find_change(workspace, name).issue_ids]
    return [one for one in of_change if one.state in WATCHABLE] or of_change


def _decision_on(workspace: Workspace, issue: Issue) -> Decision:
    """Return the newest decision on which an issue shipped."""
    if issue.state not in WATCHABLE:
        fix = "ship its change first: `workbench gate`, and a person signs"
        raise GateError(f"it is {issue.state}, only what shipped is watched", where=issue.id, fix=fix)
    shipped = [one for one in workspace.ledger.history(Issue, issue.id) if one.state == "shipped" and one.evidence]
    decisions = {one.id: one for one in workspace.ledger.latest(Decision)}
    found = [decisions[one] for revision in shipped for one in revision.evidence if one in decisions]
    if not found or not signatures(workspace, found[-1]):
        raise GateError("no decision to ship it was signed", where=issue.id, fix="`workbench experiment sign`")
    return found[-1]


def _changes_of(workspace: Workspace, issue: Issue, decision: Decision) -> list[Change]:
    """Return the changes of the decision that are for the issue."""
    experiment = workspace.ledger.history(Experiment, decision.experiment_id)[-1]
    ids = set(experiment.change_ids)
    if experiment.candidate_id is not None:
        ids |= set(workspace.ledger.history(ReleaseCandidate, experiment.candidate_id)[-1].change_ids)
    return [one for one in workspace.ledger.latest(Change) if one.id in ids and issue.id in one.issue_ids]


def _before(workspace: Workspace, issue: Issue, of: Live, *, now: datetime) -> Before:
    """Return how common the issue was before the change was live."""
    traffic = examined(workspace, issue, versions=of.versions, since=of.since, now=now).traffic
    days = by_day(traffic, since=of.since).filter(~pl.col("is_after"))
    samples = said_of_issues(workspace, now=now).samples
    held = held_by(workspace.ledger.latest(Issue)).get(issue.id, [issue])
    said = [samples.get(one.id, (0.0, 0.0)) for one in held]
    before = before_of(
        int(days["n"].sum()),
        int(days["n_found"].sum()),
        n_right=sum(right for right, _ in said),
        n_judged=sum(n for _, n in said),
    )
    if not before.share:
        fix = "run `workbench detect` on a window that holds the traffic before the ship"
        raise InsufficientDataError("no run found it before the change was live", where=issue.id, fix=fix)
    return before
