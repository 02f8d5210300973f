"""A cluster of which much lies in one slice falls apart there; one that is everywhere, or nearly all there, stays."""

import polars as pl
import pytest

from workbench.causes import Concentration, concentrations
from workbench.schemas import SPANS

N, N_OF_SEVEN = 300, 40
"""Traces that could be judged, and those of them that used prompt version 7, which come first."""


def part(n_inside: int, n_outside: int, *, n_of_model: int = 0) -> Concentration | None:
    """Return the part of a cluster that falls apart: of so many traces with version 7 and so many of the others.

    The first traces, so many, used another model than all the others.
    """
    spans = [
        {
            "trace_id": f"t{at:03}",
            "span_id": "1",
            "prompt_version": "7" if at < N_OF_SEVEN else "6",
            "model": "m2" if at < n_of_model else "m1",
        }
        for at in range(N)
    ]
    found = [f"t{at:03}" for at in (*range(n_inside), *range(N_OF_SEVEN, N_OF_SEVEN + n_outside))]
    return concentrations(
        pl.DataFrame({"cluster_id": "clu_1", "detector": "failed_outcome", "trace_id": found}),
        pl.DataFrame(spans, schema=SPANS.schema).lazy(),
        examined=pl.DataFrame(
            {"detector": "failed_outcome", "trace_id": [f"t{at:03}" for at in range(N)], "session_id": None},
            schema_overrides={"session_id": pl.String},
        ),
    ).get("clu_1")


def test_what_lies_in_the_slice_is_a_part_of_its_own() -> None:
    """30 of 40 inside and 20 of 260 outside: .9 of the rate inside is due to the slice."""
    apart = part(30, 20)
    assert apart is not None
    assert apart.words == "used prompt version 7"
    assert apart.trace_ids == {f"t{at:03}" for at in range(30)}


@pytest.mark.parametrize(
    ("n_inside", "n_outside"),
    [
        (5, 33),  # 5 of 40 and 33 of 260: as frequent here as there
        (24, 52),  # .6 and .2: two thirds are due to the slice, and the others would be in the wrong place
        (30, 4),  # four outside are too few for a cluster, and have the same problem
        (36, 8),  # more than four of five lie inside: one problem, of which some lie elsewhere
    ],
)
def test_a_cluster_stays_whole_where_the_slice_does_not_make_two_of_it(n_inside: int, n_outside: int) -> None:
    assert part(n_inside, n_outside) is None


def test_a_narrower_slice_takes_nothing_out_of_the_one_that_holds_nearly_all() -> None:
    """36 of 44 lie in version 7, and 20 of these used the one model: alone it would be .91 due to that."""
    assert part(36, 8, n_of_model=20) is None
