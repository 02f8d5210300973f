"""Phoenix: verdicts as annotations of traces.

Each has an identifier, under which a later one takes its place: what is written twice is there once.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from workbench.boundaries.http import Server
from workbench.boundaries.urls import segment
from workbench.errors import ServerError
from workbench.loaders.servers.boards import REVISION, Board, Held, Posted, metadata_of
from workbench.loaders.servers.pages import decoded, fewer_at_once, readable
from workbench.loaders.servers.phoenix import ANNOTATIONS_AT_ONCE, DEFAULT_PROJECT, IDS_AT_ONCE
from workbench.loaders.verdicts.openinference import name_of
from workbench.records import Verdict

_WRITE = "v1/trace_annotations"
_NOT_THERE = frozenset({404, 405})


class _Listed(msgspec.Struct):
    data: list[msgspec.Raw]
    next_cursor: str | None = None


def open_board(server: Server, project: str | None) -> Board:
    """Return where a Phoenix server takes annotations of the traces of a project.

    Raises
    ------
    ServerError
        If it takes none, as older ones do.
    """
    try:
        server.post(_WRITE, {"data": []}, {"sync": "true"})
    except ServerError as error:
        if error.status not in _NOT_THERE:
            raise
        raise ServerError(
            "takes no annotations of traces", where=server.address.url(_WRITE), fix="update it"
        ) from error
    return Board(IDS_AT_ONCE, partial(_look, server, project or DEFAULT_PROJECT), partial(_send, server))


def _look(server: Server, project: str, trace_ids: Sequence[str]) -> Held:
    path = f"v1/projects/{segment(project)}/trace_annotations"
    held: dict[str, Posted] = {}
    cursor: str | None = ""
    while cursor is not None:
        asked: dict[str, Any] = {"trace_ids": list(trace_ids), **({"cursor": cursor} if cursor else {})}
        try:
            raw = fewer_at_once(partial(_get, server, path, asked), ANNOTATIONS_AT_ONCE)
        except ServerError as error:
            if error.status == 404:  # it has none of these traces, or not yet such a project
                return held
            raise
        listed = decoded(raw, _Listed, where=server.address.url(path))
        for annotation in map(readable, listed.data):
            metadata = (annotation or {}).get("metadata")
            revision = metadata.get(REVISION) if isinstance(metadata, dict) else None
            if annotation is not None and isinstance(revision, str):
                held[str(annotation.get("identifier"))] = Posted(revision, str(annotation.get("id")))
        cursor = listed.next_cursor
    return held


def _get(server: Server, path: str, asked: Mapping[str, Any], limit: int) -> bytes:
    return server.get(path, {**asked, "limit": limit})


def _send(server: Server, verdicts: Sequence[Verdict], held: Held) -> int:
    """Write all at once; where the server lacks one of the traces it takes none, so that halves are tried."""
    if not verdicts:
        return 0
    try:
        server.post(_WRITE, {"data": [_annotation(one) for one in verdicts]}, {"sync": "true"})
    except ServerError as error:
        if error.status != 404:
            raise
        middle = len(verdicts) // 2
        return _send(server, verdicts[:middle], held) + _send(server, verdicts[middle:], held) if middle else 0
    return len(verdicts)


def _annotation(verdict: Verdict) -> dict[str, Any]:
    said = {"label": verdict.label, "score": verdict.score, "explanation": verdict.explanation or None}
    return {
        "trace_id": verdict.target_id,
        "name": name_of(verdict),
        "annotator_kind": verdict.annotator_kind,
        "identifier": verdict.id,
        "result": {name: value for name, value in said.items() if value is not None},
        "metadata": metadata_of(verdict),
    }
