"""Chat logs of any shape, read by a mapping: JSON lines, CSV or Parquet.

What the mapping names fills columns, what it does not name stays in the attributes. A record that does not fit is
quarantined with the key of the mapping that it does not fit.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from workbench.errors import RecordError
from workbench.ids import content_id
from workbench.loaders.batch import Batch, Context, Load, Rows
from workbench.loaders.mapped.mapping import LogMapping
from workbench.loaders.mapped.places import find, locate, unwrapped, without
from workbench.loaders.mapped.readings import Readings
from workbench.loaders.mapped.signals import add_mapped_signal
from workbench.loaders.reading.fields import count, is_empty, number
from workbench.loaders.reading.messages import Run, add_messages, text_of
from workbench.loaders.reading.moments import moved
from workbench.loaders.reading.parquet import is_parquet
from workbench.loaders.reading.pieces import Cut, Piece, cut_json, cut_parquet, load_pieces
from workbench.loaders.reading.stretches import stretch_columns
from workbench.loaders.reading.strict import dump_sorted
from workbench.loaders.reading.tables import cut_csv
from workbench.loaders.source import Source
from workbench.loaders.users import user_id

STATUSES = ("OK", "ERROR", "UNSET")
_CONTENTS = ("input", "output", "error_message")
_TIMES = ("started_at", "ended_at")
_NUMBERS = ("duration_ms", "input_tokens", "output_tokens", "cost_usd")
_SHARED = ("session_id", "user_key", "user_tier", "service", "environment", "release", "agent", "task")
_ID_ASSUMED = "a record has no id in the mapping: its trace id follows from its content"
_SPAN_ID_ASSUMED = "a record has no span id in the mapping: it follows from its content"
_KIND_ASSUMED = "a record with a model or tokens is read as a model call"
_STATUS_ASSUMED = "a record with an error and no status is read as status ERROR"


def loader(mapping: LogMapping) -> Load:
    """Return the loader that reads files as the mapping says.

    >>> loader(LogMapping(columns={"input": "question"})) is not None
    True
    """

    def load(source: Source, context: Context) -> Iterator[Batch]:
        """Yield the spans and signals of the file."""
        return load_pieces(source, context, partial(_add_record, mapping), cut=_cut(source, mapping))

    return load


def _cut(source: Source, mapping: LogMapping) -> Cut:
    head = source.head()
    told = "parquet" if is_parquet(head) else "jsonl" if head.lstrip()[:1] in (b"{", b"[") else "csv"
    cuts: Mapping[str, Cut] = {
        "jsonl": cut_json,
        "csv": partial(cut_csv, delimiter=mapping.delimiter),
        "parquet": cut_parquet,
    }
    return cuts[mapping.format or told]


def _add_record(mapping: LogMapping, piece: Piece, rows: Rows) -> None:
    piece.require_single_keys(piece.value)
    if not isinstance(piece.value, dict):
        raise RecordError("a record is no object")
    record = Readings(mapping, piece.value)
    paths = [*mapping.columns.values(), *(path for signal in mapping.signals for path in signal.paths.values())]
    if not mapping.has_spans:
        _add_statements(record, {}, piece, rows, beside=without(piece.value, paths))
        return
    if not record.found and (mapping.messages is None or find(piece.value, mapping.messages) is None):
        raise RecordError("the record has none of the fields that the mapping names", reason="no_field")
    span = _span(record, piece, rows)
    beside: Mapping[str, Any] = {}
    if mapping.messages is not None:
        paths.append(mapping.messages)
        beside = _add_chat(span, record, mapping.messages, piece, rows)
    attributes = without(piece.value, paths)
    rows.left.update(name for name, value in attributes.items() if not is_empty(value))
    rows.add_span(span | {"attributes": dump_sorted({**attributes, **beside})})
    _add_statements(record, span, piece, rows, beside={})


def _add_statements(
    record: Readings, span: Mapping[str, Any], piece: Piece, rows: Rows, *, beside: Mapping[str, Any]
) -> None:
    """Add the signals of a record; without a span of its own it must make a statement, else nothing is left of it."""
    n_made = 0
    for place, signal in enumerate(record.mapping.signals):
        try:
            n_made += add_mapped_signal(signal, record, span, rows, beside=beside)
        except RecordError as error:
            n_made += 1
            rows.refused.append(piece.refused(error, place))
    if not (span or n_made):
        raise RecordError("the record makes none of the statements that the mapping names", reason="no_field")
    record.report(rows)


def _span(record: Readings, piece: Piece, rows: Rows) -> dict[str, Any]:
    columns: dict[str, Any] = {**record.mapping.constants}
    for column, value in record.found.items():
        columns[column] = _value(record, column, value)
    raw_user = user_id(columns.pop("user_id", None))
    columns["user_key"] = None if raw_user is None else rows.context.key_user(raw_user)
    columns |= _times(record, columns)
    columns |= _ids(record, columns, piece)
    if columns.get("kind") is None and any(columns.get(name) is not None for name in ("model", "input_tokens")):
        record.assume(_KIND_ASSUMED)
        columns |= {"kind": "LLM", "operation": columns.get("operation") or "chat"}
    if columns.get("status") is None and any(columns.get(name) for name in ("error_type", "error_message")):
        record.assume(_STATUS_ASSUMED)
        columns["status"] = "ERROR"
    status = columns.get("status") or "UNSET"
    if status not in STATUSES:
        raise RecordError("columns.status is none of OK, ERROR, UNSET; name its words in [values.status]")
    return columns | {"status": status, "kind": columns.get("kind") or "UNKNOWN"}


def _value(record: Readings, column: str, value: Any) -> Any:
    if column in _TIMES:
        return record.moment(column, value)
    if column in _CONTENTS:
        return value if isinstance(value, str) else text_of(value)
    if column in _NUMBERS:
        figure = record.figure(column, value)
        return count(figure, f"columns.{column}") if column.endswith("_tokens") else number(figure, f"columns.{column}")
    if isinstance(value, dict | list):
        raise RecordError(f"columns.{column} finds an object or a list, must find a text")
    text = str(value)
    return record.mapping.values.get(column, {}).get(text, text) or None


def _times(record: Readings, columns: Mapping[str, Any]) -> dict[str, Any]:
    started_at, ended_at, lasted_ms = (columns.get(name) for name in (*_TIMES, "duration_ms"))
    if started_at is not None and ended_at is None and lasted_ms is not None:
        ended_at = moved(started_at, lasted_ms)
    return stretch_columns(record, started_at=started_at, ended_at=ended_at, lasted_ms=lasted_ms)


def _ids(record: Readings, columns: Mapping[str, Any], piece: Piece) -> dict[str, str]:
    """Return trace and span id; without a time, equal records are told apart by their place."""
    for column in ("trace_id", "span_id"):
        if column in record.mapping.columns and columns.get(column) is None:
            raise RecordError(f"columns.{column} finds nothing in the record", reason="no_id")
    place = "" if columns["time_known"] else f"{piece.offset}.{piece.place}"
    trace_id, span_id = columns.get("trace_id"), columns.get("span_id")
    if trace_id is None:
        record.assume(_ID_ASSUMED)
        trace_id = content_id("trc", dump_sorted(piece.value), place)
        span_id = trace_id if span_id is None else span_id
    if span_id is None:
        record.assume(_SPAN_ID_ASSUMED)
        span_id = content_id("spn", dump_sorted(piece.value), place)
    return {"trace_id": trace_id, "span_id": span_id}


def _add_chat(span: dict[str, Any], record: Readings, path: str, piece: Piece, rows: Rows) -> Mapping[str, Any]:
    """Add the spans of a record's messages below its own, and return what else they say about it."""
    found = locate(piece.value, path)
    messages = None if found is None else unwrapped(found.value)
    if found is None or not isinstance(messages, list):
        raise RecordError("messages.path finds no list of messages")
    run = Run(
        trace_id=span["trace_id"],
        span_id=span["span_id"],
        shared={name: span.get(name) for name in _SHARED},
        model=span.get("model"),
        started_at=span["started_at"],
        has_costs=True,
        is_failed=_is_failed,
    )
    summary = add_messages(run, messages, rows, piece, at=found.trail, first_part=len(record.mapping.signals))
    for column, said in (("input", summary.input), ("output", summary.output)):
        if span.get(column) is None:
            span[column] = said
    beside = {"instructions": summary.instructions, "unanswered": summary.unanswered}
    return {name: value for name, value in beside.items() if value}


def _is_failed(message: Mapping[str, Any]) -> bool | None:
    flag = message.get("error", message.get("is_error"))
    return flag if isinstance(flag, bool) else None
