"""Changes merged into one commit, made from objects alone: the same changes make the same commit on every machine.

Merging goes in the order of the changes' ids, so that their order by pain, which moves from week to week, cannot move
the commit. Its parents are the version that it starts from and the commit of every change.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from workbench.boundaries.git_objects import Objects, Signature
from workbench.errors import GateError

MERGER = Signature("workbench", "")
"""Who writes the commit that a person signs."""
_STEP = "Step of a merge\n"


class Signed(NamedTuple):
    """What a merged commit says besides its tree."""

    author: Signature
    """Who signs it."""
    at: datetime
    """Its time, UTC: that of the candidate, not of the merge."""


class MergedCommit(NamedTuple):
    """What a merge came to."""

    commit: str
    tree: str


def merge(objects: Objects, commits: Mapping[str, str], *, base: str, message: str, signed: Signed) -> MergedCommit:
    """Return the commit that a version and some changes come to; deterministic.

    Parameters
    ----------
    objects
        The objects of the app's repository; only objects are written, no reference.
    commits
        The commit of each change, by its id.
    base
        The version that they are merged into.
    message
        What the commit says.
    signed
        Who signs it, and its time.

    Raises
    ------
    GateError
        If two of them cannot be merged.
    """
    tree, current = objects.tree(base), base
    for change, commit in sorted(commits.items()):
        merged = objects.merge(current, commit)
        if merged.conflicts:
            fix = "leave one out, or make one change of the two"
            raise GateError(f"{change} cannot be merged: {', '.join(merged.conflicts)}", where=base[:12], fix=fix)
        tree, current = merged.tree, _commit(objects, merged.tree, [current, commit], _STEP, signed)
    parents = [base, *(commit for _, commit in sorted(commits.items()))]
    return MergedCommit(_commit(objects, tree, parents, message, signed), tree)


def _commit(objects: Objects, tree: str, parents: Sequence[str], message: str, signed: Signed) -> str:
    return objects.write_commit(
        tree, parents=parents, message=message, author=signed.author, committer=MERGER, at=signed.at
    )
