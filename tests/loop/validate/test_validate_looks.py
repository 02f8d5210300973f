"""An experiment with planned looks: it stops at each, what is decided there ends it, and nothing is asked twice."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.loop.validated import LATER, eve, freeze, make_validated, run, state
from workbench.errors import GateError
from workbench.experiments.answer import Answer
from workbench.experiments.arm import Arm, Spend
from workbench.experiments.case import Case
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.plan import from_json
from workbench.loop.holdouts import find_holdout, make_holdout
from workbench.loop.validate import decide_experiment
from workbench.loop.validate.run_records import results_of_experiment
from workbench.records import Change, Decision, Experiment, ExperimentRun
from workbench.schemas import RESULTS
from workbench.store import Workspace

N = 40
RIGHT = Metric(name="plain_tone", role="target", mwe=Amount(0.0))
SCORERS: Mapping[str, Any] = {"plain_tone": lambda _, answer: float(answer.output == "yes")}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Change, str]:
    """Return a workspace with a change and a holdout for all tests; what versions answer is said by each test."""
    workspace, change, _ = make_validated(tmp_path_factory.mktemp("looks") / "acme", example="be_accurate", n=N)
    held = make_holdout(workspace, kind="random", n=N, n_uses=9, seed=5, now=LATER, **eve()).holdout
    return workspace, change, held.id


def frozen(made: tuple[Workspace, Change, str], *, number: int) -> Experiment:
    """Return an experiment of its own, with a look at half of forty cases."""
    workspace, change, holdout_id = made
    return freeze(workspace, change, holdout_id, metrics=(RIGHT,), looks=[0.5], max_cases=N + number)


def asked(
    workspace: Workspace, experiment: Experiment, answers: Mapping[str, str], *, most: float = 0.0, **given: Any
) -> tuple[Any, list[str]]:
    """Run an experiment whose arms always answer the same, and return what became of it, and who was asked what."""
    told: list[str] = []

    def make_arm(folder: Path, name: str, commit: str) -> Arm:
        async def ask(case: Case, trial: int, seed: int) -> Answer:
            told.append(f"{name} {case.case_id}")
            return Answer(output=answers[name])

        return Arm(name=name, version=commit, adapter="words", ask=ask, most=Spend(usd=most))

    return run(workspace, experiment, make_arm=make_arm, own=SCORERS, **given), told


def cases_in(told: list[str]) -> set[str]:
    return {one.split()[1] for one in told}


def test_it_stops_at_a_look_that_decides_nothing_and_goes_on_from_there(made: tuple[Workspace, Change, str]) -> None:
    workspace, _, _ = made
    experiment = frozen(made, number=0)
    drawn = [one.case_id for one in find_holdout(workspace, experiment.holdout_id).cases]
    same = {"baseline": "yes", "candidate": "yes"}
    stopped, told = asked(workspace, experiment, same, budget=Spend(usd=1.0), most=0.1)
    assert (stopped.run, len(told), stopped.n_missing) == (None, 10, 30)  # of those up to the look
    first, more = asked(workspace, experiment, same, most=0.1)
    assert cases_in([*told, *more]) == set(drawn[:20])
    assert (first.run.look, first.run.n_assigned) == (0.5, (20, 20))
    assert results_of_experiment(workspace, experiment).height == 2 * 20
    early = decide_experiment(workspace, experiment.id, now=LATER)
    assert (early.ruling.decision, early.ruling.is_due) == ("inconclusive", False)
    assert early.ruling.reasons[-1] == "the plan goes on: 40 cases are planned"
    level = early.examined.analysis.estimates[0].level if early.examined else None
    assert level == pytest.approx(1 - 2 * 0.0056, abs=1e-4)  # O'Brien and Fleming's at one half
    second, rest = asked(workspace, experiment, same, most=0.1)
    assert cases_in(rest) == set(drawn[20:])
    assert len(told) + len(more) + len(rest) == 2 * N
    assert (second.run.look, second.run.n_assigned, second.run.started_at) == (1.0, (N, N), first.run.started_at)
    last = decide_experiment(workspace, experiment.id, now=LATER)
    assert (last.ruling.decision, last.ruling.is_due) == ("inconclusive", True)
    assert last.examined is not None
    assert last.examined.analysis.estimates[0].n_cases == N
    decisions = [one for one in workspace.ledger.latest(Decision) if one.experiment_id == experiment.id]
    assert [one.reasons[-1] == "the plan goes on: 40 cases are planned" for one in decisions] == [True, False]
    again, none = asked(workspace, experiment, same)
    assert (again.run, none) == (second.run, [])


@pytest.mark.parametrize(("answers", "decision"), [(("yes", "no"), "dont_ship"), (("no", "yes"), "ship")])
def test_what_a_look_decides_is_in_the_ledger_and_nothing_more_is_asked(
    made: tuple[Workspace, Change, str], answers: tuple[str, str], decision: str
) -> None:
    """Twenty of twenty changed: p 2 ** -20 is below the .0056 of a look at one half, for better or worse."""
    workspace, _, _ = made
    experiment = frozen(made, number=1 if decision == "ship" else 2)
    arms = dict(zip(("baseline", "candidate"), answers, strict=True))
    asked(workspace, experiment, arms)
    ran, told = asked(workspace, experiment, arms)
    assert (ran.run.look, told) == (0.5, [])
    (kept,) = [one for one in workspace.ledger.latest(Decision) if one.experiment_id == experiment.id]
    assert kept.decision == decision
    assert state(workspace) == ("validating" if decision == "ship" else "changing")


def test_results_that_were_edited_between_looks_are_not_built_upon(made: tuple[Workspace, Change, str]) -> None:
    """The digest of the last look is of all rows: who bettered early ones before it would have had them sealed."""
    workspace, _, _ = made
    experiment = frozen(made, number=3)
    same = {"baseline": "no", "candidate": "no"}
    asked(workspace, experiment, same)
    rows = results_of_experiment(workspace, experiment)
    is_last = (pl.col("arm") == "candidate") & (pl.col("case_id") == rows["case_id"].max())
    better = rows.with_columns(pl.when(is_last).then(1.0).otherwise("value").alias("value"))
    ids = rows["case_id"].unique().to_list()
    is_other = (pl.col("experiment_id") != experiment.id) & pl.col("case_id").is_in(ids)
    others = workspace.telemetry.scan(RESULTS).filter(is_other).collect()
    workspace.telemetry.replace(RESULTS, "case_id", ids, rows=pl.concat([better, others]))
    with pytest.raises(GateError, match="not those that the run left"):
        asked(workspace, experiment, same)
    (ran,) = [one for one in workspace.ledger.latest(ExperimentRun) if one.experiment_id == experiment.id]
    assert ran.look == from_json(experiment.plan).looks[0]
