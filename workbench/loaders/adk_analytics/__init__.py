"""Google ADK's agent analytics table in BigQuery: the rows of one span id, wherever they stand, are one span.

The framework's plugin writes a row when a model, a tool, an agent or an invocation starts, and another when it ends or
fails. Reads exports of the table as JSON lines, arrays, CSV or Parquet.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.adk_analytics.rows import Row, read_row
from workbench.loaders.adk_analytics.spans import add_span, is_apart
from workbench.loaders.batch import Batch, Context, Refused, Rows
from workbench.loaders.reading.joined import load_joined
from workbench.loaders.reading.pieces import Piece
from workbench.loaders.reading.records import cut_any
from workbench.loaders.reading.strict import samples
from workbench.loaders.source import Source

_NAMES = frozenset({"event_type", "invocation_id", "session_id", "timestamp"})


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of an export of the table."""
    return any(sample.keys() >= _NAMES for sample in samples(head))


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the spans of all rows in the file."""
    return load_joined(source, context, key_of=_key, read_group=_add_group, cut=partial(cut_any, recognises=recognises))


def _key(value: Any) -> Hashable | None:
    """Return the span of a row; None for a row of the plugin's first releases, which name none."""
    span_id = value.get("span_id") if isinstance(value, dict) else None
    return (_trace_of(value), span_id) if isinstance(span_id, str) and span_id else None


def _trace_of(value: Mapping[str, Any]) -> str | None:
    trace_id = value.get("trace_id") or value.get("invocation_id")
    return trace_id if isinstance(trace_id, str) else None


def _add_group(pieces: Sequence[Piece], rows: Rows) -> None:
    """Add the span of the rows; tool results that came later under the span of an invocation are spans of their own."""
    read: list[Row | Refused] = []
    for piece in pieces:
        try:
            piece.require_single_keys(piece.value)
            read.append(read_row(piece.value, piece.refused))
        except RecordError as error:
            read.append(piece.refused(error))
    rows.refused += [refused for refused in read if isinstance(refused, Refused)]
    told = sorted((row for row in read if isinstance(row, Row)), key=lambda row: (row.at or 0, row.event_id))
    of_span = [row for row in told if not is_apart(row)]
    if of_span:
        add_span(of_span, rows)
    for row in told:
        if is_apart(row):
            add_span([row], rows, below=row.span_id)
