"""LangSmith exports: each run is a span, each feedback a signal, whatever it lies in.

Reads lines, arrays and Parquet of runs and of feedback, answers of the API that list runs, and runs with their child
runs inside.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.batch import Batch, Context, Rows
from workbench.loaders.langsmith.feedback import add_feedback
from workbench.loaders.langsmith.runs import Enclosing, ran
from workbench.loaders.reading.pieces import Piece, load_pieces
from workbench.loaders.reading.quoting import unpacked
from workbench.loaders.reading.strict import dump_sorted, samples
from workbench.loaders.reading.written import Trail
from workbench.loaders.source import Source

_LISTS = ("runs", "items")
"""Where the API's answers list their runs."""
_PARTS = frozenset({*_LISTS, "child_runs"})
_OF_RUN = frozenset({"trace_id", "parent_run_id", "parent_run_ids", "session_id", "extra", "inputs"})
_OF_FEEDBACK = frozenset({"score", "feedback_source", "feedback_group_id", "comparative_experiment_id", "correction"})
_NOTHING = Enclosing(None, None)


class _Part(NamedTuple):
    """A run or a feedback, where it lies in its piece, and what it lies in."""

    value: Any
    trail: Trail
    enclosing: Enclosing


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of a LangSmith export."""
    return any(_is_run(part.value) or _is_feedback(part.value) for sample in samples(head) for part in _listed(sample))


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the spans and signals of the file."""
    return load_pieces(source, context, _add_export)


def _is_run(record: Any) -> bool:
    names = set(record) if isinstance(record, dict) else set()
    if "dotted_order" in names:  # nobody else has it, and it comes before inputs that may fill the head of the file
        return True
    return {"run_type", "start_time"} <= names and bool({"id", "run_id"} & names) and bool(_OF_RUN & names)


def _is_feedback(record: Any) -> bool:
    names = set(record) if isinstance(record, dict) else set()
    return {"key", "run_id"} <= names and "run_type" not in names and bool(_OF_FEEDBACK & names)


def _listed(value: Any) -> list[_Part]:
    """Return the runs that an answer of the API lists, and of anything else itself."""
    if isinstance(value, dict) and "run_type" not in value:
        for name in _LISTS:
            if isinstance(runs := value.get(name), list):
                return [_Part(run, (name, place), _NOTHING) for place, run in enumerate(runs)]
    return [_Part(value, (), _NOTHING)]


def _add_export(piece: Piece, rows: Rows) -> None:
    piece.require_single_keys(piece.value, besides=_PARTS)
    for number, part in enumerate(_parts(piece.value)):
        try:
            piece.require_single_keys(part.value, besides=_PARTS)
            _add_part(part, rows)
        except RecordError as error:
            rows.refused.append(piece.refused(error, number, at=part.trail))


def _parts(value: Any) -> Iterator[_Part]:
    """Yield the runs and feedback of a piece, each run before the runs below it."""
    waiting = _listed(value)[::-1]
    while waiting:
        part = waiting.pop()
        yield part
        children = unpacked(part.value.get("child_runs")) if isinstance(part.value, dict) else None
        if isinstance(children, list):
            below = _enclosing(part)
            parts = [_Part(child, (*part.trail, "child_runs", place), below) for place, child in enumerate(children)]
            waiting += parts[::-1]


def _enclosing(part: _Part) -> Enclosing:
    """Return what the runs below a run are in, as far as it can be told."""
    run_id, trace_id = (part.value.get(name) for name in ("id", "trace_id"))
    run_id, trace_id = (said if isinstance(said, str) and said else None for said in (run_id, trace_id))
    return Enclosing(trace_id or part.enclosing.trace_id or run_id, run_id)


def _add_part(part: _Part, rows: Rows) -> None:
    if not isinstance(part.value, dict):
        raise RecordError("a run or feedback is no object")
    if _is_feedback(part.value):
        add_feedback(rows, part.value)
        return
    if "run_type" not in part.value and "start_time" not in part.value:
        raise RecordError("neither a run nor a feedback")
    span = ran(part.value, part.enclosing)
    if span.user_id is not None:
        span.columns["user_key"] = rows.context.key_user(span.user_id)
    rows.add_span(span.columns | {"attributes": dump_sorted(span.attributes)})
    span.fields.report(rows)
