"""How common a problem is: hand sums where all is known, and intervals that hold the planted truth as often as said."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from scipy.stats import beta, betabinom

from tests.review.said import items
from workbench.records import CONTROL, SamplingMode
from workbench.review import draw, missed, prevalence, prevalence_by_detector
from workbench.review.prevalence import totals_by_cluster


def judged(
    rows: Sequence[tuple[str, str | None, int, float, str | None]], *, detector: str = "tool_error"
) -> pl.DataFrame:
    """Return items with their label."""
    labels = [row[4] for row in rows]
    return items([row[:4] for row in rows], detector=detector).with_columns(label=pl.Series(labels, dtype=pl.String))


WHOLE = judged(
    [
        ("a", "clu_a", 3, 1.0, "confirmed"),
        ("b", "clu_a", 1, 1.0, "rejected"),
        ("c", "clu_a", 1, 1.0, "confirmed"),
    ]
)


def test_a_cluster_that_was_judged_whole_is_known() -> None:
    (row,) = prevalence(WHOLE, n_population={"clu_a": 5}).to_dicts()
    assert (row["n_drawn"], row["n_judged"], row["n_confirmed"], row["n_rejected"]) == (3, 3, 2, 1)
    assert (row["traces"], row["traces_low"], row["traces_high"]) == (4, 4, 4)
    assert (row["share"], row["low"], row["high"]) == (4 / 5, 4 / 5, 4 / 5)


def test_what_is_judged_stands_for_what_had_the_same_chance() -> None:
    """One of ten was drawn each: 10 confirmed, and twice 10 rejected, of which 2 and 1 were looked at."""
    sample = judged(
        [("a", "clu_a", 1, 0.1, "confirmed"), ("b", "clu_a", 1, 0.1, "rejected"), ("c", "clu_a", 1, 0.1, "rejected")]
    )
    (row,) = prevalence(sample, n_population={"clu_a": 30}).to_dicts()
    assert row["traces"] == pytest.approx(10)
    # What is not looked at is 27 traces, of which a share from Jeffreys' posterior of 1 of 3 has the problem.
    exact = betabinom(27, 1.5, 2.5)
    assert row["traces_low"] == pytest.approx(1 + exact.ppf(0.025), abs=1)
    assert row["traces_high"] == pytest.approx(1 + exact.ppf(0.975), abs=1)


def test_what_is_drawn_more_often_stands_for_fewer() -> None:
    sample = judged([("a", "clu_a", 1, 0.5, "confirmed"), ("b", "clu_a", 1, 0.125, "rejected")])
    (row,) = prevalence(sample, n_population={"clu_a": 10}).to_dicts()
    # Beyond themselves they stand for 1 and 7: of the 8 that nobody looked at, 1 in 8.
    assert row["traces"] == pytest.approx(1 + 8 * (1 / 8))


def test_who_stops_early_leaves_a_random_rest_that_the_others_stand_for() -> None:
    half = judged([(f"t{n}", "clu_a", 1, 0.5, "confirmed" if n < 20 else None) for n in range(40)])
    (row,) = prevalence(half, n_population={"clu_a": 80}).to_dicts()
    assert (row["n_drawn"], row["n_judged"], row["traces"]) == (40, 20, 80)
    assert row["high"] == 1
    # 20 of 20, of the other 60: the low end of Jeffreys' posterior
    assert row["low"] == pytest.approx((20 + 60 * beta(20.5, 0.5).ppf(0.025)) / 80, abs=0.02)


def test_what_somebody_picked_is_no_random_sample() -> None:
    """Who searched for a word and judged the 5 of 40 that have it read that all of the cluster has the problem."""
    picked = {7, 11, 19, 23, 31}
    sample = judged([(f"t{n}", "clu_a", 1, 0.5, "confirmed" if n in picked else None) for n in range(40)])
    (row,) = prevalence(sample, n_population={"clu_a": 80}).to_dicts()
    assert (row["n_judged"], row["n_counted"], row["share"], row["high"]) == (5, 0, None, None)
    # after two in their turn, the fourth is picked: 2 of 4 speak for the 6 others
    some = judged([(f"t{n}", "clu_a", 1, 0.5, [None, "rejected"][n < 2 or n == 3]) for n in range(4)])
    (row,) = prevalence(some, n_population={"clu_a": 8}).to_dicts()
    assert (row["n_judged"], row["n_counted"], row["share"]) == (3, 2, 0)


def test_where_doubtful_ones_came_first_and_some_are_left_nothing_is_estimated() -> None:
    half = judged([("a", "clu_a", 1, 0.5, "confirmed"), ("b", "clu_a", 1, 0.5, None)])
    (row,) = prevalence(half, n_population={"clu_a": 4}, mode="uncertain").to_dicts()
    assert (row["n_confirmed"], row["share"], row["low"]) == (1, None, None)
    (row,) = prevalence(half.head(1), n_population={"clu_a": 4}, mode="uncertain").to_dicts()
    assert row["share"] == 1


def test_uncertain_ones_count_as_not_judged() -> None:
    sample = judged([("a", "clu_a", 1, 1.0, "confirmed"), ("b", "clu_a", 1, 1.0, "uncertain")])
    (row,) = prevalence(sample, n_population={"clu_a": 2}).to_dicts()
    assert (row["n_uncertain"], row["share"], row["high"]) == (1, 1.0, 1.0)
    assert row["traces_low"] == 1


def test_a_cluster_that_nobody_judged_has_no_estimate() -> None:
    (row,) = prevalence(judged([("a", "clu_a", 1, 0.5, None)]), n_population={"clu_a": 2}).to_dicts()
    assert (row["n_drawn"], row["n_judged"], row["share"]) == (1, 0, None)


def test_a_detector_is_told_by_its_clusters_in_proportion_to_their_size() -> None:
    rows = [
        *[(f"a{n}", "clu_a", 1, 1.0, "confirmed") for n in range(4)],
        *[(f"b{n}", "clu_b", 1, 0.5, "rejected") for n in range(2)],
        ("c", "clu_c", 1, 0.1, None),
    ]
    by_detector = prevalence_by_detector(judged(rows), n_population={"clu_a": 4, "clu_b": 4, "clu_c": 10, CONTROL: 90})
    (row,) = by_detector.to_dicts()
    assert (row["detector"], row["n_clusters"], row["n_clusters_all"], row["n_traces"]) == ("tool_error", 2, 3, 8)
    assert (row["n_confirmed"], row["n_rejected"], row["share"], row["low"]) == (4, 2, 4 / 8, 4 / 8)


def test_the_same_seed_gives_the_same_interval_whatever_else_is_judged() -> None:
    rows = [(f"t{n}", "clu_a", 1, 0.2, ["confirmed", "rejected"][n % 2]) for n in range(10)]
    alone = totals_by_cluster(judged(rows), n_population={"clu_a": 50})["clu_a"]
    more = [*rows, ("z", "clu_b", 1, 0.2, "rejected")]
    beside = totals_by_cluster(judged(more), n_population={"clu_b": 5, "clu_a": 50})["clu_a"]
    assert alone.draws.tolist() == beside.draws.tolist()


def planted(seed: int, *, n: int, share: float, mode: SamplingMode, copies: int = 1) -> tuple[pl.DataFrame, float, int]:
    """Return a judged sample of one cluster of 600 traces, how many have the problem, and how many there are.

    Doubtful traces have it less often; traces that say the same have it or have it not together.
    """
    rng = np.random.default_rng(seed)
    strength = rng.random(600 // copies).repeat(copies)
    has_it = (rng.random(600 // copies).repeat(copies)) < share * (0.5 + strength)
    traces = pl.DataFrame(
        {
            "cluster_id": ["clu_a"] * len(has_it),
            "detector": ["tool_error"] * len(has_it),
            "trace_id": [f"t{number:04}" for number in range(len(has_it))],
            "text": [f"text {number // copies}" for number in range(len(has_it))],
            "strength": strength,
            **dict.fromkeys(("x", "y"), [0.0] * len(has_it)),
        }
    ).with_columns(at=pl.lit(None, pl.Datetime("us", "UTC")))
    truth = dict(zip(traces["trace_id"], has_it.tolist(), strict=True))
    drawn = draw(traces, n=n, mode=mode, seed=seed)
    labels = ["confirmed" if truth[trace_id] else "rejected" for trace_id in drawn["trace_id"]]
    judged_ones = drawn.with_columns(kind=pl.lit("trace"), target_id="trace_id", label=pl.Series(labels))
    return judged_ones, float(has_it.sum()), len(has_it)


@pytest.mark.parametrize(
    ("n", "share", "mode", "copies"),
    [
        (60, 0.6, "random", 1),
        (60, 0.6, "uncertain", 1),
        (60, 0.3, "diverse", 1),
        (60, 0.1, "random", 1),
        (25, 0.5, "uncertain", 1),
        (60, 0.5, "random", 3),
    ],
)
def test_the_interval_holds_the_planted_truth_as_often_as_it_says(
    n: int, share: float, mode: SamplingMode, copies: int
) -> None:
    """Of 95 %: within 250 worlds a share of .95 has a standard error of .014; counts are discrete, and cover more."""
    held = []
    for seed in range(250):
        sample, truth, n_traces = planted(seed, n=n, share=share, mode=mode, copies=copies)
        (row,) = prevalence(sample, n_population={"clu_a": n_traces}, mode=mode).to_dicts()
        held.append(row["traces_low"] <= truth <= row["traces_high"])
    assert 0.92 <= np.mean(held) <= 0.985


def test_what_detectors_missed_by_hand() -> None:
    """All 4 traces of a cluster have a problem; of 10 unflagged ones 5 were judged and 1 has one: so 2 do."""
    rows = [
        *[(f"a{n}", "clu_a", 1, 1.0, "confirmed") for n in range(4)],
        *[(f"u{n}", None, 1, 0.5, "confirmed" if n == 0 else "rejected") for n in range(5)],
    ]
    said = missed(judged(rows), n_population={"clu_a": 4, CONTROL: 10}, n_clusters={})
    assert (said.n_control, said.n_judged, said.n_problems) == (10, 5, 1)
    assert said.share == pytest.approx(2 / 10)
    assert said.recall == pytest.approx(4 / 6)
    low, high = 1 + betabinom(5, 1.5, 4.5).ppf([0.025, 0.975])
    told = (said.low, said.high, said.recall_low, said.recall_high)
    assert np.allclose(np.array(told, float), [low / 10, high / 10, 4 / (4 + high), 4 / (4 + low)], atol=0.1)


def test_a_trace_in_two_clusters_is_found_once() -> None:
    rows = [
        ("a", "clu_a", 1, 1.0, "confirmed"),
        ("a", "clu_b", 1, 1.0, "confirmed"),
        ("u", None, 1, 1.0, "confirmed"),
    ]
    said = missed(judged(rows), n_population={"clu_a": 1, "clu_b": 1, CONTROL: 1}, n_clusters={"a": 2})
    assert said.recall == pytest.approx(1 / 2)


def test_a_trace_has_a_problem_if_any_of_its_findings_is_confirmed() -> None:
    """All was judged: one trace was found, one missed. The recall was told as .333, as a rejected finding halved it."""
    rows = [
        ("a", "clu_a", 1, 1.0, "confirmed"),
        ("a", "clu_b", 1, 1.0, "rejected"),
        ("u", None, 1, 1.0, "confirmed"),
    ]
    said = missed(judged(rows), n_population={"clu_a": 1, "clu_b": 1, CONTROL: 1}, n_clusters={"a": 2})
    assert (said.recall, said.recall_low, said.recall_high) == (0.5, 0.5, 0.5)


def test_while_a_cluster_is_not_judged_the_recall_has_no_upper_end() -> None:
    """20 found and 500 missed were told as a recall of at most some .08, with a cluster of 5,000 unread."""
    rows = [
        *[(f"a{n}", "clu_a", 1, 0.5, "confirmed") for n in range(10)],
        ("b", "clu_b", 1, 0.1, None),
        *[(f"u{n}", None, 1, 0.01, "confirmed" if n < 5 else "rejected") for n in range(50)],
    ]
    said = missed(judged(rows), n_population={"clu_a": 20, "clu_b": 5_000, CONTROL: 5_000}, n_clusters={})
    assert said.recall == pytest.approx(20 / 520)
    assert said.recall_low is not None
    assert said.recall_high is None


def test_without_a_control_nothing_is_known_of_what_was_missed() -> None:
    said = missed(WHOLE, n_population={"clu_a": 5, CONTROL: 40}, n_clusters={})
    assert (said.n_control, said.n_judged, said.share, said.recall) == (40, 0, None, None)


def test_where_nothing_was_missed_all_may_have_been_found() -> None:
    rows = [("a", "clu_a", 1, 1.0, "confirmed"), *[(f"u{n}", None, 1, 0.5, "rejected") for n in range(20)]]
    said = missed(judged(rows), n_population={"clu_a": 1, CONTROL: 40}, n_clusters={})
    assert (said.share, said.low, said.recall, said.recall_high) == (0, 0, 1, 1)
    assert said.high is not None
    assert said.high > 0


def recall_world(seed: int, *, n: int) -> tuple[pl.DataFrame, dict[str, int], dict[str, int], float]:
    """Return a judged sample, its populations, clusters by trace and the true recall: of 2,000 traces 500 are found.

    A third of the found are in two clusters, and these have a problem more often.
    """
    rng = np.random.default_rng(seed)
    clusters: dict[str, list[str | None]] = {}
    problem: dict[str, bool] = {}
    for number in range(2_000):
        trace = f"t{number:04}"
        of = ["clu_a", "clu_b"] if number < 166 else ["clu_a"] if number < 333 else ["clu_b"] if number < 500 else []
        clusters[trace] = list(of) or [None]
        problem[trace] = bool(rng.random() < (0.9 if len(of) == 2 else 0.6 if of else 0.08))
    rows = [(trace, cluster) for trace, of in clusters.items() for cluster in of]
    population = {name: sum(cluster == one for _, cluster in rows) for name, one in _NAMED.items()}
    sample: list[tuple[str, str | None, int, float, str | None]] = []
    for name, cluster in _NAMED.items():
        members = [trace for trace, of in rows if of == cluster]
        for trace in rng.choice(members, size=n, replace=False).tolist():
            sample.append((trace, cluster, 1, n / population[name], "confirmed" if problem[trace] else "rejected"))
    found = sum(problem[trace] for trace, of in clusters.items() if of != [None])
    n_clusters = {trace: len(of) for trace, of in clusters.items() if of != [None]}
    return judged(sample), population, n_clusters, found / sum(problem.values())


_NAMED: dict[str, str | None] = {"clu_a": "clu_a", "clu_b": "clu_b", CONTROL: None}


@pytest.mark.parametrize("n", [30, 80])
def test_the_recall_of_all_detectors_is_held_as_often_as_said(n: int) -> None:
    held = []
    for seed in range(200):
        sample, population, n_clusters, truth = recall_world(seed, n=n)
        said = missed(sample, n_population=population, n_clusters=n_clusters, seed=seed)
        assert said.recall_low is not None
        assert said.recall_high is not None
        held.append(said.recall_low <= truth <= said.recall_high)
    assert 0.92 <= np.mean(held) <= 0.985
