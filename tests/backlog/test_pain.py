"""The pain of issues, counted by hand where every trace is judged."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.backlog.issues import issue
from workbench.backlog import Part, Ranking, Suffering, Weights, grounds, measure, rank, why
from workbench.errors import SchemaError
from workbench.stats.top_k import p_top_k

SCHEMA = ("part", "item", "session_id", "user", "user_tier", "label")
A = Part(key="iss_1", cluster="clu_1", detector="tool_error", hits=3, n=5)
PLAIN = Weights(name="plain", about="users × severity × visits", severity={"low": 1, "medium": 2, "high": 3})
PAYING = replace(PLAIN, name="paying", tiers={"firm": 5.0, "free": 1.0})
USERS = replace(PLAIN, name="users", severity=dict.fromkeys(("low", "medium", "high"), 1.0), recurs=False)

Row = tuple[str, str, str, str, str | None, str | None]


def traces(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(SCHEMA, pl.String), orient="row")


JUDGED = traces(
    ("iss_1", "a", "s1", "ann", "firm", "confirmed"),
    ("iss_1", "b", "s2", "ann", "firm", "confirmed"),
    ("iss_1", "c", "s3", "ben", "free", "confirmed"),
    ("iss_1", "d", "s3", "ben", "free", "rejected"),
    ("iss_1", "e", "s4", "eve", None, "rejected"),
)
"""Ann of a firm is hit in two visits, ben for free in one, eve not at all."""


def suffering(frame: pl.DataFrame = JUDGED, *parts: Part, n_draws: int = 200) -> Suffering:
    (told,) = measure({"iss_1": frame}, {"iss_1": parts or (A,)}, n_draws=n_draws)
    return told


def test_where_all_is_judged_users_and_visits_are_counted() -> None:
    told = suffering()
    assert told.tiers == ("firm", "free", "")
    assert {tuple(row) for row in told.users} == {(1, 1, 0)}
    assert set(told.sessions) == {3}


def test_pain_is_users_by_severity_tier_and_visits() -> None:
    told = suffering()
    assert set(told.pain(PLAIN, "medium")) == {2 * 2 * (3 / 2)}
    assert set(told.pain(PAYING, "medium")) == {2 * (5 + 1) * (3 / 2)}
    assert set(told.pain(USERS, "medium")) == {2}


def test_a_user_whose_tier_nobody_knows_counts_one() -> None:
    frame = JUDGED.with_columns(user_tier=pl.lit(None, pl.String))
    assert set(suffering(frame).pain(PAYING, "low")) == {1 * 2 * (3 / 2)}


def test_what_nobody_judged_is_drawn_as_often_as_the_others_are_right() -> None:
    """Of 1,000 users with one trace each, the share that is right is that of the sample, 45 of 50."""
    frame = traces(*[("iss_1", f"{at}", f"s{at}", f"u{at}", None, None) for at in range(1_000)])
    told = suffering(frame, replace(A, hits=45, n=50), n_draws=2_000)
    assert 860 < told.users.sum(axis=1).mean() < 920
    low, high = np.quantile(told.users.sum(axis=1), [0.025, 0.975])
    # Jeffreys' interval of 45 of 50, by SciPy: .793 to .961
    assert low == pytest.approx(793, abs=25)
    assert high == pytest.approx(961, abs=20)


def test_a_user_in_both_clusters_of_merged_issues_counts_once() -> None:
    frame = traces(
        ("iss_1", "a", "s1", "ann", None, "confirmed"),
        ("iss_2", "a", "s1", "ann", None, "confirmed"),
        ("iss_2", "b", "s2", "ben", None, "confirmed"),
    )
    told = suffering(frame, A, replace(A, key="iss_2", cluster="clu_2"))
    assert set(told.users.sum(axis=1)) == {2}
    assert set(told.sessions) == {2}


def test_parts_of_a_split_issue_share_its_users() -> None:
    """Both would have counted all of them."""
    frame = traces(*[("iss_1", f"{at}", f"s{at}", f"u{at}", None, "confirmed") for at in range(400)])
    quarter = suffering(frame, replace(A, share=0.25), n_draws=1_000).users.sum(axis=1).mean()
    assert quarter == pytest.approx(100, abs=2)


def people(n: int, *parts: str, label: str | None) -> pl.DataFrame:
    """Return so many users with one trace each, which all of some parts hold."""
    return traces(*[(part, f"{at}", f"s{at}", f"u{at}", None, label) for part in parts for at in range(n)])


def test_an_issue_that_was_split_and_merged_back_reaches_whom_it_reached() -> None:
    """Each half was drawn by itself: of 100 users of whom each was confirmed, 75 were left."""
    halves = [replace(A, share=0.5), replace(A, key="iss_2", share=0.5)]
    told = suffering(people(100, "iss_1", "iss_2", label="confirmed"), *halves)
    assert set(told.users.sum(axis=1)) == {100}


def test_a_trace_in_an_old_and_a_new_cluster_of_one_issue_is_right_or_wrong_once() -> None:
    """It was drawn once for each: of 100 users of whom half are hit, 75 were, and merging made pain."""
    half = replace(A, hits=50, n=100)
    both = suffering(people(100, "iss_1", "iss_2", label=None), half, replace(half, key="iss_2", cluster="clu_2"))
    assert both.users.sum(axis=1).mean() == pytest.approx(50, abs=3)


def test_of_a_trace_in_two_clusters_the_one_tells_by_which_it_most_likely_counts() -> None:
    surely, hardly = replace(A, hits=99, n=100), replace(A, key="iss_2", cluster="clu_2", hits=1, n=100)
    frame = people(100, "iss_2", "iss_1", label=None)
    assert suffering(frame, surely, hardly).users.sum(axis=1).mean() > 95
    assert suffering(frame, replace(surely, share=0.0), hardly).users.sum(axis=1).mean() < 5
    judged = frame.with_columns(label=pl.when(pl.col("part") == "iss_2").then(pl.lit("confirmed")))
    assert set(suffering(judged, surely, hardly).users.sum(axis=1)) == {100}


def test_the_sample_of_a_split_cluster_counts_once() -> None:
    """Two parts told of the third cluster of their detector as if twice as much had been judged."""
    frame = people(100, "iss_1", label=None)
    rest = replace(A, key="iss_2", cluster="clu_2", hits=19, n=20)
    frames = {"a": frame, "b": people(1, "iss_2", label=None), "c": people(1, "iss_3", label=None)}
    nobody = replace(A, hits=0, n=0)
    whole = measure({"a": frame, "b": frames["b"]}, {"a": [nobody], "b": [rest]})
    split = measure(
        frames, {"a": [nobody], "b": [replace(rest, share=0.5)], "c": [replace(rest, key="iss_3", share=0.5)]}
    )
    assert np.array_equal(whole[0].users, split[0].users)


def test_what_detectors_missed_is_added_to_users_of_no_known_tier() -> None:
    (told,) = measure({"iss_1": JUDGED}, {"iss_1": [A]}, missed={"iss_1": np.full(200, 7.0)}, n_draws=200)
    assert {tuple(row) for row in told.users} == {(1, 1, 7)}
    assert set(told.sessions) == {10}


def test_an_issue_without_traces_hurts_nobody() -> None:
    assert set(suffering(traces()).pain(PLAIN, "high")) == {0}


def test_a_frame_that_lacks_a_column_is_named() -> None:
    with pytest.raises(SchemaError, match=r"backlog\.measure: missing column label"):
        suffering(JUDGED.drop("label"))


def sure(issue_id: str, n_users: int, *, spread: int = 0) -> Suffering:
    """Return an issue that hits so many users, more or less by a spread, once each."""
    drawn = n_users + np.linspace(-spread, spread, 101)
    said = (5, 3) if not spread else (0, 0)
    return Suffering(
        issue_id=issue_id,
        users=drawn[:, None],
        sessions=drawn,
        tiers=("",),
        n_judged=said[0],
        n_confirmed=said[1],
    )


ISSUES = {
    "iss_1": issue("confirmed", id="iss_1", severity="low", cluster_id="clu_1"),
    "iss_2": issue("confirmed", id="iss_2", severity="high", cluster_id="clu_2"),
    "iss_3": issue("proposed", id="iss_3", severity="low", cluster_id="clu_3"),
}


def ranking(*, k: int = 1, weights: Weights = PLAIN) -> Ranking:
    """Return three issues of 20, 10 and 18 or so users."""
    return rank(
        [sure("iss_1", 20), sure("iss_2", 10), sure("iss_3", 18, spread=9)],
        ISSUES,
        n_users={"iss_1": 25, "iss_2": 10, "iss_3": 27},
        weights=weights,
        others=[USERS if weights is PLAIN else PLAIN],
        effort={"iss_2": "two days"},
        open_clusters={"iss_1": ["clu_1"], "iss_2": [], "iss_3": ["clu_3"]},
        k=k,
    )


def test_the_greatest_pain_comes_first_and_the_band_tells_what_weights_make_of_it() -> None:
    """10 users at ×3 before 20 at ×1; by users alone the other way round."""
    told = ranking()
    assert [(row.issue.id, round(row.pain.value, 9), row.best_rank, row.worst_rank) for row in told.rows] == [
        ("iss_2", 30, 1, 3),
        ("iss_1", 20, 1, 2),
        ("iss_3", 18, 2, 3),
    ]
    assert [row.issue.id for row in ranking(weights=USERS).rows] == ["iss_1", "iss_3", "iss_2"]


def test_the_chance_to_be_worst_is_counted_over_draws() -> None:
    told = ranking(k=2)
    # of 101 draws from 9 to 27, evenly, 44 are above 20, and the middle one of the rest is 18
    n_above = sum(18 + at > 20 for at in np.linspace(-9, 9, 101))
    assert [row.p_top for row in told.rows] == [1, pytest.approx(1 - n_above / 101), pytest.approx(n_above / 101)]
    assert np.array_equal(p_top_k(told.draws, 2), [row.p_top for row in told.rows])


def test_the_next_review_goes_where_the_place_is_least_sure_and_something_is_left_to_judge() -> None:
    assert ranking(k=2).next_reviews == ("clu_1", "clu_3")


def test_the_pain_of_several_issues_counts_each_once() -> None:
    total = ranking().total(["iss_1", "iss_2", "iss_1"])
    assert total is not None
    assert total.value == pytest.approx(50)
    assert ranking().total(["iss_1", "iss_9"]) is None, "the pain of one of them is not known"
    assert ranking().total([]) is None


def test_the_interval_of_several_issues_holds_what_makes_them_wrong_together() -> None:
    """Of two that a detector gets wrong in the same way the ends add up; were they independent, their squares would."""
    shaky = [sure("iss_1", 18, spread=9), sure("iss_3", 18, spread=9)]
    told = rank(shaky, ISSUES, n_users={"iss_1": 27, "iss_3": 27}, weights=PLAIN)
    total, one = told.total(["iss_1", "iss_3"]), told.rows[0].pain
    assert total is not None
    assert [total.low, total.high] == pytest.approx([2 * one.low, 2 * one.high])


def test_effort_is_shown_and_does_not_rank() -> None:
    assert [row.effort for row in ranking().rows] == ["two days", "", ""]


def test_why_is_one_line_with_what_it_rests_on() -> None:
    told = ranking(k=2)
    assert why(told.rows[0], told) == (
        "Hits about 10 of the 10 users found, in 1.0 visits each, high severity ×3, as 3 of 5 judged traces really "
        "have it; surely among the 2 worst, rank 1 to 3 under other weights."
    )
    assert "though nobody has judged its traces" in grounds(told.rows[2], told)
    assert "of 100 % not known, which counts 1" in why(told.rows[0], replace(told, weights=PAYING))


def test_why_counts_the_traces_that_people_judged_and_not_the_weight_of_a_sample() -> None:
    """Where doubtful traces came first no sample counts: of nine judged traces it said that nobody had judged any."""
    judged = suffering(people(9, "iss_1", label="confirmed"), replace(A, hits=0, n=0))
    told = rank([judged], ISSUES, n_users={"iss_1": 9}, weights=PLAIN)
    assert "as 9 of 9 judged traces really have it" in why(told.rows[0], told)
    weighed = suffering(JUDGED, replace(A, hits=1.7, n=2.6))
    assert (weighed.n_confirmed, weighed.n_judged) == (3, 5)


def test_nothing_open_is_an_empty_ranking() -> None:
    told = rank([], {}, n_users={}, weights=PLAIN)
    assert (told.rows, told.next_reviews, told.total(["iss_1"])) == ((), (), None)
