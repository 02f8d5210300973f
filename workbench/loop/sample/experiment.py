"""The sample's experiments: changes of its app are tested on cases set apart, and a simulated person signs.

What people look at in the sample then is a change that shipped and one that was caught: it took the fault away, and
spoiled the tone.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from workbench.experiments.arm import Arm
from workbench.loop.holdouts import make_holdout
from workbench.loop.refine.app_arms import files_in
from workbench.loop.refine.changing import abandon
from workbench.loop.sample_app.arm import sample_arm
from workbench.loop.sample_app.metrics import SAMPLE_METRICS, SAMPLE_SCORERS
from workbench.loop.validate import freeze_experiment, plan_experiment, run_experiment, sign_decision
from workbench.records import Change, Decision, Holdout
from workbench.store import Workspace

N_CASES = 200
"""Cases at most. So many of any traffic exclude a loss of tone of five points."""
SEED = 8
RUN_AFTER, SIGNED_AFTER = timedelta(minutes=5), timedelta(hours=1)
"""When a frozen experiment is run, and when its decision is signed."""


class SetApart(NamedTuple):
    """Cases of the sample that judge its changes."""

    random: Holdout
    """Any traffic."""
    targeted: Holdout
    """Of the issue, from other weeks and users than those that its changes were written from."""


def set_apart(workspace: Workspace, change: Change, *, author: str, now: datetime) -> SetApart:
    """Set cases apart for the issue of a change of the sample, and return them.

    Parameters
    ----------
    workspace
        The sample's.
    change
        The first change for the issue: others for it are written from the same traces.
    author
        Who does it: the name says that it is simulated.
    now
        When, UTC.
    """
    random, targeted = (
        make_holdout(
            workspace,
            kind=kind,
            issue_ids=change.issue_ids,
            basis="found",
            n=N_CASES,
            seed=SEED,
            author=author,
            identity="typed",
            now=now,
        ).holdout
        for kind in ("random", "targeted")
    )
    return SetApart(random, targeted)


def decide_change(
    workspace: Workspace, change: Change, cases: SetApart, *, author: str, signer: str, now: datetime
) -> Decision:
    """Test a change of the sample's app, have its decision signed, and return that; what does not ship is given up.

    Parameters
    ----------
    workspace
        The sample's.
    change
        The change, committed.
    cases
        What it is judged on.
    author, signer
        Who freezes the plan, and who signs: not the same, and the names say that they are simulated.
    now
        When the plan is frozen, UTC.
    """
    planned = plan_experiment(
        workspace,
        change.id,
        holdout_id=cases.random.id,
        targeted_id=cases.targeted.id,
        metrics=SAMPLE_METRICS,
        own=SAMPLE_SCORERS.keys(),
    )
    experiment = freeze_experiment(workspace, planned, author=author, identity="typed", now=now)
    run_experiment(
        workspace,
        experiment.id,
        make_arm=_arm,
        own=SAMPLE_SCORERS,
        author=author,
        identity="typed",
        now=lambda: now + RUN_AFTER,
    )
    signed = sign_decision(workspace, experiment.id, signer=signer, identity="typed", now=now + SIGNED_AFTER).decision
    if signed.decision == "dont_ship":
        abandon(workspace, change.id, reason=signed.reasons[0], author=author, identity="typed", now=now + SIGNED_AFTER)
    return signed


def _arm(folder: Path, name: str, commit: str) -> Arm:
    return sample_arm(files_in(folder), name=name, version=commit)
