"""The gate fails closed: forty ways in which an experiment is not sound, and each is invalid."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import polars as pl
import pytest

from tests.experiments.made import NOON, RIGHT, counted, plan, results
from workbench.experiments.analysis import analyse
from workbench.experiments.decision import decide
from workbench.experiments.judging import Judging
from workbench.experiments.metric import Amount, Metric, Source
from workbench.experiments.paired_validity import too_many_missing
from workbench.experiments.plan import Plan, plan_digest
from workbench.experiments.validity import Conduct, faults_of, results_digest
from workbench.schemas import RESULTS

TONE = Metric(name="tone", role="guardrail", margin=Amount(0.05), source=Source("judge", "judge-1"))
PLAN = plan(RIGHT, TONE, n_cases=300, judge="judge-1")
COMMITS = {"baseline": "commit_of_baseline", "candidate": "commit_of_candidate"}


class Gate(NamedTuple):
    """All that a decision rests on."""

    plan: Plan
    conduct: Conduct
    results: pl.DataFrame

    def decision(self) -> str:
        faults = faults_of(self.plan, self.conduct, self.results)
        analysis = analyse(self.plan, self.results) if not faults else analyse(self.plan, RESULTS.empty())
        return decide(self.plan, analysis, faults=faults, now=NOON).decision

    def faults(self) -> tuple[str, ...]:
        return faults_of(self.plan, self.conduct, self.results)


def sound(**conduct: Any) -> Gate:
    """Return a gate that ships, with other facts of its conduct where they are given."""
    judged = results([1.0] * 300, [1.0] * 300, metric="tone").with_columns(judge=pl.lit("judge-1"))
    return stated(PLAN, pl.concat([counted(20, 5, 300), judged]), **conduct)


def stated(made: Plan, frame: pl.DataFrame, **conduct: Any) -> Gate:
    usual: dict[str, Any] = {
        "experiment_id": "exp_1",
        "plan_digest": plan_digest(made),
        "frozen_at": NOON,
        "started_at": NOON + timedelta(minutes=1),
        "commits": COMMITS,
        "holdout_id": "hold_1",
        "cases": Judging(frozenset(f"c{number:04}" for number in range(1_000))),
        "n_overlap": 0,
        "n_uses_left": 1,
        "n_assigned": (300, 300),
        "results_digest": results_digest(frame),
    }
    return Gate(made, Conduct(**usual | conduct), frame)


def with_rows(change: Callable[[pl.DataFrame], pl.DataFrame]) -> Gate:
    """Return a sound gate whose results were changed, the digest of the run being of what they are now."""
    return stated(PLAN, change(sound().results))


def where(condition: pl.Expr, **values: Any) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda frame: frame.with_columns(
        pl.when(condition).then(pl.lit(value, RESULTS.schema[name])).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )


FIRST = pl.col("case_id") == "c0000"
CANDIDATE = pl.col("arm") == "candidate"
TONED = pl.col("metric") == "tone"
BAD: Mapping[str, Callable[[], Gate]] = {
    # the plan
    "no plan was frozen": lambda: sound(frozen_at=None),
    "frozen after the first run": lambda: sound(frozen_at=NOON + timedelta(minutes=2)),
    "nobody knows when it ran": lambda: sound(started_at=None),
    "frozen at no known zone": lambda: sound(frozen_at=NOON.replace(tzinfo=None)),
    "another plan": lambda: sound(plan_digest=plan_digest(plan())),
    "an empty digest of the plan": lambda: sound(plan_digest=""),
    "a margin widened afterwards": lambda: sound()._replace(
        plan=replace(PLAN, metrics=(RIGHT, replace(TONE, margin=Amount(0.2))))
    ),
    "alpha raised afterwards": lambda: sound()._replace(plan=replace(PLAN, alpha=0.1)),
    "a guardrail dropped afterwards": lambda: sound()._replace(plan=replace(PLAN, metrics=(RIGHT,))),
    "a metric added afterwards": lambda: sound()._replace(
        plan=replace(PLAN, metrics=(RIGHT, TONE, Metric(name="more", role="watch")))
    ),
    "a look that nobody planned": lambda: sound(look=0.5),
    # the holdout
    "another holdout": lambda: sound(holdout_id="hold_2"),
    "no holdout": lambda: sound(holdout_id=""),
    "a targeted holdout that the plan has not": lambda: sound(targeted_id="hold_2"),
    "cases that nobody knows": lambda: sound(cases=None),
    "a case of no holdout": lambda: sound(cases=Judging(frozenset(f"c{number:04}" for number in range(299)))),
    "a leaking holdout": lambda: sound(n_overlap=1),
    "a holdout that nobody checked": lambda: sound(n_overlap=None),
    "a spent holdout": lambda: sound(n_uses_left=0),
    "an overdrawn holdout": lambda: sound(n_uses_left=-1),
    "a holdout whose uses nobody counted": lambda: sound(n_uses_left=None),
    # the arms
    "a sample-ratio mismatch": lambda: sound(n_assigned=(1_000, 1_200)),
    "an empty arm": lambda: sound(n_assigned=(0, 300)),
    "nobody knows how many": lambda: sound(n_assigned=None),
    "another version ran": lambda: sound(commits={**COMMITS, "candidate": "another"}),
    "a version that is not said": lambda: with_rows(where(CANDIDATE & FIRST, commit=None)),
    "an arm without a version": lambda: sound(commits={"baseline": "commit_of_baseline"}),
    # the judge
    "another judge in one arm": lambda: with_rows(where(TONED & CANDIDATE, judge="judge-2")),
    "another judge in both arms": lambda: with_rows(where(TONED, judge="judge-2")),
    "a judge that changed on the way": lambda: with_rows(where(TONED & FIRST, judge="judge-2")),
    "a judge that is not said": lambda: with_rows(where(TONED & FIRST, judge=None)),
    "code of another version scored one arm": lambda: with_rows(where(~TONED & CANDIDATE, judge="check 2")),
    # the results
    "no results": lambda: with_rows(lambda frame: frame.clear()),
    "no results of a metric": lambda: with_rows(lambda frame: frame.filter(~TONED)),
    "one arm only": lambda: with_rows(lambda frame: frame.filter(~CANDIDATE)),
    "results of another experiment": lambda: with_rows(where(FIRST, experiment_id="exp_2")),
    "results of no experiment": lambda: with_rows(where(FIRST, experiment_id=None)),
    "a third arm": lambda: with_rows(where(FIRST & CANDIDATE, arm="variant")),
    "a metric of no plan": lambda: with_rows(where(FIRST & TONED, metric="more")),
    "a row twice": lambda: with_rows(lambda frame: pl.concat([frame, frame.head(1)])),
    "a value that is no number": lambda: with_rows(where(FIRST & CANDIDATE, value=float("nan"))),
    "an infinite value": lambda: with_rows(where(FIRST & CANDIDATE, value=float("inf"))),
    "no value though it went well": lambda: with_rows(where(FIRST & CANDIDATE, value=None)),
    "a value though it is missing": lambda: with_rows(where(FIRST & CANDIDATE, status="missing")),
    "an unknown status": lambda: with_rows(where(FIRST & CANDIDATE, status="fine")),
    "no case": lambda: with_rows(where(FIRST & CANDIDATE, case_id=None)),
    "no trial": lambda: with_rows(where(FIRST & CANDIDATE, trial=None)),
    "a value out of range": lambda: with_rows(where(FIRST & CANDIDATE, value=2.0)),
    "a missing column": lambda: sound()._replace(results=sound().results.drop("judge")),
    "a column of another type": lambda: sound()._replace(
        results=sound().results.with_columns(pl.col("value").cast(pl.String))
    ),
    "results that were edited after the run": lambda: sound()._replace(
        results=where(FIRST & CANDIDATE, value=0.0)(sound().results)
    ),
    "more than two in a hundred pairs missing": lambda: with_rows(
        lambda frame: frame.filter(~(CANDIDATE & (pl.col("case_id") >= "c0293")))
    ),
    "trials without a row, where a missing value is a failure": lambda: stated(
        replace(PLAN, metrics=(replace(RIGHT, missing="fail"), TONE)),
        sound().results.filter(~(CANDIDATE & ~TONED & (pl.col("case_id") >= "c0293"))),
    ),
    "both arms cut short": lambda: with_rows(lambda frame: frame.filter(pl.col("case_id") < "c0290")),
    "more cases than planned": lambda: stated(replace(PLAN, n_cases=200), sound().results),
}


def test_a_sound_experiment_ships() -> None:
    assert sound().faults() == ()
    assert sound().decision() == "ship"


def test_there_are_forty_bad_states_and_more() -> None:
    assert len(BAD) >= 40


@pytest.mark.parametrize("state", BAD)
def test_a_bad_state_is_invalid(state: str) -> None:
    assert BAD[state]().decision() == "invalid"


def test_six_of_three_hundred_pairs_may_be_missing_and_seven_may_not() -> None:
    for n_missing, is_sound in ((6, True), (7, False)):
        last = f"c{300 - n_missing:04}"
        gate = with_rows(lambda frame, last=last: frame.filter(~(CANDIDATE & (pl.col("case_id") >= last))))  # type: ignore[misc]
        assert (gate.faults() == ()) is is_sound, gate.faults()


def test_an_arm_that_misses_what_the_other_has_is_a_fault_by_itself() -> None:
    """Eleven missing of a thousand are few; all in one arm they are no accident: 2 / 2^11 is below .001."""
    made = plan(n_cases=1_000)
    for n, said in ((10, 0), (11, 1)):
        frame = counted(20, 5, 1_000).filter(~(CANDIDATE & (pl.col("case_id") >= f"c{1_000 - n:04}")))
        faults = stated(made, frame, n_assigned=(1_000, 1_000)).faults()
        assert len(faults) == said
        assert all("the candidate 11 that the baseline has" in fault for fault in faults)


def test_errors_are_failures_and_not_missing() -> None:
    gate = with_rows(where(CANDIDATE & (pl.col("case_id") >= "c0200"), value=None, status="error"))
    assert gate.faults() == ()
    assert gate.decision() == "dont_ship"


def test_the_digest_of_results_does_not_depend_on_their_order() -> None:
    frame = sound().results
    assert results_digest(frame) == results_digest(frame.sample(fraction=1, shuffle=True, seed=2))
    assert results_digest(frame) != results_digest(frame.head(10))


def test_a_detector_that_had_nothing_to_judge_says_what_it_needs() -> None:
    """An adapter of ten lines returns an answer and no steps; why all was missing stood nowhere."""
    rows = (
        sound()
        .results.filter(pl.col("metric") == RIGHT.name)
        .with_columns(metric=pl.lit("detector:refusal"), status=pl.lit("missing"), value=pl.lit(None, dtype=pl.Float64))
    )
    refusal = replace(RIGHT, name="detector:refusal", direction=-1)
    (fault,) = too_many_missing(rows, refusal, by=("case_id",))
    assert fault.endswith("which the app is to return (`otlp`), or measure it otherwise")
    (other,) = too_many_missing(rows.with_columns(metric=pl.lit(RIGHT.name)), RIGHT, by=("case_id",))
    assert other.endswith("more than 2%")
