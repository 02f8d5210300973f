"""Which part of the traffic has a change, and since when: what was shipped is not live until the traffic says so."""

from collections.abc import Sequence
from datetime import datetime
from shlex import quote
from typing import NamedTuple

import polars as pl

from workbench.boundaries.display import shorten, visible
from workbench.changes.landed import find_landed
from workbench.changes.repository import AppRepository
from workbench.changes.versions import Held, Resolved
from workbench.errors import InsufficientDataError, RepositoryError
from workbench.loop.named import app_of
from workbench.loop.refine.app_versions import app_versions
from workbench.records import Change, Watch
from workbench.schemas import SPANS
from workbench.store import Workspace
from workbench.windows import Window

_NAMED = (("prompt_version", "prompt version"), ("release", "release"))
"""Where spans name a version, and what it is called."""
MOST_RELEASES = 100
"""Newest ones that are looked for in the app's repository: git is asked about each."""
SHORTEST_ID = 7
"""Of a commit's id cut short, as git cuts it: a shorter one may as well be a year."""
MOST_SHOWN, MOST_CHARACTERS = 5, 60
"""Of versions that a message names, and of the name of one."""


class Live(NamedTuple):
    """What of the traffic has the change."""

    versions: tuple[str, ...]
    """Prompt versions or releases, sorted; empty: all from `since` on."""
    since: datetime
    """Its first moment, UTC."""


class _Brought(NamedTuple):
    """What brought a change into the app."""

    own: str
    """The change's own commit."""
    landed: str | None
    """That which brought it to a branch of the app, squashed or picked; None where none has it."""

    def is_in(self, repository: AppRepository, commit: str) -> bool:
        """Return whether a commit comes after either."""
        return any(repository.objects.is_ancestor(one, of=commit) for one in (self.own, self.landed) if one)


def live(
    workspace: Workspace,
    changes: Sequence[Change],
    *,
    shipped_at: datetime,
    version: str = "",
    since: datetime | None = None,
) -> Live:
    """Return which traffic has all of some changes.

    Parameters
    ----------
    workspace
        Its traffic, and the app's repository.
    changes
        The changes.
    shipped_at
        When it was decided that they ship, UTC.
    version
        The prompt version or release that has them; empty: what the app's history says.
    since
        From when on all traffic has them; None: since the version is seen.

    Raises
    ------
    InsufficientDataError
        If no such version is in the traffic, or the history tells none and none is named; it says what to type.
    """
    if since is not None and not version:
        return Live((), since)
    named = (version,) if version else _by_history(workspace, changes)
    if not named:
        what = "the app's history tells no version of the traffic that has the change"
        fix = _to_type(workspace, changes, shipped_at=shipped_at)
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
    unless the app's history knows it and has it without. The history is believed only where it has the change in a
    version that is watched: of a squash with other edits it tells nothing, no version has the change by it, and nothing
    new would be watched any more. Where the watch names no version, none is returned.
    """
    later = _later(workspace, watch)
    if not any(later.values()):
        return watch.versions
    changes = [one for one in workspace.ledger.latest(Change) if one.id in watch.change_ids]
    try:
        repository, seen = app_of(workspace), app_versions(workspace, window=Window(watch.since))
        brought = _brought(repository, changes)
    except RepositoryError:
        told: dict[str, dict[str, bool]] = {}
    else:
        told = {"prompt_version": _prompts(repository, seen, brought)}
        told["release"] = _releases(workspace, repository, brought) if later["release"] else {}
    kept = set(watch.versions)
    for column, names in later.items():
        has = told.get(column, {})
        is_told = any(has.get(name) for name in watch.versions)
        kept |= {name for name in names if has.get(name) is not False or not is_told}
    return tuple(sorted(kept))


def _later(workspace: Workspace, watch: Watch) -> dict[str, set[str]]:
    """Return by column the versions that are seen first after the ship, of those by which the watch names its own."""
    later = dict[str, set[str]]()
    for column, _ in _NAMED:
        first, own = _first_seen(workspace, column), set(watch.versions)
        is_named = not own.isdisjoint(first)
        later[column] = {name for name, at in first.items() if is_named and at > watch.since} - own
    return later


def _first_seen(workspace: Workspace, column: str) -> dict[str, datetime]:
    """Return when each version that the traffic names in a column was seen first."""
    spans = workspace.telemetry.scan(SPANS).filter("time_known")
    first = spans.group_by(name=column).agg(pl.col("started_at").min()).drop_nulls().collect(engine="streaming")
    return dict(first.iter_rows())


def _to_type(workspace: Workspace, changes: Sequence[Change], *, shipped_at: datetime) -> str:
    """Return which command begins the watch, by what the traffic has shown since the change shipped."""
    start = f"workbench watch start {changes[0].id}" if changes else "workbench watch start ISSUE"
    firsts = [(at, what, name) for column, what in _NAMED for name, at in _first_seen(workspace, column).items()]
    new = sorted(one for one in firsts if one[0] >= shipped_at)[:MOST_SHOWN]
    if not new:
        return (
            f"no version was seen first since it shipped ({shipped_at:%Y-%m-%d %H:%M}): bring in the traffic that has "
            f"it, and try again; or say which has it, `{start} --version V`, or since when all has it, `--since TIME`"
        )
    told = ", ".join(f"{what} {shorten(name, MOST_CHARACTERS)} ({at:%Y-%m-%d %H:%M})" for at, what, name in new)
    typed = next((name for _, _, name in new if name == visible(shorten(name, MOST_CHARACTERS))), None)
    if typed is None:
        fix = f"nobody could type such a name; say since when all traffic has the change, `{start} --since TIME`"
    else:
        fix = f"if that has it, `{start} --version {quote(typed)}`"
    return f"seen first since it shipped: {told}; {fix}"


def _by_history(workspace: Workspace, changes: Sequence[Change]) -> tuple[str, ...]:
    """Return the prompt versions and releases of the traffic that have all of some changes."""
    try:
        repository, seen = app_of(workspace), app_versions(workspace)
        brought = _brought(repository, changes)
    except RepositoryError:
        return ()
    prompts = (
        one.seen.version
        for one in seen
        if one.seen.version and one.held and all(_has(repository, held, brought) for held in one.held)
    )
    releases = (name for name, is_in in _releases(workspace, repository, brought).items() if is_in)
    return tuple(dict.fromkeys((*prompts, *releases)))


def _prompts(repository: AppRepository, seen: Sequence[Resolved], brought: Sequence[_Brought]) -> dict[str, bool]:
    """Return of each prompt version that the history holds whether any of its texts has all of some changes."""
    has = dict[str, bool]()
    for one in seen:
        if one.held:
            is_in = any(_has(repository, held, brought) for held in one.held)
            has[one.seen.version] = is_in or has.get(one.seen.version, False)
    return has


def _releases(workspace: Workspace, repository: AppRepository, brought: Sequence[_Brought]) -> dict[str, bool]:
    """Return of each release that is a tag, or the id of a commit, whether it comes after all of some changes."""
    first, has = _first_seen(workspace, "release"), dict[str, bool]()
    for name in sorted(first, key=first.__getitem__, reverse=True)[:MOST_RELEASES]:
        is_id = len(name) >= SHORTEST_ID and set(name) <= set("0123456789abcdef")
        commit = repository.objects.resolve(name) if is_id else repository.resolve(f"refs/tags/{name}")
        if commit is not None:
            has[name] = bool(brought) and all(one.is_in(repository, commit) for one in brought)
    return has


def _brought(repository: AppRepository, changes: Sequence[Change]) -> list[_Brought]:
    """Return what brought each change; one without a commit is in no version."""
    return [_Brought(change.commit or "", _landed(repository, change)) for change in changes]


def _landed(repository: AppRepository, change: Change) -> str | None:
    """Return the commit that brought a change to a branch of the app; None where none has it, or it cannot be told."""
    try:
        found = find_landed(repository, change)
    except RepositoryError:
        return None
    return None if found is None or found.reverted_by is not None else found.commit


def _has(repository: AppRepository, held: Held, brought: Sequence[_Brought]) -> bool:
    """Return whether a prompt's text has all changes: it came with or after each. A branch that never ran has none."""
    return all(
        (held.commit == one.own and one.landed is not None)
        or (not held.is_proposed and one.is_in(repository, held.commit))
        for one in brought
    )
