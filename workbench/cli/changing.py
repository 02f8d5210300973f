"""Commands of step 5, refine: a change of the app is begun, edited, committed, followed, and taken back."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from workbench import loop
from workbench.boundaries.display import visible
from workbench.changes.app_files import MAX_BYTES
from workbench.changes.commit import signature
from workbench.changes.status import Status
from workbench.cli.app import (
    ByOption,
    ChangeArgument,
    JsonOption,
    ReasonOption,
    WorkspaceOption,
    changes,
    in_workspace,
    person_of,
)
from workbench.cli.output import answer_with, new_table, tell
from workbench.counted import counted
from workbench.errors import ConfigError, RepositoryError
from workbench.loop.named import app_of, find_change
from workbench.loop.refine.development import check_are_there, development_for
from workbench.loop.validate.plan_command import plan_command
from workbench.records import Change
from workbench.store import Workspace, open_workspace

DIGITS = 12
"""Of a commit, in a table."""


@changes.command()
def begin(
    issues: Annotated[list[str], typer.Argument(metavar="ISSUE...", help="Confirmed issues that it is for.")],
    title: Annotated[str, typer.Option(metavar="TEXT", help="What it does, in one line.")],
    why: Annotated[str, typer.Option(metavar="TEXT", help="Why that should help.")] = "",
    traces: Annotated[
        list[str] | None,
        typer.Option("--trace", metavar="ID", help="A trace that it is written from; else some of the issues' users'."),
    ] = None,
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Begin a change for confirmed issues; nothing is written to the app's repository yet.

    Title and reason become the message of its commit, and stay in git: put no user's words there. The traces that it is
    written from, its development traces, are what a model drafts from, and no experiment judges it on them.

    Example: `workbench change begin iss_2k --title "State the jurisdiction first" --workspace acme`
    """
    opened, who, now = open_workspace(workspace), loop.who_reviews(by), datetime.now(UTC)
    check_are_there(opened, traces or ())
    begun = loop.begin_change(
        opened,
        issue_ids=issues,
        title=title,
        why=why,
        author=who.name,
        identity=who.identity,
        now=now,
        development=traces or development_for(opened, issues, now=now),
    )
    signed = signature(begun.author)
    if not signed.email:
        tell(f"its commit will be by {signed.name}, with no address: begin it with `--by NAME@HOST` for one")
    n = counted(len(begun.development), "development trace")
    next_ = in_workspace(f"workbench change edit {begun.id}", workspace)
    text = f"Began {begun.id} on {begun.base[:DIGITS]}, with {n}. Next: {next_}"
    answer_with({**_entry(begun), "next": next_}, text, as_json=as_json)


@changes.command()
def edit(change_id: ChangeArgument, workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """Lay the app's files out for your own editor, outside of the app's repository, and print the folder.

    Example: `code $(workbench change edit chg_2026 --workspace acme)`
    """
    opened = open_workspace(workspace)
    folder = loop.lay_out_change(opened, change_id).absolute()
    commit = in_workspace(f"workbench change commit {find_change(opened, change_id).id}", workspace)
    tell(f"edit the files in this folder; next: {commit}")
    answer_with({"folder": str(folder)}, str(folder), as_json=as_json)


@changes.command()
def commit(
    change_id: ChangeArgument,
    given: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="PATH=FILE", help="What a file of the app is to hold; else what was edited."),
    ] = None,
    deleted: Annotated[
        list[str] | None, typer.Option("--delete", metavar="PATH", help="A file of the app that goes.")
    ] = None,
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Commit a change to its branch `change/<id>` in the app's repository; your work tree and index stay as they are.

    The commit is signed by the change's author, and the ledger says who committed.
    Hooks of the repository are not run: they run when you merge the branch.

    Example: `workbench change commit chg_2026 --from prompts/summary.md=new.md --workspace acme`
    """
    opened = open_workspace(workspace)
    contents = _given(given or (), deleted or ()) if given or deleted else None
    made = loop.commit_change(opened, change_id, contents, now=datetime.now(UTC), actor=person_of(by))
    _tell_of_hooks(opened)
    files = ", ".join(one.path for one in made.edits)
    next_ = in_workspace(plan_command(opened, made.id, issue_ids=made.issue_ids), workspace)
    text = f"Committed {(made.commit or '')[:DIGITS]} on {made.branch}: {files}. Next: {next_}"
    answer_with({**_entry(made), "next": next_}, text, as_json=as_json)


@changes.command("list")
def list_changes(workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """List all changes, brought to where git says they are.

    Example: `workbench change list --workspace acme`
    """
    opened = open_workspace(workspace)
    said = _reconciled(opened)
    found = opened.ledger.latest(Change)
    table = new_table(("change", "state", "title", "issues", "commit", "begun"), n_text=6)
    for one in found:
        commit_id = (one.commit or "")[:DIGITS]
        words = (one.id, one.state, one.title, ", ".join(one.issue_ids), commit_id, f"{one.at:%Y-%m-%d}")
        table.add_row(*(escape(visible(word)) for word in words))
    table.caption = counted(len(found), "change")
    entries = [{**_entry(one), "said": said[one.id].said if one.id in said else ""} for one in found]
    answer_with({"changes": entries}, table, as_json=as_json)


@changes.command()
def show(change_id: ChangeArgument, workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """Show one change: what it is for, what it edits, and what git says of it.

    Example: `workbench change show chg_2026 --workspace acme`
    """
    opened = open_workspace(workspace)
    said = _reconciled(opened)
    one = find_change(opened, change_id)
    entry = {**_entry(one), "said": said[one.id].said if one.id in said else ""}
    answer_with(entry, _shown(entry), as_json=as_json)


@changes.command("roll-back")
def roll_back(
    change_id: ChangeArgument,
    reason: ReasonOption,
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Take a merged change back: a revert is committed to the branch `change/<id>-roll-back`, for you to merge.

    Example: `workbench change roll-back chg_2026 --reason "Answers became slower" --workspace acme`
    """
    opened, who = open_workspace(workspace), loop.who_reviews(by)
    done = loop.roll_back(
        opened,
        change_id,
        reason=reason,
        author=who.name,
        identity=who.identity,
        now=datetime.now(UTC),
    )
    _tell_of_hooks(opened)
    text = f"{done.id} is rolled back by {(done.reverted_by or '')[:DIGITS]}; merge {done.branch}-roll-back"
    answer_with(_entry(done), text, as_json=as_json)


@changes.command()
def abandon(
    change_id: ChangeArgument,
    reason: ReasonOption,
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Give a change up that is not merged; its branch is left, and its issues wait for another change.

    Example: `workbench change abandon chg_2026 --reason "The tool is enough" --workspace acme`
    """
    who = loop.who_reviews(by)
    done = loop.abandon(
        open_workspace(workspace),
        change_id,
        reason=reason,
        author=who.name,
        identity=who.identity,
        now=datetime.now(UTC),
    )
    answer_with(_entry(done), f"{done.id} is given up", as_json=as_json)


def _tell_of_hooks(workspace: Workspace) -> None:
    """Say which hooks the commit did not run; they are run where it is merged."""
    if hooks := app_of(workspace).hooks_not_run():
        tell(f"hooks of the repository were not run: {', '.join(hooks)}")


def _reconciled(workspace: Workspace) -> Mapping[str, Status]:
    """Return by change what git says, and say what is new; where there is no repository, that."""
    try:
        found = loop.reconcile_changes(workspace, now=datetime.now(UTC))
    except RepositoryError as error:
        tell(f"what git says of them is not known: {error}")
        return {}
    for one in found:
        if one.said:
            tell(f"{one.change.id}: {one.said}")
    return {one.change.id: one for one in found}


def _given(given: Sequence[str], deleted: Sequence[str]) -> dict[str, bytes | None]:
    contents: dict[str, bytes | None] = dict.fromkeys(deleted)
    for one in given:
        path, is_pair, file = one.partition("=")
        if not is_pair or not file or path in contents:
            raise ConfigError(f"--from {one!r}, must be PATH=FILE, each path once", fix="write prompts/a.md=new.md")
        with Path(file).open("rb") as stream:
            contents[path] = stream.read(MAX_BYTES + 1)
    return contents


def _entry(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "state": change.state,
        "title": change.title,
        "why": change.why,
        "issues": list(change.issue_ids),
        "branch": change.branch,
        "base": change.base,
        "commit": change.commit,
        "edits": [one._asdict() for one in change.edits],
        "development": list(change.development),
        "begun_at": change.at.isoformat(),
        "author": change.author,
        "drafted_by": change.drafted_by,
        "reverted_by": change.reverted_by,
        "reason": change.reason,
    }


def _shown(entry: Mapping[str, Any]) -> Table:
    table = new_table(("", ""), n_text=2)
    for name, value in entry.items():
        if name == "edits":
            words = ", ".join(f"{one['path']} ({one['kind']})" for one in value)
        else:
            words = ", ".join(value) if isinstance(value, list) else str(value or "")
        if words:
            table.add_row(name.replace("_", " "), escape(visible(words)))
    return table
