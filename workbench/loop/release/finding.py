"""Candidates, changes and issues as they are named: by id, by the beginning of one, or a candidate by its name."""

from collections.abc import Sequence

from workbench.errors import ConfigError, GateError
from workbench.records import Actor, Change, Issue, ReleaseCandidate, chosen_or_newest, none_or_several
from workbench.store import Workspace


def candidates(workspace: Workspace) -> list[ReleaseCandidate]:
    """Return all candidates in their newest revision, oldest first."""
    return workspace.ledger.latest(ReleaseCandidate)


def find_candidate(workspace: Workspace, candidate_id: str) -> ReleaseCandidate:
    """Return a candidate by its id, the beginning of it, or its name; of several of a name the one not withdrawn.

    Raises
    ------
    ConfigError
        If there is none, or several begin so.
    """
    every = candidates(workspace)
    named = [one for one in every if one.name == candidate_id]
    exact = [one for one in every if one.id == candidate_id] or [one for one in named if one.state != "withdrawn"]
    found = exact or named[-1:] or [one for one in every if candidate_id and one.id.startswith(candidate_id)]
    if len(found) != 1:
        ids, fix = [one.id for one in found], "`workbench candidate list` names them"
        raise none_or_several(ids, f"candidate == {candidate_id!r}", word="candidate", fix=fix)
    return found[0]


def chosen(workspace: Workspace, change_ids: Sequence[str]) -> list[Change]:
    """Return the changes that ids, or beginnings of ids, name, each once.

    Raises
    ------
    ConfigError
        If there is no such change, several begin so, or none is named.
    """
    every = workspace.ledger.latest(Change)
    found: dict[str, Change] = {}
    for wanted in change_ids:
        change = chosen_or_newest(every, wanted, word="change", fix="`workbench change list` names them")
        found[change.id] = change
    if not found:
        raise ConfigError("no change is named", fix="`workbench candidate bundle` says which belong together")
    return list(found.values())


def issues_of(workspace: Workspace, changes: Sequence[Change]) -> list[Issue]:
    """Return the issues that changes are for, in their newest revision."""
    wanted = {issue for change in changes for issue in change.issue_ids}
    return [issue for issue in workspace.ledger.latest(Issue) if issue.id in wanted]


def check_person(actor: Actor) -> None:
    """Check that a person acts.

    Raises
    ------
    GateError
        If it is a program.
    """
    if actor.kind != "HUMAN" or actor.identity == "program":
        raise GateError("a program cannot put out what people answer for", where=actor.name, fix="say who does it")
