"""A change, the experiment on it and the decision, as the ledger has them: nobody branched, ran or judged anything."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.loop.under_review import NOON
from workbench.records import Arm, Change, Decision, DecisionKind, Experiment, Watch

BASE, COMMIT = "a" * 40, "b" * 40


def a_change(name: str = "chg_1", **other: Any) -> Change:
    """Return a committed change of ann's."""
    made = Change(
        id=name,
        at=NOON,
        state="committed",
        issue_ids=("iss_1",),
        title="State the court first",
        branch=f"change/{name}",
        base=BASE,
        commit=COMMIT,
        ledger_head="",
        author="ann",
        identity="typed",
    )
    return replace(made, **other)


def an_experiment(name: str = "exp_1", *, candidate_id: str | None = None, **other: Any) -> Experiment:
    """Return a frozen experiment on that change, unless on a candidate."""
    made = Experiment(
        id=name,
        candidate_id=candidate_id,
        change_ids=() if candidate_id else ("chg_1",),
        plan="{}",
        plan_digest="6" * 64,
        arms=(Arm("baseline", BASE), Arm("candidate", COMMIT)),
        holdout_id="hol_1",
        frozen_at=NOON,
        author="ann",
        identity="typed",
    )
    return replace(made, **other)


def a_decision(decision: DecisionKind = "ship", **other: Any) -> Decision:
    """Return the decision on that experiment, unsigned."""
    made = Decision(
        id=f"dec_{decision}",
        at=NOON,
        experiment_id="exp_1",
        decision=decision,
        reasons=("fewer users meet it",),
        plan_digest="6" * 64,
        result_digest="7" * 64,
        identity="program",
    )
    return replace(made, **other)


def a_watch(*, issue_id: str, since: datetime, **other: Any) -> Watch:
    """Return a watch of an issue whose change was live from a moment on."""
    watch = Watch(
        id=f"wch_{issue_id}",
        issue_id=issue_id,
        change_ids=("chg_1",),
        decision_id="dec_1",
        started_at=since,
        since=since,
        n_before=100,
        n_found_before=10,
        precision=1.0,
        before_share=0.1,
        target_share=0.05,
        at=since,
        author="eve",
        identity="typed",
    )
    return replace(watch, **other)
