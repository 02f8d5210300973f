"""How far the judges of an experiment can be trusted: against people, in both orders, and on texts like these.

It decides nothing: a judge that people's scores stand beside is put right in the estimate itself.
"""

from math import isnan
from typing import NamedTuple

from workbench.errors import WorkbenchError
from workbench.experiments.journal import read_journal
from workbench.experiments.judged_gain import Rates, rates_of
from workbench.experiments.judges.asking import questions_of, replies_in
from workbench.experiments.judges.domain import Domain
from workbench.experiments.judges.preferences import Flips, flips_of
from workbench.experiments.metric import Metric
from workbench.experiments.outcome import Outcome
from workbench.experiments.plan import from_json
from workbench.experiments.scoring import Compared, Judged
from workbench.loop.validate.calibrating import Calibration, calibration_of, domain_of_calibration
from workbench.loop.validate.finding import find_experiment
from workbench.loop.validate.journalled import Runs, runs_of
from workbench.loop.validate.run_records import journal_of, results_of_experiment
from workbench.loop.validate.valuing import judge_journal
from workbench.records import Experiment
from workbench.store import Workspace


class JudgeQuality(NamedTuple):
    """What is known of one judge."""

    metric: str
    """The metric that it scores."""
    version: str
    """Its model, and a digest of what it is told."""
    n_asked: int
    """Questions that it was asked."""
    n_unreadable: int
    """Replies that could not be read, or questions too long to be asked: their runs have no value."""
    cost_usd: float | None
    """What it cost, USD; None where nobody knows."""
    flips: Flips | None
    """Of pairs: how often it followed the order; None of single answers."""
    here: Rates | None
    """Against people on these answers; None where they judged none of them, or it has more than two values."""
    before: Calibration | None
    """Against people's verdicts on traces, as of `workbench judge calibrate`; None where it never was."""
    domain: Domain | None
    """How far the cases are from these traces; None where that cannot be told."""

    @property
    def words(self) -> tuple[str, ...]:
        """The same in sentences, what to doubt among them."""
        said = [f"{self.metric}: {self.version} was asked {self.n_asked:,} questions, {self.n_unreadable:,} in vain"]
        if self.flips is not None and self.flips.n_pairs:
            said.append(f"it followed the order of the answers in {self.flips.n_flipped:,} of {self.flips.n_pairs:,}")
        if self.here is not None:
            one, none = _rate(self.here.tpr), _rate(self.here.tnr)
            said.append(f"of these answers it gives 1 to {one} to which people do, and 0 to {none}")
        if self.before is not None:
            found, left = _rate(self.before.rates.tpr), _rate(self.before.rates.tnr)
            said.append(f"of traces that people judged it finds {found} with the problem, and clears {left} without")
        if self.here is None and self.before is None:
            said.append("it was never held against people: what it says is its opinion (`workbench judge calibrate`)")
        if self.domain is not None and self.domain.is_foreign:
            far = f"{self.domain.far_share:.0%} of the cases are unlike the traces that it was held against people on"
            said.append(f"its calibration is of another domain: {far}")
        return tuple(said)


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
    journals = [judge_journal(workspace, experiment, metric, look=look) for look in looks]
    told = [one for path in journals if path.exists() for one in read_journal(path).finished.values()]
    questions = questions_of(metric, runs.items, runs.outcomes)
    is_of_two = isinstance(metric.scorer, Compared)
    before = None if is_of_two or metric.kind != "binary" else calibration_of(workspace, metric)
    cases = {item.case.case_id: item.case for item in runs.items}
    return JudgeQuality(
        metric.name,
        metric.source.version,
        len(told),
        sum(one.answer.status == "error" for one in told),
        _cost(told),
        flips_of(metric, runs.items, runs.outcomes, replies_in(metric, questions, told)) if is_of_two else None,
        rates_of(metric, results_of_experiment(workspace, experiment)),
        before,
        None if before is None else domain_of_calibration(workspace, before, list(cases.values())),
    )


def _cost(told: list[Outcome]) -> float | None:
    known = [one.answer.cost_usd for one in told if one.answer.cost_usd is not None]
    return sum(known) if told and len(known) == len(told) else None


def _rate(rate: tuple[float, float, float]) -> str:
    share, low, high = rate
    return "those (none is known)" if isnan(share) else f"{share:.0%} of those ({low:.0%} to {high:.0%})"
