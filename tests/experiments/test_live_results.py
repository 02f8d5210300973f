"""Results of live traffic: what is from before and after, which case and trial it is, and when it decides nothing."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import polars as pl
import pytest

from tests.experiments.live_made import BY_USER, RIGHT, exposed, live_plan, traffic
from tests.experiments.made import NOON
from workbench.experiments.analysis import analyse
from workbench.experiments.decision import decide
from workbench.experiments.live_results import COLUMNS, LiveResults, live_results
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.plan import Plan, plan_digest
from workbench.experiments.validity import Conduct, faults_of, results_digest
from workbench.schemas import RESULTS

COMMITS = {"baseline": "commit_of_baseline", "candidate": "commit_of_candidate"}
SCHEMA = {name: RESULTS.schema.get(name, pl.String()) for name in COLUMNS}


def value(user: str, trace: str, minute: int | None, number: float | None = 1.0, **given: Any) -> dict[str, Any]:
    arm = {"b": "baseline", "c": "candidate"}[user[4]]
    usual: dict[str, Any] = {
        "metric": "right",
        "value": number,
        "status": "ok" if number is not None else "missing",
        "trace_id": trace,
        "user_key": user,
        "at": None if minute is None else NOON + timedelta(minutes=minute),
        "commit": f"commit_of_{arm}",
    }
    return {name: (usual | given).get(name) for name in COLUMNS}


def read(*values: dict[str, Any], metric: Metric = RIGHT, n: int = 4, mixed: tuple[str, ...] = ()) -> LiveResults:
    """Return the results of two users an arm, first exposed at 0, 1, 2 and 3 minutes: b0, c0, b1, c1."""
    frame = pl.DataFrame(list(values), schema=SCHEMA)
    return live_results(live_plan(metric, n_cases=n), frame, exposed(2, 2, mixed=mixed), experiment_id="exp_1")


B0, C0, B1, C1 = "usr_b0000", "usr_c0000", "usr_b0001", "usr_c0001"


def test_before_and_after_are_told_apart_by_the_first_exposure() -> None:
    """C1 was first exposed at minute 3, in a trace that began before that."""
    found = read(
        value(C1, "t1", 1, 0.0),
        value(C1, f"first-{C1}", 2),
        value(C1, "t3", 4),
        value(C1, "t4", None),
        value(B1, "t5", 9),
    )
    assert found.before.select("case_id", "value", "arm").rows() == [("t1", 0.0, "candidate")]
    assert found.n_without_time == 1
    after = found.results.filter(pl.col("status") == "ok").select("case_id", "arm").rows()
    assert sorted(after) == [(f"first-{C1}", "candidate"), ("t3", "candidate"), ("t5", "baseline")]
    assert found.results.schema == RESULTS.schema


def test_who_has_no_value_is_said_to_be_missing() -> None:
    found = read(value(C0, "t1", 9), value(B0, "t2", 9))
    missing = found.results.filter(pl.col("status") == "missing").sort("user_key")
    assert missing.select("user_key", "arm", "commit", "value").rows() == [
        (B1, "baseline", "commit_of_baseline", None),
        (C1, "candidate", "commit_of_candidate", None),
    ]


def test_a_look_is_at_the_users_who_came_first() -> None:
    """Of four users three are planned; who was seen in both arms counts among them, and is left out."""
    every = [value(user, f"t{user}", 9) for user in (B0, C0, B1, C1)]
    found = read(*every, n=3, mixed=(C0,))
    assert set(found.results["user_key"]) == {B0, B1}
    assert (found.n_assigned, found.n_mixed) == ((2, 1), 1)


def test_a_turn_is_a_trial_of_its_trace_and_a_trace_one_of_its_session() -> None:
    turns = replace(RIGHT, unit_chain=("turn", "trace", "user"))
    found = read(*(value(B0, "t1", 9, span_id=span) for span in ("s2", "s1")), metric=turns)
    kept = found.results.filter(pl.col("status") == "ok").select("case_id", "trial")
    assert sorted(kept.rows()) == [("t1", 0), ("t1", 1)]
    sessions = replace(RIGHT, unit_chain=("trace", "session", "user"))
    told = read(value(B0, "t1", 9, session_id="s"), value(B0, "t2", 9, session_id="s"), metric=sessions)
    assert sorted(told.results.filter(pl.col("status") == "ok").select("case_id", "trial").rows()) == [
        ("s", 0),
        ("s", 1),
    ]
    users = read(value(B0, "t1", 9), metric=replace(RIGHT, unit_chain=("user",)))
    assert users.results.filter(pl.col("status") == "ok")["case_id"].to_list() == [B0]


def test_no_values_are_all_missing() -> None:
    assert read().results["status"].to_list() == ["missing"] * 4


TONE = Metric(name="tone", role="guardrail", margin=Amount(0.2), **BY_USER)
PLAN = live_plan(RIGHT, TONE, n_cases=200)
FRAME = pl.concat(
    [
        traffic([[1]] * 40 + [[0]] * 60, [[1]] * 55 + [[0]] * 45),
        traffic([[1, 1], [1, 0]] * 50, [[1, 1], [1, 0]] * 50, metric="tone"),
    ]
)


class Gate(NamedTuple):
    """All that a decision rests on."""

    plan: Plan
    conduct: Conduct
    results: pl.DataFrame

    def faults(self) -> tuple[str, ...]:
        return faults_of(self.plan, self.conduct, self.results)


def sound(frame: pl.DataFrame = FRAME, *, made: Plan = PLAN, **conduct: Any) -> Gate:
    usual: dict[str, Any] = {
        "experiment_id": "exp_1",
        "plan_digest": plan_digest(made),
        "frozen_at": NOON,
        "started_at": NOON + timedelta(minutes=1),
        "commits": COMMITS,
        "holdout_id": "",
        "n_overlap": None,
        "n_uses_left": None,
        "n_assigned": (100, 100),
        "results_digest": results_digest(frame),
        "n_mixed": 0,
    }
    return Gate(made, Conduct(**usual | conduct), frame)


def test_sound_traffic_ships_with_the_gain_told_without_its_luck() -> None:
    gate = sound()
    assert gate.faults() == ()
    told = decide(PLAN, analyse(PLAN, FRAME), faults=gate.faults(), now=NOON)
    assert told.decision == "ship"
    (reported,) = told.reported
    assert reported.difference < 55 / 100 - 40 / 100
    assert told.reasons[-1] == reported.words
    assert reported.words.startswith(f"right: expect a difference of {100 * reported.difference:+.1f} points (")


FIRST = pl.col("user_key") == "usr_c0000"
RIGHTS = pl.col("metric") == "right"


def first(**values: Any) -> pl.DataFrame:
    return FRAME.with_columns(
        pl.when(FIRST).then(pl.lit(one, RESULTS.schema[name])).otherwise(pl.col(name)).alias(name)
        for name, one in values.items()
    )


def unsaid(*users: str) -> pl.DataFrame:
    """Return results in which these users have no value of the target."""
    is_theirs = RIGHTS & pl.col("user_key").is_in(list(users))
    return FRAME.with_columns(
        pl.when(is_theirs).then(pl.lit("missing")).otherwise("status").alias("status"),
        pl.when(is_theirs).then(None).otherwise("value").alias("value"),
    )


BAD: Mapping[str, tuple[Callable[[], Gate], str]] = {
    "a sample-ratio mismatch": (lambda: sound(n_assigned=(65, 135)), "sample-ratio mismatch"),
    "a share that is not the planned one": (
        lambda: sound(made=replace(PLAN, candidate_share=0.25)),
        "sample-ratio mismatch",
    ),
    "an empty arm": (lambda: sound(n_assigned=(0, 200)), "an arm was given nothing"),
    "nobody knows how many": (lambda: sound(n_assigned=None), "how many runs each arm was given"),
    "nobody knows who was in both arms": (lambda: sound(n_mixed=None), "how many users were seen in both arms"),
    "many were in both arms": (lambda: sound(n_mixed=5), "5 of 200 users were seen in both arms"),
    "fewer than none were": (lambda: sound(n_mixed=-1), "seen in both arms"),
    "a look that came too early": (lambda: sound(n_assigned=(90, 90)), "180 users were exposed, the look is planned"),
    "a look that nobody planned": (lambda: sound(look=0.5), "no look is planned"),
    "users who are not there": (lambda: sound(FRAME.filter(~FIRST)), "199 users have results, 200 were exposed"),
    "a user in both arms": (
        lambda: sound(pl.concat([FRAME, first(arm="baseline", commit=COMMITS["baseline"]).filter(FIRST)])),
        "1 user has results in both arms",
    ),
    "a user whom nobody knows": (lambda: sound(first(user_key=None)), " of the results: of no known user"),
    "another version": (lambda: sound(first(commit="another")), "the candidate did not run the version"),
    "values missing": (lambda: sound(unsaid(*(f"usr_c{n:04}" for n in range(5)))), "5 of 200 users without a value"),
    "values missing in one arm": (
        lambda: sound(unsaid(*(f"usr_c{n:04}" for n in range(12)))),
        "0 users of the baseline without a value, 12 of the other",
    ),
    "a plan that was not frozen": (lambda: sound(frozen_at=None), "the plan was not frozen"),
}


@pytest.mark.parametrize("name", BAD)
def test_live_traffic_that_is_not_sound_decides_nothing(name: str) -> None:
    make, words = BAD[name]
    gate = make()
    faults = gate.faults()
    assert any(words in fault for fault in faults)
    analysis = analyse(gate.plan, gate.results)
    assert decide(gate.plan, analysis, faults=faults, now=NOON).decision == "invalid"


def test_a_past_that_was_changed_afterwards_decides_nothing() -> None:
    before = FRAME.filter(RIGHTS)
    gate = sound(results_digest=results_digest(FRAME, before))
    assert faults_of(PLAN, gate.conduct, FRAME, before=before) == ()
    for other in (before.head(50), None):
        faults = faults_of(PLAN, gate.conduct, FRAME, before=other)
        assert faults == ("the results are not those that the run left",)
    assert "lack value" in faults_of(PLAN, gate.conduct, FRAME, before=before.drop("value"))[0]


def test_between_looks_fewer_users_are_sound() -> None:
    part = FRAME.filter(pl.col("user_key").str.slice(-4).cast(pl.Int64) < 50)
    assert sound(part, n_assigned=(50, 50), look=None).faults() == ()
