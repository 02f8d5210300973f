"""What of reviews is a user's: notes that reviewers began on their traces, on what stands on these, or that name them.

What was said is in the ledger, and goes with its other quoted texts; of an item its chance stays.
"""

from workbench.loop.erase.left_of_clusters import Judged, Left
from workbench.store import Belongings, Names, Workspace
from workbench.store.ledger import Quoted
from workbench.store.seats import Draft


def drafts_of(workspace: Workspace, left: Left, rows: Belongings, names: Names, *, judged: Judged) -> tuple[Draft, ...]:
    """Return the notes that go; read-only.

    Parameters
    ----------
    workspace
        The workspace.
    left
        What remains of the clusters that hold findings of theirs.
    rows
        What of the tables is theirs.
    names
        What names them.
    judged
        The causes and issues that items are about.
    """
    drafts = workspace.reservations.drafts()
    about = {review_id: _items(workspace, review_id) for review_id in {draft.review_id for draft in drafts}}

    def is_theirs(draft: Draft) -> bool:
        target_id, cluster_id = about[draft.review_id].get(draft.place, ("", None))
        said = Quoted("", "draft", {"id": "", "target_id": target_id, "cluster_id": cluster_id}, draft.text)
        return left.is_theirs(said, rows, names, judged=judged)

    return tuple(filter(is_theirs, drafts))


def _items(workspace: Workspace, review_id: str) -> dict[int, tuple[str, str | None]]:
    """Return what is judged at each place of a review, and its cluster."""
    items = workspace.review_items.of(review_id).select("place", "target_id", "cluster_id")
    return {place: (target_id, cluster_id) for place, target_id, cluster_id in items.iter_rows()}
