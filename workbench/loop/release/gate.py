"""The gate of a release candidate: each change linked to issues that people confirmed, and its branch as it was signed.

It is worked out anew from ledger and repository each time. What a record says of itself counts for nothing: a change
that was written past the program, or whose branch somebody moved, is found here.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from workbench.changes.commit import OF_CHANGE, OF_ISSUE, OF_LEDGER, branch_of, trailers_in
from workbench.changes.landed import is_of_changes
from workbench.changes.repository import BRANCHES, AppRepository
from workbench.errors import GateError, RepositoryError, StoreError
from workbench.loop.release.finding import candidates
from workbench.loop.review.confirmed import ruled
from workbench.loop.settle import UNDECIDED_BECAUSE
from workbench.loop.signatures import shipping
from workbench.records import Change, Issue, IssueState, ReleaseCandidate
from workbench.review import Ruling
from workbench.store import Workspace

ON_THE_WAY: tuple[IssueState, ...] = ("changing", "validating")
"""States of an issue that a change which may travel is for."""
PAST: tuple[IssueState, ...] = ("shipped", "watching", "resolved")
"""States to which what ships takes its issues: what people said was heard on the way."""
MOST_OWN_COMMITS = 100
"""Commits of a branch that are looked at for the one that names its change."""


def check_changes(
    workspace: Workspace, repository: AppRepository, changes: Sequence[Change], *, base: str, now: datetime
) -> None:
    """Check that changes may travel together from a version.

    Raises
    ------
    GateError
        With all that is missing, a sentence each.
    """
    wrong = [
        what for whats in wrong_with(workspace, repository, changes, base=base, now=now).values() for what in whats
    ]
    if wrong:
        raise GateError(
            "; ".join(wrong), fix="mend that (`workbench change list` says what git has), or leave the change out"
        )


def wrong_with(
    workspace: Workspace, repository: AppRepository, changes: Sequence[Change], *, base: str, now: datetime
) -> dict[str, list[str]]:
    """Return why each change may not travel from a version, sentences by its id; none where it may."""
    tips = branch_tips(repository, changes)
    issues = of_issues(workspace, {issue for change in changes for issue in change.issue_ids}, now=now)
    taken = {change: one.id for one in candidates(workspace) if one.state == "frozen" for change in one.change_ids}
    return {
        change.id: [
            *([f"{change.id} is in the frozen candidate {taken[change.id]}"] if change.id in taken else []),
            *_of_state(change),
            *_of_branch(change, tips[change.id]),
            *_of_commit(change, repository, base),
            *(f"{change.id}: {what}" for issue in change.issue_ids for what in issues[issue]),
        ]
        for change in changes
    }


def branch_tips(repository: AppRepository, changes: Sequence[Change]) -> dict[str, str | None]:
    """Return what the branch of each change names; None where it is gone."""
    tips = repository.tips(f"{BRANCHES}change/")
    return {change.id: tips.get(BRANCHES + branch_of(change.id)) for change in changes}


def of_issues(
    workspace: Workspace, issue_ids: Collection[str], *, now: datetime, shipped: Collection[str] = ()
) -> dict[str, list[str]]:
    """Return why nothing may travel for some issues, sentences by id: what people say of each decides.

    Parameters
    ----------
    workspace
        Its issues, reviews and verdicts are read.
    issue_ids
        The issues.
    now
        The time, UTC.
    shipped
        Those that may be past that question, as of `shipped_by`.
    """
    histories: dict[str, list[Issue]] = {}
    for revision in workspace.ledger.revisions(Issue):
        if revision.id in issue_ids:
            histories.setdefault(revision.id, []).append(revision)
    heard = ruled(workspace, histories.values(), now=now)
    return {
        issue: list(_of_issue(issue, histories.get(issue, []), heard.get(issue), is_shipped=issue in shipped))
        for issue in issue_ids
    }


def shipped_by(workspace: Workspace, candidate: ReleaseCandidate) -> set[str]:
    """Return the issues of a candidate that it was decided to ship: with it, or with one of its changes by itself.

    Only a decision counts that follows from its frozen plan and is signed.
    """
    ships = shipping(workspace)
    changes = {change for one in ships if one.candidate_id is None for change in one.change_ids}
    if any(one.candidate_id == candidate.id for one in ships):
        changes |= set(candidate.change_ids)
    of_candidate = [one for one in workspace.ledger.latest(Change) if one.id in candidate.change_ids]
    return {issue for change in of_candidate if change.id in changes for issue in change.issue_ids}


def check_own_branch(repository: AppRepository) -> None:
    """Check that the app's own branch is checked out: a change's would travel whole, as the version to start from.

    Raises
    ------
    RepositoryError
        If a change's branch is.
    """
    if is_of_changes(BRANCHES + (current := repository.branch())):
        fix = "check the app's own branch out: `git switch BRANCH`"
        raise RepositoryError(f"{current} is checked out, a change's branch", where=str(repository.root), fix=fix)


def check_ledger(workspace: Workspace, candidate: ReleaseCandidate) -> None:
    """Check that the ledger is whole, and still has what it had when the candidate and its changes were put together.

    Raises
    ------
    GateError
        If it is not: nothing that rests on it can be shipped.
    """
    changes = [one for one in workspace.ledger.latest(Change) if one.id in candidate.change_ids]
    try:
        workspace.ledger.verify(noted=[candidate.ledger_head, *(change.ledger_head for change in changes)])
    except StoreError as error:
        raise GateError(f"the ledger was edited: {error.what}", where=candidate.id, fix=error.fix) from error


def _of_issue(issue: str, history: Sequence[Issue], ruling: Ruling | None, *, is_shipped: bool) -> Iterator[str]:
    if not history or ruling is None:
        yield f"there is no issue {issue}"
        return
    state = history[-1].state
    if is_shipped and state in PAST:
        return
    if state not in ON_THE_WAY:
        yield f"{issue} is {state}, must be {' or '.join(ON_THE_WAY)}"
    if ruling.state != "confirmed":
        why = "they rejected it" if ruling.state else UNDECIDED_BECAUSE[ruling.why]
        yield f"{issue} is not confirmed by people any more: {why}"


def _of_state(change: Change) -> Iterator[str]:
    if change.state != "committed":
        yield f"{change.id} is {change.state.replace('_', ' ')}, must be committed"


def _of_branch(change: Change, tip: str | None) -> Iterator[str]:
    if change.commit is None:
        return
    if tip is None:
        yield f"the branch of {change.id} is gone"
    elif tip != change.commit:
        yield f"the branch of {change.id} has moved to {tip[:12]}, and its record says {change.commit[:12]}"


def _of_commit(change: Change, repository: AppRepository, base: str) -> Iterator[str]:
    if change.commit is None:
        return
    objects = repository.objects
    if objects.resolve(change.commit) is None:
        yield f"the commit {change.commit[:12]} of {change.id} is gone"
        return
    if not objects.is_ancestor(change.base, of=base):
        yield f"{change.id} starts from {change.base[:12]}, which the app has not got: more than its edits would travel"
        return
    if objects.is_ancestor(change.commit, of=base):
        yield f"{change.id} is in the app already"
    paths = {one.path for one in objects.differences(change.base, change.commit)}
    if paths != {edit.path for edit in change.edits}:
        yield f"the commit of {change.id} edits other files than its record says"
    own = objects.history(change.commit, without=change.base, paths=sorted(paths), most=MOST_OWN_COMMITS)
    named = [trailers_in(objects.message(one)) for one in own]
    if not any(_names(trailers, change) for trailers in named):
        yield f"no commit of {change.id} names it and its issues, at the head of the ledger that its record says"


def _names(trailers: Mapping[str, tuple[str, ...]], change: Change) -> bool:
    wanted = {OF_CHANGE: {change.id}, OF_ISSUE: {*change.issue_ids}, OF_LEDGER: {change.ledger_head}}
    return all({*trailers.get(name, ())} == values for name, values in wanted.items())
