"""Traces of the OpenAI Agents SDK: what its exporter sends (`{"data": [...]}`), or a tracing processor writes down.

Traces and spans are objects side by side, in any order. So a file is read twice: first for what the trace objects say,
then for the spans, each of which gets it. A trace of which the file holds no span becomes a span of its own, without a
time, so that its session, workflow and metadata are kept, whether its spans come later, in another file, or never. The
agent of a model or tool call is that of the turn or agent span right above it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.batch import Batch, Context, Rows
from workbench.loaders.openai_agents.headers import Header, together, told
from workbench.loaders.openai_agents.spans import Observed, observed, observed_trace
from workbench.loaders.reading.pieces import Piece, cut_records, load_pieces
from workbench.loaders.reading.shared import Shared
from workbench.loaders.reading.strict import dump_sorted, samples
from workbench.loaders.reading.written import Trail
from workbench.loaders.source import Source

_TRACE, _SPAN = "trace", "trace.span"
_NO_HEADER = Header()


class _Known(NamedTuple):
    """What the whole file says about its traces."""

    headers: Mapping[str, Header]
    """By trace id."""
    with_spans: frozenset[str]
    """Traces of which it holds a span."""
    agents: Mapping[tuple[str, str], str]
    """Agent that a span names, by trace and span id."""


class _Item(NamedTuple):
    """A trace object or a span, and where it lies in its line or document."""

    value: Any
    trail: Trail


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of an export of the Agents SDK."""
    return any(_is_ours(item.value) for sample in samples(head) for item in _items(sample))


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the spans of all traces in the file."""
    known = _known(source, context)
    return load_pieces(source, context, partial(_add_items, known, set(), Shared()))


def _is_ours(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    is_span = value.get("object") == _SPAN and {"id", "trace_id"} <= value.keys()
    return is_span or (value.get("object") == _TRACE and {"id", "workflow_name"} <= value.keys())


def _items(value: Any) -> list[_Item]:
    entries = value.get("data") if isinstance(value, dict) and value.get("object") in (None, "list") else None
    if isinstance(entries, list):
        return [_Item(entry, ("data", place)) for place, entry in enumerate(entries)]
    return [_Item(value, ())]


def _known(source: Source, context: Context) -> _Known:
    objects: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    with_spans, agents = set(), {}
    for piece in cut_records(source, Rows(replace(context, start=0))):
        for item in _items(piece.value):
            try:
                value = _checked(piece, item)
                if value["object"] == _TRACE:
                    objects[told(value).trace_id].append(value)
                else:
                    columns = observed(value, _NO_HEADER).columns
                    with_spans.add(columns["trace_id"])
                    if columns["agent"]:
                        agents[columns["trace_id"], columns["span_id"]] = columns["agent"]
            except RecordError:
                continue
    return _Known({trace_id: together(said) for trace_id, said in objects.items()}, frozenset(with_spans), agents)


def _checked(piece: Piece, item: _Item) -> dict[str, Any]:
    piece.require_single_keys(item.value)
    if not isinstance(item.value, dict) or item.value.get("object") not in (_TRACE, _SPAN):
        raise RecordError("neither a trace nor a span: its object is none of trace, trace.span")
    return item.value


def _add_items(known: _Known, given: set[str], shared: Shared, piece: Piece, rows: Rows) -> None:
    """Add the spans of one line or document; `given` are traces that were already given a span of their own."""
    for part, item in enumerate(_items(piece.value)):
        try:
            value = _checked(piece, item)
            if value["object"] == _SPAN:
                _add_span(value, known, shared, rows)
            else:
                _add_trace(value, known, given, rows)
        except RecordError as error:
            rows.refused.append(piece.refused(error, part, at=item.trail))


def _add_span(value: Mapping[str, Any], known: _Known, shared: Shared, rows: Rows) -> None:
    trace_id = str(value.get("trace_id"))
    header = known.headers.get(trace_id, _NO_HEADER)
    header = header._replace(left=shared.part(trace_id, header.left))
    span = observed(value, header)
    columns = span.columns
    columns["agent"] = columns["agent"] or known.agents.get((columns["trace_id"], columns["parent_span_id"]))
    _add(span, header, rows)


def _add_trace(value: Mapping[str, Any], known: _Known, given: set[str], rows: Rows) -> None:
    said = told(value)
    if said.trace_id not in known.with_spans and said.trace_id not in given:
        given.add(said.trace_id)
        header = known.headers[said.trace_id]
        _add(observed_trace(said.trace_id, header), header, rows)
    said.fields.report(rows)


def _add(span: Observed, header: Header, rows: Rows) -> None:
    user_key = None if header.user_id is None else rows.context.key_user(header.user_id)
    rows.add_span(span.columns | {"user_key": user_key, "attributes": dump_sorted(span.attributes)})
    for fields in span.fields:
        fields.report(rows)
