"""What is known of the judges of an experiment, read from their journals, people's scores and verdicts; read-only."""

from workbench.errors import WorkbenchError
from workbench.experiments.bill import bill_of
from workbench.experiments.judged_gain import rates_of
from workbench.experiments.judges.arm import JUDGE
from workbench.experiments.judges.asking import questions_of, replies_in
from workbench.experiments.judges.preferences import flips_of
from workbench.experiments.judges.quality import JudgeQuality
from workbench.experiments.metric import Metric
from workbench.experiments.plan import from_json
from workbench.experiments.scoring import Compared, Judged
from workbench.loop.validate.calibrating import calibration_of, domain_of_calibration
from workbench.loop.validate.finding import find_experiment
from workbench.loop.validate.journalled import Runs, runs_of
from workbench.loop.validate.run_records import journal_of, results_of_experiment
from workbench.loop.validate.valuing import told_by_judge
from workbench.records import Experiment
from workbench.store import Workspace


def judge_qualities(workspace: Workspace, experiment: Experiment) -> tuple[JudgeQuality, ...]:
    """Return what is known of each judge of an experiment, in the order of its plan; none before it is run.

    Raises
    ------
    StoreError
        If a journal or the holdout's cases cannot be read.
    """
    plan = from_json(experiment.plan)
    metrics = [one for one in plan.metrics if isinstance(one.scorer, Judged | Compared)]
    if not metrics or not journal_of(workspace, experiment).exists():
        return ()
    runs = runs_of(workspace, experiment)
    return tuple(_quality(workspace, experiment, metric, runs, looks=plan.looks) for metric in metrics)


def words_of_judges(workspace: Workspace, experiment_id: str) -> tuple[str, ...]:
    """Return what is known of the judges of an experiment in sentences, or why it cannot be told; empty without any."""
    try:
        qualities = judge_qualities(workspace, find_experiment(workspace, experiment_id))
    except WorkbenchError as error:
        return (f"nothing can be told: {error}",)
    return tuple(words for quality in qualities for words in quality.words)


def _quality(
    workspace: Workspace, experiment: Experiment, metric: Metric, runs: Runs, *, looks: tuple[float, ...]
) -> JudgeQuality:
    told = told_by_judge(workspace, experiment, metric, looks=looks)
    questions = questions_of(metric, runs.items, runs.outcomes)
    is_of_two = isinstance(metric.scorer, Compared)
    before = None if is_of_two or metric.kind != "binary" else calibration_of(workspace, metric)
    cases = {item.case.case_id: item.case for item in runs.items}
    return JudgeQuality(
        metric.name,
        metric.source.version,
        bill_of(JUDGE, told),
        flips_of(metric, runs.items, runs.outcomes, replies_in(metric, questions, told)) if is_of_two else None,
        rates_of(metric, results_of_experiment(workspace, experiment)),
        before,
        None if before is None else domain_of_calibration(workspace, before, list(cases.values())),
    )
