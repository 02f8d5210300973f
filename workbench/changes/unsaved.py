"""Whether the app's files are as they are committed: in the index and in the work tree.

A change starts from a commit. Where the files before the user say something else, it would start from what they do not
see, and what the app runs has no version. Their bytes are compared here rather than asked of `git status`, which runs
the filters and monitors that a repository names.
"""

import os
import stat
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from workbench.boundaries.git import Git
from workbench.boundaries.git_objects import LINK, Blob, Objects
from workbench.errors import RepositoryError

_CONVERTING = ("filter", "working-tree-encoding", "ident")
"""Attributes by which a file lies in the work tree otherwise than in git."""
_COMMIT = "commit it, or put it away (`git stash`)"


class _Staged(NamedTuple):
    """One entry of the index."""

    blob: Blob
    stage: str
    """0, or the side of a conflict."""
    is_skipped: bool
    """Whether it is left out of a sparse work tree."""


def check_saved(git: Git, objects: Objects, *, head: str, root: Path, is_app_file: Callable[[str], bool]) -> None:
    """Check that the app's files in index and work tree are those of a commit, and plain files that git keeps as are.

    Parameters
    ----------
    git
        Git in the repository.
    objects
        What it holds.
    head
        The commit that is checked out.
    root
        The top of the work tree.
    is_app_file
        Tells of a path whether it is the app's.

    Raises
    ------
    RepositoryError
        With the first file that is not, and what to do.
    """
    where = str(root)
    committed = {path: blob for path, blob in objects.files(head).items() if is_app_file(path)}
    _check_plain(git, committed, where=where)
    staged = _index(git)
    if conflicts := [path for path, entry in staged.items() if entry.stage != "0"]:
        raise RepositoryError(f"{conflicts[0]} has a conflict", where=where, fix="resolve it, and commit")
    ours = {path: entry for path, entry in staged.items() if is_app_file(path)}
    for path in sorted({*committed, *ours}):
        if path not in ours or ours[path].blob != committed.get(path):
            raise RepositoryError(f"{path} is staged and not committed", where=where, fix=_COMMIT)
    contents = objects.read_many(blob.id for blob in committed.values())
    for path, blob in committed.items():
        if not _is_as_committed(root, path, contents[blob.id], is_skipped=ours[path].is_skipped):
            raise RepositoryError(f"{path} has changes that are not committed", where=where, fix=_COMMIT)
    others = git.read("ls-files", "-z", "--others", "--exclude-standard").decode("utf-8", "surrogateescape")
    if untracked := [path for path in others.split("\0") if is_app_file(path)]:
        raise RepositoryError(f"{untracked[0]} is not under git yet", where=where, fix="commit it, or move it away")


def same_on_some_disks(paths: Iterable[str]) -> tuple[str, str] | None:
    """Return two paths that differ only in capitals or in how their accents are written; None where none do."""
    seen: dict[str, str] = {}
    for path in paths:
        key = unicodedata.normalize("NFC", path.casefold())
        if key in seen:
            return seen[key], path
        seen[key] = path
    return None


def _check_plain(git: Git, committed: Mapping[str, Blob], *, where: str) -> None:
    if links := [path for path, blob in committed.items() if blob.mode == LINK]:
        raise RepositoryError(f"{links[0]} is a symbolic link", where=where, fix="commit the file itself in its place")
    if twins := same_on_some_disks(committed):
        what = f"{twins[0]} and {twins[1]} are one file on a disk that does not tell capitals apart"
        raise RepositoryError(what, where=where, fix="rename one of them")
    given = "\0".join(committed).encode("utf-8", "surrogateescape")
    said = git.read("check-attr", "-z", "--stdin", *_CONVERTING, given=given).decode("utf-8", "surrogateescape")
    parts = said.split("\0")
    for path, attribute, value in zip(parts[::3], parts[1::3], parts[2::3], strict=False):
        if value not in {"unspecified", "unset"}:
            what = f"git keeps {path} otherwise than it lies in the work tree ({attribute}={value})"
            raise RepositoryError(what, where=where, fix="take the attribute away from it in .gitattributes")


def _index(git: Git) -> dict[str, _Staged]:
    listed = git.read("ls-files", "-z", "-s", "-t").decode("utf-8", "surrogateescape").split("\0")
    staged = {}
    for about, _, path in (line.partition("\t") for line in listed if line):
        tag, mode, blob, stage = about.split(" ")
        staged[path] = _Staged(Blob(mode, blob), stage, tag == "S")
    return staged


def _is_as_committed(root: Path, path: str, content: bytes, *, is_skipped: bool) -> bool:
    """Return whether a file of the work tree is a plain one with this content; its line ends may be others."""
    place = root / path
    if is_skipped and not os.path.lexists(place):
        return True
    if Path(os.path.realpath(place.parent)) != place.parent:  # through a link it is another file
        return False
    try:
        handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return False
        found = file.read(2 * len(content) + 1)  # no more than if each byte were a line's end
    return found == content or found.replace(b"\r\n", b"\n") == content.replace(b"\r\n", b"\n")
