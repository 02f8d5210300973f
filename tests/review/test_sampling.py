"""The sample for review: chances that hold in every mode, copies once, small clusters too, and an order to stop in."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from workbench.records import SamplingMode
from workbench.review import draw, within_minutes

START = datetime(2026, 1, 5, tzinfo=UTC)
MODES: tuple[SamplingMode, ...] = ("random", "uncertain", "diverse")


def candidates(sizes: dict[str, int], *, seed: int = 0) -> pl.DataFrame:
    """Return clusters of so many traces over four weeks, each with a text, a strength and a place of its own."""
    rng = np.random.default_rng(seed)
    clusters = [cluster for cluster, size in sizes.items() for _ in range(size)]
    n = len(clusters)
    return pl.DataFrame(
        {
            "cluster_id": clusters,
            "detector": ["tool_error"] * n,
            "trace_id": [f"t{number:04}" for number in range(n)],
            "text": [f"text {number}" for number in range(n)],
            "strength": rng.random(n),
            "x": rng.random(n),
            "y": rng.random(n),
            "at": [START + timedelta(days=int(day)) for day in rng.integers(0, 28, n)],
        }
    )


@pytest.mark.parametrize("mode", MODES)
def test_each_trace_comes_as_often_as_its_chance_says(mode: SamplingMode) -> None:
    traces = candidates({"a": 30, "b": 6})
    drawn = [draw(traces, n=9, mode=mode, seed=seed) for seed in range(1_500)]
    assert {one.height for one in drawn} == {9}
    counts = pl.concat(drawn).group_by("trace_id").agg(pl.len(), pl.col("inclusion_probability").round(9).unique())
    assert counts["inclusion_probability"].list.len().to_list() == [1] * counts.height
    often = counts.select(pl.col("len") / 1_500 - pl.col("inclusion_probability").list.first()).to_series()
    # 4.5 standard errors of a share of 1/2 over 1,500 draws
    assert often.abs().max() < 0.059  # type: ignore[operator]


def test_clusters_have_shares_by_the_root_of_their_size() -> None:
    drawn = draw(candidates({"a": 400, "b": 100, "c": 25}), n=35)
    assert dict(drawn.group_by("cluster_id").len().iter_rows()) == {"a": 20, "b": 10, "c": 5}


@pytest.mark.parametrize("mode", MODES)
def test_each_cluster_has_an_item_where_there_is_room_for_it(mode: SamplingMode) -> None:
    """Of 30 chosen clusters only 17 had a trace in the review, and the others were decided without one."""
    sizes = {f"c{number:02}": 2 + number**2 for number in range(30)}
    for seed in range(20):
        drawn = draw(candidates(sizes, seed=1), n=30, mode=mode, seed=seed)
        assert drawn["cluster_id"].sort().to_list() == list(sizes)
    more = draw(candidates(sizes), n=45)
    assert (more.height, more["cluster_id"].n_unique()) == (45, 30)


def test_weeks_are_drawn_in_proportion() -> None:
    traces = candidates({"a": 400}).with_columns(at=pl.lit(START) + pl.duration(days=pl.int_range(400) % 20))
    drawn = draw(traces, n=40).join(traces.select("trace_id", "at"), on="trace_id")
    assert sorted(drawn.group_by(pl.col("at").dt.truncate("1w")).len()["len"]) == [12, 14, 14]


def test_copies_are_one_item_that_stands_for_all() -> None:
    traces = candidates({"a": 10}).with_columns(text=pl.Series(["same"] * 7 + ["x", "y", None]))
    drawn = draw(traces, n=10)
    assert dict(drawn.select("trace_id", "n_alike").iter_rows()) == {"t0000": 7, "t0007": 1, "t0008": 1, "t0009": 1}
    assert drawn["inclusion_probability"].to_list() == [1.0] * 4


def test_doubtful_traces_come_more_often_and_first() -> None:
    traces = candidates({"a": 200})
    drawn = draw(traces, n=40, mode="uncertain").join(traces.select("trace_id", "strength"), on="trace_id")
    assert drawn.sort("place")["strength"].is_sorted()
    assert drawn["strength"].mean() < 0.4  # type: ignore[operator]


def test_a_diverse_sample_reaches_more_corners_of_the_map_than_a_random_one() -> None:
    traces = candidates({"a": 900}, seed=3).with_columns(at=pl.lit(START))
    reached = {mode: np.mean([corners(traces, mode, seed) for seed in range(30)]) for mode in ("random", "diverse")}
    assert reached["diverse"] > reached["random"] + 2


def corners(traces: pl.DataFrame, mode: SamplingMode, seed: int) -> int:
    """Return how many of the 16 squares of the map a sample of 16 touches."""
    drawn = draw(traces, n=16, mode=mode, seed=seed).join(traces, on="trace_id")
    return drawn.select((pl.col("x") * 4).floor(), (pl.col("y") * 4).floor()).unique().height


def test_the_order_is_random_so_that_a_queue_may_end_early() -> None:
    traces = candidates({"a": 50, "b": 50})
    first = [draw(traces, n=40, seed=seed)["cluster_id"][0] for seed in range(60)]
    assert 15 < first.count("a") < 45


def test_traces_without_a_cluster_or_a_place_are_drawn_too() -> None:
    traces = candidates({"a": 20}).with_columns(
        cluster_id=pl.lit(None, pl.String),
        x=pl.lit(None, pl.Float64),
        y=pl.lit(None, pl.Float64),
        text=pl.lit(None, pl.String),
    )
    for mode in MODES:
        assert draw(traces, n=5, mode=mode).height == 5
    assert draw(traces.clear(), n=5).is_empty()


def test_the_same_seed_draws_the_same_whatever_the_order_of_the_rows() -> None:
    traces = candidates({"a": 50, "b": 9})
    shuffled = traces.sample(fraction=1.0, shuffle=True, seed=4)
    for mode in MODES:
        assert draw(traces, n=12, mode=mode, seed=2).equals(draw(shuffled, n=12, mode=mode, seed=2))


def test_minutes_are_turned_into_verdicts() -> None:
    assert within_minutes(30) == 100
    assert within_minutes(0.1) == 1
