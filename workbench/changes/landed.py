"""Whether a branch of the app has a change, however it came there: merged, rebased, picked, or squashed with others.

A commit that is in the branch's history is the plain case. Else its patch is looked for among the branch's commits by
git's patch id, which does not mind where the lines have moved to; and at last its files by what they hold.
"""

from typing import NamedTuple

from workbench.changes.repository import BRANCHES, AppRepository
from workbench.records import Change

MOST_COMMITS = 1000
"""Newest commits on the change's files that are looked at: of one file, years."""
OF_CHANGES = "change/"
"""What branches of changes begin with."""
_SPACES = (BRANCHES, "refs/remotes/")


class Landed(NamedTuple):
    """Where a branch has a change."""

    branch: str
    """The whole name of the branch."""
    commit: str
    """The commit that brought it: its own, or the one that holds its patch."""
    reverted_by: str | None
    """The commit that took it back again; None while it stands."""


def find_landed(repository: AppRepository, change: Change) -> Landed | None:
    """Return where the app's branches have a committed change, the one checked out first; None where none has it.

    A branch of a change is none of the app's. Other branches than the one that is checked out are asked for the patch
    only where the change was merged before: it may be another one that is checked out now.
    """
    if change.commit is None or repository.objects.resolve(change.commit) is None:
        return None
    holding = [name for name in repository.holding(change.commit, *_SPACES) if not is_of_changes(name)]
    current = BRANCHES + repository.branch()
    others = repository.tips(BRANCHES) if change.state == "merged" else {}
    for name in dict.fromkeys((current, *others)):
        tip = others.get(name) or repository.head()
        if is_of_changes(name) or (holding and name not in holding):
            continue
        if found := _in_branch(repository, change, name, tip, is_held=name in holding):
            return found
    return Landed(holding[0], change.commit, None) if holding else None


def is_of_changes(name: str) -> bool:
    """Return whether a branch, by its whole name, is one that is made here, or a copy of one on a remote."""
    short = name.removeprefix(BRANCHES)
    if name.startswith(_SPACES[1]):
        short = name.removeprefix(_SPACES[1]).partition("/")[2]
    return short.startswith(OF_CHANGES)


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
