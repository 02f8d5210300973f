"""What a notebook shows of the release of a change: the candidate that holds it, or the bundle that it belongs to."""

from datetime import datetime
from typing import NamedTuple

from workbench.errors import GateError
from workbench.loop.named import app_of
from workbench.loop.people import a_person
from workbench.loop.prioritise.ranking import pain_of_issues
from workbench.loop.release.bundling import bundle_changes
from workbench.loop.release.finding import candidates
from workbench.loop.release.freezing import freeze_candidate
from workbench.loop.release.making import make_candidate
from workbench.loop.release.touches import touched
from workbench.loop.review.reviewing import Who
from workbench.records import Change, ReleaseCandidate
from workbench.releases import Bundle, Conflict, conflicts
from workbench.store import Workspace

NONE = "none"
"""The word for no release, where one is named."""


class Released(NamedTuple):
    """Where a change stands on its way out."""

    candidate: ReleaseCandidate | None
    """The newest candidate that holds it and was not withdrawn; None while there is none."""
    bundles: tuple[Bundle, ...]
    """What could be released now, in bundles that belong together."""
    conflicts: tuple[Conflict, ...]
    """Where any two of these meet, or any two of the candidate's."""
    changes: tuple[Change, ...]
    """All changes of the workspace in their newest revision."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The candidate's id and those of its changes; none while there is no candidate."""
        return (self.candidate.id, *self.candidate.change_ids) if self.candidate else ()


def release_change(
    workspace: Workspace, change: Change | None, *, name: str = NONE, who: Who, now: datetime
) -> Released:
    """Freeze the bundle that a change belongs to as a candidate of a name, and return it; for `none` only look.

    Parameters
    ----------
    workspace
        Where the change is.
    change
        The change; None where there is none yet.
    name
        What the candidate is called, or `none`. One of that name that holds the change already is checked.
    who
        The person who freezes it.
    now
        The time, UTC.

    Raises
    ------
    GateError
        If there is no change that could be released, or the gate refuses it.
    """
    holding = _holding(workspace, change)
    if name != NONE:
        actor, pain = a_person(who.name, who.identity), pain_of_issues(workspace, now=now)
        if holding is None or holding.name != name:
            members = _members(workspace, change, now=now)
            holding = make_candidate(workspace, name, change_ids=members, actor=actor, now=now, pain=pain)
        holding = freeze_candidate(workspace, holding.id, actor=actor, now=now)
    found = bundle_changes(workspace, now=now, pain=pain_of_issues(workspace, now=now))
    changes = tuple(workspace.ledger.latest(Change))
    travelling = [one for one in changes if holding is not None and one.id in holding.change_ids]
    repository = app_of(workspace)
    meeting = conflicts(touched(repository, travelling), objects=repository.objects)
    return Released(holding, found.bundles, (*meeting, *found.conflicts), changes)


def _holding(workspace: Workspace, change: Change | None) -> ReleaseCandidate | None:
    found = [
        one for one in candidates(workspace) if change and change.id in one.change_ids and one.state != "withdrawn"
    ]
    return found[-1] if found else None


def _members(workspace: Workspace, change: Change | None, *, now: datetime) -> tuple[str, ...]:
    """Return the changes of the bundle that a change belongs to."""
    if change is None:
        raise GateError("there is no change yet", fix="commit one first")
    found = bundle_changes(workspace, now=now)
    for one in found.bundles:
        if change.id in one.change_ids:
            return one.change_ids
    raise GateError("; ".join(found.left_out.get(change.id, ("it is committed nowhere",))), where=change.id)
