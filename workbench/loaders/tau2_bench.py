"""Result files of tau2-bench: each simulation is a trace, and its reward is what came of it.

The files are real agent runs with tool errors, step limits and a checked outcome: what a live agent's telemetry looks
like where outcomes are known. Times have no zone, and a cost of 0 means that nobody priced the model.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.batch import Batch, Context, Rows
from workbench.loaders.reading.fields import Fields, is_empty
from workbench.loaders.reading.messages import Run, Summary, add_messages
from workbench.loaders.reading.moments import read_iso
from workbench.loaders.reading.parts import as_list, as_object, as_word
from workbench.loaders.reading.pieces import Piece, load_pieces
from workbench.loaders.reading.rewards import add_reward
from workbench.loaders.reading.shared import Shared
from workbench.loaders.reading.stretches import stretch_columns
from workbench.loaders.reading.strict import dump_sorted, is_finite, samples
from workbench.loaders.reading.written import Trail
from workbench.loaders.source import Source

BROKEN_OFF = frozenset({"agent_error", "too_many_errors", "max_steps"})
"""Reasons of ending that are failures of the run, whatever its reward (tau2-bench, TerminationReason)."""
_ROOT_COST_UNRECORDED = "an agent cost of 0 is read as not recorded"


class _Results(NamedTuple):
    """What the runs of one file share."""

    info: Mapping[str, Any]
    agent: str | None
    model: str | None
    service: str | None
    tasks: Mapping[str, Any]
    has_costs: bool
    shared: Shared
    """What of the above was kept with a run before."""


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of a tau2-bench result file."""
    return any(_is_results(sample) for sample in samples(head))


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the spans and rewards of all simulations in the file."""
    return load_pieces(source, context, _add_results)


def _is_results(sample: Mapping[str, Any]) -> bool:
    return "agent_info" in as_object(sample.get("info")) and ("tasks" in sample or "simulations" in sample)


def _add_results(piece: Piece, rows: Rows) -> None:
    simulations = as_object(piece.value).get("simulations")
    if not isinstance(simulations, list):
        raise RecordError("there is no list of simulations")
    piece.require_single_keys(piece.value, besides=frozenset({"simulations"}))
    results = _results(piece.value, simulations)
    part = 0
    for number, simulation in enumerate(simulations):
        at = ("simulations", number)
        try:
            piece.require_single_keys(simulation, besides=frozenset({"messages"}))
            _add_simulation(piece, simulation, results, rows, part, at)
        except RecordError as error:
            rows.refused.append(piece.refused(error, part, at=at))
        part += 2 + len(as_list(as_object(simulation).get("messages")))


def _results(value: Mapping[str, Any], simulations: list[Any]) -> _Results:
    info = as_object(value.get("info"))
    agent, environment = as_object(info.get("agent_info")), as_object(info.get("environment_info"))
    tasks = {str(task.get("id")): task for task in as_list(value.get("tasks")) if isinstance(task, dict)}
    return _Results(
        info,
        as_word(agent.get("implementation")),
        as_word(agent.get("llm")),
        as_word(environment.get("domain_name")),
        tasks,
        any(
            _has_cost(message)
            for simulation in simulations
            for message in as_list(as_object(simulation).get("messages"))
        ),
        Shared(),
    )


def _add_simulation(piece: Piece, simulation: Any, results: _Results, rows: Rows, part: int, at: Trail) -> None:
    """Add the run at a trail; its own span is part `part`, its messages follow, its reward comes last."""
    if not isinstance(simulation, dict):
        raise RecordError("a simulation is no object")
    fields = Fields(simulation)
    trace_id = fields.identity("id", column="trace_id")
    messages = fields.record.get("messages")
    if not isinstance(messages, list):
        raise RecordError("messages are no list")
    fields.pass_over("messages", "reward_info")
    shared = {"service": results.service, "agent": results.agent, "task": fields.text("task_id", column="task")}
    root = {**shared, **_times(fields), **_ending(fields), "cost_usd": _cost(fields)}
    run = Run(
        trace_id=trace_id,
        span_id=trace_id,
        shared=shared,
        model=results.model,
        started_at=root["started_at"],
        has_costs=results.has_costs,
        is_failed=_is_failed,
    )
    summary = add_messages(run, messages, rows, piece, at=(*at, "messages"), first_part=part + 1)
    rows.add_span(root | _root(run, summary) | {"attributes": _attributes(fields, summary, results, shared["task"])})
    fields.report(rows)
    reward_info = fields.record.get("reward_info")
    try:
        add_reward(rows, reward_info, trace_id=trace_id, at=root["ended_at"], annotator="tau2_bench")
    except RecordError as error:
        rows.refused.append(piece.refused(error, part + 1 + len(messages), at=(*at, "reward_info")))


def _times(fields: Fields) -> dict[str, Any]:
    started_at = fields.moment(read_iso(fields.raw("start_time", column="started_at")))
    ended_at = fields.moment(read_iso(fields.raw("end_time", column="ended_at")))
    return stretch_columns(fields, started_at=started_at, ended_at=ended_at)


def _ending(fields: Fields) -> dict[str, str | None]:
    reason = fields.text("termination_reason", column="finish_reason")
    is_broken_off = reason in BROKEN_OFF
    return {
        "finish_reason": reason,
        "status": "ERROR" if is_broken_off else "UNSET",
        "error_type": reason if is_broken_off else None,
    }


def _cost(fields: Fields) -> float | None:
    cost = fields.number("agent_cost", column="cost_usd")
    fields.assume(_ROOT_COST_UNRECORDED if cost == 0 else None)
    return cost or None


def _root(run: Run, summary: Summary) -> dict[str, Any]:
    agent = run.shared.get("agent")
    return {
        "trace_id": run.trace_id,
        "span_id": run.span_id,
        "kind": "AGENT",
        "operation": "invoke_agent",
        "name": f"invoke_agent {agent}" if agent else "invoke_agent",
        "model": run.model,
        "input": summary.input,
        "output": summary.output,
    }


def _attributes(fields: Fields, summary: Summary, results: _Results, task: str | None) -> str:
    beside = {
        "info": results.shared.part("info", results.info),
        "task": results.shared.part(f"task {task}", results.tasks.get(task or "")),
        "instructions": summary.instructions,
        "unanswered": summary.unanswered,
    }
    return dump_sorted(fields.rest() | {name: value for name, value in beside.items() if not is_empty(value)})


def _is_failed(message: Mapping[str, Any]) -> bool | None:
    error = message.get("error")
    return error if isinstance(error, bool) else None


def _has_cost(message: Any) -> bool:
    cost = as_object(message).get("cost")
    return as_object(message).get("role") == "assistant" and is_finite(cost) and cost != 0
