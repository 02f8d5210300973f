"""Changes put together as an open candidate: they may still be put in or left out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from workbench.errors import ConfigError, GateError
from workbench.ids import ordered_id
from workbench.loop.named import app_of
from workbench.loop.release.checking import check_apart
from workbench.loop.release.finding import candidates, check_person, chosen
from workbench.loop.release.gate import check_changes, check_own_branch
from workbench.records import Actor, ReleaseCandidate
from workbench.releases import PainOf, by_pain, not_measured
from workbench.store import Workspace

MAX_NAME = 200
"""Characters of a candidate's name: one line of a commit."""


def make_candidate(
    workspace: Workspace,
    name: str,
    *,
    change_ids: Sequence[str],
    actor: Actor,
    now: datetime,
    pain: PainOf = not_measured,
) -> ReleaseCandidate:
    """Put changes together as an open candidate and return it; under a name that is open already, they replace its own.

    Parameters
    ----------
    workspace
        Where the changes are; the candidate starts from the commit that its app has checked out.
    name
        What people call it, one line.
    change_ids
        Its changes, or beginnings of their ids.
    actor
        The person who puts them together.
    now
        The time, UTC.
    pain
        The pain of issues: the order of the changes.

    Raises
    ------
    ConfigError
        If there is no such change, or the name is none.
    GateError
        If a change may not travel, two cannot travel together, or the name is that of a frozen candidate.
    RepositoryError
        If the app's repository is in no state for it.
    """
    check_person(actor)
    repository = app_of(workspace)
    repository.check_writable()
    check_own_branch(repository)
    with workspace.writing():
        head = workspace.ledger.head()
        earlier = _named(workspace, _one_line(name))
        changes = chosen(workspace, change_ids)
        base = repository.head()
        check_changes(workspace, repository, changes, base=base, now=now)
        check_apart(repository, changes)
        for_issues = {change.id: change.issue_ids for change in changes}
        total = pain({issue for issues in for_issues.values() for issue in issues})
        candidate = ReleaseCandidate(
            id=earlier.id if earlier else ordered_id("rel", now, name.strip(), *sorted(for_issues)),
            at=earlier.at if earlier else now,
            state="open",
            name=name.strip(),
            change_ids=by_pain(for_issues, pain),
            base=base,
            pain=total and total.value,
            pain_low=total and total.low,
            pain_high=total and total.high,
            ledger_head=head,
            author=actor.name,
            identity=actor.identity,
        )
        if earlier and replace(candidate, ledger_head=earlier.ledger_head) == earlier:
            return earlier
        workspace.ledger.append([candidate], now=now, actor=actor, after=head)
    return candidate


def _named(workspace: Workspace, name: str) -> ReleaseCandidate | None:
    """Return the open candidate of a name; None where there is none."""
    for one in candidates(workspace):
        if one.name == name and one.state == "frozen":
            raise GateError(f"{name} is frozen, and stays what it is", where=one.id, fix="give another name")
    return next((one for one in candidates(workspace) if one.name == name and one.state == "open"), None)


def _one_line(name: str) -> str:
    plain = name.strip()
    if not plain or len(plain) > MAX_NAME or not plain.isprintable():
        raise ConfigError(f"name == {name!r}, must be one line of 1 to {MAX_NAME} characters", fix="give it a name")
    return plain
