"""What git says of a change now: its branch goes on, was deleted, is merged or taken back, or holds something else.

People work on branches with their own tools. The record of a change follows them, as far as what they did is still an
edit of the app's files that could have been committed here; where it is not, the record stays, and it is said.
"""

from dataclasses import replace
from typing import Literal, NamedTuple

from workbench.changes.commit import OF_CHANGE, branch_of, committed, edits_of, trailers_in
from workbench.changes.edits import problems
from workbench.changes.landed import each_landed, find_landed
from workbench.changes.repository import BRANCHES, REMOTE_BRANCHES, AppRepository
from workbench.errors import RepositoryError
from workbench.records import Change

OF_ROLL_BACK = "Workbench-Rolls-Back"
"""Trailer of a revert: the commit of the change that it takes back."""
MOST_ON_BRANCH = 1000
"""Commits of a change's branch that are looked at."""
StatusKind = Literal["same", "found", "moved", "merged", "reverted", "gone", "differs"]
"""same: as it is recorded. found: the commit of a draft is there, its record was cut short. moved: people went on with
its branch. merged, reverted: a branch of the app has it, or has taken it back. gone: its branch was deleted; what that
means, a person says, as it may be merged where this clone has not looked yet. differs: its branch holds what cannot be
a change; the record stays."""


class Status(NamedTuple):
    """What git says of one change."""

    kind: StatusKind
    change: Change
    """The change as it is to be recorded now."""
    said: str
    """What was found, in words; empty where all is as recorded."""


def status(repository: AppRepository, change: Change) -> Status:
    """Return what git says of a change; nothing is written.

    Raises
    ------
    RepositoryError
        If no branch of the app is checked out, or git refuses.
    """
    if change.state == "abandoned":
        return Status("same", change, "")
    if change.state == "rolled_back":
        return _of_rolled_back(repository, change)
    ref = BRANCHES + branch_of(change.id)
    tips = repository.tips(ref, f"{ref}-roll-back")
    tip = tips.get(ref)
    if change.state == "draft":
        return Status("same", change, "") if tip is None else _of_draft(repository, change, tip)
    if (revert := tips.get(f"{ref}-roll-back")) and change.commit in _rolled_back(repository, revert):
        back = replace(change, state="rolled_back", reverted_by=revert)
        return Status("reverted", back, f"it was rolled back by {revert[:12]}")
    landed = find_landed(repository, change)
    if landed is not None and landed.reverted_by is not None:
        said = f"{_short(landed.branch)} has taken it back in {landed.reverted_by[:12]}"
        back = replace(change, state="rolled_back", reverted_by=landed.reverted_by, reason=change.reason or said)
        return Status("reverted", back, said)
    if landed is not None:
        said = f"{_short(landed.branch)} has it"
        is_known = change.state == "merged"
        return Status("same" if is_known else "merged", replace(change, state="merged"), "" if is_known else said)
    if tip is None:
        again = f"git branch {change.branch} {(change.commit or '')[:12]}"
        return Status("gone", change, f"its branch was deleted, and no branch here has it: abandon it, or `{again}`")
    if tip != change.commit:
        return _of_moved(repository, change, tip)
    if change.state == "merged":
        return Status("moved", replace(change, state="committed"), "no branch of the app has it any more")
    return Status("same", change, "")


def own_commit(repository: AppRepository, change: Change, tip: str) -> str | None:
    """Return the commit between a change's base and a tip of its branch that names the change; None for none."""
    objects = repository.objects
    if not objects.is_ancestor(change.base, tip):
        return None
    for commit in objects.history(tip, without=change.base, paths=(), most=MOST_ON_BRANCH)[::-1]:
        if change.id in trailers_in(objects.message(commit)).get(OF_CHANGE, ()):
            return commit
    return None


def _of_draft(repository: AppRepository, change: Change, tip: str) -> Status:
    made = own_commit(repository, change, tip)
    if made is None or repository.objects.parents(made) != (change.base,):
        return Status("differs", change, f"its branch is there ({tip[:12]}), and is not its own")
    found = Status("found", committed(repository, change, made), f"its commit {made[:12]} is there")
    if made != tip:
        return _of_moved(repository, found.change, tip)
    if wrong := _wrong(repository, change.base, made):  # its trailer may have been written by hand
        return Status("differs", change, f"its branch holds {made[:12]}, which cannot be a change: {wrong}")
    return found


def _of_rolled_back(repository: AppRepository, change: Change) -> Status:
    """Follow a revert on a branch of its own: where that one was deleted unmerged, nothing was taken back."""
    same, revert = Status("same", change, ""), change.reverted_by
    if revert and repository.objects.resolve(revert) and repository.holding(revert, BRANCHES, REMOTE_BRANCHES):
        return same
    landed = list(each_landed(repository, replace(change, state="merged")))
    if not landed or any(one.reverted_by or one.is_end for one in landed):  # the revert may be squashed in one
        return same
    said = f"its roll-back {(revert or '')[:12]} is on no branch any more, and {_short(landed[0].branch)} has it"
    return Status("merged", replace(change, state="merged", reverted_by=None, reason=""), said)


def _of_moved(repository: AppRepository, change: Change, tip: str) -> Status:
    """Follow people who committed more to the branch, amended it or set it on another base."""
    met = repository.objects.merge_base(repository.head(), tip)
    is_later = met not in (None, tip) and not repository.objects.is_ancestor(met or tip, change.base)
    base = met if met and is_later else change.base
    before = replace(change, base=base)
    if own_commit(repository, before, tip) is None:
        return Status("differs", change, f"its branch holds {tip[:12]}, in which nothing names this change")
    if wrong := _wrong(repository, base, tip):
        return Status("differs", change, f"its branch holds {tip[:12]}, which cannot be a change: {wrong}")
    moved = replace(before, state="committed", commit=tip, edits=edits_of(repository, base, tip))
    return Status("moved", moved, f"people went on with its branch to {tip[:12]}")


def _wrong(repository: AppRepository, base: str, tip: str) -> str:
    """Return what of a branch could not have been committed here; empty for nothing."""
    objects = repository.objects
    contents = {
        one.path: None if one.after is None else _content(repository, tip, one.path)
        for one in objects.differences(base, tip)
    }
    return "; ".join(problems(repository, base, contents))


def _content(repository: AppRepository, commit: str, path: str) -> bytes:
    try:
        return repository.read(commit, path)
    except RepositoryError:  # a link or a submodule: it has no text, and is said to be none of the app's files
        return b""


def _rolled_back(repository: AppRepository, revert: str) -> tuple[str, ...]:
    return trailers_in(repository.objects.message(revert)).get(OF_ROLL_BACK, ())


def _short(ref: str) -> str:
    return ref.removeprefix(BRANCHES).removeprefix(REMOTE_BRANCHES)
