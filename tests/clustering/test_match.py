"""Clusters of two runs that are the same problem."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl
import pytest

from workbench.clustering.embed import embed
from workbench.clustering.match import Match, match

SAID = {"card": "the gift card is empty", "seat": "no seats left on the flight", "soup": "the soup was cold"}


class Run(NamedTuple):
    """The frames that a match reads of one run."""

    clusters: pl.DataFrame
    memberships: pl.DataFrame
    texts: pl.DataFrame


def run(members: Mapping[str, Sequence[int]], noise: Sequence[int] = (), detector: str = "tool_error") -> Run:
    """Return a run whose clusters hold these findings; a cluster's findings all say what its name's first word says."""
    rows = [(f"fnd_{place}", name, SAID[name.split()[0]]) for name, places in members.items() for place in places]
    return Run(
        pl.DataFrame(
            [(name, detector, [f"fnd_{place}" for place in places[:2]]) for name, places in members.items()],
            {"cluster_id": pl.String, "detector": pl.String, "exemplars": pl.List(pl.String)},
            orient="row",
        ),
        pl.DataFrame(
            [(finding, name) for finding, name, _ in rows] + [(f"fnd_{place}", None) for place in noise],
            {"finding_id": pl.String, "cluster_id": pl.String},
            orient="row",
        ),
        pl.DataFrame(
            [(finding, text) for finding, _, text in rows], {"finding_id": pl.String, "text": pl.String}, orient="row"
        ),
    )


def matches(now: Run, before: Run) -> dict[str, Match]:
    return match(
        clusters_now=now.clusters,
        memberships_now=now.memberships,
        clusters_before=before.clusters,
        memberships_before=before.memberships,
        texts=pl.concat([now.texts, before.texts]),
        embed=embed,
    )


def test_the_same_findings_are_the_same_cluster() -> None:
    found = matches(
        run({"card now": [1, 2, 3], "seat now": [4, 5]}), run({"card before": [1, 2, 3], "seat before": [4, 5]})
    )
    assert found["card now"] == Match("card before", "shared members", 1.0)
    assert found["seat now"] == Match("seat before", "shared members", 1.0)


def test_findings_that_only_one_run_knows_do_not_count() -> None:
    found = matches(run({"card now": [1, 2, 3, 4, 50, 51, 52]}), run({"card before": [1, 2, 3, 90, 91, 92]}, noise=[4]))
    assert found["card now"] == Match("card before", "shared members", 3 / 4)


def test_of_two_parts_the_larger_continues_the_cluster_and_the_other_is_new() -> None:
    found = matches(run({"card a": [1, 2, 3, 4, 5], "card b": [6, 7]}), run({"card before": [1, 2, 3, 4, 5, 6, 7]}))
    assert found == {"card a": Match("card before", "shared members", 5 / 7)}


def test_what_is_left_of_a_cluster_continues_it_and_of_two_parts_the_larger() -> None:
    """Nine findings, of which most are in no cluster now: what was left was a new problem, which people judged anew."""
    before = run({"card before": range(1, 10)})
    left = run({"card now": [1, 2, 3, 20, 21]}, noise=range(4, 10))
    assert matches(left, before) == {"card now": Match("card before", "shared members", 3 / 9)}
    parts = run({"seat a": [1, 2, 3], "soup b": [4, 5, 6, 7], "seat c": [8, 9]})
    assert matches(parts, before) == {"soup b": Match("card before", "shared members", 4 / 9)}


def test_a_cluster_of_which_an_earlier_one_held_no_more_than_half_is_not_its_heir() -> None:
    before = run({"card before": [3, 4, 5, 1, 2]}, noise=[6, 7])
    assert matches(run({"seat now": [6, 7, 1, 2]}, noise=[3, 4, 5]), before) == {}


def test_without_shared_findings_the_same_words_are_the_same_cluster() -> None:
    found = matches(
        run({"card now": [1, 2], "soup now": [3, 4]}), run({"seat before": [11, 12], "card before": [13, 14]})
    )
    assert set(found) == {"card now"}
    assert found["card now"].before == "card before"
    assert found["card now"].how == "similar text"
    assert found["card now"].score == pytest.approx(1)
    assert found["card now"].score <= 1


def test_clusters_of_two_detectors_are_never_the_same() -> None:
    assert matches(run({"card now": [1, 2]}), run({"card before": [1, 2]}, detector="failed_outcome")) == {}


def test_an_earlier_cluster_is_continued_once() -> None:
    found = matches(run({"card a": [1, 2], "card b": [3, 4]}), run({"card before": [11, 12]}))
    assert len(found) == 1


def test_earlier_clusters_may_come_from_several_runs() -> None:
    first, second = run({"card first": [1, 2]}), run({"card second": [1, 2, 3, 4]})
    before = Run(*(pl.concat(pair) for pair in zip(first, second, strict=True)))
    found = matches(run({"card now": [1, 2, 3, 4]}), before)
    assert found == {"card now": Match("card second", "shared members", 1.0)}


@pytest.mark.parametrize(("now", "before"), [({}, {"card": [1]}), ({"card": [1]}, {}), ({}, {})])
def test_nothing_matches_nothing(now: dict[str, list[int]], before: dict[str, list[int]]) -> None:
    assert matches(run(now), run(before)) == {}
