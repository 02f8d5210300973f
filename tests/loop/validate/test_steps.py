"""An app that tells no steps is stopped after three answers where the plan's metrics go by steps, with the way out."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loop.validated import LATER, freeze, make_validated, run
from workbench.errors import GateError
from workbench.experiments.answer import Answer
from workbench.experiments.arm import Arm
from workbench.experiments.cache import Cache
from workbench.experiments.case import Assertion, Case
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.scoring import Matched
from workbench.loop.validate import withdraw_experiment
from workbench.loop.validate.steps import by_steps

N = 12
FAILS = Metric(name="detector:tool_error", role="target", direction=-1, mwe=Amount(0.05))
SPAN = {"trace_id": "t1", "span_id": "s1", "kind": "AGENT"}


def an_app(asked: list[str], **told: Any) -> Any:
    """Return what makes an arm that answers yes, and notes who was asked what."""

    def make(_: Path, name: str, commit: str) -> Arm:
        async def ask(case: Case, trial: int, seed: int) -> Answer:
            asked.append(f"{name} {case.case_id}")
            return Answer(output="yes", **told)

        return Arm(name=name, version=commit, adapter="ours", ask=ask)

    return make


def test_an_app_without_steps_is_stopped_after_three_answers_and_not_paid_for_the_rest(tmp_path: Path) -> None:
    """The whole run was paid for, and then every value of the detector's metric was missing."""
    workspace, change, holdout_id = make_validated(tmp_path / "acme", example="state_jurisdiction_first", n=N)
    experiment, asked = freeze(workspace, change, holdout_id, metrics=(FAILS,)), list[str]()
    cache = Cache(tmp_path / "answers")
    for told in ({}, {"trace_id": "t1"}, {"spans": (SPAN,)}):  # what began without steps cannot go on with them
        with pytest.raises(GateError, match="told no steps of its answers, and detector:tool_error") as refused:
            run(workspace, experiment, make_arm=an_app(asked, **told), n_at_once=1, cache=cache)
        assert len(asked) == 5  # both arms in turn, until one has answered for the third time
    fix = refused.value.fix or ""
    assert [words in fix for words in (f"withdraw {experiment.id}", "`otlp`", "`pattern`")] == [True] * 3
    who: dict[str, Any] = {"author": "eve", "identity": "typed"}
    withdraw_experiment(workspace, experiment.id, reason="no steps", now=experiment.frozen_at, **who)
    again = freeze(workspace, change, holdout_id, metrics=(FAILS,), now=LATER + timedelta(hours=1))
    run(workspace, again, make_arm=an_app(asked, spans=(SPAN,)), n_at_once=1, cache=cache)
    assert len(asked) == 5 + 2 * N  # nothing is taken from the cache that told none


def test_an_answer_whose_steps_are_lost_stops_nothing(tmp_path: Path) -> None:
    """One such answer ended the experiment, and the holdout's use was spent."""
    workspace, change, holdout_id = make_validated(tmp_path / "acme", example="state_jurisdiction_first", n=N)
    experiment, asked = freeze(workspace, change, holdout_id, metrics=(FAILS,)), list[str]()

    def make(_: Path, name: str, commit: str) -> Arm:
        async def ask(case: Case, trial: int, seed: int) -> Answer:
            asked.append(name)
            return Answer(output="yes", spans=(SPAN,) if asked.count(name) > 2 else ())

        return Arm(name=name, version=commit, adapter="ours", ask=ask)

    run(workspace, experiment, make_arm=make, n_at_once=1, cache=None)
    assert len(asked) == 2 * N


def test_only_what_goes_by_steps_needs_them() -> None:
    calls = Case(case_id="a", input={}, assertions=(Assertion("calls", "cite"),))
    says = Case(case_id="b", input={}, assertions=(Assertion("contains", "Ohio"),))
    names = ("tool_calls", "assertions", "exact", "latency_ms")
    every = [FAILS, *(Metric(name=name, role="watch") for name in names)]
    every.append(Metric(name="court", role="watch", scorer=Matched(pattern="court")))
    assert by_steps(every, [says], own=()) == (FAILS.name, "tool_calls")
    assert by_steps(every, [says, calls], own=()) == (FAILS.name, "tool_calls", "assertions")
    assert by_steps([FAILS], [says], own=[FAILS.name]) == ()
