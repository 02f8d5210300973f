"""Phoenix: spans in the order in which the server took them in, and what was said about them.

Spans become OTLP/JSON with OpenInference's attributes, annotations become the project's own lines of signals. A span
that came late is at the end of the list, however old it is. Annotations have no list of their own: they are asked for
with their spans, and again for the spans of the last days. What Phoenix itself did not keep (resource and scope,
attributes that are bytes, the nanoseconds) cannot be pulled from it.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
import orjson

from workbench.boundaries.http import Server
from workbench.boundaries.urls import segment
from workbench.errors import RecordError, ServerError
from workbench.loaders.reading.moments import read_iso
from workbench.loaders.reading.pushed import is_own
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

DEFAULT_PROJECT = "default"
PAGE_SPANS = 1000
"""The most that Phoenix gives at once."""
IDS_AT_ONCE = 100
"""Ids in one question: they are part of its URL, which proxies cut at 8 kB."""
ANNOTATIONS_AT_ONCE = 1000
_KNOWN = frozenset(
    {
        *("id", "name", "context", "span_kind", "parent_id", "start_time", "end_time"),
        *("status_code", "status_message", "attributes", "events"),
    }
)
_BY_ARRIVAL = {"sort": "id", "order": "asc"}
_STATUS = {"OK": 1, "ERROR": 2}
_INT64 = 1 << 63


class _Listed(msgspec.Struct):
    """One page of any of Phoenix's lists."""

    data: list[msgspec.Raw]
    next_cursor: str | None = None


def open_project(server: Server, name: str | None) -> Project:
    """Return a project of a Phoenix server, by its name or id."""
    wanted = name or DEFAULT_PROJECT
    path = f"v1/projects/{segment(wanted)}/spans"
    again = partial(_read_again, server, wanted)
    if not _sorts_as_asked(server, path):
        return Project(wanted, (Stream("spans", again),))
    return Project(
        wanted, (Stream("spans", partial(_read_new, server, wanted)), Stream("recent", again, is_repeat=True))
    )


def _sorts_as_asked(server: Server, path: str) -> bool:
    """Return whether the server sorts as it is asked: one that does refuses a wrong order, an older one ignores it."""
    try:
        server.get(path, {"sort": "no such order", "limit": 1})
    except ServerError as error:
        if error.status == 422:
            return True
        raise
    return False


def _read_new(server: Server, project: str, position: Position) -> Page:
    """Return a page of the spans in the order in which they came."""
    listed = _spans(server, project, position, _BY_ARRIVAL)
    if position.cursor and _mark(listed.data[:1]) != position.cursor:
        # The span that the mark names is gone, as after a new start on an empty database: nothing can be relied on.
        listed = _spans(server, project, Position(position.since), _BY_ARRIVAL)
    page = _page(server, project, listed)
    return page if page.cursor else page._replace(arrival=_mark(listed.data[-1:]))


def _read_again(server: Server, project: str, position: Position) -> Page:
    """Return a page of the spans that began in a time, the newest first."""
    return _page(server, project, _spans(server, project, position, {}))


def _spans(server: Server, project: str, position: Position, order: Mapping[str, str]) -> _Listed:
    path = f"v1/projects/{segment(project)}/spans"
    asked: dict[str, str | int | list[str]] = {**order}
    if position.since is not None:
        asked["start_time"] = iso(position.since)
    if position.cursor:
        asked["cursor"] = position.cursor
    raw = fewer_at_once(partial(_get, server, path, asked), PAGE_SPANS)
    return decoded(raw, _Listed, where=server.address.url(path))


def _get(server: Server, path: str, asked: Mapping[str, str | int | list[str]], limit: int) -> bytes:
    return server.get(path, {**asked, "limit": limit})


def _mark(spans: Sequence[msgspec.Raw]) -> str:
    """Return the server's own mark of a span; empty if there is no span."""
    mark = (readable(spans[0]) or {}).get("id") if spans else None
    return mark if isinstance(mark, str) else ""


def _page(server: Server, project: str, listed: _Listed) -> Page:
    spans = [readable(entry) for entry in listed.data]
    signals = [*_annotations(server, project, [span for span in spans if span is not None])]
    payloads = [Payload("otlp", _envelope(listed.data, spans))] if spans else []
    if signals:
        payloads.append(Payload("signals", b"\n".join(signals) + b"\n"))
    return Page(tuple(payloads), listed.next_cursor or "")


def _envelope(raw: Sequence[msgspec.Raw], spans: Sequence[Mapping[str, Any] | None]) -> bytes:
    """Return one line of OTLP/JSON; a span that is not as it should be goes in as it came, for the loader to refuse."""
    written = [
        one_line(entry) if span is None else _written(span, entry) for entry, span in zip(raw, spans, strict=True)
    ]
    return b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b",".join(written) + b"]}]}]}\n"


def _written(span: Mapping[str, Any], raw: msgspec.Raw) -> bytes:
    try:
        return orjson.dumps(_otlp(span))
    except (AttributeError, KeyError, TypeError, RecordError, orjson.JSONEncodeError):
        return one_line(raw)


def _otlp(span: Mapping[str, Any]) -> dict[str, Any]:
    more = {f"phoenix.{name}": value for name, value in span.items() if name not in _KNOWN}
    kind = span.get("span_kind")
    attributes = {**({"openinference.span.kind": kind} if kind else {}), **(span.get("attributes") or {}), **more}
    return {
        "traceId": span["context"]["trace_id"],
        "spanId": span["context"]["span_id"],
        "parentSpanId": span.get("parent_id") or "",
        "name": span["name"],
        "startTimeUnixNano": _nanoseconds(span.get("start_time")),
        "endTimeUnixNano": _nanoseconds(span.get("end_time")),
        "attributes": _attributes(attributes),
        "events": [
            {
                "name": event["name"],
                "timeUnixNano": _nanoseconds(event.get("timestamp")),
                "attributes": _attributes(event.get("attributes") or {}),
            }
            for event in span.get("events") or ()
        ],
        "status": {"code": _STATUS.get(span.get("status_code", ""), 0), "message": span.get("status_message") or ""},
    }


def _nanoseconds(text: Any) -> str:
    return str((read_iso(text).at or 0) * 1000)


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _any_value(value)} for name, value in values.items()]


def _any_value(value: Any) -> dict[str, Any]:
    """Return a value as the protocol wraps it."""
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)} if -_INT64 <= value < _INT64 else {"stringValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any_value(entry) for entry in value]}}
    return {} if value is None else {"kvlistValue": {"values": _attributes(value)}}


def _annotations(server: Server, project: str, spans: Sequence[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield lines of signals: what was said about the spans, their traces and their sessions."""
    traces = {span_id: trace_id for span in spans for span_id, trace_id in [_ids(span)] if span_id and trace_id}
    sessions = dict.fromkeys(session for span in spans if (session := _session(span)))
    asked: tuple[tuple[str, Sequence[str]], ...] = (
        ("span", tuple(traces)),
        ("trace", tuple(dict.fromkeys(traces.values()))),
        ("session", tuple(sessions)),
    )
    for target_kind, ids in asked:
        for first in range(0, len(ids), IDS_AT_ONCE):
            for raw in _listed(server, project, target_kind, list(ids[first : first + IDS_AT_ONCE])):
                yield _signal(raw, target_kind, traces)


def _ids(span: Mapping[str, Any]) -> tuple[str, str]:
    """Return the ids of a span and its trace; empty where the span has none."""
    context = span.get("context")
    if not isinstance(context, dict):
        return "", ""
    span_id, trace_id = context.get("span_id"), context.get("trace_id")
    return (span_id, trace_id) if isinstance(span_id, str) and isinstance(trace_id, str) else ("", "")


def _session(span: Mapping[str, Any]) -> str:
    attributes = span.get("attributes")
    session = attributes.get("session.id") if isinstance(attributes, dict) else None
    return session if isinstance(session, str) else ""


def _listed(server: Server, project: str, target_kind: str, ids: list[str]) -> Iterator[msgspec.Raw]:
    path = f"v1/projects/{segment(project)}/{target_kind}_annotations"
    cursor: str | None = ""
    while cursor is not None:
        asked: dict[str, str | int | list[str]] = {f"{target_kind}_ids": ids, **({"cursor": cursor} if cursor else {})}
        try:
            raw = fewer_at_once(partial(_get, server, path, asked), ANNOTATIONS_AT_ONCE)
        except ServerError as error:
            if error.status == 404:  # it knows none of them, or is older than annotations of this kind
                return
            raise
        listed = decoded(raw, _Listed, where=server.address.url(path))
        yield from listed.data
        cursor = listed.next_cursor


def _signal(raw: msgspec.Raw, target_kind: str, traces: Mapping[str, str]) -> bytes:
    """Return one annotation as a line of signals; one that is not as it should be as it came."""
    said = readable(raw)
    if said is None or not isinstance(said.get("result") or {}, dict):
        return one_line(raw)
    result = said.pop("result", None) or {}
    target_id = said.pop(f"{target_kind}_id", None)
    trace_id = {"span": traces.get(str(target_id)), "trace": target_id}.get(target_kind)
    annotator_kind = said.pop("annotator_kind", None)
    return orjson.dumps(
        {
            "target_kind": target_kind,
            "target_id": target_id,
            "trace_id": trace_id,
            "kind": "feedback" if annotator_kind == "HUMAN" and not is_own(said.get("metadata")) else "evaluation",
            "name": said.pop("name", None),
            "value": result.pop("score", None),
            "label": result.pop("label", None),
            "comment": result.pop("explanation", None),
            "annotator_kind": annotator_kind,
            "user_id": said.pop("user_id", None),
            "at": said.pop("updated_at", None) or said.get("created_at"),
            "attributes": {**said, **result},
        }
    )
