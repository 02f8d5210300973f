"""The ledger keeps an experiment with its plan, and a decision with what it rests on, as they were."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.experiments.made import NOON, plan
from workbench.experiments.plan import from_json, plan_digest, to_json
from workbench.loop.chain import Key, chain
from workbench.records import Arm, Decision, Experiment
from workbench.store import DEMO_SECRET, init_workspace

EXPERIMENT = Experiment(
    id="exp_1",
    change_ids=("chg_1",),
    plan=to_json(plan()),
    plan_digest=plan_digest(plan()),
    arms=(Arm("baseline", "a" * 40), Arm("candidate", "b" * 40)),
    holdout_id="hold_1",
    frozen_at=NOON,
    author="ann",
    identity="typed",
)
DECISION = Decision(
    id="dec_1",
    at=NOON,
    experiment_id="exp_1",
    decision="inconclusive",
    reasons=("right: not shown better",),
    settle=("right: 172 cases would",),
    plan_digest=plan_digest(plan()),
    result_digest="c" * 64,
    identity="program",
)


def test_both_come_back_from_the_ledger_as_they_were(tmp_path: Path) -> None:
    ledger = init_workspace(tmp_path, secret=DEMO_SECRET).ledger
    signed = replace(DECISION, signer="ben", identity="typed", ended_as="dropped")
    ledger.append([EXPERIMENT, DECISION, signed], now=NOON)
    (experiment,) = ledger.latest(Experiment)
    assert experiment == EXPERIMENT
    assert plan_digest(from_json(experiment.plan)) == experiment.plan_digest
    assert ledger.latest(Decision) == [signed]


def test_what_says_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="must say what it tests"):
        replace(EXPERIMENT, change_ids=())
    with pytest.raises(ValueError, match="must be baseline and candidate"):
        replace(EXPERIMENT, arms=EXPERIMENT.arms[::-1])
    with pytest.raises(ValueError, match="reasons is empty"):
        replace(DECISION, reasons=())
    with pytest.raises(ValueError, match="signed by a person"):
        replace(DECISION, ended_as="dropped")


def test_the_chain_of_a_change_goes_on_to_its_experiment_and_its_decision(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path, secret=DEMO_SECRET)
    workspace.ledger.append([EXPERIMENT, DECISION], now=NOON)
    found = chain(workspace, "dec_1").nodes
    assert Key("experiment", "exp_1") in found
    assert found[Key("decision", "dec_1")].line.state == "inconclusive"
    assert found[Key("decision", "dec_1")].line.what == "right: not shown better"
