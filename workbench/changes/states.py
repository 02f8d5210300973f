"""States of a repository in which no change is written to it: something is half done, or its history is not whole.

Each is a refusal with what to do next. Git itself would let a commit beside the work tree pass in most of them; but
what it would start from is not what the user has before them, or not what the app runs.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from workbench.boundaries.git import Git
from workbench.errors import RepositoryError


class _Sign(NamedTuple):
    """A file in git's folder that tells of a state."""

    file: str
    what: str
    fix: str


_OPERATIONS = (
    _Sign("rebase-merge", "a rebase is going on", "end it: `git rebase --continue` or `--abort`"),
    _Sign("rebase-apply/applying", "patches are being applied", "end it: `git am --continue` or `--abort`"),
    _Sign("rebase-apply", "a rebase is going on", "end it: `git rebase --continue` or `--abort`"),
    _Sign("MERGE_HEAD", "a merge is going on", "end it: `git merge --continue` or `--abort`"),
    _Sign("CHERRY_PICK_HEAD", "a cherry-pick is going on", "end it: `git cherry-pick --continue` or `--abort`"),
    _Sign("REVERT_HEAD", "a revert is going on", "end it: `git revert --continue` or `--abort`"),
    _Sign("sequencer", "several commits are being picked", "end it: `git cherry-pick --continue` or `--abort`"),
    _Sign("BISECT_LOG", "a bisection is going on", "end it: `git bisect reset`"),
)
_LOCKS = ("index.lock", "HEAD.lock", "packed-refs.lock")
_HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "reference-transaction")
"""Hooks that git runs on a commit, or where a branch is made."""
_TRUE = ("", "true", "yes", "on", "1")


def check_unfinished(git_dir: Path, common_dir: Path, *, where: str) -> None:
    """Check that no command of git's is going on, or was left half done.

    Raises
    ------
    RepositoryError
        With the command, and how it is ended.
    """
    for sign in _OPERATIONS:
        if (git_dir / sign.file).exists():
            raise RepositoryError(sign.what, where=where, fix=sign.fix)
    for name in _LOCKS:
        for path in (git_dir / name, common_dir / name):
            if path.exists():
                fix = f"let git end; if none is running, delete {path}"
                raise RepositoryError(f"git is at work, or was killed: {name} is there", where=where, fix=fix)


def check_settings(git: Git, *, root: Path, common_dir: Path, is_shallow: bool) -> None:
    """Check that the repository has all of its history, and its work tree and hooks where it is itself.

    Hooks in a folder of its own, `.git/hooks` or one that is kept with the app's files, say what the team asks of what
    is merged, and are run there. What lies elsewhere is somebody else's rule, which nobody who merges may ever run.

    Raises
    ------
    RepositoryError
        With the setting, and what to do.
    """
    where = str(root)
    if is_shallow:
        raise RepositoryError("its history is cut off", where=where, fix="fetch all of it: `git fetch --unshallow`")
    settings = _settings(git)
    if partial := [key for key, value in settings.items() if _is_partial(key, value)]:
        what = f"it is a partial clone ({partial[0]}): objects are missing"
        raise RepositoryError(what, where=where, fix="work in a whole clone")
    if "core.worktree" in settings:
        what = f"it is a submodule, or its work tree is set to {settings['core.worktree']}"
        raise RepositoryError(what, where=where, fix="work in a clone of its own")
    if _hooks_folder(settings, root=root, common_dir=common_dir) is None:
        what = f"its hooks lie elsewhere (core.hooksPath is {settings['core.hookspath']}), and would not be run"
        fix = "commit the edit yourself, or work in a clone without that setting (`git config --unset core.hooksPath`)"
        raise RepositoryError(what, where=where, fix=fix)


def hooks_of(git: Git, *, root: Path, common_dir: Path) -> tuple[str, ...]:
    """Return the names of the hooks in a folder of the repository's own that a commit would run."""
    folder = _hooks_folder(_settings(git), root=root, common_dir=common_dir)
    return tuple(name for name in _HOOKS if folder is not None and os.access(folder / name, os.X_OK))


def _hooks_folder(settings: Mapping[str, str], *, root: Path, common_dir: Path) -> Path | None:
    """Return where the repository's hooks lie; None where that is outside of it."""
    named = settings.get("core.hookspath")
    if named is None:
        return common_dir / "hooks"
    if named.startswith(("~", "%(")):  # git puts somebody's home, or its own folder, there
        return None
    folder = (root / named).resolve()
    return folder if folder.is_relative_to(root) or folder.is_relative_to(common_dir) else None


def _settings(git: Git) -> dict[str, str]:
    """Return what the repository itself sets, by name; git writes sections and names in lower case."""
    settings = _listed(git, "--local")
    if settings.get("extensions.worktreeconfig", "false").lower() in _TRUE:
        settings |= _listed(git, "--worktree")
    return settings


def _listed(git: Git, scope: str) -> dict[str, str]:
    said = git.read("config", "--list", scope, "-z", "--includes").decode("utf-8", "replace")
    return {key: value for key, _, value in (entry.partition("\n") for entry in said.split("\0") if entry)}


def _is_partial(key: str, value: str) -> bool:
    is_promisor = key.startswith("remote.") and key.endswith(".promisor") and value.lower() in _TRUE
    return is_promisor or key == "extensions.partialclone"
