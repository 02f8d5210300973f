"""MLflow: traces with their spans and assessments, as its API gives them.

The newest come first: MLflow's marks are counts from the beginning of the list, so that what arrives while the pages
are read is met twice, and nothing is passed over. Spans come from the tracking store, or, where a server keeps them as
an artifact of the trace, from there.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from workbench.boundaries.http import TOO_LARGE, Server
from workbench.errors import ServerError
from workbench.loaders.servers.pages import Page, Payload, Position, Project, Stream, decoded, one_line, readable

DEFAULT_EXPERIMENT = "Default"
PAGE_TRACES = 100
"""Their ids are part of one question's URL, which proxies cut at 8 kB."""
_SEARCH = "api/3.0/mlflow/traces/search"
_BATCH = "api/3.0/mlflow/traces/batchGet"
_ARTIFACT = "ajax-api/2.0/mlflow/get-trace-artifact"
_LOCATION = "mlflow.trace.spansLocation"
"""A tag of traces whose spans are in the store."""
_NO_ARTIFACT = frozenset({400, 404})
_BY_NAME = "api/2.0/mlflow/experiments/get-by-name"


class _Searched(msgspec.Struct):
    traces: list[msgspec.Raw] = []
    next_page_token: str | None = None


class _Batch(msgspec.Struct):
    traces: list[msgspec.Raw] = []


class _Experiment(msgspec.Struct):
    experiment_id: str


class _Found(msgspec.Struct):
    experiment: _Experiment


def open_project(server: Server, name: str | None) -> Project:
    """Return an experiment of an MLflow server, by its name."""
    raw = server.get(_BY_NAME, {"experiment_name": name or DEFAULT_EXPERIMENT})
    found = decoded(raw, _Found, where=server.address.url(_BY_NAME)).experiment.experiment_id
    return Project(found, (Stream("traces", partial(_read_page, server, found)),))


def _read_page(server: Server, experiment: str, position: Position) -> Page:
    asked: dict[str, Any] = {
        "locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}],
        "order_by": ["timestamp_ms DESC"],
        "max_results": PAGE_TRACES,
    }
    if position.since is not None:
        asked["filter"] = f"attributes.timestamp_ms >= {int(position.since.timestamp() * 1000)}"
    if position.cursor:
        asked["page_token"] = position.cursor
    searched = decoded(server.post(_SEARCH, asked), _Searched, where=server.address.url(_SEARCH))
    raw = b"".join(line + b"\n" for line in _traces(server, searched.traces))
    return Page((Payload("mlflow", raw),) if raw else (), searched.next_page_token or "")


def _traces(server: Server, infos: Sequence[msgspec.Raw]) -> Iterator[bytes]:
    """Yield each trace as one line, with its spans where the server has some."""
    listed = [(raw, _trace_id(info), _is_in_store(info)) for raw in infos for info in [readable(raw)]]
    whole = _whole(server, [trace_id for _, trace_id, is_in_store in listed if trace_id and is_in_store])
    for raw, trace_id, _ in listed:
        if (trace := whole.get(trace_id)) is not None:
            yield one_line(trace)
        elif trace_id and (spans := _artifact(server, trace_id)):
            yield b'{"info":' + one_line(raw) + b',"data":' + one_line(spans) + b"}"
        else:  # under way, its spans never sent, or damaged: the loader says
            yield b'{"info":' + one_line(raw) + b',"data":{"spans":[]}}'


def _trace_id(info: Mapping[str, Any] | None) -> str:
    trace_id = (info or {}).get("trace_id")
    return trace_id if isinstance(trace_id, str) else ""


def _is_in_store(info: Mapping[str, Any] | None) -> bool:
    """Return whether the store has the trace's spans: asked for one that it has not, it refuses all that are asked."""
    tags = (info or {}).get("tags")
    return isinstance(tags, dict) and bool(tags.get(_LOCATION))


def _whole(server: Server, ids: Sequence[str]) -> dict[str, msgspec.Raw]:
    """Return the traces whose spans the tracking store has, as they came."""
    if not ids:
        return {}
    try:
        batch = decoded(server.get(_BATCH, {"trace_ids": list(ids)}), _Batch, where=server.address.url(_BATCH))
    except ServerError as error:
        if error.status == 404:  # a server from before traces could be fetched together
            return {}
        if error.status != TOO_LARGE or len(ids) == 1:
            raise
        return _whole(server, ids[: len(ids) // 2]) | _whole(server, ids[len(ids) // 2 :])
    traces = ((raw, readable(raw) or {}) for raw in batch.traces)
    return {_trace_id(trace.get("trace_info")): raw for raw, trace in traces if trace.get("spans")}


def _artifact(server: Server, trace_id: str) -> msgspec.Raw | None:
    """Return the spans that are kept as an artifact of the trace, in the object that holds them; None without any."""
    try:
        raw = msgspec.Raw(server.get(_ARTIFACT, {"request_id": trace_id}))
    except ServerError as error:
        if error.status in _NO_ARTIFACT:
            return None
        raise
    return raw if (readable(raw) or {}).get("spans") else None
