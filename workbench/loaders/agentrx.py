"""AgentRx: agent runs in the form of tau-bench whose steps are numbered, and the failures that people found in them.

The labels lie in a file of their own and name a run by its task and a step by its number, and so do the ids here:
whichever file comes first, they meet. Runs of one task therefore share a trace: a set of runs wants its own workspace.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.batch import Batch, Context, Rows
from workbench.loaders.reading.blame import Blame, add_failure, add_verdict
from workbench.loaders.reading.fields import Fields, count
from workbench.loaders.reading.pieces import Piece, load_pieces
from workbench.loaders.reading.strict import samples
from workbench.loaders.source import Source
from workbench.loaders.tau_bench import add_run, has_numbered_steps, is_run

USER = "User"
"""The one blamed who is no agent: what a user says is no span."""
_LABELS = frozenset({"trajectory_id", "failures"})


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of a file of such runs, or of labels."""
    return any(sample.keys() >= _LABELS or (is_run(sample) and has_numbered_steps(sample)) for sample in samples(head))


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the spans, rewards and labels of all runs in the file; no span has a time."""
    return load_pieces(source, context, _add_record)


def trace_id_of(task: str) -> str:
    """Return the trace of the run of a task.

    >>> trace_id_of("17")
    'agentrx-17'
    """
    return f"agentrx-{task}"


def _add_record(piece: Piece, rows: Rows) -> None:
    if not isinstance(piece.value, dict):
        raise RecordError("a record is no object")
    if "failures" in piece.value:
        _add_labels(piece, rows)
    else:
        add_run(piece, rows, trace_id=trace_id_of(Fields(piece.value).identity("task_id", column="trace_id")))


def _add_labels(piece: Piece, rows: Rows) -> None:
    """Add every failure, and the one that people hold for the root cause as the decisive step."""
    piece.require_single_keys(piece.value, besides=frozenset({"failures"}))
    record = Fields(piece.value)
    trace_id = trace_id_of(record.identity("trajectory_id", column="trace_id"))
    failures = record.raw("failures", column="signals")
    if not isinstance(failures, list):
        raise RecordError("failures is no list")
    root = record.raw("root_cause", column="signals")
    cause = Fields(root if isinstance(root, dict) else {}, of="root_cause.")
    cause_id = cause.text("failure_id", column="target_id")
    why = cause.text("reason_for_root_cause", column="comment")
    for place, failure in enumerate(failures):
        fields = Fields(_object(failure), of="failures.")
        try:
            piece.require_single_keys(failure)
            blame = _blame(fields, trace_id)
            add_failure(rows, blame)
        except RecordError as error:
            rows.refused.append(piece.refused(error, place, at=("failures", place)))
            continue
        if cause_id is not None and str(fields.record.get("failure_id")) == cause_id:
            beside = {**blame.beside, **cause.rest(), **record.rest()}
            add_verdict(rows, blame._replace(reason=why or blame.reason, beside=beside))
        fields.report(rows)
    record.report(rows)


def _blame(fields: Fields, trace_id: str) -> Blame:
    agent = fields.identity("failed_agent", column="label")
    step = count(fields.record.get("step_number"), "step_number")
    if not step:
        raise RecordError("there is no step_number from 1 on", reason="no_id")
    return Blame(
        trace_id=trace_id,
        span_id=None if agent == USER else f"{trace_id}:{step - 1}",
        agent=agent,
        category=fields.text("failure_category", column="label"),
        reason=fields.text("step_reason", column="comment"),
        beside=fields.rest(),
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
