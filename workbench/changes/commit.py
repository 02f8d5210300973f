"""The commit of a change: on a branch of its own, made beside the work tree and the index, and the same every time.

Author, time, message and parent follow from the record. So a commit that a kill cut short is made again as the same
object, and nobody can find two of them.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from workbench.boundaries.display import visible
from workbench.boundaries.git_objects import FILE, Blob, Signature
from workbench.changes.edits import check_edits
from workbench.changes.repository import BRANCHES, AppRepository
from workbench.errors import ConfigError, GateError, RepositoryError
from workbench.records import Change, FileEdit

OF_ISSUE, OF_CHANGE, OF_LEDGER = "Workbench-Issue", "Workbench-Change", "Workbench-Ledger"
"""Trailers of a commit: its issues, one each; its change; the head of the ledger when it was begun."""
COMMITTER = Signature("workbench", "")
"""Who writes the commit that a person signs."""
_CHANGE_ID = re.compile(r"chg_\d{8}T\d{6}_[a-z2-7]{10}")
_NOT_IN_NAMES = re.compile(r"[<>\x00-\x1f\x7f]+")
_TRAILER = re.compile(r"([A-Za-z][A-Za-z-]*): (.*)")


def commit(repository: AppRepository, change: Change, contents: Mapping[str, bytes | None]) -> Change:
    """Commit a draft to its branch, and return it as committed; a repetition makes the same commit.

    Parameters
    ----------
    repository
        The app's: its work tree, index and all other references stay as they are.
    change
        The draft.
    contents
        What each edited file is to hold, by path; None takes it out.

    Raises
    ------
    GateError
        If the change is no draft.
    ConfigError
        If the edit touches other files than the app's, leaves one broken, or changes nothing.
    RepositoryError
        If the repository is in no state for it, or its branch is there with something else in it.
    """
    if change.state != "draft":
        raise GateError(f"it is {change.state} and no draft", where=change.id, fix="begin another change")
    ref = BRANCHES + branch_of(change.id)
    repository.check_writable()
    if repository.objects.resolve(change.base) is None:
        raise RepositoryError(f"the commit {change.base[:12]} that it starts from is gone", where=change.id)
    check_edits(repository, change.base, contents)
    files = repository.objects.files(change.base)
    entries = {
        path: None if content is None else Blob(_mode(files.get(path)), repository.objects.write(content))
        for path, content in contents.items()
    }
    made = repository.objects.write_commit(
        repository.objects.write_tree(change.base, entries),
        parents=[change.base],
        message=message_of(change),
        author=signature(change.author),
        committer=COMMITTER,
        at=change.at,
    )
    if repository.tips(ref).get(ref) != made:
        repository.point(ref, made, was=None)
    return committed(repository, change, made)


def committed(repository: AppRepository, change: Change, made: str) -> Change:
    """Return a change with a commit of its branch, and what that one edits."""
    return replace(change, state="committed", commit=made, edits=edits_of(repository, change.base, made))


def edits_of(repository: AppRepository, base: str, made: str) -> tuple[FileEdit, ...]:
    """Return the app's files that differ between two commits, by path."""
    return tuple(
        FileEdit(one.path, kind, one.before and one.before.id, one.after and one.after.id)
        for one in repository.objects.differences(base, made)
        if (kind := repository.kind_of(one.path)) is not None
    )


def branch_of(change_id: str) -> str:
    """Return the name of a change's branch.

    Raises
    ------
    ValueError
        If the id has not the form of a change's: nothing else becomes a part of a reference or of a path.
    """
    if not _CHANGE_ID.fullmatch(change_id):
        raise ValueError(f"id == {change_id!r}, must be chg_, a time and ten letters")
    return f"change/{change_id}"


def message_of(change: Change) -> str:
    """Return the message of a change's commit: title, why, and as trailers what it is for."""
    why = [paragraph_of(change.why)] if change.why.strip() else []
    return "\n\n".join([one_line(change.title), *why, trailers_of(change)]) + "\n"


def trailers_of(change: Change) -> str:
    """Return the trailers that link a commit to its change."""
    lines = [f"{OF_ISSUE}: {issue}" for issue in change.issue_ids]
    lines += [f"{OF_CHANGE}: {change.id}", f"{OF_LEDGER}: {change.ledger_head}"]
    return "\n".join(lines)


def trailers_in(message: str) -> dict[str, tuple[str, ...]]:
    """Return the trailers of a commit's message, values by name: what stands in its last paragraph alone."""
    found: dict[str, tuple[str, ...]] = {}
    for line in message.strip().split("\n\n")[-1].split("\n"):
        if trailer := _TRAILER.fullmatch(line):
            found[trailer[1]] = (*found.get(trailer[1], ()), trailer[2])
    return found


def one_line(text: str) -> str:
    """Return a text for the first line of a commit: its spaces made one, hidden characters made visible."""
    return visible(" ".join(text.split()))


def paragraph_of(text: str) -> str:
    """Return a text for the body of a commit: none of its lines can be taken for a trailer or for a patch."""
    lines = visible(text.strip(), keep="\n\t").split("\n")
    return "\n".join(f" {line}" if line.startswith(("Workbench-", "---", "diff ")) else line for line in lines)


def signature(name: str) -> Signature:
    """Return who signs a commit; the name is an e-mail address too where it has the form of one.

    Raises
    ------
    ConfigError
        If the name has neither letter nor digit.
    """
    plain = " ".join(_NOT_IN_NAMES.sub(" ", visible(name)).split())
    if not any(character.isalnum() for character in plain):
        raise ConfigError(f"author == {name!r}, must be a name", fix="say who signs the change")
    return Signature(plain, plain if "@" in plain and " " not in plain else "")


def _mode(entry: Blob | None) -> str:
    return FILE if entry is None else entry.mode
