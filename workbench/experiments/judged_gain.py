"""The gain as people would say it, where a judge scored all cases and people some of them, drawn at random.

What the judge is off by on these is taken off everywhere, so that any judge gives an honest answer, and a good one a
narrow one. Without people's scores a judge's gain is the judge's opinion.
"""

from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.counted import counted
from workbench.experiments.metric import Metric
from workbench.experiments.pairs import Pairs, pairs_of
from workbench.experiments.relative import Shares, with_shares
from workbench.experiments.scale import bounds_of
from workbench.experiments.tested import Bounds, GainTests
from workbench.experiments.written import between, difference
from workbench.stats.intervals import wilson
from workbench.stats.judged import best_weight, prediction_powered
from workbench.stats.rogan_gladen import JudgeRates, rogan_gladen_difference
from workbench.stats.welch import Difference, difference_interval, difference_test

Numbers = NDArray[np.float64]
MIN_LABELLED = 30
"""Cases that people judge: with fewer, intervals that should cover .95 were not measured (see `stats.judged`)."""


class ByPeople(NamedTuple):
    """A judged metric as people would score it."""

    tests: GainTests
    """The tests of the gain."""
    bounds: Bounds
    """What they are held against: shares are of the baseline as people would score it."""
    centres: tuple[float, float]
    """Baseline and candidate, on the metric's scale."""
    notes: tuple[str, ...]
    """What to know before believing it, a sentence each."""


class Rates(NamedTuple):
    """How a judge did where people judged too: answers of both arms."""

    counts: JudgeRates
    """Right calls."""
    tpr: tuple[float, float, float]
    """Of answers that people give 1, the share that the judge does; with its 95 % Wilson interval. NaN without any."""
    tnr: tuple[float, float, float]
    """The same of answers that people give 0."""


class _Labelled(NamedTuple):
    """One number a unit: what people gave, what the judge gave the same, and what it gave the others."""

    human: Numbers
    judged: Numbers
    judged_only: Numbers


def as_people_say(metric: Metric, results: pl.DataFrame, pairs: Pairs, *, level: float) -> ByPeople:
    """Return a judged metric as people would score it.

    Parameters
    ----------
    metric
        The metric; people judged some of its cases.
    results
        schemas.RESULTS, people's values under `Metric.people`.
    pairs
        The judge's values, by case.
    level
        Of the interval.

    Raises
    ------
    ValueError
        If fewer than two users were judged by people, or fewer than two were not.
    """
    people = pairs_of(results, replace(metric, name=metric.people, scorer=None))
    before, after = _labelled(pairs, people, arm="baseline"), _labelled(pairs, people, arm="candidate")
    if min(before.human.size, before.judged_only.size) < 2:
        raise ValueError(
            f"{metric.name}: people judged {len(people.case_ids)} of {counted(len(pairs.case_ids), 'case')}, too few"
        )
    sign = metric.direction
    gains = _Labelled(*(sign * (new - old) for new, old in zip(after, before, strict=True)))
    weight = best_weight(gains.human, gains.judged, n_judged_only=gains.judged_only.size)
    centres = _powered(before, weight).value, _powered(after, weight).value
    bounds = bounds_of(metric, centres[0], level=level)
    held = partial(_with_share, gains, before, weight=weight, width=_width(metric))
    shares = Shares(partial(held, width=None), held, held)
    tests = with_shares(_tests(metric, gains, weight, bounds), metric, shares, baseline=centres[0], level=level)
    judged = np.concatenate([gains.judged, gains.judged_only])
    notes = [
        f"people judged {len(people.case_ids):,} of {counted(len(pairs.case_ids), 'case')} "
        "in both arms; the judge alone says "
        f"{difference(metric, sign * float(judged.mean()))}"
    ]
    rates = rates_of(metric, results)
    return ByPeople(tests, bounds, centres, (*notes, *_second_read(metric, pairs, rates, level=level)))


def rates_of(metric: Metric, results: pl.DataFrame) -> Rates | None:
    """Return how the judge of a binary metric did on the answers that people judged too; None where there is none."""
    if metric.kind != "binary" or not metric.people:
        return None
    ok = results.filter(pl.col("status") == "ok")
    one = ok.filter(pl.col("metric") == metric.people)
    both = one.join(ok.filter(pl.col("metric") == metric.name), on=["case_id", "arm", "trial"], suffix="_judge")
    if both.is_empty():
        return None
    yes, no = (both.filter(pl.col("value") == label)["value_judge"] for label in (1.0, 0.0))
    return rates_from(int((yes == 1).sum()), len(yes), int((no == 0).sum()), len(no))


def rates_from(n_yes_found: int, n_yes: int, n_no_cleared: int, n_no: int) -> Rates:
    """Return a judge's rates with their intervals, from counts.

    >>> rates = rates_from(9, 10, 16, 20)
    >>> rates.tpr[0], rates.tnr[0]
    (0.9, 0.8)
    """
    return Rates(
        JudgeRates(n_yes_found, n_yes, n_no_cleared, n_no), _rate(n_yes_found, n_yes), _rate(n_no_cleared, n_no)
    )


def _rate(hits: int, n: int) -> tuple[float, float, float]:
    if n == 0:
        return np.nan, np.nan, np.nan
    low, high = wilson(hits, n)
    return hits / n, float(low), float(high)


def _labelled(pairs: Pairs, people: Pairs, *, arm: str) -> _Labelled:
    """Return the values of an arm, a number a user: those whom people judged, and the others."""
    by_people = dict(zip(people.case_ids, getattr(people, arm), strict=True))
    is_labelled = np.array([case in by_people for case in pairs.case_ids])
    human = np.array([by_people.get(case, 0.0) for case in pairs.case_ids])
    judged = getattr(pairs, arm)
    return _Labelled(
        _by_unit(human, pairs.units, is_labelled),
        _by_unit(judged, pairs.units, is_labelled),
        _by_unit(judged, pairs.units, ~is_labelled),
    )


def _by_unit(values: Numbers, units: NDArray[np.int64], chosen: NDArray[np.bool_]) -> Numbers:
    n = np.bincount(units[chosen])
    return np.asarray((np.bincount(units[chosen], weights=values[chosen]) / np.maximum(n, 1))[n > 0])


def _powered(labelled: _Labelled, weight: float, *, largest: float | None = None) -> Difference:
    human, judged, others = labelled
    return prediction_powered(human, judged, judged_only=others, weight=weight, largest=largest)


def _tests(metric: Metric, gains: _Labelled, weight: float, bounds: Bounds) -> GainTests:
    found = _powered(gains, weight)
    held = _powered(gains, weight, largest=_width(metric))
    up, down = difference_test(found), difference_test(_turned(found))
    low, high = (float(end) for end in difference_interval(found, level=bounds.level))
    margin, mwe = bounds.margin, bounds.mwe
    return GainTests(
        "as people would score it: prediction-powered mean, t interval",
        found.value,
        low,
        high,
        min(1.0, 2 * min(up, down)),
        up,
        down,
        None if margin is None else difference_test(held, than=-margin),
        None if margin is None else difference_test(_turned(found), than=margin),
        None if mwe is None else difference_test(_turned(held), than=-mwe),
        -float(difference_interval(held, level=bounds.level).low),
        found.error * float(np.sqrt(gains.human.size + gains.judged_only.size)),
    )


def _with_share(
    gains: _Labelled, before: _Labelled, sign: int, share: float, *, weight: float, width: float | None
) -> float:
    """Return the one-sided p of "the sign times (the gain and that share of the baseline's size) is not above 0"."""
    way = -1.0 if _powered(before, weight).value < 0 else 1.0
    held = _Labelled(*(sign * (gain + share * way * old) for gain, old in zip(gains, before, strict=True)))
    largest = None if width is None else max(width, *(float(np.abs(values).max()) for values in held[:2]))
    return difference_test(_powered(held, weight, largest=largest))


def _width(metric: Metric) -> float:
    assert metric.bounds is not None
    return metric.bounds[1] - metric.bounds[0]


def _turned(one: Difference) -> Difference:
    return one._replace(value=-one.value)


def _second_read(metric: Metric, pairs: Pairs, rates: Rates | None, *, level: float) -> list[str]:
    """Return what the judge's figure is once its rates are taken off, where all its values are 0 or 1."""
    if rates is None or min(rates.counts.n_yes, rates.counts.n_no) < 1 or pairs.n_trials > 1:
        return []
    changes = pairs.candidate - pairs.baseline
    wins, losses = int((changes > 0).sum()), int((changes < 0).sum())
    found = rogan_gladen_difference(wins, losses, n=changes.size, rates=rates.counts, level=level)
    if not np.isfinite(found.value):
        return ["the judge is no better than chance where people judged too"]
    ends = between(metric, found.low, found.high)
    return [f"by the judge's rates alone (Rogan and Gladen) {difference(metric, found.value)} ({ends})"]
