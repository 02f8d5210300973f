"""A candidate frozen: one commit with all of its changes, one short of each, and a digest; from then on it stays so."""

from dataclasses import replace
from datetime import datetime

from workbench.backlog import move
from workbench.loop.named import app_of
from workbench.loop.release.checking import check_candidate, ready
from workbench.loop.release.commits import keep, make_commits
from workbench.loop.release.finding import check_person, find_candidate, issues_of
from workbench.records import Actor, ReleaseCandidate
from workbench.releases import digest_of
from workbench.store import Workspace


def freeze_candidate(workspace: Workspace, candidate_id: str, *, actor: Actor, now: datetime) -> ReleaseCandidate:
    """Merge a candidate's changes, freeze it and return it so; its issues are being validated from then on.

    A run that was killed is completed by the next: it makes the same commits. One that is frozen already is checked.

    Parameters
    ----------
    workspace
        Where the candidate is; commits and references below `refs/workbench` are written to its app's repository.
    candidate_id
        The candidate: its id, the beginning of it, or its name.
    actor
        The person who freezes it.
    now
        The time, UTC.

    Raises
    ------
    ConfigError
        If there is no such candidate.
    GateError
        If it was withdrawn, a change may not travel, two cannot travel together, or what is frozen was edited.
    RepositoryError
        If the app's repository is in no state for it.
    """
    check_person(actor)
    candidate = find_candidate(workspace, candidate_id)
    if candidate.state == "frozen":
        return check_candidate(workspace, candidate.id, now=now)
    repository = app_of(workspace)
    repository.check_writable()
    with workspace.writing():
        head = workspace.ledger.head()
        candidate = find_candidate(workspace, candidate.id)
        changes = ready(workspace, repository, candidate, now=now)
        made = make_commits(repository, candidate, changes)
        keep(repository, candidate.id, made)
        frozen = replace(
            candidate,
            state="frozen",
            commit=made.commit,
            tree=made.tree,
            ablations=made.ablations,
            digest=digest_of(base=candidate.base, changes=changes, tree=made.tree, ablations=made.ablations),
            frozen_at=now,
        )
        reason = f"its change is in the release candidate {candidate.name}, which is frozen"
        moved = [
            move(issue, "validating", evidence=[candidate.id], reason=reason, by="program")
            for issue in issues_of(workspace, changes)
        ]
        workspace.ledger.append([frozen, *moved], now=now, actor=actor, after=head)
    return frozen
