"""Two holdouts: targets on cases of their issue, all else on random ones; by hand counts of which case is of which."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from tests.experiments.made import NOON, RIGHT, counted, plan, results
from tests.experiments.test_validity import stated
from workbench.experiments.analysis import Analysis, analyse
from workbench.experiments.decision import Ruling, decide
from workbench.experiments.judging import Judging
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.outlook import cannot_ship, outlook
from workbench.experiments.plan import Plan, from_json, to_json
from workbench.experiments.validity import faults_of

TONE = Metric(name="tone", role="guardrail", margin=Amount(0.05))
IDS = [f"c{number:04}" for number in range(300)]
CASES = Judging(frozenset(IDS[40:]), frozenset(IDS[:60]))
"""Of 300 cases the first sixty are targeted and the last 260 random: twenty are of both."""


def made(*metrics: Metric, **given: Any) -> Plan:
    usual = {"n_cases": 260, "targeted_id": "hold_t", "n_targeted": 60}
    return plan(*(metrics or (RIGHT, TONE)), **{**usual, **given})


def frame(*, n_fixed: int = 20, n_broken_tone: int = 0) -> pl.DataFrame:
    """Return results: the first cases are fixed, and the last lose their tone."""
    tone = [1.0] * (300 - n_broken_tone) + [0.0] * n_broken_tone
    return pl.concat([counted(n_fixed, 0, 300), results([1.0] * 300, tone, metric="tone")])


def judged(rows: pl.DataFrame, of: Plan | None = None) -> Analysis:
    return analyse(of or made(), rows, targeted=CASES.targeted, random=CASES.case_ids)


def ruled(rows: pl.DataFrame, of: Plan | None = None) -> Ruling:
    return decide(of or made(), judged(rows, of), faults=(), now=NOON)


def test_each_metric_is_counted_on_its_own_cases_and_a_case_of_both_on_both() -> None:
    """Fifty are fixed, the first: fifty of the sixty targeted ones, and the ten of them that are random too."""
    found = judged(frame(n_fixed=50, n_broken_tone=7))
    (right, tone), (on_random,) = found.estimates, found.on_random
    assert (right.n_cases, right.n_fixed, right.gain) == (60, 50, 50 / 60)
    assert (tone.n_cases, tone.n_broken, tone.gain) == pytest.approx((260, 7, -7 / 260))
    assert (on_random.n_cases, on_random.n_fixed, on_random.gain) == pytest.approx((260, 10, 10 / 260))
    assert analyse(made(), frame(n_fixed=50), targeted=CASES.targeted).on_random[0].n_cases == 240
    assert [one.judged_on for one in (right, tone, on_random)] == ["targeted", "random", "random"]


def test_what_ships_tells_the_gain_on_random_cases_too() -> None:
    told = ruled(frame(n_fixed=50))
    assert told.decision == "ship"
    assert any(one.startswith("right on targeted cases 0 % to 83.3 %") for one in told.reasons)
    (on_random,) = (one for one in told.reasons if one.startswith("right on random cases 0 % to 3.85 %"))
    assert on_random.endswith("from 260 cases, of which 20 are targeted ones too and helped it to ship: it may be less")


def test_a_target_that_gets_worse_on_random_cases_is_harm() -> None:
    """A change that mends its issue and breaks the same thing for all others looked like a clean gain."""
    before = [0.0] * 40 + [1.0] * 260
    after = [1.0] * 40 + [0.0] * 30 + [1.0] * 230
    rows = pl.concat([results(before, after), results([1.0] * 300, [1.0] * 300, metric="tone")])
    one = judged(rows)
    assert (one.estimates[0].gain, one.on_random[0].gain) == pytest.approx(((40 - 20) / 60, -30 / 260))
    told = ruled(rows)
    assert told.decision == "dont_ship"
    assert told.reasons[0].startswith("right on random cases 100 % to 88.5 %")


def silenced(rows: pl.DataFrame, ids: list[str]) -> pl.DataFrame:
    """Return results in which nothing scored the target of some cases."""
    is_silent = (pl.col("metric") == "right") & pl.col("case_id").is_in(ids)
    return rows.with_columns(
        value=pl.when(is_silent).then(None).otherwise("value"),
        status=pl.when(is_silent).then(pl.lit("missing")).otherwise("status"),
    )


def test_a_target_that_random_cases_have_no_value_of_is_told_and_no_fault() -> None:
    """What a person expects of an answer is known of cases that were reviewed; that it is not of others is no harm."""
    cases, of = Judging(frozenset(IDS[60:]), frozenset(IDS[:60])), made(n_cases=240)
    for n_known in (0, 1, 100):
        rows = silenced(frame(n_fixed=50), IDS[60 + n_known :])
        assert faults_of(of, stated(of, rows, targeted_id="hold_t", cases=cases).conduct, rows) == ()
        found = analyse(of, rows, targeted=cases.targeted, random=cases.case_ids)
        is_known = n_known > 1
        assert (found.unmeasured, len(found.on_random), found.faults) == (() if is_known else ("right",), is_known, ())
        told = decide(of, found, faults=(), now=NOON)
        assert told.decision == "ship"
        said = "of all traffic, from 100 cases" if is_known else "right: not measured on random cases"
        assert told.reasons[-1].endswith(said)


def test_a_target_that_one_arm_alone_has_no_value_of_is_a_fault_on_random_cases_too() -> None:
    """An arm whose wrong answers nobody could score would look no worse on any traffic."""
    cases, of = Judging(frozenset(IDS[60:]), frozenset(IDS[:60])), made(n_cases=240)
    rows = silenced(frame(n_fixed=50), IDS[60:63])
    whole = frame(n_fixed=50).filter(pl.col("arm") == "baseline")
    rows = pl.concat([whole, rows.filter(pl.col("arm") == "candidate")])
    assert faults_of(of, stated(of, rows, targeted_id="hold_t", cases=cases).conduct, rows) == ()
    rows = pl.concat([whole, silenced(frame(n_fixed=50), IDS[60:65]).filter(pl.col("arm") == "candidate")])
    (fault,) = faults_of(of, stated(of, rows, targeted_id="hold_t", cases=cases).conduct, rows)
    assert fault.startswith("random cases: right: 5 of 240 pairs are missing (2.1%)")


def test_what_is_missing_of_few_targeted_cases_does_not_hide_among_many_random_ones() -> None:
    """Two of sixty are 3.3 %; of all three hundred they would be .7 %, which is let pass."""
    rows = frame(n_fixed=50).filter(~((pl.col("arm") == "candidate") & pl.col("case_id").is_in(IDS[:2])))
    sound = frame(n_fixed=50)
    given: Any = {"targeted_id": "hold_t", "cases": CASES}
    assert faults_of(made(), stated(made(), sound, **given).conduct, sound) == ()
    (fault,) = faults_of(made(), stated(made(), rows, **given).conduct, rows)
    assert fault.startswith("targeted cases: right: 2 of 60 pairs are missing (3.3%)")
    known = Judging(CASES.case_ids)
    faults = faults_of(made(), stated(made(), sound, targeted_id="hold_t", cases=known).conduct, sound)
    assert "40 cases of the results: of no holdout of the plan" in faults
    (other,) = faults_of(made(), stated(made(), sound, targeted_id="hold_x", cases=CASES).conduct, sound)
    assert other == "the targeted holdout is not the one of the plan"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"on_random": ()}, "right: there is no estimate, on random cases"),
        ({"unmeasured": ("right",)}, "right: is not to be estimated, on random cases"),
    ],
)
def test_without_a_look_at_random_cases_nothing_ships(changed: dict[str, Any], said: str) -> None:
    told = decide(made(), judged(frame(n_fixed=50))._replace(**changed), faults=(), now=NOON)
    assert (told.decision, told.reasons) == ("invalid", (said,))


def test_estimates_of_other_cases_than_the_plans_decide_nothing() -> None:
    found = judged(frame(n_fixed=50))
    mixed = (replace(found.estimates[0], judged_on="random"), found.estimates[1])
    assert decide(made(), found._replace(estimates=mixed), faults=(), now=NOON).decision == "invalid"
    on_one = analyse(plan(RIGHT, TONE), frame(n_fixed=50))
    assert decide(made(), on_one, faults=(), now=NOON).decision == "invalid"
    assert decide(plan(RIGHT, TONE), found, faults=(), now=NOON).decision == "invalid"


def test_what_cases_can_show_and_what_would_settle_it_is_said_of_their_holdout() -> None:
    """Of 60 cases a loss of 4.3 points stays, z^2 / (n + z^2) = 2.706 / 62.7; of 260 one of 1.03."""
    right, tone = outlook(made(RIGHT, replace(TONE, margin=Amount(0.02))))
    assert right.words.startswith("right: 60 targeted cases show a gain")
    assert tone.words.startswith("tone: 260 random cases exclude a loss")
    assert [round(100 * (one.floor or 0), 1) for one in (right, tone)] == [4.3, 1.0]
    assert cannot_ship(made(RIGHT, replace(TONE, margin=Amount(0.02)))) == ()
    (why,) = cannot_ship(made(RIGHT, replace(TONE, margin=Amount(0.01))))
    assert "never be excluded with 260 random cases" in why
    told = ruled(frame(n_fixed=2, n_broken_tone=2), made(RIGHT, replace(TONE, margin=Amount(0.02))))
    assert told.decision == "inconclusive"
    words = [one.words for one in told.settle if one.what == "cases"]
    assert any(" targeted cases, " in one for one in words)
    assert any(" random cases, " in one for one in words)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"n_targeted": 1}, "n_targeted == 1, must be at least 2"),
        ({"targeted_id": "", "n_targeted": 5}, "without targeted_id it must be 0"),
        ({"targeted_id": "hold_1"}, "must be beside another"),
        ({"holdout_id": ""}, "must be beside another"),
    ],
)
def test_a_plan_has_both_holdouts_or_one(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made(**given)


def test_it_comes_back_from_its_json() -> None:
    assert from_json(to_json(made())) == made()
