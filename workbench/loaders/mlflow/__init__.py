"""MLflow traces: each span is a span, what the trace's info says goes to all of them, its assessments are signals.

Reads what `Trace.to_json` and `search_traces` write (schemas 2 and 3), the answers of the REST API, the spans that are
kept as an artifact, and tables of traces; lines, arrays and Parquet. Ids become OpenTelemetry's, so that spans that
also came by OTLP are the same.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.batch import Batch, Context, Rows
from workbench.loaders.mlflow.assessments import add_assessment
from workbench.loaders.mlflow.headers import PARTS, Info, read_info
from workbench.loaders.mlflow.roots import give_to_root, lone_span
from workbench.loaders.mlflow.spans import REQUEST, Spanned, spanned
from workbench.loaders.mlflow.usage import leave_sums
from workbench.loaders.reading.pieces import Piece, load_pieces
from workbench.loaders.reading.quoting import unpacked
from workbench.loaders.reading.roots import root_of
from workbench.loaders.reading.strict import dump_sorted, samples
from workbench.loaders.reading.written import Trail
from workbench.loaders.source import Source

_PARTS = frozenset({"traces", "trace", "info", "trace_info", "data", "spans", "assessments"})
_COLUMNS = frozenset(
    {
        *("trace_id", "request_id", "client_request_id", "state", "status", "request_time", "timestamp_ms"),
        *("execution_duration", "execution_time_ms", "request", "response", "trace_metadata", "request_metadata"),
        *("tags", "spans", "assessments"),
    }
)
"""Columns of a table of traces that repeat what the trace in the row says."""
_PREFIX = "tr-"
"""What MLflow's ids of traces begin with."""
_OF_INFO = frozenset({"trace_metadata", "request_metadata", "trace_location", "execution_time_ms"})


class _Part(NamedTuple):
    """A span or an assessment, and where it lies in its piece."""

    value: Any
    trail: Trail


class _Trace(NamedTuple):
    """What one trace is written as."""

    info: _Part
    """None where there is none."""
    spans: list[_Part]
    assessments: list[_Part]
    beside: Mapping[str, Any]
    """What stands beside these."""


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of an MLflow export."""
    return any(_is_export(sample) for sample in samples(head))


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the spans and signals of all traces in the file."""
    return load_pieces(source, context, _add_export)


def _is_export(sample: Mapping[str, Any]) -> bool:
    if sample.keys() == {"trace_id"}:  # a row of a table whose trace, as a text, is cut by the end of the head
        return str(sample["trace_id"]).startswith(_PREFIX)
    return any(
        _is_info(trace.info.value)
        or any(_is_span(span.value) for span in trace.spans)
        or any(_is_assessment(assessment.value) for assessment in trace.assessments)
        for trace in _traces(sample)
    )


def _is_info(info: Any) -> bool:
    return isinstance(info, dict) and bool({"trace_id", "request_id"} & info.keys()) and bool(_OF_INFO & info.keys())


def _is_span(span: Any) -> bool:
    attributes = span.get("attributes") if isinstance(span, dict) else None
    if isinstance(attributes, list):
        return any(isinstance(one, dict) and one.get("key") == REQUEST for one in attributes)
    return isinstance(attributes, dict) and REQUEST in attributes


def _is_assessment(assessment: Any) -> bool:
    return isinstance(assessment, dict) and {"assessment_name", "trace_id", "source"} <= assessment.keys()


def _traces(value: Mapping[str, Any]) -> Iterator[_Trace]:
    """Yield the traces of a piece: those that an answer of the API lists, the one that a table's row has, or itself."""
    listed, inside = value.get("traces"), unpacked(value.get("trace"))
    if isinstance(listed, list):
        yield from (_trace(one, ("traces", place)) for place, one in enumerate(listed))
    elif isinstance(inside, dict):
        trace = _trace(inside, ("trace",))
        yield trace._replace(beside={**trace.beside, **_but(value, {"trace", *_COLUMNS})})
    else:
        yield _trace(value, ())


def _trace(value: Any, at: Trail) -> _Trace:
    if not isinstance(value, dict):
        return _Trace(_Part(value, at), [], [], {})
    if _is_span(value):
        return _Trace(_Part(None, at), [_Part(value, at)], [], {})
    if "assessment_name" in value:
        return _Trace(_Part(None, at), [], [_Part(value, at)], {})
    name = next((name for name in ("info", "trace_info") if value.get(name) is not None), None)
    is_row = name is None and bool(_OF_INFO & value.keys())
    info = _Part(value if is_row else None, at) if name is None else _Part(unpacked(value[name]), (*at, name))
    data = unpacked(value.get("data"))
    spans = _listed(data, "spans", (*at, "data")) if isinstance(data, dict) else _listed(value, "spans", at)
    assessments = _listed(info.value, "assessments", info.trail) or _listed(value, "assessments", at)
    taken = {name, *(part for part in PARTS if isinstance(unpacked(value.get(part)), dict | list))}
    beside = {} if is_row else _but(value, taken)
    return _Trace(info, spans, assessments, beside | _but(data, {"spans"}))


def _but(record: Any, names: Collection[str | None]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names} if isinstance(record, dict) else {}


def _listed(record: Any, name: str, at: Trail) -> list[_Part]:
    listed = unpacked(record.get(name)) if isinstance(record, dict) else None
    return [_Part(one, (*at, name, place)) for place, one in enumerate(listed)] if isinstance(listed, list) else []


def _add_export(piece: Piece, rows: Rows) -> None:
    piece.require_single_keys(piece.value, besides=_PARTS)
    if not isinstance(piece.value, dict):
        raise RecordError("a line or document is no object")
    part = 0
    for trace in _traces(piece.value):
        if trace.info.value is None and not trace.spans and not trace.assessments:
            raise RecordError("neither a trace, nor its spans, nor an assessment")
        _add_trace(piece, trace, rows, part)
        part += 1 + len(trace.spans) + len(trace.assessments)


def _add_trace(piece: Piece, trace: _Trace, rows: Rows, part: int) -> None:
    """Add a trace whose info is part `part` of the piece; its spans and its assessments follow."""
    info, spans = read_info(None, rows), []
    try:
        piece.require_single_keys(trace.info.value, besides=_PARTS)
        info = read_info(trace.info.value, rows)
    except RecordError as error:
        rows.refused.append(piece.refused(error, part, at=trace.info.trail))
    for number, span in enumerate(trace.spans, start=part + 1):
        try:
            piece.require_single_keys(span.value)
            spans.append(spanned(span.value, info.header))
        except RecordError as error:
            rows.refused.append(piece.refused(error, number, at=span.trail))
    if info.header.trace_id is not None and not spans:
        try:
            spans.append(lone_span(info))
        except RecordError as error:
            rows.refused.append(piece.refused(error, part, at=trace.info.trail))
    _add_spans(spans, info, trace.beside, rows)
    for number, assessment in enumerate(trace.assessments, start=part + 1 + len(trace.spans)):
        try:
            piece.require_single_keys(assessment.value)
            add_assessment(rows, assessment.value, trace_id=info.header.trace_id)
        except RecordError as error:
            rows.refused.append(piece.refused(error, number, at=assessment.trail))


def _add_spans(spans: list[Spanned], info: Info, beside: Mapping[str, Any], rows: Rows) -> None:
    leave_sums([(span.columns, span.fields) for span in spans])
    if spans:
        give_to_root(root_of(spans), info, beside)
        info.report(rows)
    for span in spans:
        if span.user_id is not None and span.columns.get("user_key") is None:
            span.columns["user_key"] = rows.context.key_user(span.user_id)
        rows.add_span(span.columns | {"attributes": dump_sorted(span.attributes)})
        span.fields.report(rows)
