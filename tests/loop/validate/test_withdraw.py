"""An experiment that is withdrawn decides nothing, gives its issue back, and hides no answer that anybody saw."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.loop.on_record import a_decision
from tests.loop.people import ANN
from tests.loop.validated import LATER, eve, freeze, make_validated, run, state
from workbench.errors import ConfigError, GateError
from workbench.experiments.metric import Amount, Metric
from workbench.loop.holdouts import uses_of
from workbench.loop.sample_app.metrics import SAMPLE_SCORERS
from workbench.loop.validate import freeze_experiment, gate, plan_experiment, withdraw_experiment
from workbench.loop.validate.finding import open_on
from workbench.loop.validate.run_records import journal_of
from workbench.loop.withdrawals import withdrawals
from workbench.records import WORKBENCH, Actor, Change, Experiment, Holdout, HoldoutUse, Withdrawal
from workbench.store import Workspace, open_workspace

N = 6
OWN = SAMPLE_SCORERS.keys()
EVE = Actor(kind="HUMAN", name="eve", identity="typed")
METRICS = (Metric(name="federal_law_controls_state", role="target", direction=-1, mwe=Amount(0.05)),)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("withdrawn") / "acme"
    make_validated(root, example="state_jurisdiction_first", n=N)
    return root


@pytest.fixture
def frozen(made: Path, tmp_path: Path) -> tuple[Workspace, Experiment]:
    """Return a copy of the workspace with a frozen experiment that nobody ran."""
    shutil.copytree(made, tmp_path / "acme", symlinks=True)
    workspace = open_workspace(tmp_path / "acme")
    return workspace, again(workspace)


def again(workspace: Workspace, **more: Any) -> Experiment:
    (change,), (holdout,) = workspace.ledger.latest(Change), workspace.ledger.latest(Holdout)
    return freeze(workspace, change, holdout.id, metrics=METRICS, **more)


def withdraw(workspace: Workspace, experiment: Experiment, reason: str = "the wrong metric") -> Any:
    return withdraw_experiment(workspace, experiment.id, reason=reason, now=LATER, **eve())


def test_a_plan_nobody_ran_is_taken_back_and_its_change_is_planned_anew(frozen: tuple[Workspace, Experiment]) -> None:
    """A plan that was frozen with the wrong metric stood on its change for ever."""
    workspace, experiment = frozen
    assert state(workspace) == "validating"
    done = withdraw(workspace, experiment)
    assert (done.withdrawal.n_answers, state(workspace)) == (0, "changing")
    assert withdraw(workspace, experiment, "again").withdrawal == done.withdrawal
    with pytest.raises(GateError, match="it was withdrawn: the wrong metric"):
        run(workspace, experiment)
    decided = gate(workspace, experiment.change_ids[0], now=LATER)
    assert decided.ruling.reasons == ("its experiment was withdrawn: the wrong metric",)
    assert (decided.n_experiments, uses_of(workspace, experiment.holdout_id)) == (0, [])
    other = again(workspace, now=LATER.replace(hour=20))
    assert (state(workspace), [one.id for one in open_on(workspace, other)]) == ("validating", [other.id])


def test_answers_that_somebody_may_have_seen_stay_a_use_and_an_attempt(frozen: tuple[Workspace, Experiment]) -> None:
    """Who saw the answers and took the plan back would otherwise try again on cases that are as good as new."""
    workspace, experiment = frozen
    run(workspace, experiment)
    done = withdraw(workspace, experiment)
    assert done.withdrawal.n_answers == 2 * N
    assert done.notes == (f"{2 * N} answers may have been seen: it stays a use of {experiment.holdout_id}",)
    assert len(uses_of(workspace, experiment.holdout_id)) == 1
    decided = gate(workspace, experiment.change_ids[0], now=LATER)
    assert (decided.ruling.decision, decided.n_experiments) == ("invalid", 1)


def test_a_journal_that_is_not_there_any_more_gives_no_use_back(frozen: tuple[Workspace, Experiment]) -> None:
    workspace, experiment = frozen
    run(workspace, experiment)
    journal_of(workspace, experiment).unlink()
    assert withdraw(workspace, experiment).withdrawal.n_answers is None
    assert len(uses_of(workspace, experiment.holdout_id)) == 1


def test_of_two_on_a_change_the_other_goes_on(frozen: tuple[Workspace, Experiment]) -> None:
    workspace, first = frozen
    second = again(workspace, now=LATER.replace(hour=20))
    assert [one.id for one in open_on(workspace, second)] == [first.id, second.id]
    withdraw(workspace, second)
    assert state(workspace) == "validating"
    assert gate(workspace, first.change_ids[0], now=LATER).examined.experiment.id == first.id  # type: ignore[union-attr]


def test_what_is_decided_stands_and_only_a_person_with_a_reason_takes_back(
    frozen: tuple[Workspace, Experiment],
) -> None:
    workspace, experiment = frozen
    with pytest.raises(ConfigError, match="reason is empty"):
        withdraw(workspace, experiment, " ")
    with pytest.raises(GateError):
        withdraw_experiment(workspace, experiment.id, reason="so", author="workbench", identity="program", now=LATER)
    forged = Withdrawal(
        id="wdr_1", at=LATER, experiment_id=experiment.id, reason="so", n_answers=0, author="ann", identity="typed"
    )
    workspace.ledger.append([forged], now=LATER, actor=WORKBENCH)
    assert withdrawals(workspace) == {}
    workspace.ledger.append([a_decision("dont_ship", experiment_id=experiment.id)], now=LATER, actor=ANN)
    with pytest.raises(GateError, match="it is decided: dont_ship"):
        withdraw(workspace, experiment)


def test_what_would_ship_can_be_taken_back_until_it_is_signed(frozen: tuple[Workspace, Experiment]) -> None:
    """A plan with a mistake in it that came out as "ship" could be neither signed in good faith nor taken back."""
    workspace, experiment = frozen
    run(workspace, experiment)
    ship = a_decision(experiment_id=experiment.id)
    workspace.ledger.append([ship], now=LATER, actor=ANN)
    signed = replace(ship, id="dec_2", signer=EVE.name, identity="typed")
    other = again(workspace, now=LATER.replace(hour=20))
    workspace.ledger.append([replace(signed, experiment_id=other.id)], now=LATER, actor=EVE)
    with pytest.raises(GateError, match="it is decided: ship"):
        withdraw(workspace, other)
    done = withdraw(workspace, experiment)
    assert (done.withdrawal.n_answers, len(uses_of(workspace, experiment.holdout_id))) == (2 * N, 1)


def test_a_spent_holdout_is_refused_before_anything_is_frozen(frozen: tuple[Workspace, Experiment]) -> None:
    """The plan was frozen, its issue was being validated, and only the run said that it never could be."""
    workspace, experiment = frozen
    (holdout,) = workspace.ledger.latest(Holdout)
    planned = plan_experiment(workspace, experiment.change_ids[0], holdout_id=holdout.id, metrics=METRICS, own=OWN)
    for number in range(1, holdout.n_uses + 1):
        given: dict[str, Any] = {"at": LATER, "holdout_id": holdout.id, "experiment_id": f"exp_{number}"}
        workspace.ledger.append([HoldoutUse(id=f"use_{number}", number=number, **given, **eve())], now=LATER, actor=EVE)
    fix = f"spent: 3 of 3; make a fresh holdout: `workbench holdout make random --issue {holdout.issue_ids[0]}`"
    with pytest.raises(GateError, match=fix):
        again(workspace)
    with pytest.raises(GateError, match="spent"):
        freeze_experiment(workspace, planned, now=LATER, **eve())
