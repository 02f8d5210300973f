"""A candidate withdrawn: its issues are open to change again, and its commits stay as evidence."""

from dataclasses import replace
from datetime import datetime

from workbench.backlog import move
from workbench.errors import ConfigError
from workbench.loop.release.finding import candidates, check_person, find_candidate, issues_of
from workbench.records import Actor, Change, Experiment, Issue, ReleaseCandidate
from workbench.store import Workspace


def withdraw_candidate(
    workspace: Workspace, candidate_id: str, *, reason: str, actor: Actor, now: datetime
) -> ReleaseCandidate:
    """Withdraw a candidate and return it so: its issues are open to change again, unless another one has them too.

    Its commits stay in the app's repository, for what was measured on them.

    Parameters
    ----------
    workspace
        Where the candidate is.
    candidate_id
        The candidate: its id, the beginning of it, or its name.
    reason
        Why, in a sentence.
    actor
        The person who withdraws it.
    now
        The time, UTC.

    Raises
    ------
    ConfigError
        If there is no such candidate, or no reason.
    """
    check_person(actor)
    if not reason.strip():
        raise ConfigError("reason is empty", fix="say in a sentence why it is withdrawn")
    with workspace.writing():
        head = workspace.ledger.head()
        candidate = find_candidate(workspace, candidate_id)
        if candidate.state == "withdrawn":
            return candidate
        withdrawn = replace(candidate, state="withdrawn", reason=reason.strip())
        moved = _given_back(workspace, candidate, reason=reason)
        workspace.ledger.append([withdrawn, *moved], now=now, actor=actor, after=head)
    return withdrawn


def _given_back(workspace: Workspace, candidate: ReleaseCandidate, *, reason: str) -> list[Issue]:
    """Return the issues that are validated by a candidate alone as open to change, the others as the next one's."""
    known = {change.id: change for change in workspace.ledger.latest(Change)}
    others = [one for one in candidates(workspace) if one.state == "frozen" and one.id != candidate.id]
    by = {issue: one.id for one in others for change in one.change_ids for issue in known[change].issue_ids}
    mine = [known[change] for change in candidate.change_ids if change in known]
    on_it = {one.id for one in workspace.ledger.latest(Experiment) if one.candidate_id == candidate.id}
    moved = []
    for issue in issues_of(workspace, mine):
        if issue.state == "validating" and {candidate.id, *on_it} & {*issue.evidence}:
            to, evidence = ("validating", by[issue.id]) if issue.id in by else ("changing", candidate.id)
            why = f"the release candidate {candidate.name} was withdrawn"
            moved.append(move(issue, to, evidence=[evidence], reason=why, by="program"))  # type: ignore[arg-type]
    return moved
