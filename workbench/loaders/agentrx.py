"""AgentRx: agent runs in the form of tau-bench whose steps are numbered, and the failures that people found in them.

The labels lie in a file of their own and name a run by its task and a step by its number, and so do the ids here:
whichever file comes first, they meet. Runs of one task therefore share a trace: a set of runs wants its own workspace.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.batch import Batch, Context, Refused, Rows
from workbench.loaders.reading.blame import Blame, add_failure, add_verdict
from workbench.loaders.reading.fields import Fields, count
from workbench.loaders.reading.parts import as_object
from workbench.loaders.reading.pieces import Piece, load_pieces
from workbench.loaders.reading.strict import samples
from workbench.loaders.source import Source
from workbench.loaders.tau_bench import add_run, has_numbered_steps, is_run

USER = "User"
"""The one blamed who is no agent: what a user says is no span."""
_LABELS = frozenset({"trajectory_id", "failures"})


class _Failure(NamedTuple):
    """One thing that people found wrong."""

    id: str
    blame: Blame


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
    """Add every failure, and the one that people hold for the root cause as the decisive step.

    What else the record says stays with the decisive step, or with the first failure where there is none.
    """
    piece.require_single_keys(piece.value, besides=frozenset({"failures"}))
    record = Fields(piece.value)
    trace_id = trace_id_of(record.identity("trajectory_id", column="trace_id"))
    failures = record.raw("failures", column="signals")
    if not isinstance(failures, list) or not failures:
        raise RecordError("failures is no list, or an empty one")
    root = record.record.get("root_cause")
    cause = Fields(record.raw("root_cause", column="signals") if isinstance(root, dict) else {}, of="root_cause.")
    cause_id = cause.text("failure_id", column="target_id")
    why = cause.text("reason_for_root_cause", column="comment")
    told, refused = _failures(piece, failures, rows, trace_id=trace_id)
    if not told and (cause.record or record.rest()):
        raise RecordError(refused[0].detail, reason=refused[0].reason)
    decisive = [one for one in told if cause_id is not None and one.id == cause_id]
    if cause.record and not decisive:
        error = RecordError("root_cause names no failure that can be read", reason="no_id")
        refused.append(piece.refused(error, len(failures), at=("root_cause",)))
    rows.refused += refused
    for place, (_, blame) in enumerate(told):
        beside = record.rest() if place == 0 and not decisive else {}
        add_failure(rows, blame._replace(beside={**blame.beside, **beside}))
    for _, blame in decisive:
        beside = {**blame.beside, **cause.rest(), **record.rest()}
        add_verdict(rows, blame._replace(reason=why or blame.reason, beside=beside))
    record.report(rows)


def _failures(piece: Piece, failures: list[Any], rows: Rows, *, trace_id: str) -> tuple[list[_Failure], list[Refused]]:
    """Return the failures that can be read, and the others refused."""
    told: list[_Failure] = []
    refused: list[Refused] = []
    for place, failure in enumerate(failures):
        fields = Fields(as_object(failure), of="failures.")
        try:
            piece.require_single_keys(failure)
            told.append(_Failure(str(fields.record.get("failure_id")), _blame(fields, trace_id)))
        except RecordError as error:
            refused.append(piece.refused(error, place, at=("failures", place)))
        else:
            fields.report(rows)
    return told, refused


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
