"""A later run joins the clusters of an earlier one: who keeps, who votes, who is clustered anew."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.clustering import ToName, embed, group
from workbench.clustering.grouping import Grouping
from workbench.clustering.join import Earlier, Joined, join
from workbench.schemas import CLUSTERS, MEMBERSHIPS

NOW = datetime(2026, 1, 6, 3, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
Findings = Callable[..., pl.DataFrame]
CARD = [
    f"the gift card was refused at the {place}" for place in ("desk", "till", "shop", "bar", "gate", "door", "bank")
]
SEAT = [f"no seats left on the {thing}" for thing in ("flight", "plane", "train", "bus", "ferry", "boat", "coach")]
NOISE = ["my cat sleeps all day", "seven is a prime number"]


@pytest.fixture
def first(findings_of: Findings) -> tuple[pl.DataFrame, Grouping]:
    findings = findings_of([*CARD, *SEAT, *NOISE])
    return findings, group(findings, embed=embed, run_id="run_1", now=NOW)


def earlier_of(findings: pl.DataFrame, grouping: Grouping) -> Earlier:
    place = grouping.memberships.select("finding_id", "cluster_id", "strength", "x", "y")
    return Earlier(findings.join(place, on="finding_id"), grouping.clusters)


def again(findings: pl.DataFrame, first: tuple[pl.DataFrame, Grouping], whole: Sequence[str] = ()) -> Joined:
    return join(findings, earlier_of(*first), embed=embed, run_id="run_2", now=LATER, whole=whole)


def was(joined: Joined, first: tuple[pl.DataFrame, Grouping]) -> dict[str, int]:
    """Return by finding the number of the earlier cluster that it is in now, -1 for noise, -2 for a new cluster."""
    numbers = dict(first[1].clusters.select("cluster_id", "cluster").iter_rows())
    continues = dict(joined.grouping.clusters.select("cluster_id", "continues").iter_rows())
    return {
        finding: -1 if cluster is None else numbers.get(continues[cluster], -2)
        for finding, cluster in joined.grouping.memberships.select("finding_id", "cluster_id").iter_rows()
    }


def test_the_first_run_is_as_the_others_need_it(first: tuple[pl.DataFrame, Grouping]) -> None:
    assert first[1].memberships["cluster"].to_list() == [0] * 7 + [1] * 7 + [-1] * 2


def test_known_findings_keep_their_cluster_and_new_ones_join_the_nearest(
    findings_of: Findings, first: tuple[pl.DataFrame, Grouping]
) -> None:
    new = findings_of([CARD[2], "a gift card was refused at the shop", "it rains on tuesdays"], first=100)
    joined = again(pl.concat([first[0], new]), first)
    places = was(joined, first)
    assert [places[f"fnd_{place:03d}"] for place in range(16)] == [0] * 7 + [1] * 7 + [-1] * 2
    assert [places[f"fnd_{place:03d}"] for place in (100, 101, 102)] == [0, 0, -1]
    assert joined.n_joined == 2
    assert joined.grouping.clusters["n_findings"].to_list() == [9, 7]
    assert joined.grouping.noise_share == 3 / 19
    assert joined.grouping.grouped == {"tool_error": 16}


def test_a_cluster_that_goes_on_keeps_its_phrases_and_says_which_it_was(
    findings_of: Findings, first: tuple[pl.DataFrame, Grouping]
) -> None:
    joined = again(pl.concat([first[0], findings_of([SEAT[0]] * 20, first=100)]), first)
    now, before = joined.grouping.clusters, first[1].clusters
    assert now["n_findings"].to_list() == [27, 7]
    assert now["continues"].to_list() == before["cluster_id"].to_list()[::-1]
    for name in ("phrases", "exemplars", "stability"):
        assert now[name].to_list() == before[name].to_list()[::-1]
    assert not set(now["cluster_id"]) & set(before["cluster_id"]), "its members are others"


def test_a_window_without_the_old_findings_finds_its_typical_members_among_its_own(
    findings_of: Findings, first: tuple[pl.DataFrame, Grouping]
) -> None:
    joined = again(findings_of([CARD[0], CARD[1]], first=100), first)
    (row,) = joined.grouping.clusters.to_dicts()
    assert (row["n_findings"], set(row["exemplars"])) == (2, {"fnd_100", "fnd_101"})
    assert joined.n_joined == 2


def test_what_fits_nowhere_and_recurs_is_a_new_cluster(
    findings_of: Findings, first: tuple[pl.DataFrame, Grouping]
) -> None:
    new = findings_of(["the parcel never came to my house"] * 6, first=100)
    joined = again(pl.concat([first[0], new]), first)
    assert {place for finding, place in was(joined, first).items() if finding >= "fnd_100"} == {-2}
    assert joined.grouping.clusters["continues"].null_count() == 1
    assert joined.n_joined == 0
    assert "6 new findings that fitted no earlier cluster" in joined.grouping.notes[0]


def test_another_version_of_the_detector_is_clustered_anew(first: tuple[pl.DataFrame, Grouping]) -> None:
    joined = again(first[0].with_columns(detector_version=pl.lit(2, dtype=pl.Int64)), first)
    assert joined.grouping.clusters["continues"].null_count() == joined.grouping.clusters.height == 2


def test_a_detector_that_is_one_cluster_stays_one(findings_of: Findings) -> None:
    findings = findings_of([*CARD, *SEAT])
    one = group(findings, embed=embed, run_id="run_1", now=NOW, whole=["tool_error"])
    joined = again(pl.concat([findings, findings_of(NOISE, first=100)]), (findings, one), whole=["tool_error"])
    assert joined.grouping.clusters.select("n_findings", "continues").rows() == [(16, one.clusters["cluster_id"][0])]


def test_a_namer_is_asked_for_new_clusters_alone(findings_of: Findings, first: tuple[pl.DataFrame, Grouping]) -> None:
    asked: list[ToName] = []

    def name(one: ToName) -> str:
        asked.append(one)
        return "Lost parcels"

    new = pl.concat([first[0], findings_of(["the parcel never came to my house"] * 6, first=100)])
    joined = join(new, earlier_of(*first), embed=embed, run_id="run_2", now=LATER, namer=name)
    assert [one.n_findings for one in asked] == [6]
    assert joined.grouping.clusters.select("n_findings", "name").rows() == [(7, None), (7, None), (6, "Lost parcels")]


def test_no_findings_are_no_clusters(first: tuple[pl.DataFrame, Grouping]) -> None:
    joined = again(first[0].clear(), first)
    assert joined.grouping.memberships.schema == MEMBERSHIPS.schema
    assert joined.grouping.clusters.equals(CLUSTERS.empty())
    assert (joined.grouping.noise_share, joined.n_joined) == (None, 0)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(19)))
def test_the_order_of_findings_does_not_matter(
    findings_of: Findings, first: tuple[pl.DataFrame, Grouping], order: list[int]
) -> None:
    new = pl.concat([first[0], findings_of([CARD[2], SEAT[0] + " today", "it rains"], first=100)])
    one, other = again(new, first), again(new[order], first)
    assert one.grouping.memberships.equals(other.grouping.memberships)
    assert one.grouping.clusters.equals(other.grouping.clusters)


def test_names_of_kinds_join_their_own_and_start_a_cluster_where_they_are_enough(findings_of: Findings) -> None:
    def bare(release: str, n: int, first: int) -> pl.DataFrame:
        texts = [f"failed without an error: ran on release {release}"] * n
        return findings_of(texts, first=first).with_columns(evidence=pl.lit('{"has_words":false}'))

    known = pl.concat([findings_of(CARD), bare("2026.9.4", 6, 100)])
    before = (known, group(known, embed=embed, run_id="run_1", now=NOW))
    new = [bare("2026.9.4", 1, 200), bare("2026.10.1", 5, 300), bare("2026.10.2", 4, 400)]
    places = was(again(pl.concat([known, *new]), before), before)
    assert places["fnd_200"] == places["fnd_100"] >= 0
    assert {places[f"fnd_{at}"] for at in range(300, 305)} == {-2}
    assert {places[f"fnd_{at}"] for at in range(400, 404)} == {-1}
