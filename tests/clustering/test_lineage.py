"""What became of the clusters of an earlier run, counted by hand."""

from collections.abc import Mapping, Sequence

import polars as pl
import pytest

from workbench.clustering.lineage import Lineage, lineage

TEN = range(10)


def frames(
    members: Mapping[str, Sequence[int]], noise: Sequence[int] = (), detector: str = "tool_error"
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return clusters and memberships of a run whose clusters hold these findings."""
    rows = [(f"fnd_{place}", name) for name, places in members.items() for place in places]
    rows += [(f"fnd_{place}", None) for place in noise]  # type: ignore[misc]
    clusters = pl.DataFrame(
        {"cluster_id": list(members), "detector": detector}, {"cluster_id": pl.String, "detector": pl.String}
    )
    return clusters, pl.DataFrame(rows, {"finding_id": pl.String, "cluster_id": pl.String}, orient="row")


def found(
    now: tuple[pl.DataFrame, pl.DataFrame], before: tuple[pl.DataFrame, pl.DataFrame], same_as: Mapping[str, str]
) -> list[Lineage]:
    return lineage(
        clusters_now=now[0],
        memberships_now=now[1],
        clusters_before=before[0],
        memberships_before=before[1],
        same_as=same_as,
    )


def test_a_part_that_left_a_cluster_which_goes_on_is_a_split() -> None:
    now = frames({"large": range(14), "part": [*range(14, 20), 90, 91]})
    before = frames({"whole": range(20)})
    assert found(now, before, {"large": "whole"}) == [Lineage("split", "part", "whole", 6, 1.0)]


def test_findings_that_only_this_run_knows_do_not_count_against_a_split() -> None:
    now = frames({"large": range(14), "part": [*range(14, 20), 30, 31, *range(90, 99)]})
    before = frames({"whole": range(20)}, noise=[30, 31])
    assert found(now, before, {"large": "whole"}) == [Lineage("split", "part", "whole", 6, 6 / 8)]


def test_a_cluster_that_ends_in_another_is_a_merge() -> None:
    now = frames({"both": range(20)}, noise=[20, 21])
    before = frames({"one": range(12), "other": [*range(12, 20), 20, 21]})
    assert found(now, before, {"both": "one"}) == [Lineage("merge", "both", "other", 8, 8 / 10)]


def test_two_that_become_one_new_cluster_are_both_merged_into_it() -> None:
    now = frames({"new": range(30)})
    before = frames({"one": TEN, "two": range(10, 20), "three": range(20, 30)})
    assert [(one.kind, one.before, one.share) for one in found(now, before, {})] == [
        ("merge", "one", 1.0),
        ("merge", "two", 1.0),
        ("merge", "three", 1.0),
    ]


@pytest.mark.parametrize(
    ("now", "before", "same_as"),
    [
        (frames({"large": range(16), "part": range(16, 20)}), frames({"whole": range(20)}), {"large": "whole"}),
        (frames({"a": TEN, "b": range(10, 20)}), frames({"c": [*range(5), 90]}), {"a": "c"}),
        (frames({"a": TEN}), frames({"b": TEN}, detector="failed_outcome"), {}),
        (frames({"a": TEN}), frames({"b": TEN}), {"a": "b"}),
        (frames({}), frames({"b": TEN}), {}),
    ],
    ids=["four are too few", "nothing was shared", "another detector's", "the same cluster", "no clusters now"],
)
def test_is_neither(
    now: tuple[pl.DataFrame, pl.DataFrame], before: tuple[pl.DataFrame, pl.DataFrame], same_as: Mapping[str, str]
) -> None:
    assert found(now, before, same_as) == []


def test_half_of_a_part_is_not_most_of_it() -> None:
    now = frames({"large": range(10, 30), "part": [*range(5), *range(40, 45)]})
    before = frames({"whole": [*range(5), *range(10, 30)]}, noise=range(40, 45))
    assert found(now, before, {"large": "whole"}) == []
