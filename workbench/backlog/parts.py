"""Issues that people put together or took apart: which goes on for which, and what part of a cluster each holds.

A program groups by words. People know that two groups are one problem, or that one is two; what they said stays so in
later runs, whatever the clusters do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from workbench.backlog.lifecycle import OPEN, move
from workbench.errors import GateError
from workbench.ids import content_id
from workbench.records import Cause, Issue, IssueState

TAKES_IN: tuple[IssueState, ...] = (*OPEN, "shipped", "watching", "resolved")
"""States of an issue that others can be merged into: it is not decided away. What comes up of one that is resolved is
what is left of it or its return; its watch, or where it has none the next run, tells which."""
SPLITTABLE: tuple[IssueState, ...] = ("proposed", "confirmed", "reopened")
"""States of an issue of which a part can be made another: nothing rests on it as a whole."""


def goes_on(issue: Issue, every: Mapping[str, Issue]) -> Issue:
    """Return the issue that goes on for this one: itself, or what it was merged into, by however many steps."""
    seen = {issue.id}
    while issue.merged_into is not None and issue.merged_into in every and issue.merged_into not in seen:
        issue = every[issue.merged_into]
        seen.add(issue.id)
    return issue


def held_by(issues: Iterable[Issue]) -> dict[str, list[Issue]]:
    """Return by issue that goes on: itself, and all that were merged into it, whose findings count for it."""
    every = {issue.id: issue for issue in issues}
    held: dict[str, list[Issue]] = {issue.id: [issue] for issue in every.values() if issue.state != "merged"}
    for issue in every.values():
        if issue.state == "merged":
            held.setdefault(goes_on(issue, every).id, []).append(issue)
    return held


def merge(issue: Issue, into: Issue, *, reason: str) -> Issue:
    """Return an issue as merged into another, which goes on for both; a person says so.

    Raises
    ------
    GateError
        If both are the same, the other is decided away, or a change is under way for the first.
    """
    if issue.id == into.id:
        raise GateError("an issue cannot be merged into itself", where=issue.id, fix="name another")
    if into.state not in TAKES_IN:
        raise GateError(f"{into.id} is {into.state} and takes nothing in", where=issue.id, fix="name another")
    return move(issue, "merged", evidence=[into.id], reason=reason, by="person")


def take_out(issue: Issue, *, reason: str) -> Issue:
    """Return a merged issue as one of its own again, to stand where people's verdicts leave it.

    Raises
    ------
    GateError
        If it is not merged.
    """
    return move(issue, "proposed", evidence=[issue.merged_into or issue.id], reason=reason, by="person")


def split(issue: Issue, causes: Sequence[Cause], *, title: str, reason: str) -> tuple[Issue, Issue]:
    """Return an issue without some of its causes, and the new issue that holds them; a person says so.

    The new one has the same cluster, of which it counts the share that its causes hold, and waits to be judged.

    Raises
    ------
    GateError
        If the issue is decided away, over or being changed, a cause is not its own, none or all of them are named, or
        one does not say how many of the cluster's traces it holds.
    """
    if issue.state not in SPLITTABLE:
        raise GateError(f"it is {issue.state}", where=issue.id, fix=f"split one that is {', '.join(SPLITTABLE)}")
    ids = tuple(cause.id for cause in causes)
    if not ids or not set(ids) < set(issue.cause_ids):
        raise GateError("some of its causes must be named, and not all", where=issue.id, fix="`workbench issue show`")
    if vague := [cause.id for cause in causes if share_of([cause]) is None]:
        raise GateError(f"{vague[0]} does not say how many traces it holds", where=issue.id, fix="name another cause")
    part = replace(
        issue,
        id=content_id("iss", issue.id, *sorted(ids)),
        state="proposed",
        title=title,
        cause_ids=ids,
        reason=reason,
        evidence=(issue.id,),
        split_from=issue.id,
    )
    return replace(issue, cause_ids=tuple(one for one in issue.cause_ids if one not in ids)), part


def share_of(causes: Sequence[Cause]) -> float | None:
    """Return the share of a cluster's traces that some of its causes hold; None where one does not say.

    Causes overlap in ways that their counts do not tell: the one that holds most counts.
    """
    shares = [
        cause.n_cluster_with / cause.n_cluster if cause.n_cluster_with is not None and cause.n_cluster else None
        for cause in causes
    ]
    known = [share for share in shares if share is not None]
    return max(known) if known and len(known) == len(shares) else None


def same_causes(part: Issue, causes: Iterable[Cause], *, before: Iterable[Cause]) -> tuple[str, ...]:
    """Return the ids of the causes of a run that are the same as those by which an issue was split off."""
    held = {_key(cause) for cause in before if cause.id in part.cause_ids}
    return tuple(cause.id for cause in causes if part.split_from and _key(cause) in held)


def _key(cause: Cause) -> tuple[object, ...]:
    return (cause.kind, *cause.conditions, "" if cause.conditions else cause.statement)
