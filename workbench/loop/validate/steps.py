"""An app that tells no steps is stopped after a few answers, where the plan measures it by them.

What goes by steps would be missing of every answer, and the experiment be invalid once all of them are paid for.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import NamedTuple

import polars as pl

from workbench.errors import GateError
from workbench.experiments.case import Case
from workbench.experiments.metric import Metric
from workbench.experiments.outcome import Outcome
from workbench.experiments.result_rows import trace_of
from workbench.experiments.scoring import DETECTOR
from workbench.loop.run_telemetry import telemetry_of
from workbench.records import Experiment
from workbench.store import Workspace

NO_STEPS = "the app told no steps of its answers"
"""Of answers that have neither spans nor `otlp`, or whose trace is not in them."""
N_SILENT = 3
"""Answers of an arm that told no steps in any of them, after which it is taken to tell none: one may be lost."""


def by_steps(metrics: Sequence[Metric], cases: Iterable[Case], *, own: Collection[str]) -> tuple[str, ...]:
    """Return the names of the metrics that go by what a run did, beside what it answered.

    Parameters
    ----------
    metrics
        The metrics of a plan.
    cases
        Its cases: assertions go by steps where they name a tool.
    own
        Names that the app's own scorers measure.
    """
    measured = {"tool_calls"}
    if any(one.kind in ("calls", "calls_not") for case in cases for one in case.assertions):
        measured.add("assertions")
    wanted = [one for one in metrics if one.measured not in own]
    return tuple(one.name for one in wanted if one.measured in measured or one.measured.startswith(DETECTOR))


class Told(NamedTuple):
    """What a run is asked at every outcome, of the steps that its arms have told so far."""

    stop: Callable[[Outcome], str]
    """Says why no further question is asked: it is the third answer of an arm that has told none."""
    keep: Callable[[Outcome], bool]
    """Says whether its answer may serve another run: not before the arm has told some."""


def steps_told(workspace: Workspace, experiment: Experiment, names: Sequence[str]) -> Told:
    """Return what tells by an experiment's outcomes whether its arms tell steps.

    Parameters
    ----------
    workspace, experiment
        What is run.
    names
        The metrics that need them; with none no run is stopped, and every answer kept.
    """
    telling, n_silent = set[str](), Counter[str]()
    read = partial(
        telemetry_of, experiment_id=experiment.id, day=experiment.frozen_at.date(), key_user=workspace.user_key
    )

    def stop(outcome: Outcome) -> str:
        if not names or outcome.answer.status == "error" or outcome.arm in telling:
            return ""
        spans, trace_id = read([outcome]), trace_of(outcome.answer)
        if trace_id is None or spans.filter(pl.col("trace_id") == trace_id).is_empty():
            n_silent[outcome.arm] += 1
            is_silent = n_silent[outcome.arm] >= N_SILENT
            return f"{NO_STEPS}, and {', '.join(names)} cannot be measured without" if is_silent else ""
        telling.add(outcome.arm)
        return ""

    return Told(stop, lambda outcome: not names or outcome.arm in telling)


def check_steps(stopped: str, *, experiment_id: str) -> None:
    """Check that a run was not stopped because the app tells no steps.

    Raises
    ------
    GateError
        If it was: it cannot go on, whatever it is given.
    """
    if stopped.startswith(NO_STEPS):
        fix = (
            f"take it back (`workbench experiment withdraw {experiment_id} --reason TEXT`), and plan anew: with an app "
            "that returns `otlp` and `trace_id` with each answer, or with other metrics in metrics.toml, such as a "
            "`pattern` in [metric.scorer], which goes by the answer alone"
        )
        raise GateError(stopped, where=experiment_id, fix=fix)
