"""Langfuse before version 4: traces with all that is in them, and scores, by page numbers.

The newest come first: what arrives while the pages are read moves the rest back and is met twice, and what a retention
rule deletes is at the end. So nothing is passed over.
"""

from collections.abc import Iterator
from functools import partial

import msgspec
import orjson

from workbench.boundaries.http import Server
from workbench.boundaries.urls import segment
from workbench.errors import ServerError
from workbench.loaders.servers.pages import Page, Payload, Position, Stream, decoded, iso, one_line, readable

TRACES = "api/public/traces"
SCORES = "api/public/v2/scores"
PAGE_RECORDS = 50
"""Below the 100 that the API allows: each trace is a question of its own, and a kill costs the page."""


class _Meta(msgspec.Struct, rename="camel"):
    total_pages: int


class _Listed(msgspec.Struct):
    data: list[msgspec.Raw]
    meta: _Meta


class _Named(msgspec.Struct):
    id: str


def streams(server: Server) -> tuple[Stream, ...]:
    """Return the lists of a server of version 2 or 3."""
    return Stream("traces", partial(_read_traces, server)), Stream("scores", partial(_read_scores, server))


def _read_traces(server: Server, position: Position) -> Page:
    page, listed = _list(server, TRACES, position, {"orderBy": "timestamp.desc", "fields": "core"})
    return _page(listed, page, b"".join(_traces(server, listed)))


def _read_scores(server: Server, position: Position) -> Page:
    page, listed = _list(server, SCORES, position, {})
    return _page(listed, page, b"".join(_score(raw) + b"\n" for raw in listed.data))


def _list(server: Server, path: str, position: Position, asked: dict[str, str]) -> tuple[int, _Listed]:
    page = int(position.cursor or 1)
    since = {} if position.since is None else {"fromTimestamp": iso(position.since)}
    raw = server.get(path, {**asked, **since, "page": page, "limit": PAGE_RECORDS})
    return page, decoded(raw, _Listed, where=server.address.url(path))


def _page(listed: _Listed, page: int, raw: bytes) -> Page:
    is_last = page >= listed.meta.total_pages or not listed.data
    return Page((Payload("langfuse", raw),) if raw else (), "" if is_last else str(page + 1))


def _traces(server: Server, listed: _Listed) -> Iterator[bytes]:
    """Yield each trace of a page, whole: the list has only the ids of what is in them."""
    for entry in listed.data:
        path = f"{TRACES}/{segment(decoded(bytes(entry), _Named, where=server.address.url(TRACES)).id)}"
        try:
            raw = msgspec.Raw(server.get(path))
        except ServerError as error:
            if error.status == 404:  # deleted since the list was made
                continue
            raise
        trace = readable(raw)
        # Scores have a list of their own, which alone says all of them and when they came.
        yield (one_line(raw) if trace is None else orjson.dumps({**trace, "scores": []})) + b"\n"


def _score(raw: msgspec.Raw) -> bytes:
    """Return a score without what the list adds of its trace: that changes, and is not the score's."""
    score = readable(raw)
    if score is None or "trace" not in score:
        return one_line(raw)
    return orjson.dumps({name: value for name, value in score.items() if name != "trace"})
