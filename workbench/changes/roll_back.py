"""Taking a merged change back: a revert commit on a branch of its own, made beside the work tree as the change was.

The app's branch is the user's: they merge the revert as they merged the change.
"""

from dataclasses import replace
from datetime import datetime

from workbench.boundaries.git_objects import Blob
from workbench.changes.commit import COMMITTER, branch_of, one_line, paragraph_of, signature, trailers_of
from workbench.changes.landed import find_landed
from workbench.changes.repository import BRANCHES, AppRepository
from workbench.changes.status import OF_ROLL_BACK
from workbench.errors import GateError, RepositoryError
from workbench.records import Change


def roll_back(repository: AppRepository, change: Change, *, reason: str, author: str, at: datetime) -> Change:
    """Commit the revert of a merged change to the branch `change/<id>-roll-back`, and return it as rolled back.

    Its parent is what is checked out. What other changes did to the same files meanwhile stays.

    Parameters
    ----------
    repository
        The app's.
    change
        A change that the app's branch has.
    reason
        Why it is taken back.
    author
        The person who signs the revert.
    at
        The time of the revert, UTC.

    Raises
    ------
    GateError
        If the app's branch has not got it, or has taken it back already.
    RepositoryError
        If later edits of the same lines conflict, or the repository is in no state for it.
    """
    ref = f"{BRANCHES}{branch_of(change.id)}-roll-back"
    landed = find_landed(repository, change)
    current = repository.branch()
    if landed is None or landed.branch != BRANCHES + current:
        fix = "check the branch out that has it, or abandon it: `workbench change abandon`"
        raise GateError(f"the branch {current} has not got it", where=change.id, fix=fix)
    if landed.reverted_by is not None:
        raise GateError(f"{landed.reverted_by[:12]} has taken it back already", where=change.id)
    repository.check_writable()
    objects, head = repository.objects, repository.head()
    without = _without(repository, change, landed.commit)
    merged = objects.merge(head, without)
    if merged.conflicts:
        what = f"later edits of the same lines conflict, in {', '.join(merged.conflicts)}"
        raise RepositoryError(what, where=change.id, fix=f"revert it by hand: `git revert {landed.commit[:12]}`")
    title, why = f'Roll back "{one_line(change.title)}"', paragraph_of(f"Reverts {landed.commit}.\n\n{reason}")
    trailers = f"{trailers_of(change)}\n{OF_ROLL_BACK}: {change.commit}"
    made = objects.write_commit(
        merged.tree,
        parents=[head],
        message=f"{title}\n\n{why}\n\n{trailers}\n",
        author=signature(author),
        committer=COMMITTER,
        at=at,
    )
    repository.point(ref, made, was=None)
    return replace(change, state="rolled_back", reverted_by=made, reason=reason)


def _without(repository: AppRepository, change: Change, landed: str) -> str:
    """Return a commit on the one that brought the change in which its files are as they were before that."""
    objects = repository.objects
    before = change.base if landed == change.commit else objects.parents(landed)[0]
    files = objects.files(before)
    entries: dict[str, Blob | None] = {edit.path: files.get(edit.path) for edit in change.edits}
    return objects.write_commit(
        objects.write_tree(landed, entries),
        parents=[landed],
        message="without\n",
        author=COMMITTER,
        committer=COMMITTER,
        at=change.at,
    )
