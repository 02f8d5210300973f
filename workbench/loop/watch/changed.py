"""Which part of the traffic has a change, and since when: what was shipped is not live until the traffic says so."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl

from workbench.changes.repository import AppRepository
from workbench.changes.versions import Held
from workbench.errors import InsufficientDataError, RepositoryError
from workbench.loop.refine.app_versions import app_versions
from workbench.loop.refine.change_records import app_of
from workbench.records import Change, Watch
from workbench.schemas import SPANS
from workbench.store import Workspace
from workbench.windows import Window


class Live(NamedTuple):
    """What of the traffic has the change."""

    versions: tuple[str, ...]
    """Prompt versions or releases, sorted; empty: all from `since` on."""
    since: datetime
    """Its first moment, UTC."""


def live(workspace: Workspace, changes: Sequence[Change], *, version: str = "", since: datetime | None = None) -> Live:
    """Return which traffic has all of some changes.

    Parameters
    ----------
    workspace
        Its traffic, and the app's repository.
    changes
        The changes.
    version
        The prompt version or release that has them; empty: what the app's history says.
    since
        From when on all traffic has them; None: since the version is seen.

    Raises
    ------
    InsufficientDataError
        If no such version is in the traffic, or the history tells none and none is named.
    """
    if since is not None and not version:
        return Live((), since)
    named = (version,) if version else _by_history(workspace, changes)
    if not named:
        what = "no prompt version of the traffic is known to have the change"
        fix = "once it is live, name its prompt version or release with `--version`, or its moment with `--since`"
        raise InsufficientDataError(what, where=", ".join(one.id for one in changes), fix=fix)
    is_of = pl.col("prompt_version").is_in(list(named)) | pl.col("release").is_in(list(named))
    starts = workspace.telemetry.scan(SPANS).filter(is_of, pl.col("time_known")).select(pl.col("started_at").min())
    first = starts.collect(engine="streaming").item()
    if first is None:
        fix = "ingest the traffic since, or name another version: `workbench change versions` lists those seen"
        raise InsufficientDataError(f"no traffic of version {named[0]} was seen yet", fix=fix)
    return Live(tuple(sorted(named)), since or first)


def followed(workspace: Workspace, watch: Watch) -> tuple[str, ...]:
    """Return the versions of the traffic that a watch looks at, sorted: those it began with, and all that came later.

    What shipped stays in what follows it, so that a version that is seen first after the ship is one with the change,
    unless the app's history knows it and has it without. Where the watch names no version, none is returned.
    """
    later = _later(workspace, watch)
    if not later:
        return watch.versions
    changes = [one for one in workspace.ledger.latest(Change) if one.id in watch.change_ids]
    try:
        repository, seen = app_of(workspace), app_versions(workspace, window=Window(watch.since))
    except RepositoryError:
        return tuple(sorted({*watch.versions, *later}))
    without = {
        one.seen.version for one in seen if one.held and not any(_has(repository, held, changes) for held in one.held)
    }
    return tuple(sorted({*watch.versions, *(later - without)}))


def _later(workspace: Workspace, watch: Watch) -> set[str]:
    """Return the versions that are seen first after the ship, named as the watch names its own."""
    spans, later = workspace.telemetry.scan(SPANS).filter("time_known"), set[str]()
    for column in ("prompt_version", "release"):
        first = spans.group_by(name=column).agg(pl.col("started_at").min()).drop_nulls().collect(engine="streaming")
        if first["name"].is_in(list(watch.versions)).any():
            later |= set(first.filter(pl.col("started_at") > watch.since)["name"])
    return later - set(watch.versions)


def _by_history(workspace: Workspace, changes: Sequence[Change]) -> tuple[str, ...]:
    try:
        repository, seen = app_of(workspace), app_versions(workspace)
    except RepositoryError:
        return ()
    return tuple(
        one.seen.version
        for one in seen
        if one.seen.version and one.held and all(_has(repository, held, changes) for held in one.held)
    )


def _has(repository: AppRepository, held: Held, changes: Sequence[Change]) -> bool:
    """Return whether a commit has all changes: it comes after each of them. A branch that never ran has none."""
    commits = [change.commit for change in changes]
    return not held.is_proposed and all(
        commit is not None and repository.objects.is_ancestor(commit, of=held.commit) for commit in commits
    )
