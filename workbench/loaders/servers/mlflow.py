"""MLflow: traces with their spans and assessments, in the shape in which its client exports them.

The newest come first: MLflow's marks are counts from the beginning of the list, so that what arrives while the pages
are read is met twice, and nothing is passed over. Spans come from the tracking store, or, where a server keeps them as
an artifact of the trace, from there.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
import orjson

from workbench.boundaries.http import TOO_LARGE, Server
from workbench.errors import ServerError
from workbench.loaders.servers.pages import Page, Piece, Position, Project, Stream, decoded, one_line, readable

DEFAULT_EXPERIMENT = "Default"
PAGE_TRACES = 100
"""Their ids are part of one question's URL, which proxies cut at 8 kB."""
_SEARCH = "api/3.0/mlflow/traces/search"
_BATCH = "api/3.0/mlflow/traces/batchGet"
_ARTIFACT = "ajax-api/2.0/mlflow/get-trace-artifact"
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
    return Page((Piece("mlflow", raw),) if raw else (), searched.next_page_token or "")


def _traces(server: Server, infos: Sequence[msgspec.Raw]) -> Iterator[bytes]:
    """Yield each trace as one line of its export; one whose info is not as it should be as it came."""
    read = [readable(raw) for raw in infos]
    ids = [info["trace_id"] for info in read if info is not None and isinstance(info.get("trace_id"), str)]
    spans = _spans(server, ids)
    for raw, info in zip(infos, read, strict=True):
        if info is None:
            yield one_line(raw)
            continue
        trace_id = info.get("trace_id")
        inside = spans.get(trace_id) if isinstance(trace_id, str) else None
        if inside is None and isinstance(trace_id, str):
            inside = _from_artifact(server, trace_id)
        yield orjson.dumps({"info": info, "data": {"spans": inside or []}})


def _spans(server: Server, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Return the spans of the traces that the tracking store has, by trace."""
    if not ids:
        return {}
    try:
        batch = decoded(server.get(_BATCH, {"trace_ids": list(ids)}), _Batch, where=server.address.url(_BATCH))
    except ServerError as error:
        if error.status == 404:  # a server from before traces could be fetched together
            return {}
        if error.status != TOO_LARGE or len(ids) == 1:
            raise
        return _spans(server, ids[: len(ids) // 2]) | _spans(server, ids[len(ids) // 2 :])
    found: dict[str, list[Any]] = {}
    for raw in batch.traces:
        trace = readable(raw) or {}
        info, spans = trace.get("trace_info"), trace.get("spans")
        if isinstance(info, dict) and isinstance(info.get("trace_id"), str) and isinstance(spans, list) and spans:
            found[info["trace_id"]] = [_exported(span) for span in spans]
    return found


def _from_artifact(server: Server, trace_id: str) -> list[Any]:
    try:
        artifact = readable(msgspec.Raw(server.get(_ARTIFACT, {"request_id": trace_id})))
    except ServerError as error:
        if error.status in (400, 404, 500):  # it has none: the trace is still under way, or its spans were never sent
            return []
        raise
    spans = (artifact or {}).get("spans")
    return spans if isinstance(spans, list) else []


def _exported(span: Any) -> Any:
    """Return a span with its attributes as exports have them: a JSON text each; otherwise as it came."""
    if not isinstance(span, dict):
        return span
    events = span.get("events")
    return {
        **span,
        "attributes": {name: orjson.dumps(value).decode() for name, value in _plain(span.get("attributes")).items()},
        "events": [{**event, "attributes": _plain(event.get("attributes"))} for event in events or ()],
    }


def _plain(attributes: Any) -> dict[str, Any]:
    return {entry["key"]: _value(entry.get("value")) for entry in attributes or ()}


def _value(wrapped: Any) -> Any:
    """Return the value that the protocol wraps; text that stands for an integer becomes one."""
    if not isinstance(wrapped, dict):
        return wrapped
    for name, value in wrapped.items():
        if name == "int_value":
            return int(value)
        if name == "array_value":
            return [_value(entry) for entry in _values(value)]
        if name == "kvlist_value":
            return _plain(_values(value))
        return value
    return None


def _values(held: Mapping[str, Any]) -> Sequence[Any]:
    return held.get("values") or ()
