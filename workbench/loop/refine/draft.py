"""A model's draft of a prompt's edit: from a change's development traces alone, for a person to read and sign.

The draft lands where the person's own edits do, and nowhere else; who drafted it and what was read is in the ledger
before anybody commits it.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from workbench.changes.app_files import AppFile, read_text
from workbench.changes.diff import FileDiff, compare
from workbench.changes.draft import Draft, Failing, Proposer, Wanted
from workbench.changes.work_tree import lay_out, read_back
from workbench.errors import ConfigError, GateError
from workbench.loop.named import app_of, find_change
from workbench.loop.refine.change_records import folder_of, keep
from workbench.loop.refine.compare_app import edited
from workbench.records import Cause, Change, Issue, Verdict
from workbench.review import is_by_person
from workbench.schemas import SPANS
from workbench.store import Workspace, derived


class Drafted(NamedTuple):
    """An edit that a model drafted, as it lies where the person edits."""

    change: Change
    """The change, which says who drafted and what was read."""
    draft: Draft
    """What the model said."""
    diffs: tuple[FileDiff, ...]
    """What the edit says otherwise than the version that the change starts from."""


def draft_change(workspace: Workspace, change_id: str, *, path: str, propose: Proposer, now: datetime) -> Drafted:
    """Return the draft of one prompt's edit, put where the person who signs the change edits it.

    Parameters
    ----------
    workspace
        Where the change is recorded.
    change_id
        A change that is begun and has no commit.
    path
        The prompt in the app's repository.
    propose
        What drafts: `changes.draft.proposer` of a model on a server, or any other callable.
    now
        The time, UTC.

    Raises
    ------
    ConfigError
        If there is no such change or prompt.
    GateError
        If the change has a commit already, names no development traces, or somebody edited the file meanwhile.
    RecordError
        If the reply is no edit that may be made: see `changes.draft`.
    ServerError
        If the model's server does not answer.
    """
    change = find_change(workspace, change_id)
    if change.state != "draft":
        raise GateError(f"it is {change.state} and no draft", where=change.id, fix="begin another change")
    if not change.development:
        raise GateError("it names no development traces", where=change.id, fix="begin a change with some")
    repository = app_of(workspace)
    base = repository.contents(change.base)
    folder = lay_out(repository, change.base, folder_of(workspace, change))
    now_edited = edited(base, read_back(repository, change.base, folder))
    if repository.kind_of(path) != "prompt" or path not in now_edited:
        prompts = [one for one in sorted(now_edited) if repository.kind_of(one) == "prompt"]
        raise ConfigError(
            f"path == {path!r}, must be a prompt of the app", fix=f"there is {', '.join(prompts) or 'none'}"
        )
    file = AppFile(path=path, kind="prompt", text=read_text(now_edited[path]))
    draft = propose(Wanted(file, _cause(workspace, change), development_traces(workspace, change)))
    if not set(draft.shown) <= set(change.development):
        raise GateError("the draft was written from other traces than the development traces", where=change.id)
    signed = replace(
        change,
        drafted_by=draft.drafted_by,
        shown=tuple(dict.fromkeys((*change.shown, *draft.shown))),
        quotes=draft.quotes,
        exchange=(*change.exchange, *draft.exchange),
    )
    if edited(base, read_back(repository, change.base, folder)).get(path) != now_edited[path]:
        raise GateError(
            f"{path} was edited while the model answered, and stays as it is", where=change.id, fix="draft it again"
        )
    keep(workspace, change, signed, now=now)
    _replace(folder / path, draft.text)
    after = edited(base, read_back(repository, change.base, folder))
    return Drafted(signed, draft, compare(base, after, layout=repository.layout))


def development_traces(workspace: Workspace, change: Change) -> Mapping[str, Failing]:
    """Return what a change's development traces were asked and answered, in their order; erased ones are left out."""
    spans = workspace.telemetry.scan(SPANS).filter(pl.col("trace_id").is_in(list(change.development)))
    rows = derived.traces(spans).select("trace_id", "input", "output").collect(engine="streaming")
    said = {trace_id: Failing(asked or "", answered or "") for trace_id, asked, answered in rows.iter_rows()}
    return {trace_id: said[trace_id] for trace_id in change.development if trace_id in said}


def _replace(file: Path, text: str) -> None:
    """Put a text in a file's place, whole, whatever is there: a link is replaced, and not followed."""
    with tempfile.TemporaryDirectory(prefix=".", suffix=".part", dir=file.parent) as made:
        whole = Path(made) / "file"
        whole.write_bytes(text.encode())
        whole.chmod(0o644)
        whole.replace(file)


def _cause(workspace: Workspace, change: Change) -> str:
    """Return the cause that people confirmed for a change's issues, else the issues' titles."""
    issues = [issue for issue in workspace.ledger.latest(Issue) if issue.id in change.issue_ids]
    known = {one for issue in issues for one in issue.cause_ids}
    confirmed = sorted(
        (
            one
            for one in workspace.ledger.latest(Verdict)
            if one.target_id in known and is_by_person(one) and one.label in ("confirmed", "edited")
        ),
        key=lambda one: (one.at, one.id),
    )
    causes = {cause.id: cause.statement for cause in workspace.ledger.latest(Cause)}
    if confirmed:
        newest = confirmed[-1]
        return newest.statement[0] if newest.statement else causes.get(newest.target_id, "")
    return "; ".join(issue.title for issue in issues)
