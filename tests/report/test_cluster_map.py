"""The map: same words are one counted point, labels do not cover each other, and no map is said."""

from collections.abc import Callable
from itertools import pairwise

from workbench.report.blocks import Block
from workbench.report.chart import Chart
from workbench.report.cluster_map import _HEIGHT, _LABEL_HEIGHT, _same_words, _spread, cluster_map
from workbench.report.detection import DetectionReport

Detection = Callable[..., DetectionReport]


def test_findings_with_the_same_words_are_one_point_that_counts_them(detection: Detection) -> None:
    same = {"cluster_id": "clu_a", "x": 1.0, "y": 2.0}
    report = detection([same, same, {"x": 5.0, "y": 5.0}])
    points = _same_words(report.findings)
    assert points.select("x", "n").rows() == [(1.0, 2), (5.0, 1)]


def test_labels_of_clusters_at_one_place_stand_below_each_other(detection: Detection) -> None:
    findings = [{"cluster_id": f"clu_{name}", "x": 1.0, "y": 1.0} for name in "abc"]
    corners = [{"x": 0.0, "y": 0.0}, {"x": 2.0, "y": 2.0}]
    clusters = [{"cluster_id": f"clu_{name}", "n_traces": 1, "n_findings": 1} for name in "abc"]
    report = detection([*findings, *corners], clusters)
    heights = sorted(row["y"] for row in _spread(report.findings, report.problems))
    steps = [later - sooner for sooner, later in pairwise(heights)]
    assert all(step >= 0.99 * _LABEL_HEIGHT * 2.0 / _HEIGHT for step in steps)


def test_the_label_of_a_cluster_of_two_islands_stands_on_one_of_them(detection: Detection) -> None:
    """It stood between them, where nothing of it lies: a reader took what was there for it."""
    islands = [{"cluster_id": "clu_a", "x": x, "y": 0.0} for x in (0.0, 0.1, 0.2, 9.8, 9.9, 10.0)]
    clusters = [{"cluster_id": "clu_a", "n_traces": 6, "n_findings": 6}]
    report = detection(islands, clusters)
    (label,) = _spread(report.findings, report.problems)
    assert label["x"] in {0.2, 9.8}


def test_the_map_tells_its_clusters_and_noise_in_words(detection: Detection) -> None:
    report = detection(
        [{"cluster_id": "clu_a", "x": 1.0, "y": 1.0}, {"x": 2.0, "y": 3.0}],
        [{"cluster_id": "clu_a", "n_traces": 1, "n_findings": 1, "phrases": ["timed out"]}],
    )
    drawn = cluster_map(report, top_n=3)
    assert isinstance(drawn, Chart)
    assert "1 timed out: 1 finding" in " ".join(drawn.alt.split())
    assert "In no cluster: 1 of 2 (50 %)" in drawn.alt


def test_all_findings_at_one_place_are_a_map(detection: Detection) -> None:
    report = detection(
        [{"cluster_id": "clu_a", "x": 1.0, "y": 1.0}], [{"cluster_id": "clu_a", "n_traces": 1, "n_findings": 1}]
    )
    assert isinstance(cluster_map(report, top_n=3), Chart)


def test_no_places_are_a_sentence(detection: Detection) -> None:
    shown = cluster_map(detection([{"trace_id": "t1"}]), top_n=3)
    assert isinstance(shown, Block)
    assert "too few findings" in shown.plain
