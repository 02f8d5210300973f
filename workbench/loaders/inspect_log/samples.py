"""One sample as a trace: its own span, which encloses the spans of its events, and its scores as signals.

Tokens are those of the model calls; what the sample sums up of them stays in attributes, so that none counts twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from workbench.errors import RecordError
from workbench.ids import content_id
from workbench.loaders.batch import Rows
from workbench.loaders.inspect_log.events import flattened
from workbench.loaders.inspect_log.log import Log
from workbench.loaders.inspect_log.resolve import References
from workbench.loaders.inspect_log.scores import Judged, add_score
from workbench.loaders.inspect_log.trace import Sketch, Trace, add_event, enclosing, models_that_judge
from workbench.loaders.reading.fields import Fields, is_empty
from workbench.loaders.reading.messages import text_of
from workbench.loaders.reading.moments import Moment, read_iso
from workbench.loaders.reading.parts import as_object
from workbench.loaders.reading.pieces import Piece
from workbench.loaders.reading.stretches import stretch_columns
from workbench.loaders.reading.strict import dump, dump_sorted
from workbench.loaders.reading.written import Trail

_APART = frozenset({"events", "attachments", "events_data", "scores", "score"})
"""What a sample holds besides what is said of it itself."""
_ID_ASSUMED = "a sample has no uuid: its trace id follows from the run, the sample's id and its epoch"
_TIMES_ASSUMED = "a sample has no times of its own: they are those of its first and last event"
_PARENT_ASSUMED = "an event whose span is not in the log is read as part of the sample"


def add_sample(piece: Piece, sample: Any, log: Log, rows: Rows, *, at: Trail, first_part: int) -> int:
    """Add the spans and scores of a sample, which lies in the piece at a trail; return the number of the next part.

    What cannot be read is refused: the sample as a whole, one of its events, or one of its scores.
    """
    try:
        piece.require_single_keys(sample, besides=frozenset({"events", "scores"}))
        trace, references = _opened(sample, log)
    except RecordError as error:
        rows.refused.append(piece.refused(error, first_part, at=at))
        return first_part + 1
    part = first_part
    for event in flattened(sample.get("events") or [], at=(*at, "events"), trace_id=trace.id):
        part += 1
        try:
            piece.require_single_keys(event.value, besides=frozenset({"events"}))
            add_event(trace, event, references)
        except RecordError as error:
            rows.refused.append(piece.refused(error, part, at=event.trail))
    _set_times(trace)
    for span_id, sketch in trace.sketches.items():
        _add_span(trace, span_id, sketch, rows)
    for told, trail in _judgements(trace, sample, at=at):
        part += 1
        try:
            piece.require_single_keys(told.score)
            add_score(replace(told, score=references.resolved(told.score)), rows, trace_id=trace.id)
        except RecordError as error:
            rows.refused.append(piece.refused(error, part, at=trail))
    return part + 1


def _opened(sample: Any, log: Log) -> tuple[Trace, References]:
    """Return the trace with the sample's own span, and what its events refer to."""
    if not isinstance(sample, dict):
        raise RecordError("a sample is no object")
    if not isinstance(sample.get("events") or [], list) or not isinstance(sample.get("scores") or {}, dict):
        raise RecordError("events are no list, or scores are no object")
    references = References(sample)
    fields = Fields(_resolved(sample, references), of="samples.")
    sample_id, epoch = fields.identity("id", column="task"), fields.record.get("epoch")
    trace_id = fields.text("uuid", column="trace_id")
    if trace_id is None:
        fields.assume(_ID_ASSUMED)
        trace_id = content_id("trc", dump([log.run_id, log.task, sample_id, epoch]).encode())
    output = as_object(fields.raw("output", column="output"))
    choices = output.get("choices")
    choice = as_object(choices[0]) if isinstance(choices, list) and choices else {}
    asked = fields.raw("input", column="input")
    columns = {
        "trace_id": trace_id,
        "span_id": trace_id,
        "service": log.task,
        "release": log.release,
        "task": f"{log.task}/{sample_id}" if log.task else sample_id,
        "kind": "AGENT",
        "operation": "invoke_agent",
        "name": f"invoke_agent {log.task}" if log.task else "invoke_agent",
        "model": log.model,
        "input": asked if asked is None or isinstance(asked, str) else dump(asked),
        "output": text_of(as_object(choice.get("message")).get("content")),
        "started_at": fields.moment(read_iso(fields.raw("started_at", column="started_at"))),
        "ended_at": fields.moment(read_iso(fields.raw("completed_at", column="ended_at"))),
        **_ending(fields, choice),
    }
    has_more = isinstance(choices, list) and len(choices) > 1
    left = output if has_more else {name: entry for name, entry in output.items() if name != "choices"}
    root = Sketch(columns, fields, log.attributes() | {"output": left})
    return Trace(trace_id, root, {trace_id: root}), references


def _resolved(sample: Mapping[str, Any], references: References) -> dict[str, Any]:
    """Return what a sample says, without what becomes spans and signals, with the texts that it refers to."""
    said = {name: value for name, value in sample.items() if name not in _APART}
    retries = said.pop("error_retries", None)
    whole = {name: references.resolved(value) for name, value in said.items()}
    if isinstance(retries, list) and retries:
        whole["error_retries"] = [_resolved_retry(retry, references) for retry in retries]
    return whole


def _resolved_retry(retry: Any, references: References) -> Any:
    events = as_object(retry).get("events")
    if not isinstance(events, list):
        return references.resolved(retry)
    whole = [references.event(event) if isinstance(event, dict) else event for event in events]
    return references.resolved({name: value for name, value in retry.items() if name != "events"}) | {"events": whole}


def _set_times(trace: Trace) -> None:
    """Give the sample's own span its times."""
    columns, fields = trace.root.columns, trace.root.fields
    starts = [at for sketch in trace.sketches.values() if (at := sketch.columns.get("started_at")) is not None]
    if columns["started_at"] is None and columns["ended_at"] is None and starts:
        fields.assume(_TIMES_ASSUMED)
        columns |= {"started_at": min(starts), "ended_at": trace.last}
    columns |= stretch_columns(fields, started_at=columns["started_at"], ended_at=columns["ended_at"])


def _ending(fields: Fields, choice: Mapping[str, Any]) -> dict[str, str | None]:
    """Return how the sample ended: with an error, at a limit, or as its last answer did."""
    error, limit = as_object(fields.record.get("error")), as_object(fields.record.get("limit"))
    broken_by = f"{limit['type']}_limit" if isinstance(limit.get("type"), str) else None
    said, stopped = error.get("message"), choice.get("stop_reason")
    return {
        "status": "ERROR" if error or broken_by else "UNSET",
        "error_type": broken_by,
        "error_message": said if isinstance(said, str) and said else None,
        "finish_reason": broken_by or (stopped if isinstance(stopped, str) else None),
    }


def _add_span(trace: Trace, span_id: str, sketch: Sketch, rows: Rows) -> None:
    root = trace.root.columns
    shared = {name: root[name] for name in ("trace_id", "service", "release", "task")}
    own: dict[str, Any] = {"span_id": span_id}
    if sketch is not trace.root:
        named = sketch.columns.get("parent_span_id")
        parent = trace.aliases.get(named or "", named)
        is_known = parent is None or parent in trace.sketches
        sketch.fields.assume(None if is_known else _PARENT_ASSUMED)
        own["parent_span_id"] = parent if parent is not None and is_known else trace.id
    kept = sketch.fields.rest() | sketch.attributes | {"events": sketch.moments}
    attributes = {name: value for name, value in kept.items() if not is_empty(value)}
    rows.add_span({**sketch.columns, **shared, **own, "attributes": dump_sorted(attributes)})
    sketch.fields.report(rows)


def _judgements(trace: Trace, sample: Mapping[str, Any], *, at: Trail) -> Iterator[tuple[Judged, Trail]]:
    """Yield what the sample says its scores are, after those of its events that it does not repeat, and where."""
    scores = sample.get("scores") or ({"score": sample["score"]} if sample.get("score") is not None else {})
    judges, said = models_that_judge(trace), {}
    for event, value in trace.scores:
        scorer = value.get("scorer") or enclosing(trace, event).columns.get("name") or "score"
        told = said[str(scorer)] = Judged(
            scorer=str(scorer),
            score=value.get("score"),
            at=read_iso(value.get("timestamp")),
            target=value.get("target"),
            is_by_model=event.parent in judges,
            is_on_the_way=value.get("intermediate") is True,
        )
        if told.is_on_the_way or told.scorer not in scores:
            yield told, (*event.trail, "score")
    for scorer, score in scores.items():
        known = said.get(scorer) or Judged(scorer=scorer, score=None, at=Moment(trace.root.columns["ended_at"]))
        yield replace(known, score=score, is_on_the_way=False), (*at, "scores", scorer)
