"""A round is drawn from a run: clusters in order, causes and issues after their traces, unflagged traces between."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import polars as pl
import pytest

from tests.loop.under_review import NOON, RUN, append, clusters, make_workspace, spans, trace_of
from workbench.errors import ConfigError, InsufficientDataError
from workbench.loop.named import find_review
from workbench.loop.review.opening import close_review, open_review
from workbench.records import CONTROL, Issue, Review
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS, SPANS
from workbench.store import Workspace
from workbench.store.review_items import items_digest


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "w", {"clu_a": 40, "clu_b": 12, "clu_c": 5}, n_unflagged=50, n_causes=4)


def shown(workspace: Workspace, review: Review) -> list[tuple[str, str | None]]:
    return list(workspace.review_items.of(review.id).select("kind", "cluster_id").iter_rows())


def test_clusters_come_in_blocks_each_ending_in_its_causes_and_its_issue(workspace: Workspace) -> None:
    review = open_review(workspace, now=NOON, n=40, control_share=0.0)
    assert (review.n_items, review.n_control) == (40, 0)
    blocks = blocks_of(cluster for _, cluster in shown(workspace, review))
    assert blocks == ["clu_a", "clu_b", "clu_c"]
    for cluster in blocks:
        kinds = [kind for kind, of in shown(workspace, review) if of == cluster]
        n = kinds.count("trace")
        assert kinds == ["trace"] * n + ["cause"] * 3 + ["issue"]  # of four causes the best three
        assert n >= 1


def blocks_of(clusters_shown: Iterable[str | None]) -> list[str | None]:
    """Return the clusters, each once for a run of items."""
    return [cluster for cluster, _ in groupby(clusters_shown)]


def test_unflagged_traces_are_spread_evenly_and_name_no_detector(workspace: Workspace) -> None:
    review = open_review(workspace, now=NOON, n=40, control_share=0.1)
    items = workspace.review_items.of(review.id)
    control = items.filter(pl.col("cluster_id").is_null())
    assert (review.n_control, control["place"].to_list()) == (4, [5, 15, 25, 35])
    assert control["detector"].null_count() == 4
    assert set(control["kind"]) == {"trace"}
    assert control["target_id"].str.starts_with("clear-").all()
    assert control["inclusion_probability"].to_list() == pytest.approx([4 / 50] * 4)


def test_a_round_says_from_how_many_traces_it_was_drawn(workspace: Workspace) -> None:
    review = open_review(workspace, now=NOON, n=40)
    assert review.n_population == {"clu_a": 40, "clu_b": 12, "clu_c": 5, CONTROL: 50}
    assert review.items_digest == items_digest(workspace.review_items.of(review.id))
    assert review.deadline_at == NOON + timedelta(days=14)
    assert workspace.ledger.latest(Review) == [review]


def test_what_does_not_fit_is_left_out_with_its_cluster(workspace: Workspace) -> None:
    """Of 12 items two are unflagged; a cluster needs nine: its three causes, its issue and five traces."""
    review = open_review(workspace, now=NOON, n=12, control_share=0.2)
    assert list(review.n_population) == ["clu_a", CONTROL]
    kinds = Counter(kind for kind, _ in shown(workspace, review))
    assert kinds == {"trace": 8, "cause": 3, "issue": 1}


def test_chosen_clusters_come_in_their_order_and_none_is_left_out(workspace: Workspace) -> None:
    review = open_review(workspace, now=NOON, n=12, clusters=["clu_c", "clu_a"], control_share=0.0)
    assert list(review.n_population) == ["clu_c", "clu_a", CONTROL]
    assert blocks_of(cluster for _, cluster in shown(workspace, review)) == ["clu_c", "clu_a"]
    with pytest.raises(ConfigError, match="clu_x"):
        open_review(workspace, now=NOON, clusters=["clu_x"])


def test_minutes_are_turned_into_items(workspace: Workspace) -> None:
    assert open_review(workspace, now=NOON, minutes=9).n_items == 30


def test_doubtful_traces_come_first_within_their_cluster(workspace: Workspace) -> None:
    """Those of clu_a are held with strength 1.0, .9, ..., .1 in turn, so that number 9 is the most doubtful."""
    review = open_review(workspace, now=NOON, n=30, mode="uncertain", control_share=0.0)
    items = workspace.review_items.of(review.id).filter(pl.col("kind") == "trace", pl.col("cluster_id") == "clu_a")
    doubt = [int(trace[-5:]) % 10 for trace in items["target_id"]]
    assert doubt == sorted(doubt, reverse=True)
    assert items["inclusion_probability"].n_unique() > 1


def test_an_issue_that_people_decided_is_not_asked_again(workspace: Workspace) -> None:
    (issue,) = [one for one in workspace.ledger.latest(Issue) if one.cluster_id == "clu_b"]
    workspace.ledger.append([replace(issue, state="confirmed")], now=NOON)
    items = workspace.review_items.of(open_review(workspace, now=NOON, n=40).id)
    assert set(items.filter(pl.col("kind") == "issue")["cluster_id"]) == {"clu_a", "clu_c"}


def test_traces_that_were_asked_and_answered_alike_are_one_item(tmp_path: Path) -> None:
    """Of twenty traces ten say the same; the detector says the same of all, which makes no copy by itself."""
    workspace = make_workspace(tmp_path / "w", {})
    traces = [trace_of("clu_a", number) for number in range(20)]
    rows = spans(traces).with_columns(
        input=pl.when(pl.int_range(20) < 10).then(pl.lit("the same")).otherwise("input"), output=pl.lit("none")
    )
    append(workspace, SPANS, rows)
    add_findings(workspace, [(trace, None, "timed out") for trace in traces])
    items = workspace.review_items.of(open_review(workspace, now=NOON, n=50, clusters=["clu_a"]).id)
    assert sorted(items["n_alike"]) == [1] * 10 + [10]
    assert set(items["inclusion_probability"]) == {1.0}


def test_what_was_found_in_a_session_is_shown_in_its_last_trace_and_all_of_it_is_flagged(tmp_path: Path) -> None:
    """Traces are made a minute apart, the first of them last."""
    workspace = make_workspace(tmp_path / "w", {})
    rows = spans([trace_of("x", number) for number in range(6)])
    append(workspace, SPANS, rows.with_columns(session_id=pl.Series(["one", "one", "two", "two", None, None])))
    add_findings(workspace, [(None, "one", "asked twice"), (None, "two", "asked twice")])
    review = open_review(workspace, now=NOON, n=10, control_share=0.5)
    items = workspace.review_items.of(review.id)
    of_cluster = items.filter(pl.col("cluster_id") == "clu_a")
    assert set(of_cluster["target_id"]) == {trace_of("x", 0), trace_of("x", 2)}
    assert set(items.filter(pl.col("cluster_id").is_null())["target_id"]) == {trace_of("x", 4), trace_of("x", 5)}
    assert review.n_population == {"clu_a": 2, CONTROL: 2}


def add_findings(workspace: Workspace, found: list[tuple[str | None, str | None, str]]) -> None:
    """Put findings into one cluster, each of a trace or a session."""
    schema = {"trace_id": pl.String, "session_id": pl.String, "text": pl.String}
    frame = pl.DataFrame(found, schema=schema, orient="row").with_columns(
        run_id=pl.lit(RUN),
        finding_id=pl.format("fnd-{}", pl.int_range(pl.len())),
        detector=pl.lit("user_repeats"),
        detector_version=pl.lit(1),
        severity=pl.lit("medium"),
        unit=pl.lit("trace"),
        evidence=pl.lit("{}"),
        cluster_id=pl.lit("clu_a"),
        cluster=pl.lit(0),
        strength=pl.lit(1.0),
        day=pl.lit(NOON.date()),
    )
    append(workspace, FINDINGS, frame.drop("cluster_id", "cluster", "strength"))
    append(workspace, MEMBERSHIPS, frame.select("run_id", "finding_id", "cluster_id", "cluster", "strength", "day"))
    append(workspace, CLUSTERS, clusters({"clu_a": len(found)}))


def test_each_trace_comes_as_often_as_its_chance_says(workspace: Workspace) -> None:
    """Planted: every second trace of clu_a has the problem, and every fifth unflagged one; estimates hit both."""
    totals: dict[str | None, float] = {"clu_a": 0.0, None: 0.0}
    n_rounds = 60
    for seed in range(n_rounds):
        items = workspace.review_items.of(open_review(workspace, now=NOON, n=40, seed=seed).id)
        for row in items.filter(pl.col("kind") == "trace").iter_rows(named=True):
            every = {"clu_a": 2, None: 5}.get(row["cluster_id"])
            if every is not None and int(row["target_id"][-5:]) % every == 0:
                totals[row["cluster_id"]] += row["n_alike"] / row["inclusion_probability"] / n_rounds
    # 20 of 40 from some 13 drawn, and 10 of 50 from 4: three standard errors of a mean of 60 rounds
    assert totals["clu_a"] == pytest.approx(20, abs=3 * (40**2 * 0.25 / 13 / n_rounds) ** 0.5)
    assert totals[None] == pytest.approx(10, abs=3 * (50**2 * 0.16 / 4 / n_rounds) ** 0.5)


def test_a_round_that_is_opened_again_at_the_same_moment_is_the_same(workspace: Workspace) -> None:
    first, again = (open_review(workspace, now=NOON, n=20) for _ in range(2))
    assert first == again
    assert workspace.review_items.of(first.id).height == 20
    assert open_review(workspace, now=NOON, n=20, seed=1).id != first.id


def test_a_closed_round_stays_closed(workspace: Workspace) -> None:
    review = open_review(workspace, now=NOON, n=20)
    later = NOON + timedelta(days=1)
    assert close_review(workspace, review.id, now=later).closed_at == later
    assert close_review(workspace, review.id, now=later + timedelta(days=1)).closed_at == later
    assert find_review(workspace, review.id).closed_at == later
    with pytest.raises(ConfigError, match="no such review"):
        close_review(workspace, "rev_x", now=later)


def test_without_a_run_or_anything_to_judge_no_round_is_opened(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "w", {})
    with pytest.raises(InsufficientDataError, match="nothing to judge"):
        open_review(workspace, now=NOON)
    with pytest.raises(ConfigError, match="run_x"):
        open_review(workspace, now=NOON, run_id="run_x")


@pytest.mark.parametrize("reviewers", [["ann", "ann"], [""], ["a" * 201], ["ann\nben"]])
def test_reviewers_are_named_once_on_one_line(workspace: Workspace, reviewers: list[str]) -> None:
    with pytest.raises(ConfigError):
        open_review(workspace, now=NOON, reviewers=reviewers)
