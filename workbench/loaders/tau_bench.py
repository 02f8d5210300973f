"""Result files of tau-bench, the older benchmark: runs with a reward, but without times and costs.

The same conversations as tau2-bench's in an older form. A failed tool call shows only in the words of its result.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.errors import RecordError
from workbench.ids import content_id
from workbench.loaders.batch import Batch, Context, Rows
from workbench.loaders.reading.fields import Fields, is_empty
from workbench.loaders.reading.messages import Run, add_messages
from workbench.loaders.reading.pieces import Piece, load_pieces
from workbench.loaders.reading.rewards import add_reward
from workbench.loaders.reading.strict import dump_sorted, samples
from workbench.loaders.source import Source
from workbench.loaders.users import user_id

ERROR_WORD = "Error"
"""How tau-bench's tools begin the text of a result when they refuse (tau_bench/envs/*/tools)."""
_ID_ASSUMED = "a run has no id: its trace id follows from its content"
_ERROR_ASSUMED = "a tool result that begins with Error is read as a failed call"


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of a tau-bench result file."""
    return any(is_run(sample) and not has_numbered_steps(sample) for sample in samples(head))


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the spans and rewards of all runs in the file; no span has a time."""
    return load_pieces(source, context, add_run)


def is_run(sample: Mapping[str, Any]) -> bool:
    """Return whether this is a run of tau-bench, or the beginning of one."""
    return sample.keys() >= {"task_id", "reward"} and bool({"traj", "info"} & sample.keys())


def has_numbered_steps(sample: Mapping[str, Any]) -> bool:
    """Return whether the messages of a run say which step they are: people have labelled them."""
    messages = sample.get("traj")
    return isinstance(messages, list) and any(isinstance(entry, dict) and "index" in entry for entry in messages)


def add_run(piece: Piece, rows: Rows, *, trace_id: str | None = None) -> None:
    """Add the spans and the reward of one run.

    Parameters
    ----------
    piece
        The run.
    rows
        Where they go.
    trace_id
        Its trace, where something else in the source names it; it follows from the content if None.

    Raises
    ------
    RecordError
        If it is no run.
    """
    if not isinstance(piece.value, dict):
        raise RecordError("a run is no object")
    piece.require_single_keys(piece.value, besides=frozenset({"traj"}))
    fields = Fields(piece.value)
    messages = fields.record.get("traj")
    if not isinstance(messages, list):
        raise RecordError("traj is no list of messages")
    fields.pass_over("traj")
    if trace_id is None:
        fields.assume(_ID_ASSUMED)
        trace_id = content_id("trc", dump_sorted(piece.value))
    info = fields.record.get("info")
    shared = {"task": fields.text("task_id", column="task"), "user_key": _user_key(info, rows)}
    fields.number("reward", column="value")
    run = Run(
        trace_id=trace_id,
        span_id=trace_id,
        shared=shared | {"time_known": False},
        model=None,
        started_at=None,
        has_costs=True,
        is_failed=lambda message: _is_failed(message, rows),
    )
    summary = add_messages(run, messages, rows, piece, at=("traj",))
    beside = {"instructions": summary.instructions, "unanswered": summary.unanswered}
    attributes = fields.rest() | {name: value for name, value in beside.items() if not is_empty(value)}
    rows.add_span(
        {
            **run.shared,
            "trace_id": trace_id,
            "span_id": trace_id,
            "kind": "AGENT",
            "operation": "invoke_agent",
            "name": "invoke_agent",
            "status": "UNSET",
            "input": summary.input,
            "output": summary.output,
            "attributes": dump_sorted(attributes),
        }
    )
    fields.report(rows)
    add_reward(rows, _reward(fields.record), trace_id=trace_id, at=None, annotator="tau_bench")


def _reward(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the reward with the checks behind it, as newer files have them in one object."""
    info = run.get("info")
    behind = info.get("reward_info") if isinstance(info, dict) else None
    return (behind if isinstance(behind, dict) else {}) | {"reward": run.get("reward")}


def _user_key(info: Any, rows: Rows) -> str | None:
    task = info.get("task") if isinstance(info, dict) else None
    raw = user_id(task.get("user_id")) if isinstance(task, dict) else None
    return None if raw is None else rows.context.key_user(raw)


def _is_failed(message: Mapping[str, Any], rows: Rows) -> bool | None:
    content = message.get("content")
    if not (isinstance(content, str) and content.startswith(ERROR_WORD)):
        return None
    rows.guessed[_ERROR_ASSUMED] += 1
    return True
