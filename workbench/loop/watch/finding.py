"""Watches as they are named, and which of them goes on."""

from workbench.records import Watch, none_or_several
from workbench.store import Workspace


def watches(workspace: Workspace) -> list[Watch]:
    """Return all watches in their newest revision, oldest first."""
    return sorted(workspace.ledger.latest(Watch), key=lambda one: one.id)


def find_watch(workspace: Workspace, watch_id: str) -> Watch:
    """Return a watch in its newest revision, by its id, a beginning of it, or its issue's.

    Of several of one issue it is the newest.

    Raises
    ------
    ConfigError
        If there is none, or those of several issues begin so.
    """
    found = [one for one in watches(workspace) if watch_id and one.id.startswith(watch_id)]
    found = found or [one for one in watches(workspace) if watch_id and one.issue_id.startswith(watch_id)]
    exact = [one for one in found if one.id == watch_id]
    if not found or (not exact and len({one.issue_id for one in found}) > 1):
        fix = "`workbench watch list` names them"
        raise none_or_several([one.id for one in found], f"watch == {watch_id!r}", word="watch", fix=fix)
    return (exact or found)[-1]


def ended(watch: Watch) -> bool:
    """Return whether a watch is over: what is back is an issue again. What is gone is watched on."""
    return watch.state == "reopened"
