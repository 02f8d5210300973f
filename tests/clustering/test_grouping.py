"""The whole stage: findings in, memberships and clusters out."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from workbench.clustering import embed, group, match
from workbench.clustering.grouping import Grouping
from workbench.errors import SchemaError
from workbench.schemas import CLUSTERS, MEMBERSHIPS

NOW = datetime(2026, 1, 6, 3, tzinfo=UTC)
Findings = Callable[..., pl.DataFrame]


def run(findings: pl.DataFrame, run_id: str = "run_1") -> Grouping:
    return group(findings, embed=embed, run_id=run_id, now=NOW)


@pytest.fixture
def two_detectors(findings_of: Findings) -> pl.DataFrame:
    errors = findings_of(["card <id> refused"] * 6 + ["no seats left"] * 8 + ["pump broke"])
    words = findings_of(["no seats left"] * 7 + ["lovely"], "negative_feedback", 100)
    return pl.concat([errors, words])


def test_a_cluster_holds_one_detectors_findings_and_the_largest_is_first(two_detectors: pl.DataFrame) -> None:
    clusters = run(two_detectors).clusters
    assert clusters.select("cluster", "detector", "n_findings").rows() == [
        (0, "tool_error", 8),
        (1, "negative_feedback", 7),
        (2, "tool_error", 6),
    ]
    assert clusters["phrases"].to_list()[2] == ["card", "refused"]


def test_memberships_name_every_finding_once_with_its_cluster(two_detectors: pl.DataFrame) -> None:
    grouping = run(two_detectors)
    assert grouping.memberships["finding_id"].to_list() == sorted(two_detectors["finding_id"])
    ids = dict(grouping.clusters.select("cluster", "cluster_id").iter_rows())
    for cluster, cluster_id in grouping.memberships.select("cluster", "cluster_id").iter_rows():
        assert cluster_id == ids.get(cluster)
    noise = grouping.memberships.filter(pl.col("cluster") == -1)
    assert noise["finding_id"].to_list() == ["fnd_014", "fnd_107"]
    assert noise["strength"].to_list() == [0, 0]
    assert grouping.noise_share == 2 / 23


def test_the_same_text_has_one_place_whichever_detector_found_it(two_detectors: pl.DataFrame) -> None:
    places = (
        run(two_detectors).memberships.join(two_detectors, on="finding_id").filter(pl.col("text") == "no seats left")
    )
    assert places.select("x", "y").unique().height == 1
    assert places["x"].null_count() == 0


def test_frames_are_those_of_the_tables(two_detectors: pl.DataFrame) -> None:
    for findings in (two_detectors, two_detectors.clear()):
        grouping = run(findings)
        assert grouping.memberships.schema == MEMBERSHIPS.schema
        assert grouping.clusters.schema == CLUSTERS.schema
        assert set(grouping.clusters["day"].to_list()) <= {NOW.date()}


def test_no_findings_are_no_clusters_and_no_share(two_detectors: pl.DataFrame) -> None:
    grouping = run(two_detectors.clear())
    assert (grouping.memberships.height, grouping.clusters.height) == (0, 0)
    assert grouping.noise_share is None
    assert grouping.notes == ()


def test_findings_without_a_text_are_noise_and_it_is_said(findings_of: Findings) -> None:
    grouping = run(findings_of([None, "", None, None, None, None]))
    assert grouping.noise_share == 1
    assert grouping.memberships["x"].null_count() == 6
    assert grouping.notes[-1] == "tool_error: 6 findings without a text: noise"


def test_the_input_is_not_changed(two_detectors: pl.DataFrame) -> None:
    before = two_detectors.clone()
    run(two_detectors)
    assert two_detectors.equals(before)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(23)))
def test_the_order_of_findings_does_not_matter(two_detectors: pl.DataFrame, order: list[int]) -> None:
    one, other = run(two_detectors), run(two_detectors[order])
    assert one.memberships.equals(other.memberships)
    assert one.clusters.equals(other.clusters)
    assert one[2:] == other[2:]


def test_each_distinct_text_is_embedded_once(two_detectors: pl.DataFrame) -> None:
    asked: list[str] = []

    def count(texts: Sequence[str]) -> NDArray[np.float32]:
        asked.extend(texts)
        return embed(texts)

    group(two_detectors, embed=count, run_id="run_1", now=NOW)
    assert sorted(asked) == sorted(set(two_detectors["text"]))


def test_a_finding_twice_and_a_missing_column_are_refused(two_detectors: pl.DataFrame) -> None:
    with pytest.raises(ValueError, match="there twice"):
        run(pl.concat([two_detectors, two_detectors[:1]]))
    with pytest.raises(SchemaError, match="missing column detector"):
        run(two_detectors.drop("detector"))


def test_clusters_keep_their_identity_when_more_data_comes(findings_of: Findings, two_detectors: pl.DataFrame) -> None:
    more = pl.concat([two_detectors, findings_of(["card <id> refused"] * 20 + ["no roaming"] * 9, first=200)])
    before, now = run(two_detectors), run(more, "run_2")
    found = match(
        clusters_now=now.clusters,
        memberships_now=now.memberships,
        clusters_before=before.clusters,
        memberships_before=before.memberships,
        texts=more,
        embed=embed,
    )
    said = {
        row["cluster_id"]: (row["detector"], row["phrases"])
        for row in (*before.clusters.to_dicts(), *now.clusters.to_dicts())
    }
    assert len(found) == before.clusters.height == 3
    assert all(said[after][0] == said[same.before][0] for after, same in found.items())
    assert {same.how for same in found.values()} == {"shared members"}
    (new,) = set(now.clusters["cluster_id"]) - set(found)
    assert said[new] == ("tool_error", ["no roaming"])


def test_one_kind_of_failure_of_a_tool_is_one_cluster_however_it_is_worded(findings_of: Findings) -> None:
    said = ["cite: no match for citation <id>", "cite: cannot resolve citation <id>: page out of range for the volume"]
    kinds = ['{"tool": "cite", "error_type": "citation_not_found"}', '{"tool": "cite", "error_type": "ValueError"}']
    for kind, n_clusters in zip(kinds, (1, 2), strict=True):
        findings = findings_of(said * 6).with_columns(evidence=pl.lit(kind))
        findings = pl.concat([findings, findings_of([f"{word} broke" for word in STRAYS], first=50)])
        sizes = run(findings).clusters["n_findings"].to_list()
        assert sizes == [12 // n_clusters] * n_clusters


STRAYS = ("pump", "violin", "glacier", "senate", "quark", "pillow", "harvest")


def test_a_detector_whose_words_are_only_what_users_came_for_is_one_cluster(findings_of: Findings) -> None:
    """Users who asked for a person were put into clusters by the topics of the traffic, none of which was a problem."""
    topics = ["where is my bag", "cancel my flight", "the soup was cold", "my card bounced"] * 5
    findings = pl.concat([findings_of(topics, "asks_for_person"), findings_of(topics[:4], "refusal", first=100)])
    grouping = group(findings, embed=embed, run_id="run_1", now=NOW, whole=["asks_for_person", "refusal"])
    assert grouping.clusters.select("detector", "n_findings").rows() == [("asks_for_person", 20)]
    assert grouping.memberships.filter(pl.col("cluster") < 0).height == 4, "fewer than a cluster has"
    assert len(run(findings).clusters) > 1


def test_one_score_is_one_cluster_though_a_judge_words_each_remark_anew(findings_of: Findings) -> None:
    remarks = [
        "completeness: the summary does not state the holding",
        "completeness: a reader does not learn who prevailed",
        "completeness: names the case and stops there",
    ]
    strays = [f"tone: {word} is rude" for word in STRAYS]
    low = findings_of(remarks * 4, "low_evaluation").with_columns(evidence=pl.lit('{"structure": "completeness"}'))
    rude = findings_of(strays, "low_evaluation", first=50).with_columns(evidence=pl.lit('{"structure": "tone"}'))
    sizes = run(pl.concat([low, rude])).clusters["n_findings"].to_list()
    assert sizes == [12, 7]


def test_names_of_kinds_that_read_alike_are_two_clusters(findings_of: Findings) -> None:
    """Failures of two releases, each with a slice of its own, were one cluster: only digits told their names apart."""
    releases = [f"failed without an error: ran on release 2026.{release}" for release in ("10.1", "9.4")]
    bare = findings_of(releases * 6, "failed_outcome").with_columns(evidence=pl.lit('{"has_words":false}'))
    others = findings_of(["no such file", "late", "no money", "bad key", "busy", "rain", "lost", "torn"], first=100)
    worded = others.with_columns(detector=pl.lit("failed_outcome"), evidence=pl.lit('{"has_words":true}'))
    grouping = run(pl.concat([bare, worded]))
    placed = grouping.memberships.join(bare, on="finding_id").select("text", "cluster").unique().sort("text")
    assert placed["text"].to_list() == releases
    assert placed["cluster"].n_unique() == 2
    assert placed["cluster"].min() != -1
