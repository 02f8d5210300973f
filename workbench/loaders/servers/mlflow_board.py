"""MLflow: verdicts as assessments of traces; a revised one overrides the one before, which the server then marks.

The server adds whatever it is sent. So it is asked what it has before each writing, and again before one that may have
arrived is tried once more; the assessment's id follows from the verdict, and a server refuses an id that it has.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from workbench.boundaries.http import Server
from workbench.boundaries.urls import segment
from workbench.errors import ConfigError, ServerError
from workbench.loaders.mlflow.values import TRACE_BYTES, id_of
from workbench.loaders.reading.pushed import OWN, is_own
from workbench.loaders.servers.boards import REVISION, Board, Held, Posted, metadata_of, revision_of
from workbench.loaders.servers.pages import decoded, iso, readable
from workbench.loaders.verdicts.openinference import name_of
from workbench.records import Verdict

TRACES_AT_ONCE = 100
_TRACES = "api/3.0/mlflow/traces"
_INFOS = f"{_TRACES}/batchGetInfos"
_SAID_BY = {"HUMAN": "HUMAN", "LLM": "LLM_JUDGE", "CODE": "CODE"}
_NOT_THERE = frozenset({404, 405})


class _Infos(msgspec.Struct):
    trace_infos: list[msgspec.Raw] = []


class _Trace(msgspec.Struct):
    trace_info: msgspec.Raw


class _Got(msgspec.Struct):
    trace: _Trace


def open_board(server: Server, project: str | None) -> Board:
    """Return where an MLflow server takes assessments.

    Raises
    ------
    ConfigError
        If a project is named: a trace is found without one.
    """
    if project is not None:
        raise ConfigError("MLflow finds traces without an experiment", where="--project", fix="leave it out")
    return Board(TRACES_AT_ONCE, partial(_look, server), partial(_send, server))


def _look(server: Server, trace_ids: Sequence[str]) -> Held:
    """Return the verdicts that stand there, and under its own id an empty one for each trace that the server has."""
    held: dict[str, Posted] = {}
    for info in filter(None, map(readable, _infos(server, [f"tr-{one}" for one in trace_ids]))):
        trace_id = info.get("trace_id") or info.get("request_id")
        if isinstance(trace_id, str):
            held[id_of(trace_id, n_bytes=TRACE_BYTES)] = Posted("", trace_id)
        for assessment in info.get("assessments") or ():
            metadata = assessment.get("metadata") if isinstance(assessment, dict) else None
            if isinstance(metadata, dict) and is_own(metadata) and assessment.get("valid") is not False:
                verdict_id = str((readable(msgspec.Raw(str(metadata[OWN]).encode())) or {}).get("id"))
                held[verdict_id] = Posted(str(metadata.get(REVISION)), str(assessment.get("assessment_id")))
    return held


def _infos(server: Server, ids: list[str]) -> list[msgspec.Raw]:
    try:
        raw = server.post(_INFOS, {"trace_ids": ids})
        return decoded(raw, _Infos, where=server.address.url(_INFOS)).trace_infos
    except ServerError as error:
        if error.status not in _NOT_THERE:
            raise
    infos = []  # a server from before traces could be asked for together
    for one in ids:
        path = f"{_TRACES}/{segment(one)}"
        try:
            infos.append(decoded(server.get(path), _Got, where=server.address.url(path)).trace.trace_info)
        except ServerError as error:
            if error.status != 404:
                raise
    return infos


def _send(server: Server, verdicts: Sequence[Verdict], held: Held) -> int:
    n_sent = 0
    for verdict in verdicts:
        if verdict.target_id not in held:
            continue
        path = f"{_TRACES}/{segment(held[verdict.target_id].handle)}/assessments"
        server.send(path, {"assessment": _assessment(verdict, held)}, has_arrived=partial(_is_there, server, verdict))
        n_sent += 1
    return n_sent


def _is_there(server: Server, verdict: Verdict) -> bool:
    posted = _look(server, [verdict.target_id]).get(verdict.id)
    return posted is not None and posted.revision == revision_of(verdict)


def _assessment(verdict: Verdict, held: Held) -> dict[str, Any]:
    before = held.get(verdict.id)
    metadata = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in metadata_of(verdict).items()
    }
    return {
        "assessment_id": f"{verdict.id}_{revision_of(verdict)[:16]}",
        "assessment_name": name_of(verdict),
        "trace_id": held[verdict.target_id].handle,
        "source": {"source_type": _SAID_BY[verdict.annotator_kind], "source_id": verdict.annotator},
        "feedback": {"value": verdict.label},
        "create_time": iso(verdict.at),
        "last_update_time": iso(verdict.at),
        "metadata": metadata,
        "valid": True,
        **({"rationale": verdict.explanation} if verdict.explanation else {}),
        **({"overrides": before.handle} if before is not None else {}),
    }
