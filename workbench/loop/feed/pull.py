"""Step 1, feed, from a running server: its spans and feedback into the store, page by page, every record accounted for.

A page is durable before the place in the server's list moves on. So a kill or a broken connection costs a page that is
read again, and the tables decide what is new.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO

from workbench import loaders
from workbench.boundaries.http import Server
from workbench.boundaries.urls import read_address
from workbench.errors import ConfigError, ServerError
from workbench.ids import content_id
from workbench.loaders.batch import Context
from workbench.loaders.servers import SERVERS, Page, Payload, Position, Project, Stream
from workbench.loaders.source import Source
from workbench.loop.feed.files import Account, IngestProgress, collector_off, context_of, store_batch, user_keys
from workbench.records import LoadReport
from workbench.store import Workspace
from workbench.store.pulls import Place, Pulls

OVERLAP = timedelta(days=1)
"""How much of what was read is read again: spans of long requests come late, and most feedback comes within a day."""
_BAD_CURSOR = frozenset({400, 404, 410, 422})
"""What servers answer to a mark that they no longer know."""


def open_server(kind: str, url: str, *, environment: Mapping[str, str]) -> Server:
    """Return a connection to a server, with the key that the environment has for it; to be used in `with`.

    Raises
    ------
    ConfigError
        If there is no such kind of server, the URL cannot be used, or the key belongs to another server.
    """
    if kind not in SERVERS:
        raise ConfigError(f"kind == {kind!r}, must be one of {', '.join(SERVERS)}")
    return Server(read_address(url), SERVERS[kind].key(environment))


def pull(
    workspace: Workspace,
    server: Server,
    *,
    kind: str,
    now: datetime,
    project: str | None = None,
    since: datetime | None = None,
    overlap: timedelta = OVERLAP,
    progress: IngestProgress | None = None,
) -> LoadReport:
    """Read what a server has since the last pull, and return what became of it; durable and exactly-once.

    Parameters
    ----------
    workspace
        Where the records go.
    server
        The server, open.
    kind
        What it is: a name in `loaders.servers.SERVERS`.
    now
        The time of this pull, UTC.
    project
        The project's name; None takes the server's own default.
    since
        What began earlier is left out; None takes everything. A later pull goes on where this one ended, unless its
        `since` is earlier.
    overlap
        How much of what was read before is read again, for what came late.
    progress
        Called after each page.

    Raises
    ------
    ServerError
        If the server does not answer, or not as it should; what was read before is stored, and the next call goes on.
    ConfigError
        If the server does not take the key, or the workspace's secret is not there.
    StoreError
        If another process pulls from the same project now.
    """
    wanted = SERVERS[kind].open_project(server, project)
    named = f"{server.address} {wanted.id}"
    account = Account(named, content_id("src", kind, str(server.address), wanted.id), kind)
    pulls = Pulls(workspace.root / "pulls")
    context = context_of(workspace, account, key_user=user_keys(workspace), now=now)
    with pulls.alone(account.source):
        workspace.telemetry.settle()  # the place moves on past rows that a killed pull stored and may not have flushed
        try:
            for payloads in _pages(wanted, pulls, account.source, now=now, since=since, overlap=overlap):
                for payload in payloads:
                    _store_payload(workspace, account, payload, context=context, now=now)
                if progress is not None:
                    progress(wanted.id, account.n_in, None)
        finally:
            report = account.report(n_bytes_waiting=0)
            workspace.keep_load_report(report, now=now)
    workspace.telemetry.compact()
    workspace.telemetry.settle()
    return report


def _pages(
    project: Project, pulls: Pulls, source: str, *, now: datetime, since: datetime | None, overlap: timedelta
) -> Iterator[tuple[Payload, ...]]:
    """Yield the records of each page; once they are taken, the place moves on."""
    places = dict(pulls.read(source))
    for stream in project.streams:
        place = _begin(places.get(stream.name), stream, now=now, since=since, overlap=overlap)
        page, place = _first(stream, place)
        met: set[str] = set()
        while True:
            yield page.payloads
            place = _after(place, page)
            places[stream.name] = place
            pulls.write(source, places)
            if not place.is_under_way:
                break
            if place.cursor in met:
                raise ServerError(f"gives the same page of {stream.name} again and again", where=project.id)
            met.add(place.cursor)
            page = stream.read(Position(place.since, place.cursor))


def _begin(place: Place | None, stream: Stream, *, now: datetime, since: datetime | None, overlap: timedelta) -> Place:
    """Return where a stream is read on: in the middle of a pass that broke off, or at the beginning of a new one."""
    reaches_back = since is not None and place is not None and place.floor is not None and since < place.floor
    if place is None or reaches_back:
        start = now if stream.is_repeat and place is None else since
        return Place(floor=since, since=start, cursor="", begun_at=now, is_under_way=True)
    if place.is_under_way:
        return place
    if place.cursor:  # the server lists in order of arrival: no time is needed
        return replace(place, begun_at=now, is_under_way=True)
    start = max(place.begun_at - overlap, place.floor or place.begun_at - overlap)
    return replace(place, since=start, begun_at=now, is_under_way=True)


def _first(stream: Stream, place: Place) -> tuple[Page, Place]:
    """Return the page at a place; where the server no longer knows its mark, the first page, and the place of that."""
    try:
        return stream.read(Position(place.since, place.cursor)), place
    except ServerError as error:
        if not place.cursor or error.status not in _BAD_CURSOR:
            raise
    return stream.read(Position(place.since)), replace(place, cursor="")


def _after(place: Place, page: Page) -> Place:
    if page.cursor:
        return replace(place, cursor=page.cursor)
    return replace(place, cursor=page.arrival, is_under_way=False)


def _store_payload(
    workspace: Workspace, account: Account, payload: Payload, *, context: Context, now: datetime
) -> None:
    """Read the records of a page with their loader, and append them to the tables."""
    load = next(known.load for known in loaders.LOADERS if known.name == payload.format)
    with collector_off():
        for batch in load(Source(account.path, raw=partial(BytesIO, payload.raw)), context):
            # A record has no lasting place in a server's list: met again, it is the same refused record.
            refused = [record._replace(offset=0, piece=0) for record in batch.refused]
            store_batch(workspace, batch._replace(refused=refused), account, now=now)
