"""Whether a candidate is what it says it is: open, that it could be frozen; frozen, that nothing of it was edited.

It is worked out anew from ledger and repository, and merged anew; what its record says is what is checked.
"""

from collections.abc import Sequence
from datetime import datetime

from workbench.changes.repository import AppRepository
from workbench.errors import GateError
from workbench.loop.named import app_of
from workbench.loop.release.commits import REFERENCES, Made, make_commits, references_of, says_otherwise
from workbench.loop.release.finding import chosen, find_candidate
from workbench.loop.release.gate import (
    branch_tips,
    check_changes,
    check_ledger,
    check_own_branch,
    of_issues,
    shipped_by,
)
from workbench.loop.release.touches import touched
from workbench.records import Change, ReleaseCandidate
from workbench.releases import Seen, changed_since, conflicts
from workbench.store import Workspace


def check_candidate(workspace: Workspace, candidate_id: str, *, now: datetime) -> ReleaseCandidate:
    """Return a candidate if it is what it says it is: open, it could be frozen; frozen, nothing of it was edited.

    Parameters
    ----------
    workspace
        Its ledger and its app's repository are read; objects may be written, no reference is.
    candidate_id
        The candidate: its id, the beginning of it, or its name.
    now
        The time, UTC.

    Raises
    ------
    ConfigError
        If there is no such candidate.
    GateError
        If it is not, with all that differs, or it was withdrawn.
    RepositoryError
        If the app's repository cannot be read, or a change's branch is checked out.
    """
    candidate = find_candidate(workspace, candidate_id)
    repository = app_of(workspace)
    check_ledger(workspace, candidate)
    if candidate.state != "frozen":
        make_commits(repository, candidate, ready(workspace, repository, candidate, now=now))
        return candidate
    if wrong := _edited(workspace, repository, candidate, now=now):
        fix = "put another candidate together: what was frozen stays as it was"
        raise GateError(f"it is not what was frozen: {'; '.join(wrong)}", where=candidate.id, fix=fix)
    return candidate


def ready(
    workspace: Workspace, repository: AppRepository, candidate: ReleaseCandidate, *, now: datetime
) -> list[Change]:
    """Return the changes of an open candidate, if it may be frozen."""
    if candidate.state != "open":
        raise GateError(f"it is {candidate.state}", where=candidate.id, fix="put another candidate together")
    check_ledger(workspace, candidate)
    check_own_branch(repository)
    if not repository.objects.is_ancestor(candidate.base, of=repository.head()):
        what = f"the version {candidate.base[:12]} that it starts from is not in the app's history any more"
        raise GateError(what, where=candidate.id, fix=f"`workbench candidate make {candidate.name}` again")
    changes = chosen(workspace, candidate.change_ids)
    check_changes(workspace, repository, changes, base=candidate.base, now=now)
    check_apart(repository, changes)
    return changes


def _edited(
    workspace: Workspace, repository: AppRepository, candidate: ReleaseCandidate, *, now: datetime
) -> list[str]:
    """Return what of a frozen candidate is not as it was."""
    known = {change.id: change for change in workspace.ledger.latest(Change)}
    changes = {one: known[one] for one in candidate.change_ids if one in known}
    made = Made(candidate.commit or "", candidate.tree or "", candidate.ablations)
    seen = Seen(
        history=workspace.ledger.history(ReleaseCandidate, candidate.id),
        changes=changes,
        tips=branch_tips(repository, list(changes.values())),
        references=repository.tips(REFERENCES),
    )
    wrong = changed_since(candidate, seen, expected=references_of(candidate.id, made), objects=repository.objects)
    wrong += [what for what in [says_otherwise(repository, candidate)] if what]
    linked = {issue for change in changes.values() for issue in change.issue_ids}
    said = of_issues(workspace, linked, now=now, shipped=shipped_by(workspace, candidate))
    wrong += [what for whats in said.values() for what in whats]
    if not wrong and make_commits(repository, candidate, list(changes.values())) != made:
        wrong.append("its changes, merged anew, come to other commits")
    return wrong


def check_apart(repository: AppRepository, changes: Sequence[Change]) -> None:
    """Check that no two of the changes keep each other from travelling."""
    found = conflicts(touched(repository, changes), objects=repository.objects)
    blocking = [conflict.words for conflict in found if conflict.is_blocking]
    if blocking:
        raise GateError("; ".join(blocking), fix="leave one out, or make one change of the two")
