"""Which changes could be released, in bundles that belong together, and which could not, with the reason."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from workbench.loop.named import app_of
from workbench.loop.release.gate import wrong_with
from workbench.loop.release.touches import touched
from workbench.records import Change, Issue
from workbench.releases import Bundle, Conflict, PainOf, bundle, conflicts, not_measured
from workbench.store import Workspace


class Bundled(NamedTuple):
    """What could be released."""

    bundles: tuple[Bundle, ...]
    """Changes that belong together, those for the greatest pain first."""
    conflicts: tuple[Conflict, ...]
    """Where any two of them meet, what keeps them apart first."""
    left_out: Mapping[str, tuple[str, ...]]
    """Changes that cannot be released now, and why, a sentence each."""


def bundle_changes(workspace: Workspace, *, now: datetime, pain: PainOf = not_measured) -> Bundled:
    """Return the changes that are committed, in bundles that belong together; read-only.

    Parameters
    ----------
    workspace
        Its ledger and its app's repository are read.
    now
        The time, UTC.
    pain
        The pain of issues.

    Raises
    ------
    RepositoryError
        If the app's repository cannot be read.
    """
    repository = app_of(workspace)
    waiting = [change for change in workspace.ledger.latest(Change) if change.state in ("draft", "committed")]
    wrong = wrong_with(workspace, repository, waiting, base=repository.head(), now=now)
    able = touched(repository, [change for change in waiting if not wrong[change.id]])
    return Bundled(
        bundle(able, clusters=_clusters(workspace), pain=pain),
        conflicts(able, objects=repository.objects),
        {change: tuple(whats) for change, whats in wrong.items() if whats},
    )


def _clusters(workspace: Workspace) -> dict[str, frozenset[str]]:
    """Return the clusters that each issue was ever seen in."""
    found: dict[str, set[str]] = {}
    for issue in workspace.ledger.revisions(Issue):
        found.setdefault(issue.id, set()).add(issue.cluster_id)
    return {issue: frozenset(clusters) for issue, clusters in found.items()}
