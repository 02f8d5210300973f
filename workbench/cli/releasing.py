"""Commands of step 5, release candidates: changes that travel together, merged, frozen, checked and withdrawn."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from workbench import loop
from workbench.boundaries.display import visible
from workbench.cli.app import ByOption, JsonOption, ReasonOption, WorkspaceOption, group, in_workspace, person_of
from workbench.cli.output import answer_with, new_table, tell
from workbench.counted import counted
from workbench.loop.validate.finding import find_tested
from workbench.loop.validate.plan_command import plan_command
from workbench.records import ReleaseCandidate
from workbench.releases import Bundle, Conflict, Pain, pain_for
from workbench.store import open_workspace

DIGITS = 12
"""Of a commit's id: nobody's repository has two that begin so."""
CandidateArgument = Annotated[
    str, typer.Argument(metavar="CANDIDATE", help="Its name, its id (rel_...), or the beginning of that.")
]

releases = group("candidate", "Release candidates: changes that travel together, merged into one commit and frozen.")


@releases.command()
def bundle(workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """Say which changes belong together and why, where any two of them meet, and which cannot be released now.

    Example: `workbench candidate bundle --workspace acme`
    """
    opened, now = open_workspace(workspace), datetime.now(UTC)
    found = loop.bundle_changes(opened, now=now, pain=loop.pain_of_issues(opened, now=now))
    table = new_table(("bundle", "changes", "issues", "why together", "pain"), n_text=4)
    for place, one in enumerate(found.bundles, start=1):
        apart = [f"not as it is: {other.words}" for other in found.conflicts if _blocks(other, one)]
        why = _lines([*(one.reasons or ("alone",)), *apart])
        table.add_row(*map(_shown, (str(place), _lines(one.change_ids), _lines(one.issue_ids), why)), _pain(one.pain))
    for conflict in found.conflicts:
        tell(f"{'cannot travel together' if conflict.is_blocking else 'take care'}: {conflict.words}")
    for change, whats in found.left_out.items():
        said = "; ".join(whats)
        tell(f"left out: {said if change in said else f'{change}: {said}'}")
    n_changes = sum(len(one.change_ids) for one in found.bundles)
    left_out = counted(len(found.left_out), "is", "are")
    table.caption = f"{counted(n_changes, 'change')} in {counted(len(found.bundles), 'bundle')}; {left_out} left out."
    answer = {
        "bundles": [_bundle(one) for one in found.bundles],
        "conflicts": [{**one._asdict(), "is_blocking": one.is_blocking} for one in found.conflicts],
        "left_out": {change: list(whats) for change, whats in found.left_out.items()},
    }
    answer_with(answer, table, as_json=as_json)


@releases.command()
def make(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called, such as 2026-W44.")],
    changes: Annotated[
        list[str], typer.Argument(metavar="CHANGE...", help="Its changes (chg_...), or beginnings of their ids.")
    ],
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Put changes together as an open candidate; again under the same name, other changes take their place.

    Example: `workbench candidate make 2026-W44 chg_20261027 --workspace acme`
    """
    opened, now = open_workspace(workspace), datetime.now(UTC)
    pain = loop.pain_of_issues(opened, now=now)
    made = loop.make_candidate(opened, name, change_ids=changes, actor=person_of(by), now=now, pain=pain)
    next_ = in_workspace(f"workbench candidate freeze {made.id}", workspace)
    text = f"{made.id} ({made.name}) has {_count(made)}. Next: {next_}"
    answer_with({**_answer(made), "next": next_}, text, as_json=as_json)


@releases.command()
def freeze(
    candidate: CandidateArgument,
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Merge a candidate's changes into one commit, and into one without each of them, and freeze it by digest.

    Nothing that you have checked out changes, and no branch: the commits are kept below `refs/workbench/candidates`.

    Example: `workbench candidate freeze 2026-W44 --workspace acme`
    """
    opened = open_workspace(workspace)
    frozen = loop.freeze_candidate(opened, candidate, actor=person_of(by), now=datetime.now(UTC))
    ablations = f", and {len(frozen.ablations)} that leave one out" if frozen.ablations else ""
    text = f"{frozen.id} ({frozen.name}) is frozen: {_count(frozen)} in {(frozen.commit or '')[:DIGITS]}{ablations}"
    issue_ids = [issue.id for issue in find_tested(opened, frozen.id).issues]
    next_ = in_workspace(plan_command(opened, frozen.id, issue_ids=issue_ids), workspace)
    answer_with({**_answer(frozen), "next": next_}, f"{text}. Next: {next_}", as_json=as_json)


@releases.command()
def check(candidate: CandidateArgument, workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """Check that an open candidate could be frozen, or that nothing of a frozen one was edited since.

    Example: `workbench candidate check 2026-W44 --workspace acme`
    """
    checked = loop.check_candidate(open_workspace(workspace), candidate, now=datetime.now(UTC))
    said = "is what was frozen" if checked.state == "frozen" else "could be frozen"
    answer_with(_answer(checked), f"{checked.id} ({checked.name}) {said}.", as_json=as_json)


@releases.command()
def withdraw(
    candidate: CandidateArgument,
    reason: ReasonOption,
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Withdraw a candidate: its issues are open to change again, and its commits stay for what was measured on them.

    Example: `workbench candidate withdraw 2026-W44 --reason "The tone is off" --workspace acme`
    """
    opened = open_workspace(workspace)
    gone = loop.withdraw_candidate(opened, candidate, reason=reason, actor=person_of(by), now=datetime.now(UTC))
    answer_with(_answer(gone), f"{gone.id} ({gone.name}) is withdrawn.", as_json=as_json)


@releases.command("list")
def list_candidates(workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """List all release candidates, oldest first.

    Example: `workbench candidate list --workspace acme`
    """
    found = loop.candidates(open_workspace(workspace))
    table = new_table(("candidate", "name", "state", "commit", "made", "by", "changes", "pain"), n_text=6)
    for one in found:
        commit, made = (one.commit or "")[:DIGITS], f"{one.at:%Y-%m-%d}"
        words = (one.id, one.name, one.state, commit, made, one.author)
        table.add_row(*map(_shown, words), f"{len(one.change_ids):,}", _pain(pain_for(one)))
    table.caption = counted(len(found), "candidate")
    answer_with({"candidates": [_answer(one) for one in found]}, table, as_json=as_json)


def _answer(candidate: ReleaseCandidate) -> dict[str, Any]:
    return {
        "id": candidate.id,
        "name": candidate.name,
        "state": candidate.state,
        "changes": list(candidate.change_ids),
        "base": candidate.base,
        "commit": candidate.commit,
        "tree": candidate.tree,
        "digest": candidate.digest,
        "ablations": {one.without: one.commit for one in candidate.ablations},
        "pain": _numbers(pain_for(candidate)),
        "at": candidate.at.isoformat(),
        "frozen_at": candidate.frozen_at and candidate.frozen_at.isoformat(),
        "author": candidate.author,
        "reason": candidate.reason,
    }


def _blocks(conflict: Conflict, one: Bundle) -> bool:
    """Return whether two changes of a bundle cannot travel together: one of them has to be left out."""
    return conflict.is_blocking and {conflict.one, conflict.other} <= set(one.change_ids)


def _bundle(one: Bundle) -> dict[str, Any]:
    return {
        "changes": list(one.change_ids),
        "issues": list(one.issue_ids),
        "reasons": list(one.reasons),
        "pain": _numbers(one.pain),
    }


def _numbers(pain: Pain | None) -> dict[str, float] | None:
    return pain and pain._asdict()


def _pain(pain: Pain | None) -> str:
    return pain.words if pain else ""


def _count(candidate: ReleaseCandidate) -> str:
    return counted(len(candidate.change_ids), "change")


def _lines(words: Sequence[str]) -> str:
    return "\n".join(words)


def _shown(words: str) -> str:
    return escape(visible(words, keep="\n"))
