"""Logs of OpenAI's chat completions and Responses API, and of what speaks like them: a call is a trace of one span.

Reads records of request and response (those of NVIDIA's data flywheel among them), Batch output files, bare and stored
responses, as lines, arrays, one object or a `list` of the API. The file is read twice: a chain of responses is one
session, named after its first, wherever in the file that stands.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.batch import Batch, Context, Rows
from workbench.loaders.openai_logs.calls import span_of
from workbench.loaders.openai_logs.sessions import first_of_chains, previous_of
from workbench.loaders.openai_logs.shapes import call_of, is_request, recognises_call
from workbench.loaders.reading.pieces import Piece, cut_records, load_pieces
from workbench.loaders.reading.strict import dump_sorted, samples
from workbench.loaders.reading.written import Trail
from workbench.loaders.source import HEAD_BYTES, Source


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of a log of calls."""
    seen = samples(head)
    if any(recognises_call(record) for sample in seen for record, _ in _records(sample) if isinstance(record, dict)):
        return True
    # A first line that is longer than what is looked at ends before its response.
    is_cut = len(head) >= HEAD_BYTES and b"\n" not in head
    return is_cut and any(is_request(sample.get("request")) for sample in seen)


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the spans of all calls in the file."""
    first = first_of_chains(_previous(source, context))
    return load_pieces(source, context, partial(_add_records, first))


def _records(value: Any) -> list[tuple[Any, Trail]]:
    """Return the calls of a piece, and where they lie in it; a list of embeddings is the response of one call."""
    entries = value.get("data") if isinstance(value, dict) and value.get("object") == "list" else None
    if isinstance(entries, list) and "model" not in value:
        return [(entry, ("data", place)) for place, entry in enumerate(entries)]
    return [(value, ())]


def _previous(source: Source, context: Context) -> Mapping[str, str]:
    """Return, by response, the one that it follows; of several the least, so that their order makes no difference."""
    previous: dict[str, str] = {}
    for piece in cut_records(source, Rows(replace(context, start=0))):
        for record, _ in _records(piece.value):
            try:
                call = call_of(record)
            except RecordError:
                continue
            own, before = call.response.get("id"), previous_of(call.request, call.response)
            if isinstance(own, str) and before is not None:
                previous[own] = min(before, previous.get(own, before))
    return previous


def _add_records(first: Mapping[str, str], piece: Piece, rows: Rows) -> None:
    for part, (record, trail) in enumerate(_records(piece.value)):
        try:
            piece.require_single_keys(record)
            place = f"{piece.offset}.{piece.place}.{part}"
            span = span_of(call_of(record), first=first, place=place)
        except RecordError as error:
            rows.refused.append(piece.refused(error, part, at=trail))
            continue
        key_user = rows.context.key_user
        attributes = span.attributes | span.users.attributes(key_user)
        rows.add_span(span.columns | span.users.columns(key_user) | {"attributes": dump_sorted(attributes)})
        for fields in span.fields:
            fields.report(rows)
