"""Langfuse exports: each observation is a span, what the trace says goes to all of them, its scores are signals.

Reads an object {trace, observations}, a trace with its observations and scores inside, lines or arrays of such, and the
lone traces, observations and scores of a blob export: JSON, lines, CSV or Parquet; names in camelCase or snake_case.

A lone trace is the root span of its trace, and a lone observation without a parent lies below it. So what the trace
says (session, user, release, tags) is found at the root, and by `Telemetry.traces`, whichever file came first; until
the trace comes its root is missing, and is seen to be. Observations that bring what their trace says need no such root.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.batch import Batch, Context, Rows
from workbench.loaders.langfuse.observations import TYPES, Header, Observed, observed, observed_trace
from workbench.loaders.langfuse.records import camel, record_of
from workbench.loaders.langfuse.scores import add_score
from workbench.loaders.reading.fields import Fields
from workbench.loaders.reading.messages import text_of
from workbench.loaders.reading.pieces import Piece, load_pieces
from workbench.loaders.reading.quoting import unpacked, unquoted
from workbench.loaders.reading.records import cut_any
from workbench.loaders.reading.roots import root_of
from workbench.loaders.reading.strict import dump_sorted, samples
from workbench.loaders.reading.written import Trail
from workbench.loaders.source import Source
from workbench.loaders.users import user_id

_PARTS = frozenset({"trace", "observations", "scores", "corrections"})
_RELEASE_ASSUMED = "the trace's version is read as the release, for want of one"
_NO_HEADER = Header(*(None,) * len(Header._fields))
_ROOT_ASSUMED = "a lone observation without a parent lies below its trace, which is a root span of its own"
_OF_TRACE = frozenset({"traceName", "sessionId", "userId", "tags", "release"})
"""Fields by which an observation brings what its trace says."""


class _Part(NamedTuple):
    """An observation or a score, and where it lies in its document."""

    value: Any
    trail: Trail


class _Export(NamedTuple):
    """What one document holds."""

    trace: Any
    trace_trail: Trail
    observations: list[_Part]
    scores: list[_Part]


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of a Langfuse export."""
    return any(_is_export(camel(sample)) for sample in samples(head))


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the spans and signals of all traces in the file."""
    return load_pieces(source, context, _add_export, cut=partial(cut_any, recognises=recognises))


def _is_export(sample: Mapping[str, Any]) -> bool:
    trace = sample.get("trace", sample)
    if not isinstance(trace, dict):
        return False
    names = camel(trace).keys()
    if "trace" in sample or "observations" in sample:
        return "id" in names and bool({"timestamp", "projectId", "sessionId", "userId", "observations"} & names)
    is_observation = {"traceId", "startTime", "type"} <= names and sample["type"] in (*TYPES, None)
    is_score = {"id", "name", "value", "source"} <= names and bool({"traceId", "sessionId"} & names)
    is_trace = {"id", "timestamp", "projectId"} <= names and bool({"sessionId", "userId"} & names)
    return is_observation or is_score or is_trace


def _add_export(piece: Piece, rows: Rows) -> None:
    piece.require_single_keys(piece.value, besides=_PARTS)
    export = _export(piece.value)
    fields, header, spans = Fields({}, of="trace."), _NO_HEADER, []
    try:
        fields, header = _read_header(piece, export.trace, rows)
    except RecordError as error:
        rows.refused.append(piece.refused(error, 0, at=export.trace_trail))
    for part, observation in enumerate(export.observations, start=1):
        try:
            piece.require_single_keys(observation.value)
            span = observed(record_of(observation.value, "an observation"), header)
            if export.trace is None:
                _give_parent(span)
            spans.append(span)
        except RecordError as error:
            rows.refused.append(piece.refused(error, part, at=observation.trail))
    if header.trace_id is not None and not spans:
        try:
            spans.append(observed_trace(fields, header))
        except RecordError as error:
            rows.refused.append(piece.refused(error, 0, at=export.trace_trail))
    if header.trace_id is not None and spans:
        _give_to_root(spans, fields)
        fields.report(rows)
    for span in spans:
        _add_span(span, rows)
    _add_scores(piece, export, header, rows)


def _export(value: Any) -> _Export:
    record = record_of(value, "a line or document")
    trail: Trail = ("trace",)
    if "trace" in record or ("observations" in record and "timestamp" not in record):
        trace = record.get("trace")
    elif "startTime" in record:
        return _Export(None, (), [_Part(record, ())], [])
    elif "observations" not in record and {"source", "dataType"} & record.keys():
        return _Export(None, (), [], [_Part(record, ())])
    elif "timestamp" in record or "observations" in record:
        trace, record, trail = record, {}, ()
    else:
        raise RecordError("neither a trace, nor an observation, nor a score")
    inside = camel(trace) if isinstance(trace, dict) else {}
    scores = [
        *_parts(record, "scores"),
        *_parts(inside, "scores", at=trail),
        *_parts(inside, "corrections", at=trail),
    ]
    observations = _merged(_parts(record, "observations"), _parts(inside, "observations", at=trail))
    return _Export(trace, trail, observations, scores)


def _parts(record: Mapping[str, Any], name: str, *, at: Trail = ()) -> list[_Part]:
    """Return a list of objects, which exports also write as JSON in a text; bare ids are none."""
    entries = unpacked(record.get(name))
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise RecordError(f"{name} is no list")
    return [_Part(entry, (*at, name, place)) for place, entry in enumerate(entries) if not isinstance(entry, str)]


def _merged(observations: list[_Part], inside: list[_Part]) -> list[_Part]:
    """Return all observations; an export lists them beside the trace, inside of it, or in both places."""
    seen = {_id_text(part) for part in observations}
    return [*observations, *(part for part in inside if _id_text(part) is None or _id_text(part) not in seen)]


def _id_text(observation: _Part) -> str | None:
    identity = observation.value.get("id") if isinstance(observation.value, dict) else None
    return identity if isinstance(identity, str) else None


def _read_header(piece: Piece, trace: Any, rows: Rows) -> tuple[Fields, Header]:
    if trace is None:
        return Fields({}, of="trace."), _NO_HEADER
    piece.require_single_keys(trace, besides=_PARTS)
    fields = Fields(record_of(trace, "a trace"), of="trace.")
    fields.pass_over(*_PARTS)
    raw_user = user_id(fields.raw("userId", column="user_key"))
    header = Header(
        trace_id=fields.identity("id", column="trace_id"),
        session_id=fields.text("sessionId", column="session_id"),
        user_id=raw_user,
        user_key=None if raw_user is None else rows.context.key_user(raw_user),
        environment=fields.text("environment", column="environment"),
        release=fields.text("release", column="release"),
        task=fields.text("name", column="task"),
    )
    if header.release is None and (version := fields.text("version", column="release")):
        fields.assume(_RELEASE_ASSUMED)
        header = header._replace(release=version)
    return fields, header


def _give_parent(span: Observed) -> None:
    """Put a lone observation without a parent below the trace, unless it brings what the trace says."""
    if span.columns["parent_span_id"] is None and _OF_TRACE.isdisjoint(span.fields.record):
        span.columns["parent_span_id"] = span.columns["trace_id"]
        span.fields.assume(_ROOT_ASSUMED)


def _give_to_root(spans: list[Observed], fields: Fields) -> None:
    """Give the root what only the trace says; what both say alike is kept once."""
    root = root_of(spans)
    for column in ("input", "output"):
        content = text_of(unquoted(fields.raw(column, column=column)))
        if root.columns.get(column) is None:
            root.columns[column] = content
        elif content is not None and unpacked(content) != unpacked(root.columns[column]):
            root.attributes[f"trace_{column}"] = content
    rest = {name: unpacked(value) for name, value in fields.rest().items()}
    if rest.get("metadata") == root.fields.record.get("metadata"):
        rest.pop("metadata", None)
    root.attributes["trace"] = rest


def _add_span(span: Observed, rows: Rows) -> None:
    if span.user_id is not None:
        span.columns["user_key"] = rows.context.key_user(span.user_id)
    rows.add_span(span.columns | {"attributes": dump_sorted(span.attributes)})
    span.fields.report(rows)


def _add_scores(piece: Piece, export: _Export, header: Header, rows: Rows) -> None:
    for part, score in enumerate(export.scores, start=1 + len(export.observations)):
        try:
            piece.require_single_keys(score.value)
            add_score(rows, record_of(score.value, "a score"), trace_id=header.trace_id)
        except RecordError as error:
            rows.refused.append(piece.refused(error, part, at=score.trail))
