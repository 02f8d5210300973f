"""The one ranking from a store and a ledger, counted by hand: what people said of a few traces tells of all."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.loop.under_review import (
    NOON,
    Clock,
    a_cause,
    a_run,
    an_issue,
    append,
    clusters,
    findings,
    make_workspace,
    memberships,
    spans,
    trace_of,
)
from workbench import loop
from workbench.backlog import WEIGHTS, Ranking
from workbench.errors import ConfigError
from workbench.loop.people import a_person
from workbench.loop.prioritise.said_of_issues import said_of_issues
from workbench.records import Cause
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS, SIGNALS, SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace

LATER = NOON + timedelta(days=1)
SIZES = {"clu_a": 6, "clu_b": 4}


def with_users(root: Path) -> Workspace:
    """Return a workspace in which each user has two traces of a cluster, in one visit; the first one is of a firm."""
    workspace = init_workspace(root, secret=DEMO_SECRET)
    traces = [(cluster, trace_of(cluster, n), n // 2) for cluster, size in SIZES.items() for n in range(size)]
    rows = spans([trace for _, trace, _ in traces]).with_columns(
        user_key=pl.Series([f"usr_{cluster}_{user}" for cluster, _, user in traces]),
        session_id=pl.Series([f"visit_{cluster}_{user}" for cluster, _, user in traces]),
    )
    append(workspace, SPANS, rows)
    profile = pl.DataFrame(
        {
            "signal_id": ["g1"],
            "target_kind": ["user"],
            "target_id": ["usr_clu_a_0"],
            "kind": ["profile"],
            "name": ["user_tier"],
            "label": ["firm"],
            "source": ["src_x"],
            "day": [NOON.date()],
        }
    )
    append(workspace, SIGNALS, profile)
    pairs = [(cluster, trace) for cluster, trace, _ in traces]
    append(workspace, FINDINGS, findings(pairs))
    append(workspace, MEMBERSHIPS, memberships(pairs))
    append(workspace, CLUSTERS, clusters(SIZES))
    issues = [an_issue(cluster, size) for cluster, size in SIZES.items()]
    workspace.ledger.append([*(a_cause(one, 0) for one in SIZES), *issues, a_run(len(pairs))], now=NOON)
    return workspace


def judge(workspace: Workspace, labels: dict[str, str], *, n: int = 200, code: str = "", share: float = 0.0) -> str:
    """Have ann judge all traces of a review; those that are not named are confirmed, and issues are left alone."""
    review = loop.open_review(workspace, now=NOON, n=n, control_share=share)
    desk = loop.Desk(workspace, review.id, reviewer="ann", identity="typed", clock=Clock())
    items = workspace.review_items.of(review.id).filter(pl.col("kind") == "trace")
    for place, cluster, trace in items.select("place", "cluster_id", "target_id").iter_rows():
        assert desk.take(place) is not None
        label = labels.get(trace, labels.get(cluster or "control", "confirmed"))
        desk.judge(place, label=label, seen="x", code=code if label == "confirmed" else "")
    return review.id


def told(ranking: Ranking) -> list[tuple[str, float, float]]:
    return [(row.issue.id, row.users.value, row.pain.value) for row in ranking.rows]


def test_judged_traces_are_counted_in_users_visits_and_tiers(tmp_path: Path) -> None:
    """Of cluster a user 0 and 1 are hit, of b none; each in one visit, at medium severity."""
    workspace = with_users(tmp_path / "w")
    wrong = {trace_of("clu_a", n): "rejected" for n in (1, 4, 5)}
    judge(workspace, {**wrong, "clu_b": "rejected"})
    assert told(loop.prioritise(workspace, now=LATER)) == [("iss_clu_a", 2, 2 * 2), ("iss_clu_b", 0, 0)]
    (workspace.root / WEIGHTS).write_text("[set.paying]\ntiers = {firm = 5}\n")
    ranking = loop.prioritise(workspace, now=LATER, weights="paying")
    assert told(ranking)[0] == ("iss_clu_a", 2, 2 * (5 + 1))
    assert loop.pain_of_issues(workspace, now=LATER)(["iss_clu_a"]) == (4, 4, 4)
    assert ranking.rows[0].known_tier_share == 1 / 2
    assert ranking.next_reviews == (), "all is judged"
    with pytest.raises(ConfigError, match="weights == 'mine'"):
        loop.prioritise(workspace, now=LATER, weights="mine")


def test_the_same_store_gives_the_same_ranking_and_nothing_is_written(tmp_path: Path) -> None:
    workspace = with_users(tmp_path / "w")
    head, versions = workspace.ledger.head(), workspace.telemetry.versions()
    one, other = (loop.prioritise(workspace, now=LATER, k=1) for _ in range(2))
    assert told(one) == told(other)
    assert (workspace.ledger.head(), workspace.telemetry.versions()) == (head, versions)
    assert set(one.next_reviews) == set(SIZES)


def test_a_round_that_is_opened_later_is_not_heard(tmp_path: Path) -> None:
    workspace = with_users(tmp_path / "w")
    judge(workspace, {"clu_a": "rejected", "clu_b": "rejected"})
    before = loop.prioritise(workspace, now=NOON - timedelta(days=1))
    assert min(row.users.value for row in before.rows) > 0
    assert {row.users.value for row in loop.prioritise(workspace, now=LATER).rows} == {0}


def test_the_findings_of_a_merged_issue_count_for_the_one_that_goes_on(tmp_path: Path) -> None:
    workspace = with_users(tmp_path / "w")
    judge(workspace, {})
    ann = a_person("ann", "typed")
    loop.merge_issues(workspace, "iss_clu_b", "iss_clu_a", reason="the same", actor=ann, now=LATER)
    assert told(loop.prioritise(workspace, now=LATER)) == [("iss_clu_a", 3 + 2, 2 * (3 + 2))]


def test_parts_of_a_split_issue_hold_its_users_between_them(tmp_path: Path) -> None:
    workspace = with_users(tmp_path / "w")
    judge(workspace, {})
    causes = [
        Cause(
            id=f"cau_{name}",
            run_id="run",
            cluster_id="clu_a",
            kind="contrast",
            statement=name,
            n_cluster_with=n_with,
            n_cluster=6,
        )
        for name, n_with in (("x", 4), ("y", 2))
    ]
    whole = replace(an_issue("clu_a", 6), cause_ids=("cau_x", "cau_y"))
    workspace.ledger.append([*causes, whole], now=NOON)
    ann = a_person("ann", "typed")
    part = loop.split_issue(
        workspace, "iss_clu_a", cause_ids=["cau_y"], title="y alone", reason="two", actor=ann, now=LATER
    )
    users = {row.issue.id: row.users.value for row in loop.prioritise(workspace, now=LATER).rows}
    # a user has two traces: a third of the cluster holds one or both of them 5 times in 9, two thirds 8 in 9
    assert users[part.id] == pytest.approx(3 * 5 / 9, abs=0.15)
    assert users["iss_clu_a"] == pytest.approx(3 * 8 / 9, abs=0.15)

    assert users["iss_clu_b"] == 2
    loop.merge_issues(workspace, part.id, "iss_clu_a", reason="one after all", actor=ann, now=LATER)
    merged = loop.prioritise(workspace, now=LATER).row("iss_clu_a")
    assert merged is not None
    assert set(merged.users) == {3}, "2.81 were left of it"


def test_a_trace_that_two_detectors_found_is_drawn_once_for_the_issue_that_holds_both(tmp_path: Path) -> None:
    """Each says something else of it, so that it passed for two: merging made pain of nothing."""
    workspace = make_workspace(tmp_path / "w", {"clu_a": 20, "clu_b": 1})
    again = [("clu_b", trace_of("clu_a", n)) for n in range(20)]
    append(workspace, FINDINGS, findings(again).with_columns(pl.lit("timed out").alias("text")))
    append(workspace, MEMBERSHIPS, memberships(again))
    before = loop.prioritise(workspace, now=LATER).row("iss_clu_a")
    loop.merge_issues(workspace, "iss_clu_b", "iss_clu_a", reason="the same", actor=a_person("ann", "typed"), now=LATER)
    after = loop.prioritise(workspace, now=LATER).row("iss_clu_a")
    assert before is not None
    assert after is not None
    # one user more, that of the other cluster's own trace, and the more likely of two chances alike
    assert after.users.value - before.users.value == pytest.approx(0.5, abs=1)


def test_a_source_without_users_counts_each_trace_as_one(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "w", {"clu_a": 6, "clu_b": 3})
    judge(workspace, {"clu_b": "rejected"})
    assert told(loop.prioritise(workspace, now=LATER)) == [("iss_clu_a", 6, 12), ("iss_clu_b", 0, 0)]


def test_users_whom_detectors_missed_are_added_where_reviewers_named_the_same_problem(tmp_path: Path) -> None:
    """All eight traces without a finding are judged to have the problem of both clusters."""
    workspace = make_workspace(tmp_path / "w", {"clu_a": 4, "clu_b": 2}, n_unflagged=8)
    judge(workspace, {}, code="Voucher  lost", share=0.5)
    rows = {row.issue.id: row for row in loop.prioritise(workspace, now=LATER).rows}
    assert (rows["iss_clu_a"].users.value, rows["iss_clu_a"].n_missed) == (4 + 8, 8)
    assert rows["iss_clu_b"].n_missed == 8


def test_nothing_is_added_where_the_problem_has_another_name_or_none(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "w", {"clu_a": 4}, n_unflagged=8)
    judge(workspace, {}, share=0.5)
    assert [row.n_missed for row in loop.prioritise(workspace, now=LATER).rows] == [0]


def test_a_workspace_without_issues_has_an_empty_ranking(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "w", secret=DEMO_SECRET)
    assert loop.prioritise(workspace, now=LATER).rows == ()


def test_a_review_of_what_is_doubtful_has_the_clusters_that_it_names(tmp_path: Path) -> None:
    """Of ten alike, which are among the five worst is not known; of one far greater it is."""
    sizes = {f"clu_{number}": 6 for number in range(8)} | {"clu_great": 60}
    workspace = make_workspace(tmp_path / "w", sizes)
    wanted = loop.prioritise(workspace, now=LATER).next_reviews
    assert 5 <= len(wanted) <= 9
    opened = loop.open_wanted(workspace, loop.Wanted(clusters="doubtful"), now=LATER)
    assert opened.n_population.keys() - {"control"} == set(wanted)


def test_a_rejected_issue_is_not_ranked(tmp_path: Path) -> None:
    workspace = with_users(tmp_path / "w")
    review = loop.open_review(workspace, now=NOON, n=200)
    desk = loop.Desk(workspace, review.id, reviewer="ann", identity="typed", clock=Clock())
    items = workspace.review_items.of(review.id).filter(pl.col("target_id") == "iss_clu_b")
    assert desk.take(items["place"].item()) is not None
    desk.judge(items["place"].item(), label="rejected", seen="x")
    assert [row.issue.id for row in loop.prioritise(workspace, now=LATER).rows] == ["iss_clu_a"]


def test_what_is_said_of_an_issue_is_a_random_sample_in_effective_numbers(tmp_path: Path) -> None:
    """Six even items weigh alike, so that their number is their effective number."""
    workspace = with_users(tmp_path / "w")
    judge(workspace, {trace_of("clu_a", 0): "rejected"})
    said = said_of_issues(workspace, now=LATER)
    assert said.samples["iss_clu_a"] == pytest.approx((5, 6))
    labels = said.labels.filter(pl.col("part") == "iss_clu_a")
    assert labels["label"].value_counts(sort=True).rows() == [("confirmed", 5), ("rejected", 1)]


def test_a_ranking_of_an_earlier_day_has_the_issues_as_they_stood_then(tmp_path: Path) -> None:
    """What was resolved since hurt users then, and what was not proposed yet was in nobody's backlog."""
    workspace = with_users(tmp_path / "acme")
    resolved, new = an_issue("clu_a", SIZES["clu_a"]), replace(an_issue("clu_b", SIZES["clu_b"]), id="iss_new")
    workspace.ledger.append([replace(resolved, state="resolved"), new], now=LATER)
    today = loop.prioritise(workspace, now=LATER)
    then = loop.prioritise(workspace, now=LATER, as_of=NOON)
    assert {row.issue.id for row in today.rows} == {"iss_clu_b", "iss_new"}
    assert {row.issue.id for row in then.rows} == {"iss_clu_a", "iss_clu_b"}
