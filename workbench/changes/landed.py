"""Whether a branch of the app has a change, however it came there: merged, rebased, picked, or squashed with others.

A commit that is in the branch's history is the plain case. Else its patch is looked for among the branch's commits by
git's patch id, which does not mind where the lines have moved to; and at last its files by what they hold.
"""

from collections.abc import Iterator
from typing import NamedTuple

from workbench.changes.repository import BRANCHES, REMOTE_BRANCHES, AppRepository
from workbench.records import Change

MOST_COMMITS = 1000
"""Newest commits on the change's files that are looked at: of one file, years."""
OF_CHANGES = "change/"
"""What branches of changes begin with."""
_SPACES = (BRANCHES, REMOTE_BRANCHES)


class Landed(NamedTuple):
    """Where a branch has a change."""

    branch: str
    """The whole name of the branch."""
    commit: str
    """The commit that brought it: its own, or the one that holds its patch."""
    reverted_by: str | None
    """The commit that took it back again; None while it stands."""
    is_end: bool = False
    """Whether all that is known is a branch, now not checked out, that ends at its commit: somebody may have merged it
    there, or only looked at it."""


def find_landed(repository: AppRepository, change: Change) -> Landed | None:
    """Return where the app's branches have a committed change, the one checked out first; None where none has it.

    A branch of a change is none of the app's; and one that ends at the change's own commit may be there to look at it,
    unless it is checked out, or is the same one or the main one of a remote. Other branches than the one that is
    checked out are asked for the patch only where the change was merged before: it may be another one that is checked
    out now.
    """
    return next(each_landed(repository, change), None)


def each_landed(repository: AppRepository, change: Change) -> Iterator[Landed]:
    """Yield where the app's branches have a change, as `find_landed`, which takes the first."""
    if change.commit is None or repository.objects.resolve(change.commit) is None:
        return
    holding = [name for name in repository.holding(change.commit, *_SPACES) if not is_of_changes(name)]
    current, is_merged = repository.branch(), change.state == "merged"
    tips = repository.tips(*_SPACES) if holding or is_merged else {}
    ends = [name for name in holding if tips.get(name) == change.commit and _short(name) not in (current, "HEAD")]
    beyond = [name for name in holding if name not in ends]
    others = [name for name in tips if is_merged and name.startswith(BRANCHES)]
    for name in dict.fromkeys((BRANCHES + current, *others)):
        if is_of_changes(name) or name in ends or (beyond and name not in beyond):
            continue
        tip = tips.get(name) or repository.head()
        if found := _in_branch(repository, change, name, tip, is_held=name in beyond):
            yield found
    if beyond:
        yield Landed(beyond[0], change.commit, None)
    elif is_merged and ends:
        yield Landed(ends[0], change.commit, None, is_end=True)


def is_of_changes(name: str) -> bool:
    """Return whether a branch, by its whole name, is one that is made here, or a copy of one on a remote."""
    return _short(name).startswith(OF_CHANGES)


def _short(name: str) -> str:
    """Return the name of a branch from its whole name, also of one on a remote."""
    if name.startswith(_SPACES[1]):
        return name.removeprefix(_SPACES[1]).partition("/")[2]
    return name.removeprefix(BRANCHES)


def _in_branch(repository: AppRepository, change: Change, branch: str, head: str, *, is_held: bool) -> Landed | None:
    objects, own = repository.objects, change.commit or ""
    if not is_held and objects.merge_base(head, change.base) is None:
        return None
    paths = sorted({edit.path for edit in change.edits})
    start = own if is_held else objects.merge_base(head, change.base) or change.base
    commits = objects.history(head, without=start, paths=paths, most=MOST_COMMITS)[::-1]
    patches = objects.patch_ids(commits, paths=paths) if commits else {}
    there, back = objects.patch_id(change.base, own, paths=paths), objects.patch_id(own, change.base, paths=paths)
    landed: str | None = own if is_held else None
    reverted: str | None = None
    for commit in commits:  # oldest first: what came last counts
        if patches.get(commit) == there:
            landed, reverted = commit, None
        elif patches.get(commit) == back and landed:
            reverted = commit
    files = objects.files(head)
    now = {path: blob.id if (blob := files.get(path)) else None for path in paths}
    if landed is None and commits and all(now[edit.path] == edit.after for edit in change.edits):
        landed = commits[-1]
    if landed and reverted is None and commits and all(now[edit.path] == edit.before for edit in change.edits):
        reverted = commits[-1]
    return Landed(branch, landed, reverted) if landed else None
