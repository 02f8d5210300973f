"""Whether an edit may be committed: it touches the app's files alone, leaves each whole, and says something new.

What is wrong is said before anything is written, so that no experiment fails for a comma.
"""

import unicodedata
from collections.abc import Mapping

from workbench.boundaries.display import visible
from workbench.boundaries.git_objects import FILE, LINK, PROGRAM, SUBMODULE, Blob
from workbench.changes.app_files import MAX_BYTES, AppFile, kind_of, read_text
from workbench.changes.check import check
from workbench.changes.repository import AppRepository
from workbench.changes.unsaved import same_on_some_disks
from workbench.errors import ConfigError, RecordError

_FORBIDDEN = frozenset('\\:*?"<>|')
"""Characters that a file's name cannot have on Windows."""
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MAX_PART = 200
"""Bytes of one part of a path: file systems take 255, and some add to it."""


def check_edits(repository: AppRepository, base: str, contents: Mapping[str, bytes | None]) -> None:
    """Check that an edit of a version may be committed.

    Parameters
    ----------
    repository
        The app's.
    base
        The commit that is edited.
    contents
        What each edited file is to hold, by path; None takes it out.

    Raises
    ------
    ConfigError
        With all that is wrong, a file at a time.
    """
    wrong = problems(repository, base, contents)
    if wrong:
        raise ConfigError("; ".join(wrong), where=str(repository.root), fix="mend the edit; nothing was committed")


def problems(repository: AppRepository, base: str, contents: Mapping[str, bytes | None]) -> list[str]:
    """Return what is wrong with an edit of a version, a sentence each; empty where nothing is."""
    files = repository.objects.files(base)
    held = repository.objects.read_many(
        files[path].id for path in contents if path in files and files[path].mode in (FILE, PROGRAM)
    )
    wrong = [
        f"{visible(path)}: {what}"
        for path, content in sorted(contents.items())
        for what in _of_file(repository, path, content, files)
    ]
    if wrong:
        return wrong
    if all(content == (held[files[path].id] if path in files else None) for path, content in contents.items()):
        return ["the edit changes nothing"]
    twins = same_on_some_disks({*files, *(path for path, content in contents.items() if content is not None)})
    if twins and not {*twins} <= {*files}:
        return [f"{twins[0]} and {twins[1]} are one file on a disk that does not tell capitals apart"]
    return []


def _of_file(repository: AppRepository, path: str, content: bytes | None, files: Mapping[str, Blob]) -> list[str]:
    kind = kind_of(path, repository.layout)
    if kind is None:
        return ["is none of the app's files (prompts, tools, guardrails, settings)"]
    entry = files.get(path)
    if entry is None and (what := _of_name(path)):
        return [what]
    if entry is not None and entry.mode in (LINK, SUBMODULE):
        return ["is a symbolic link or a submodule"]
    if any(other.startswith(f"{path}/") or path.startswith(f"{other}/") for other in files):
        return ["is a folder in the version, or lies in what is a file or a submodule there"]
    if content is None:
        return [] if entry is not None else ["is not there, and cannot be taken out"]
    if len(content) > MAX_BYTES:
        return [f"has {len(content)} bytes, must be at most {MAX_BYTES}"]
    try:
        return check(AppFile(path=path, kind=kind, text=read_text(content)))
    except RecordError as error:
        return [str(error)]


def _of_name(path: str) -> str:
    """Return what is wrong with the path of a new file; empty where nothing is."""
    for part in path.split("/"):
        is_hidden = any(unicodedata.category(one) in _HIDDEN or one in _FORBIDDEN for one in part)
        if is_hidden or part.strip(". ") != part or part.startswith("-") or len(part.encode()) > _MAX_PART:
            return 'its name must be plain: no leading dash or dot, no control character, none of \\ : * ? " < > |'
    return ""
