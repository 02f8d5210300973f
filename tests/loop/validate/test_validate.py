"""From a frozen plan to a signed decision on the sample's app: the good change ships, and nothing else gets through."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.loop.people import ANN
from tests.loop.validated import LATER, eve, freeze, make_validated, run, state
from workbench.errors import ConfigError, GateError, StoreError
from workbench.experiments.answer import Answer
from workbench.experiments.arm import Spend
from workbench.experiments.case import Case
from workbench.experiments.journal import read_journal
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.plan import from_json, to_json
from workbench.experiments.validity import results_digest
from workbench.loop.holdouts.erased import drop_held_lines, held_lines
from workbench.loop.refine.app_arms import files_in
from workbench.loop.sample_app.arm import sample_arm
from workbench.loop.sample_app.metrics import SAMPLE_METRICS, SAMPLE_SCORERS
from workbench.loop.validate import (
    Decided,
    decide_experiment,
    freeze_experiment,
    gate,
    plan_experiment,
    sign_decision,
    withdraw_experiment,
)
from workbench.loop.validate.erased import erase_of_runs, of_runs
from workbench.records import WORKBENCH, Actor, Change, Experiment, ExperimentRun, Issue
from workbench.schemas import RESULTS
from workbench.store import Names, Workspace, belongings, open_workspace

N = 60
CONFUSED = Metric(name="federal_law_controls_state", role="target", direction=-1, mwe=Amount(0.05))
TONE = Metric(name="plain_tone", role="guardrail", margin=Amount(0.1))
FEW = (CONFUSED, TONE)
"""With sixty cases a loss of tone of ten points can be excluded, of five it can not."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a workspace in which an experiment on the good change was run to its end."""
    workspace, change, holdout_id = make_validated(
        tmp_path_factory.mktemp("good") / "acme", example="state_jurisdiction_first", n=N
    )
    run(workspace, freeze(workspace, change, holdout_id, metrics=FEW))
    return workspace.root


@pytest.fixture
def done(good: Path, tmp_path: Path) -> tuple[Workspace, Experiment]:
    """Return a copy of it, and the experiment."""
    shutil.copytree(good, tmp_path / "acme", symlinks=True)
    workspace = open_workspace(tmp_path / "acme")
    (experiment,) = workspace.ledger.latest(Experiment)
    return workspace, experiment


def decide(workspace: Workspace) -> Decided:
    (experiment,) = {one.id for one in workspace.ledger.latest(Experiment)}
    return decide_experiment(workspace, experiment, now=LATER)


def sign(workspace: Workspace, experiment: Experiment, **given: Any) -> Any:
    return sign_decision(workspace, experiment.id, **{"now": LATER, "signer": "eve", "identity": "typed", **given})


def test_the_good_change_ships_once_a_person_has_signed(done: tuple[Workspace, Experiment]) -> None:
    workspace, experiment = done
    assert state(workspace) == "validating"
    found = decide(workspace)
    assert found.ruling.decision == "ship"
    assert state(workspace) == "validating"
    (confused, tone) = found.examined.analysis.estimates if found.examined else ()
    rows = workspace.telemetry.scan(RESULTS).collect()
    counts = rows.filter(pl.col("metric") == CONFUSED.name).group_by("arm").agg(pl.col("value").fill_null(1.0).sum())
    by_arm = dict(counts.iter_rows())  # a run that broke counts as a failure
    assert (confused.baseline, confused.candidate) == (by_arm["baseline"] / N, by_arm["candidate"] / N)
    broke = rows.filter(pl.col("metric") == TONE.name, pl.col("arm") == "candidate", pl.col("status") == "error").height
    assert (tone.n_broken, tone.candidate) == (broke, (N - broke) / N)
    signed = sign(workspace, experiment)
    assert (signed.decision.signer, signed.notes, state(workspace)) == ("eve", (), "shipped")
    (issue,) = workspace.ledger.latest(Issue)
    assert issue.evidence == (signed.decision.id,)
    n_entries = len(workspace.ledger.entries())
    again = gate(workspace, experiment.change_ids[0], now=LATER + timedelta(days=9))
    assert (again.ruling.decision, again.decision) == ("ship", signed.decision)
    assert len(workspace.ledger.entries()) == n_entries


def test_who_signs_a_change_of_their_own_alone_is_told(done: tuple[Workspace, Experiment]) -> None:
    workspace, experiment = done
    own = sign(workspace, experiment, signer="ann")
    assert own.notes == ("it may not ship yet: only who wrote it has signed it, and not eve",)
    assert (own.issues, state(workspace)) == ((), "validating")
    told = gate(workspace, experiment.change_ids[0], now=LATER)
    assert (told.is_own, told.unsigned) == (True, "only who wrote it has signed it, and not eve")
    assert sign(workspace, experiment).notes == ()
    assert state(workspace) == "shipped"
    with pytest.raises(GateError, match="a program cannot"):
        sign(workspace, experiment, identity="program")
    with pytest.raises(ConfigError, match="it is ship"):
        sign(workspace, experiment, ended_as="dropped")


@pytest.mark.parametrize("actor", [WORKBENCH, ANN])
def test_a_signature_that_the_signer_did_not_write_is_none(done: tuple[Workspace, Experiment], actor: Actor) -> None:
    workspace, experiment = done
    decision = decide(workspace).decision
    assert decision is not None
    workspace.ledger.append([replace(decision, signer="eve", identity="typed")], now=LATER, actor=actor)
    told = gate(workspace, experiment.change_ids[0], now=LATER)
    assert (told.decision and told.decision.signer, told.unsigned) == ("", "nobody has signed it")
    assert sign(workspace, experiment).decision.signer == "eve"
    assert gate(workspace, experiment.change_ids[0], now=LATER).unsigned == ""


def test_what_ships_is_withdrawn_by_nobody_once_it_is_signed(done: tuple[Workspace, Experiment]) -> None:
    workspace, experiment = done
    sign(workspace, experiment)
    with pytest.raises(GateError, match="it is decided: ship"):
        withdraw_experiment(workspace, experiment.id, reason="the wrong metric", now=LATER, **eve())


def test_a_record_that_says_ship_where_the_rules_do_not_ships_nothing(done: tuple[Workspace, Experiment]) -> None:
    workspace, experiment = done
    workspace.telemetry.delete(RESULTS, "metric", [TONE.name])
    decision = decide(workspace).decision
    assert decision is not None
    workspace.ledger.append([replace(decision, decision="ship")], now=LATER)
    with pytest.raises(GateError, match="it is invalid"):
        sign(workspace, experiment)
    assert state(workspace) == "validating"


def edited_plan(workspace: Workspace, experiment: Experiment) -> None:
    wider = replace(from_json(experiment.plan), metrics=(CONFUSED, replace(TONE, margin=Amount(0.5))))
    workspace.ledger.append([replace(experiment, plan=to_json(wider))], now=LATER)


def edited_results(workspace: Workspace, experiment: Experiment) -> None:
    rows = workspace.telemetry.scan(RESULTS).collect()
    is_worse = (pl.col("arm") == "baseline") & (pl.col("metric") == CONFUSED.name)
    better = rows.with_columns(pl.when(is_worse).then(1.0).otherwise("value").alias("value"))
    workspace.telemetry.replace(RESULTS, "case_id", rows["case_id"].unique().to_list(), rows=better)


def lost_results(workspace: Workspace, experiment: Experiment) -> None:
    cases = workspace.telemetry.scan(RESULTS).select("case_id").collect()["case_id"]
    workspace.telemetry.delete(RESULTS, "case_id", cases.unique().to_list())


def leaking(workspace: Workspace, experiment: Experiment) -> None:
    (change,) = workspace.ledger.latest(Change)
    workspace.ledger.append([replace(change, development=(*change.development, "t3"))], now=LATER)


def another_commit(workspace: Workspace, experiment: Experiment) -> None:
    (change,) = workspace.ledger.latest(Change)
    workspace.ledger.append([replace(change, commit=change.base)], now=LATER)


def lost_cases(workspace: Workspace, experiment: Experiment) -> None:
    for path in workspace.holdouts.iterdir():
        path.write_bytes(path.read_bytes().replace(b"Ohio", b"Iowa"))


def another_run(workspace: Workspace, experiment: Experiment) -> None:
    edited_results(workspace, experiment)
    rows = workspace.telemetry.scan(RESULTS).collect()
    (ran,) = workspace.ledger.latest(ExperimentRun)
    workspace.ledger.append([replace(ran, results_digest=results_digest(rows))], now=LATER)


@pytest.mark.parametrize(
    ("meddle", "reason"),
    [
        (edited_plan, "the plan is not the one that was frozen"),
        (edited_results, "the results are not those that the run left"),
        (another_run, "the results are not those that the run left"),
        (lost_results, "there are no results"),
        (leaking, "of the holdout overlap development traces"),
        (another_commit, "it is another version by now"),
        (lost_cases, "were edited"),
    ],
)
def test_what_was_meddled_with_decides_nothing(done: tuple[Workspace, Experiment], meddle: Any, reason: str) -> None:
    """Who could widen a margin, or better a result, once the numbers are known would ship whatever they like."""
    workspace, experiment = done
    meddle(workspace, experiment)
    found = gate(workspace, experiment.change_ids[0], now=LATER)
    assert found.ruling.decision == "invalid"
    assert any(reason in one for one in found.ruling.reasons), found.ruling.reasons
    with pytest.raises(GateError, match="it is invalid"):
        sign(workspace, experiment)
    assert state(workspace) == "validating"


def test_an_experiment_runs_once_and_a_change_without_one_does_not_pass(done: tuple[Workspace, Experiment]) -> None:
    workspace, experiment = done
    n_rows = workspace.telemetry.scan(RESULTS).collect().height
    assert n_rows == 2 * 2 * N
    (ran,) = workspace.ledger.latest(ExperimentRun)
    assert run(workspace, experiment, make_arm=None).run == ran
    assert (ran.n_assigned, workspace.telemetry.scan(RESULTS).collect().height) == ((N, N), n_rows)
    with pytest.raises(ConfigError, match="no such change"):
        gate(workspace, "chg_nobody", now=LATER)


def test_the_words_of_an_erased_user_go_from_an_experiment(done: tuple[Workspace, Experiment]) -> None:
    workspace, _ = done
    found = of_runs(workspace, ["t3", "t4"])
    assert (found.n_results, found.n_answers, len(found.journals)) == (2 * 2 * 2, 2 * 2, 1)
    erase_of_runs(workspace, found)
    assert of_runs(workspace, ["t3", "t4"])[2:] == (0, (), 0, 0)
    left = read_journal(found.journals[0]).finished.values()
    assert sum(b"Roe 3," in (one.answer.output or "").encode() for one in left) == 0
    assert sum(b"Roe 5," in (one.answer.output or "").encode() for one in left) == 2
    assert decide(workspace).ruling.decision == "invalid"


def test_a_user_who_is_erased_while_an_experiment_runs_does_not_come_back(tmp_path: Path) -> None:
    """All was answered, and the journal let go; the results were not in their table yet."""
    workspace, change, holdout_id = make_validated(tmp_path / "acme", example="state_jurisdiction_first", n=26)
    experiment = freeze(workspace, change, holdout_id, metrics=FEW)
    user = [workspace.user_key("t3")]

    def erase() -> None:
        if not user:
            return
        with workspace.alone():
            names = Names(frozenset(user), frozenset(), workspace.user_key)
            theirs = belongings(workspace.telemetry, user.pop())
            workspace.erasures.begin(workspace.user_key("t3"), ["t3"], now=LATER)
            drop_held_lines(workspace, held_lines(workspace, theirs, names), now=LATER)
            erase_of_runs(workspace, of_runs(workspace, ["t3"]))

    def plain_tone(case: Case, answer: Answer) -> float | None:
        erase()
        return SAMPLE_SCORERS[TONE.name](case, answer)

    own = {**SAMPLE_SCORERS, TONE.name: plain_tone}
    with pytest.raises(StoreError, match="a user was erased meanwhile"):
        run(workspace, experiment, own=own)
    assert workspace.telemetry.scan(RESULTS).collect().is_empty()
    assert not any(b"Roe 3 " in path.read_bytes() for path in workspace.experiments.iterdir())
    assert of_runs(workspace, ["t3"]).n_answers == 0


def test_a_plan_that_can_never_ship_is_not_frozen(tmp_path: Path) -> None:
    workspace, change, holdout_id = make_validated(tmp_path / "acme", example="be_accurate", n=20)
    tight = (CONFUSED, replace(TONE, margin=Amount(0.01)))
    planned = plan_experiment(
        workspace, change.id, holdout_id=holdout_id, metrics=tight, own=[one.name for one in tight]
    )
    (why,) = planned.cannot_ship
    assert "can never be excluded with 20 cases" in why
    with pytest.raises(GateError, match="nothing can ever ship"):
        freeze_experiment(workspace, planned, now=LATER, **eve())
    with pytest.raises(ConfigError, match="nothing measures it"):
        plan_experiment(workspace, change.id, holdout_id=holdout_id, metrics=tight)
    found = gate(workspace, change.id, now=LATER)
    assert (found.ruling.decision, found.decision) == ("invalid", None)
    any_gain = (replace(CONFUSED, mwe=Amount(0.0)), replace(TONE, margin=Amount(0.2)))
    experiment = freeze(workspace, change, holdout_id, metrics=any_gain)
    assert state(workspace) == "validating"
    found = gate(workspace, change.id, now=LATER)
    assert found.ruling.decision == "invalid"
    assert "it was not run to its end" in found.ruling.reasons
    stopped = run(workspace, experiment, budget=Spend(usd=0.1), make_arm=dear)
    assert (stopped.run, workspace.telemetry.scan(RESULTS).collect().height) == (None, 0)
    assert 0 < stopped.n_missing < 40
    assert run(workspace, experiment, make_arm=dear).run is not None
    found = gate(workspace, change.id, now=LATER)
    assert found.ruling.decision == "inconclusive", found.ruling.reasons
    assert {one.metric for one in found.ruling.settle} >= {CONFUSED.name}  # what would settle it is said
    assert found.ruling.is_due
    assert sign(workspace, experiment, ended_as="dropped").issues[0].state == "changing"
    assert state(workspace) == "changing"
    assert_it_has_one_end(workspace, experiment)


def assert_it_has_one_end(workspace: Workspace, experiment: Experiment) -> None:
    """One end after the other was taken, and who signed without one took it back."""
    for other in ("accepted", "extended"):
        with pytest.raises(GateError, match=f"eve ended it as dropped on {LATER:%Y-%m-%d %H:%M}, and it has one end"):
            sign(workspace, experiment, signer="ann", ended_as=other)
    assert sign(workspace, experiment, signer="ann", ended_as="dropped").decision.ended_as == "dropped"
    assert sign(workspace, experiment, signer="dan").decision.ended_as == "dropped"


def dear(folder: Path, name: str, commit: str) -> Any:
    """Return an arm of the sample that says what an answer can cost at most."""
    return replace(sample_arm(files_in(folder), name=name, version=commit), most=Spend(usd=0.05))


@pytest.mark.slow
def test_the_metrics_of_the_sample_ship_the_good_change_at_a_known_cost(tmp_path: Path) -> None:
    workspace, change, holdout_id = make_validated(tmp_path / "acme", example="state_jurisdiction_first", n=100)
    run(workspace, freeze(workspace, change, holdout_id))
    found = gate(workspace, change.id, now=LATER)
    assert found.ruling.decision == "ship"
    assert {cost.split()[0] for cost in found.ruling.known_costs} == {"latency_ms", "cost_usd"}
    assert {one.metric for one in found.examined.analysis.estimates} == {one.name for one in SAMPLE_METRICS}  # type: ignore[union-attr]
