"""An app that answers nothing is stopped after ten errors, which are no use of a holdout: there was nothing to see."""

from pathlib import Path
from typing import Any

import pytest

from tests.loop.validated import LATER, eve, freeze, make_validated, run
from workbench.errors import GateError
from workbench.experiments.answer import Answer
from workbench.experiments.arm import Arm
from workbench.experiments.case import Case
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.scoring import Matched
from workbench.loop.holdouts import uses_of
from workbench.loop.validate import withdraw_experiment
from workbench.records import Experiment
from workbench.store import Workspace

N = 12
ASKS = Metric(name="court", role="target", mwe=Amount(0.05), scorer=Matched(pattern="court"))


@pytest.fixture
def frozen(tmp_path: Path) -> tuple[Workspace, Experiment]:
    workspace, change, holdout_id = make_validated(tmp_path / "acme", example="state_jurisdiction_first", n=N)
    return workspace, freeze(workspace, change, holdout_id, metrics=(ASKS,))


def an_app(asked: list[str], *, n_failing: int) -> Any:
    """Return what makes an arm whose first answers, both arms together, are errors."""

    def make(_: Path, name: str, commit: str) -> Arm:
        async def ask(case: Case, trial: int, seed: int) -> Answer:
            asked.append(name)
            if len(asked) > n_failing:
                return Answer(output="the court")
            return Answer(status="error", error_kind="failed", error_message="KeyError: 'input'")

        return Arm(name=name, version=commit, adapter="ours", ask=ask)

    return make


def test_an_app_that_answers_nothing_is_stopped_and_its_holdout_is_not_used(
    frozen: tuple[Workspace, Experiment],
) -> None:
    """Two such runs, and a third with a wrong metric, took all the uses of the only holdout there was."""
    workspace, experiment = frozen
    asked: list[str] = []
    for _ in range(2):  # what began so does not go on
        with pytest.raises(
            GateError, match=r"first 10 answers are errors, the last says: KeyError: 'input'"
        ) as refused:
            run(workspace, experiment, make_arm=an_app(asked, n_failing=99), n_at_once=1)
        assert len(asked) == 10
    assert f"withdraw {experiment.id}" in (refused.value.fix or "")
    assert len(uses_of(workspace, experiment.holdout_id)) == 1
    done = withdraw_experiment(workspace, experiment.id, reason="a wrong field", now=LATER, **eve())
    assert (done.withdrawal.n_answers, uses_of(workspace, experiment.holdout_id)) == (0, [])


def test_an_app_that_answers_at_last_is_asked_on_and_was_seen(frozen: tuple[Workspace, Experiment]) -> None:
    workspace, experiment = frozen
    asked: list[str] = []
    run(workspace, experiment, make_arm=an_app(asked, n_failing=9), n_at_once=1)
    assert len(asked) == 2 * N
    done = withdraw_experiment(workspace, experiment.id, reason="a wrong field", now=LATER, **eve())
    assert done.withdrawal.n_answers == 2 * N
