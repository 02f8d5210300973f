"""Any two versions of the app compared: commits, branches, tags and changes, among them an edit not yet committed."""

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.changes.diff import FileDiff, compare
from workbench.changes.repository import AppRepository
from workbench.changes.work_tree import read_back
from workbench.errors import ConfigError
from workbench.loop.named import app_of, find_change
from workbench.loop.refine.change_records import folder_of
from workbench.store import Workspace

CHANGE_PREFIX = "chg_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two versions of the app, and what the later one says otherwise."""

    before: str
    """The commit of the earlier one."""
    after: str
    """The commit of the later one; empty for an edit that is not committed."""
    diffs: tuple[FileDiff, ...]
    """What differs, one a file, prompts first."""


def compare_versions(workspace: Workspace, before: str, after: str) -> Compared:
    """Return what one version of the app says otherwise than another; read-only.

    Parameters
    ----------
    workspace
        Whose app.
    before, after
        Each a commit, a branch, a tag, or the id of a change: its commit.

    Raises
    ------
    ConfigError
        If there is no such version, or a change has no commit.
    RepositoryError
        If the app's repository cannot be read.
    """
    repository = app_of(workspace)
    one, other = (commit_of(workspace, repository, name) for name in (before, after))
    contents = (repository.contents(one), repository.contents(other))
    return Compared(before=one, after=other, diffs=compare(*contents, layout=repository.layout))


def compare_change(workspace: Workspace, change_id: str) -> Compared:
    """Return what a change says otherwise than the version that it starts from; of a draft, what its editor holds.

    Raises
    ------
    ConfigError
        If there is no such change, or nothing of it is written yet.
    RepositoryError
        If the app's repository cannot be read.
    """
    repository = app_of(workspace)
    change = find_change(workspace, change_id)
    base = repository.contents(change.base)
    if change.commit is not None:
        after = repository.contents(change.commit)
    else:
        after = edited(base, read_back(repository, change.base, folder_of(workspace, change)))
    return Compared(before=change.base, after=change.commit or "", diffs=compare(base, after, layout=repository.layout))


def edited(base: Mapping[str, bytes], contents: Mapping[str, bytes | None]) -> dict[str, bytes]:
    """Return the files of a version once an edit is made; None takes a file out."""
    return {path: content for path, content in {**base, **contents}.items() if content is not None}


def commit_of(workspace: Workspace, repository: AppRepository, name: str) -> str:
    """Return the commit that a version's name means.

    Raises
    ------
    ConfigError
        If it means none.
    """
    if name.startswith(CHANGE_PREFIX):
        commit = find_change(workspace, name).commit
        if commit is None:
            raise ConfigError(f"the change {name} has no commit yet", fix=f"see `workbench change diff {name}`")
        return commit
    found = repository.resolve(name)
    if found is None:
        raise ConfigError(f"the app has no version {name!r}", fix="name a commit, a branch, a tag or a change")
    return found
