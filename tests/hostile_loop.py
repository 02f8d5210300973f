"""Workspaces whose experiment, and whose watch, say payloads wherever people, models or programs write words."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.loop import shipped
from tests.loop.people import ANN
from tests.loop.validated import LATER, eve, freeze, make_change, make_traffic, run
from tests.payloads import FIRST as PAYLOADS
from workbench import loop
from workbench.experiments.answer import Answer, error
from workbench.experiments.arm import Arm
from workbench.experiments.case import Case
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.scoring import Matched
from workbench.loop.holdouts import make_holdout
from workbench.loop.validate import decide_experiment
from workbench.records import Change, Issue
from workbench.store import Workspace

N = 3 * len(PAYLOADS)
WATCHED_AT = shipped.SHIP + timedelta(days=9)


def hostile_experiment(root: Path) -> Workspace:
    """Return a workspace with a decided experiment: every payload is asked, answered and failed by."""
    workspace = make_traffic(root, n=N, said=PAYLOADS)
    (issue,) = workspace.ledger.latest(Issue)
    workspace.ledger.append([replace(issue, title=PAYLOADS[0])], now=LATER, actor=ANN)
    change = replace(make_change(workspace, "state_jurisdiction_first"), title=PAYLOADS[2], why=PAYLOADS[3])
    workspace.ledger.append([change], now=LATER, actor=ANN)
    given = {"issue_ids": change.issue_ids, "n": N, "seed": 1, "now": LATER, **eve()}
    held = make_holdout(workspace, kind="random", **given).holdout
    metrics = (
        Metric(name=PAYLOADS[0], role="target", mwe=Amount(0.05), scorer=Matched(pattern="candidate")),
        Metric(name=PAYLOADS[4], role="watch", scorer=Matched(pattern="baseline")),
    )
    experiment = freeze(workspace, change, held.id, metrics=metrics)
    run(workspace, experiment, make_arm=_arm, author=PAYLOADS[3])
    decide_experiment(workspace, experiment.id, now=LATER)
    return workspace


def hostile_watch(root: Path) -> Workspace:
    """Return a workspace with a watch that is a week old: titles, versions and reasons are payloads."""
    workspace = shipped.make_shipped(root, version=PAYLOADS[1])
    (watch,) = loop.start_watch(workspace, shipped.WATCHED, who=shipped.EVE, now=shipped.SHIP, since=shipped.SHIP)
    named = [replace(one, title=said) for one, said in zip(workspace.ledger.latest(Issue), PAYLOADS, strict=False)]
    (change,) = workspace.ledger.latest(Change)
    said = replace(watch, versions=(PAYLOADS[2],), reasons=(PAYLOADS[4],))
    workspace.ledger.append(
        [*named, replace(change, title=PAYLOADS[0], author=PAYLOADS[2]), said], now=shipped.SHIP, actor=shipped.ACTOR
    )
    shipped.traffic(workspace, [1] * 9, version=PAYLOADS[2])
    return workspace


def _arm(_: Path, name: str, commit: str) -> Arm:
    async def ask(case: Case, trial: int, seed: int) -> Answer:
        said = PAYLOADS[seed % len(PAYLOADS)]
        return error("timeout", said) if seed % 5 == 0 else Answer(output=f"{said} says the {name} {said}")

    return Arm(name=name, version=commit, adapter="", ask=ask)
