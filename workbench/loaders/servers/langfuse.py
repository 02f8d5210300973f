"""Langfuse: observations and scores as its API lists them, in the words of its exports.

Each list is read by time. Metadata comes with long values cut, unless their names are given: where one is cut, it is
asked for again by name. A score's subject becomes the ids that exports write. A server before version 4 has other lists
(langfuse_before_4.py).
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import msgspec
import orjson

from workbench.boundaries.http import Server
from workbench.errors import ConfigError, ServerError
from workbench.loaders.servers import langfuse_before_4
from workbench.loaders.servers.pages import (
    Page,
    Payload,
    Position,
    Project,
    Stream,
    decoded,
    fewer_at_once,
    iso,
    one_line,
    readable,
)

OBSERVATIONS = "api/public/v2/observations"
SCORES = "api/public/v3/scores"
PROJECTS = "api/public/projects"
PAGE_OBSERVATIONS = 1000
PAGE_SCORES = 100
"""The most that the API gives at once, as of the observations."""
CUT_CHARACTERS = 200
"""Where the API cuts values of metadata."""
NAMES_AT_ONCE = 40
"""Names of metadata in one question, which its URL must hold."""
_OBSERVATION_FIELDS = "core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context"
_SCORE_FIELDS = "details,subject,annotation"
_NOT_THERE = frozenset({404, 405, 501})
"""What a server answers to a list that it does not have."""
_SUBJECT_IDS = {
    "trace": "traceId",
    "observation": "observationId",
    "session": "sessionId",
    "experiment": "datasetRunId",
}


class _Meta(msgspec.Struct):
    cursor: str | None = None


class _Listed(msgspec.Struct):
    """One page of either list."""

    data: list[msgspec.Raw]
    meta: _Meta


class _Named(msgspec.Struct):
    id: str


class _Projects(msgspec.Struct):
    data: list[_Named]


def open_project(server: Server, name: str | None) -> Project:
    """Return the project that the key belongs to.

    Raises
    ------
    ConfigError
        If a project is named: the key alone says which one it is.
    """
    if name is not None:
        raise ConfigError("a key of Langfuse belongs to one project", where="--project", fix="leave it out")
    found = decoded(server.get(PROJECTS), _Projects, where=server.address.url(PROJECTS)).data
    if len(found) != 1:
        raise ServerError(f"names {len(found)} projects for the key, must be one", where=server.address.url(PROJECTS))
    try:
        server.get(OBSERVATIONS, {"limit": 1})
    except ServerError as error:
        if error.status not in _NOT_THERE:
            raise
        return Project(found[0].id, langfuse_before_4.streams(server))
    observations, scores = partial(_read_observations, server), partial(_read_scores, server)
    return Project(found[0].id, (Stream("observations", observations), Stream("scores", scores)))


def _read_observations(server: Server, position: Position) -> Page:
    asked = {"fields": _OBSERVATION_FIELDS, **_from(position, "fromStartTime")}
    listed = _list(server, OBSERVATIONS, asked, PAGE_OBSERVATIONS)
    names = sorted({name for raw in listed.data for name in _cut_names(readable(raw))})
    fuller: dict[str, dict[str, Any]] = {}
    for first in range(0, len(names), NAMES_AT_ONCE):
        again = {**asked, "expandMetadata": ",".join(names[first : first + NAMES_AT_ONCE])}
        for raw in _list(server, OBSERVATIONS, again, len(listed.data)).data:
            observation = readable(raw) or {}
            values = _metadata(observation)
            whole = {name: values[name] for name in names[first : first + NAMES_AT_ONCE] if name in values}
            fuller.setdefault(str(observation.get("id")), {}).update(whole)
    return _page(listed, (_whole(raw, fuller) for raw in listed.data))


def _read_scores(server: Server, position: Position) -> Page:
    asked = {"fields": _SCORE_FIELDS, **_from(position, "fromTimestamp")}
    listed = _list(server, SCORES, asked, PAGE_SCORES)
    return _page(listed, (_exported_score(raw) for raw in listed.data))


def _from(position: Position, name: str) -> dict[str, str]:
    since = {} if position.since is None else {name: iso(position.since)}
    return since | ({"cursor": position.cursor} if position.cursor else {})


def _list(server: Server, path: str, asked: dict[str, str], limit: int) -> _Listed:
    raw = fewer_at_once(lambda n: server.get(path, {**asked, "limit": n}), limit)
    return decoded(raw, _Listed, where=server.address.url(path))


def _page(listed: _Listed, lines: Iterable[bytes]) -> Page:
    raw = b"".join(line + b"\n" for line in lines)
    return Page((Payload("langfuse", raw),) if raw else (), listed.meta.cursor or "")


def _metadata(observation: dict[str, Any] | None) -> dict[str, Any]:
    values = (observation or {}).get("metadata")
    return values if isinstance(values, dict) else {}


def _cut_names(observation: dict[str, Any] | None) -> Sequence[str]:
    """Return the names of metadata that may have been cut; a name with a comma cannot be asked for."""
    return [
        name
        for name, value in _metadata(observation).items()
        if len(value if isinstance(value, str) else orjson.dumps(value)) >= CUT_CHARACTERS and "," not in name
    ]


def _whole(raw: msgspec.Raw, fuller: dict[str, dict[str, Any]]) -> bytes:
    """Return an observation as one line, with what its metadata says in full."""
    observation = readable(raw)
    if observation is None:
        return one_line(raw)
    more = fuller.get(str(observation.get("id")))
    if not more:
        return one_line(raw)
    return orjson.dumps({**observation, "metadata": {**_metadata(observation), **more}})


def _exported_score(raw: msgspec.Raw) -> bytes:
    """Return a score as one line, with the ids and the text of a correction where exports have them."""
    score = readable(raw)
    subject = None if score is None else score.pop("subject", None)
    if score is None or not isinstance(subject, dict):
        return one_line(raw)
    ids = {_SUBJECT_IDS.get(str(subject.get("kind")), "subjectId"): subject.get("id")}
    if subject.get("traceId") is not None:
        ids["traceId"] = subject["traceId"]
    text = {"longStringValue": score.get("value")} if score.get("dataType") == "CORRECTION" else {}
    return orjson.dumps({**score, **ids, **text})
