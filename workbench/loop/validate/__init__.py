"""Step 6, validate: a plan is frozen, both versions run on the same cases, and what follows is decided and signed."""

from workbench.loop.validate.deciding import Decided, decide_experiment, gate
from workbench.loop.validate.examining import Examined, examine_experiment
from workbench.loop.validate.finding import experiments_of, find_experiment
from workbench.loop.validate.planning import Planned, freeze_experiment, plan_experiment
from workbench.loop.validate.reading import read_validation, versions_differ
from workbench.loop.validate.running import Ran, run_experiment
from workbench.loop.validate.signing import Signed, sign_decision
from workbench.loop.validate.withdrawing import Withdrawn, withdraw_experiment

__all__ = [
    "Decided",
    "Examined",
    "Planned",
    "Ran",
    "Signed",
    "Withdrawn",
    "decide_experiment",
    "examine_experiment",
    "experiments_of",
    "find_experiment",
    "freeze_experiment",
    "gate",
    "plan_experiment",
    "read_validation",
    "run_experiment",
    "sign_decision",
    "versions_differ",
    "withdraw_experiment",
]
