"""Every run of an experiment gets its values: of programs, then of judges, then of people; or it waits for these.

Nothing is put into the table before all of them have spoken, so that nobody decides on half of the metrics.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from workbench.boundaries.keys import Key
from workbench.boundaries.paths import file_name
from workbench.experiments.arm import Spend
from workbench.experiments.bill import bill_of
from workbench.experiments.cache import Cache
from workbench.experiments.journal import read_journal
from workbench.experiments.judges.arm import JUDGE
from workbench.experiments.judges.asking import Replied, ask_judge, questions_of, values_of
from workbench.experiments.judges.grades import values_of as values_of_people
from workbench.experiments.metric import Metric
from workbench.experiments.outcome import NOTHING, Outcome
from workbench.experiments.plan import Plan
from workbench.experiments.result_rows import Scorer, results_of
from workbench.experiments.schedule import Item
from workbench.experiments.scoring import Compared, Judged
from workbench.experiments.session import Progress
from workbench.experiments.to_end import to_end
from workbench.loop.scoring.detected import detectors_for
from workbench.loop.scoring.scorers import scorers_of
from workbench.loop.validate.cases import judging
from workbench.loop.validate.labelling import labelled_items, scores_of, wanted_of
from workbench.records import Experiment
from workbench.store import Workspace

NO_KEY = Key()
"""Of a server that asks for none."""
Values = Mapping[str, Scorer | Mapping[str, float]]
"""What gives a metric its values, or these themselves by run, by the metric's name."""


class Valued(NamedTuple):
    """What became of the values."""

    rows: pl.DataFrame | None
    """schemas.RESULTS; None where judges or people have not said all."""
    n_missing: int
    """What they have still to say."""
    stopped: str
    """Why they have not; empty where they have."""
    spent: Spend
    """What judges were charged with, in all parts."""
    n_to_score: int = 0
    """Of what is missing: answers that people are still to score."""


def value_runs(
    workspace: Workspace,
    experiment: Experiment,
    plan: Plan,
    items: Sequence[Item],
    outcomes: Sequence[Outcome],
    *,
    own: Mapping[str, Scorer],
    judge_key: Key,
    budget: Spend,
    now: Callable[[], datetime],
    look: float = 1.0,
    until: datetime | None = None,
    cache: Cache | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Valued:
    """Return the values of all runs by all metrics of a plan.

    Parameters
    ----------
    workspace, experiment, plan
        What was run.
    items, outcomes
        The runs.
    own
        Scorers of the app's own.
    judge_key
        What opens the judges' server.
    budget
        What judges may still cost, in all parts.
    now
        Gives the time, UTC.
    look
        The planned look that they were run to since the last one.
    until
        People's word counts as it was then; None as it is now.
    cache
        What judges said in earlier runs; None asks anew.
    progress
        Is told after every reply of a judge.
    """
    scorers = scorers_of(
        plan.metrics,
        outcomes,
        own=own,
        experiment_id=experiment.id,
        now=now(),
        key_user=workspace.user_key,
        detectors=detectors_for(workspace, plan.metrics),
    )

    def ask(metric: Metric, left: Spend) -> Replied:
        questions, journal = (
            questions_of(metric, items, outcomes),
            judge_journal(workspace, experiment, metric, look=look),
        )
        asking = ask_judge(
            metric, questions, journal, key=judge_key, now=now, budget=left, cache=cache, progress=progress
        )
        return to_end(asking)

    judged = _by_judges(plan, items, outcomes, ask=ask, budget=budget)
    if judged.n_missing:
        return Valued(None, judged.n_missing, judged.stopped, judged.spent)
    wanted = wanted_of(workspace, experiment, plan, items, outcomes)
    said = scores_of(workspace, experiment, wanted, until=until)
    n_waiting = len(wanted) - sum(len(scores) for scores in said.values())
    if n_waiting:
        return Valued(None, n_waiting, "answers wait for people", judged.spent, n_waiting)
    judges = {metric.name: metric.source.version for metric in plan.metrics if metric.source.kind == "judge"}

    def rows(values: Values, runs: Sequence[Item]) -> pl.DataFrame:
        day = experiment.frozen_at.date()
        return results_of(runs, outcomes, experiment_id=experiment.id, scorers=values, judges=judges, day=day)

    by = judging(workspace, plan, look=1.0)
    tables = [rows({**scorers, **judged.values}, items)]
    for metric in plan.metrics:
        chosen = labelled_items(metric, items, by=by, seed=experiment.plan_digest)
        scores = values_of_people(metric, chosen, outcomes, said.get(metric.name, {})) if chosen else {}
        tables += [rows({metric.people or metric.name: scores}, chosen)] if chosen else []
    return Valued(pl.concat(tables), 0, "", judged.spent)


class _ByJudges(NamedTuple):
    values: dict[str, Mapping[str, float]]
    n_missing: int
    stopped: str
    spent: Spend


def _by_judges(
    plan: Plan,
    items: Sequence[Item],
    outcomes: Sequence[Outcome],
    *,
    ask: Callable[[Metric, Spend], Replied],
    budget: Spend,
) -> _ByJudges:
    """Return what judges say of the runs, one judge after the other, up to the first that has not said all."""
    values: dict[str, Mapping[str, float]] = {}
    spent = NOTHING
    for metric in plan.metrics:
        if not isinstance(metric.scorer, Judged | Compared):
            continue
        replied = ask(metric, budget.less(spent))
        spent = spent.plus(replied.run.spent)
        if replied.run.n_missing:
            why = replied.run.stopped or "its judge was not asked about all"
            return _ByJudges(values, replied.run.n_missing, f"{metric.name}: {why}", spent)
        values[metric.name] = values_of(metric, items, outcomes, replied.replies)
    return _ByJudges(values, 0, "", spent)


def judge_journal(workspace: Workspace, experiment: Experiment, metric: Metric, *, look: float = 1.0) -> Path:
    """Return the file in which what the judge of a metric was asked for a look is kept."""
    early = "" if look == 1 else f" {look}"
    return workspace.experiments / file_name(f"{experiment.id} judge {metric.name}{early}", suffix=".jsonl")


def told_by_judge(
    workspace: Workspace, experiment: Experiment, metric: Metric, *, looks: Sequence[float]
) -> list[Outcome]:
    """Return what became of every question to the judge of a metric, for some looks.

    Raises
    ------
    StoreError
        If a journal cannot be read.
    """
    journals = [judge_journal(workspace, experiment, metric, look=look) for look in looks]
    return [one for path in journals if path.exists() for one in read_journal(path).finished.values()]


def cost_of_judges(workspace: Workspace, experiment: Experiment, plan: Plan, *, look: float) -> float | None:
    """Return what the judges of a plan cost up to a look, USD: 0 without one, None where a reply does not say."""
    looks = [one for one in plan.looks if one <= look]
    judged = [one for one in plan.metrics if isinstance(one.scorer, Judged | Compared)]
    told = [reply for metric in judged for reply in told_by_judge(workspace, experiment, metric, looks=looks)]
    return bill_of(JUDGE, told).cost_usd if told else 0.0
