"""The bound of a spike, counted by hand; what latency_outlier, token_spike and cost_spike have in common."""

import math
from collections.abc import Sequence

import polars as pl
import pytest

from workbench.detectors.baselines import NEARLY_ALL, baselines, is_spike


def bounds(values: Sequence[float | None], *, usual_share: float = 0.5, min_excess: float = 0.0) -> dict[str, float]:
    frame = pl.LazyFrame(
        {"group": [1] * len(values), "value": values}, schema={"group": pl.UInt64, "value": pl.Float64}
    )
    (row,) = baselines(frame, least=1.0, min_excess=min_excess, usual_share=usual_share).collect().to_dicts()
    return row


def test_the_bound_is_that_of_the_modified_z_score() -> None:
    """Values of e and e cubed in halves: the median of the logarithms is 2, each lies 1 from it."""
    row = bounds([math.e, math.e**3] * 20)
    assert row["median"] == pytest.approx(math.exp(2))
    assert row["bound"] == pytest.approx(math.exp(2 + 3.5 * 1.4826))
    assert row["n_baseline"] == 40


def test_where_values_hardly_vary_the_bound_is_three_times_the_usual() -> None:
    assert bounds([100.0] * 40)["bound"] == pytest.approx(300.0)


def test_the_usual_may_be_what_nine_of_ten_stay_below() -> None:
    """The 90th percentile of 31 tens and nine twenties is twenty; by the median alone the bound would be 30."""
    values = [10.0] * 31 + [20.0] * 9
    assert bounds(values)["bound"] == pytest.approx(30.0)
    assert bounds(values, usual_share=NEARLY_ALL)["bound"] == pytest.approx(60.0)


def test_ten_times_the_median_is_a_spike_however_often_it_comes() -> None:
    """Nine thousands of forty are more than one in ten; three times the 90th percentile would be 3,000."""
    assert bounds([10.0] * 31 + [1000.0] * 9, usual_share=NEARLY_ALL)["bound"] == pytest.approx(100.0)


def test_the_bound_is_at_least_an_excess_above_the_median() -> None:
    assert bounds([10.0] * 40, min_excess=500.0)["bound"] == pytest.approx(510.0)


def test_zero_counts_as_the_least_and_null_as_nothing() -> None:
    row = bounds([0.0] * 40 + [None] * 5)
    assert (row["median"], row["n_baseline"]) == (1.0, 40)


def test_each_group_has_its_own_bound() -> None:
    frame = pl.LazyFrame({"group": [1, 2] * 30, "value": [1.0, 50.0] * 30})
    found = baselines(frame, least=1.0, min_excess=0.0).sort("group").collect()
    assert found["bound"].to_list() == pytest.approx([3.0, 150.0])


@pytest.mark.parametrize(("n_baseline", "value", "spikes"), [(30, 11.0, True), (30, 10.0, False), (29, 11.0, False)])
def test_a_spike_is_above_the_bound_of_a_baseline_that_is_large_enough(
    n_baseline: int, value: float, spikes: bool
) -> None:
    row = pl.DataFrame({"n_baseline": [n_baseline], "bound": [10.0], "value": [value]})
    assert row.select(is_spike(pl.col("value"))).item() is spikes
