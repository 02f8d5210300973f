"""The blind sample: half at random, half of what was found, each trace once and with its chance."""

import numpy as np
import polars as pl
import pytest

from workbench.errors import SchemaError
from workbench.watch import draw_blind


def traces(n: int, n_found: int) -> pl.DataFrame:
    """Return n traces, of the first of which the issue was found, every third of them by its detector alone."""
    rows = [(f"t{k:03}", k < n_found and k % 3 > 0, k < n_found and k % 3 == 0) for k in range(n)]
    schema = {"trace_id": pl.String, "is_found": pl.Boolean, "is_unowned": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_half_is_random_and_half_was_found() -> None:
    drawn = draw_blind(traces(200, 60), n=20, seed=1)
    found = set(traces(200, 60).filter(pl.col("is_found") | pl.col("is_unowned"))["trace_id"])
    assert drawn.height == drawn["trace_id"].n_unique() == 40
    assert drawn["is_random"].sum() == 20
    assert set(drawn.filter(~pl.col("is_random"))["trace_id"]) <= found
    assert drawn["place"].to_list() == list(range(40))


def test_where_little_was_found_all_of_it_is_shown() -> None:
    drawn = draw_blind(traces(50, 3), n=20, seed=2)
    assert {"t000", "t001", "t002"} <= set(drawn["trace_id"])
    assert drawn["is_random"].sum() == 20


def test_the_halves_are_mixed_so_that_nobody_knows_which_is_which() -> None:
    drawn = draw_blind(traces(400, 200), n=100, seed=3)
    assert 30 <= drawn.head(100)["is_random"].sum() <= 70


def test_each_trace_is_drawn_as_often_as_its_chance_says() -> None:
    """10 of 40 at random, then 10 of the found that are left: counted over 3,000 seeds."""
    drawn = [draw_blind(traces(40, 16), n=10, seed=seed) for seed in range(3000)]
    counts = pl.concat(drawn)["trace_id"].value_counts()
    told = pl.concat(drawn).group_by("trace_id").agg(pl.col("inclusion_probability").mean())
    both = counts.join(told, on="trace_id")
    error = (both["count"] / 3000 - both["inclusion_probability"]).abs().max()
    assert error is not None
    assert float(str(error)) < 4 * np.sqrt(0.25 / 3000)


def test_more_than_there_is_is_all_there_is() -> None:
    drawn = draw_blind(traces(7, 2), n=50, seed=4)
    assert drawn.height == 7
    assert drawn["inclusion_probability"].to_list() == [1.0] * 7
    assert draw_blind(traces(0, 0), n=5, seed=4).is_empty()


def test_it_follows_from_the_seed() -> None:
    rows = traces(100, 10)
    assert draw_blind(rows, n=9, seed=5).equals(draw_blind(rows.reverse(), n=9, seed=5))
    assert not draw_blind(rows, n=9, seed=5).equals(draw_blind(rows, n=9, seed=6))


def test_a_frame_without_its_columns_is_refused() -> None:
    with pytest.raises(SchemaError, match="is_found"):
        draw_blind(pl.DataFrame({"trace_id": ["t"]}), n=1, seed=0)
