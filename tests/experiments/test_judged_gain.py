"""The gain as people would say it: right for any judge, told apart from what the judge alone says."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from tests.experiments.judges.a_judge import judged
from tests.experiments.made import plan, rows, table
from workbench.experiments.analysis import analyse
from workbench.experiments.estimate import Estimate
from workbench.experiments.judged_gain import rates_of
from workbench.experiments.metric import Amount, Metric
from workbench.stats.judged import best_weight, prediction_powered
from workbench.stats.welch import difference_interval

LABELLED = judged("http://127.0.0.1:1", n_labelled=40)


def of(judge: Any, human: Any, *, n_labelled: int, users: Any = None) -> pl.DataFrame:
    """Return results of a judge and of people; each is baseline and candidate by case, people's the first ones."""
    name = LABELLED.name
    parts = [rows(arm, values, metric=name, users=users) for arm, values in zip(ARMS, judge, strict=True)]
    said = [list(values[:n_labelled]) for values in human]
    parts += [rows(arm, values, metric=LABELLED.people, users=users) for arm, values in zip(ARMS, said, strict=True)]
    return table(*parts)


ARMS = ("baseline", "candidate")


def estimate(results: pl.DataFrame, metric: Metric = LABELLED) -> Estimate:
    (one,) = analyse(plan(metric, judge=metric.source.version), results).estimates
    return one


def test_a_judge_that_is_too_kind_to_one_arm_is_put_right() -> None:
    """The judge calls every candidate right; people say that nothing changed: of 200, 100 are right in both arms."""
    truth = [0.0, 1.0] * 100
    one = estimate(of((truth, [1.0] * 200), (truth, truth), n_labelled=40))
    weight = best_weight([0.0] * 40, [1.0, 0.0] * 20, n_judged_only=160)
    assert one.difference == pytest.approx(weight * (0.5 - 0.5))
    assert one.low < 0 < one.high
    assert one.p_superior > 0.4
    assert one.notes[0] == "people judged 40 of 200 cases in both arms; the judge alone says +50.0 points"
    alone = estimate(of((truth, [1.0] * 200), (truth, truth), n_labelled=0), judged("http://127.0.0.1:1"))
    assert alone.p_superior < 1e-9


def test_it_is_the_prediction_powered_mean_of_the_cases_differences() -> None:
    rng = np.random.default_rng(3)
    human = rng.integers(0, 2, (2, 150)).astype(float)
    judge = np.where(rng.random((2, 150)) < 0.9, human, 1 - human)
    one = estimate(of(judge.tolist(), human.tolist(), n_labelled=40))
    gains = [arm[1] - arm[0] for arm in (human[:, :40], judge[:, :40], judge[:, 40:])]
    found = prediction_powered(gains[0], gains[1], judged_only=gains[2])
    low, high = difference_interval(found, level=0.9)
    assert (one.difference, one.low, one.high) == pytest.approx((found.value, float(low), float(high)))
    assert one.candidate - one.baseline == pytest.approx(one.difference)
    lower_is_better = replace(LABELLED, direction=-1)
    other = estimate(of(judge.tolist(), human.tolist(), n_labelled=40), lower_is_better)
    assert (other.p_superior, other.p_worse) == pytest.approx((one.p_worse, one.p_superior))


def test_cases_of_one_user_count_once() -> None:
    """Each case given twice, under one user, says no more than once."""
    rng = np.random.default_rng(4)
    human = rng.integers(0, 2, (2, 120)).astype(float)
    judge = np.where(rng.random((2, 120)) < 0.8, human, 1 - human)
    once = estimate(of(judge.tolist(), human.tolist(), n_labelled=40))
    twice = (np.repeat(values, 2, axis=1).tolist() for values in (judge, human))
    users = [f"u{number // 2}" for number in range(240)]
    both = estimate(of(*twice, n_labelled=80, users=users))
    assert (both.difference, both.low, both.high) == pytest.approx((once.difference, once.low, once.high))
    assert (both.n_units, both.n_cases) == (120, 240)


def test_a_margin_is_not_shown_by_a_judge_and_people_who_merely_agree() -> None:
    """With no difference anywhere, forty labels cannot exclude that the judge misses what people would see."""
    truth = [0.0, 1.0] * 100
    guardrail = replace(LABELLED, role="guardrail", margin=Amount(0.02), mwe=None)
    right = Metric(name="right", role="target", mwe=Amount(0.0))
    results = table(
        *(rows(arm, truth, metric=LABELLED.name) for arm in ARMS),
        *(rows(arm, truth[:40], metric=LABELLED.people) for arm in ARMS),
        *(rows(arm, truth, metric="right") for arm in ARMS),
    )
    _, one = analyse(plan(right, guardrail, judge=LABELLED.source.version), results).estimates
    assert one.p_non_inferior is not None
    assert one.p_non_inferior > 0.05


def test_a_share_of_the_baseline_is_of_what_people_say_it_is() -> None:
    """A tenth of 1/4 that people pass, not of the 3/4 that the judge does: the same labels, with a tenth more of them.

    All 40 labels and all other cases: the judge's gain and people's, each with a tenth of its own baseline.
    """
    rng = np.random.default_rng(6)
    human = (rng.random((2, 240)) < 1 / 4).astype(float)
    judge = np.maximum(human, rng.random((2, 240)) < 2 / 3)
    guardrail = replace(LABELLED, role="guardrail", margin=Amount(0.1, is_relative=True), mwe=None)
    right = Metric(name="right", role="target", mwe=Amount(0.0))
    results = pl.concat(
        [
            of(judge.tolist(), human.tolist(), n_labelled=40),
            table(*(rows(arm, [1.0] * 240, metric="right") for arm in ARMS)),
        ]
    )
    _, one = analyse(plan(right, guardrail, judge=LABELLED.source.version), results).estimates
    assert one.margin == pytest.approx(0.1 * one.baseline)
    assert one.baseline < 0.4 < judge[0].mean()
    gains, held = (
        [arm[1] - times * arm[0] for arm in (human[:, :40], judge[:, :40], judge[:, 40:])] for times in (1, 0.9)
    )
    weight = best_weight(gains[0], gains[1], n_judged_only=200)
    off = held[0] - weight * held[1]
    pseudo = np.append(off - off.mean(), [2, -2])
    parts = [(pseudo.var(ddof=1) / 42, 41), (weight**2 * held[2].var(ddof=1) / 200, 199)]
    variance = sum(part for part, _ in parts)
    degrees = variance**2 / sum(part**2 / free for part, free in parts)
    p = stats.t.sf((off.mean() + weight * held[2].mean()) / np.sqrt(variance), degrees)
    assert one.p_non_inferior == pytest.approx(p, rel=1e-9)


def test_the_judges_rates_are_counted_where_people_judged_too() -> None:
    """Baseline: people 1 1 0 0, judge 1 0 0 0; candidate: people 1 1 1 0, judge 1 1 1 1."""
    judge, human = ([1, 0, 0, 0, 1, 1], [1, 1, 1, 1, 0, 0]), ([1, 1, 0, 0], [1, 1, 1, 0])
    found = rates_of(LABELLED, of(judge, human, n_labelled=4))
    assert found is not None
    assert found.counts == (4, 5, 2, 3)
    assert (found.tpr[0], found.tnr[0]) == (4 / 5, 2 / 3)
    assert found.tpr[1:] == pytest.approx((0.3755, 0.9638), abs=1e-4)  # Wilson, of 4 in 5


def test_too_few_labels_are_a_fault() -> None:
    truth = [0.0, 1.0] * 20
    found = analyse(plan(LABELLED, judge=LABELLED.source.version), of((truth, truth), (truth, truth), n_labelled=1))
    assert found.faults == ("names_state: people judged 1 of 40 cases, too few",)
