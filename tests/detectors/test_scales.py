"""A scale follows from the values that were seen under a name."""

import polars as pl
import pytest

from workbench.detectors.scales import scales


@pytest.mark.parametrize(
    ("values", "is_binary", "top"),
    [
        ([0.0, 1.0], False, 1.0),
        ([0.2, 0.9], False, 1.0),
        ([1.0, 4.0], False, 5.0),
        ([7.0], False, 10.0),
        ([55.0, 10.0], False, 100.0),
        ([101.0], False, None),
        ([1.0, 1.0], False, None),
        ([1.0, 1.0], True, 1.0),
        ([-1.0, 1.0], False, 1.0),
        ([-3.0, 3.0], False, None),
        ([None], False, None),
    ],
)
def test_the_top_is_the_least_usual_one_that_holds_every_value(
    values: list[float | None], is_binary: bool, top: float | None
) -> None:
    frame = pl.LazyFrame({"name": ["n"] * len(values), "value": pl.Series(values, dtype=pl.Float64)})
    (row,) = scales(frame, is_binary=pl.lit(is_binary)).collect().to_dicts()
    assert row["top"] == top
