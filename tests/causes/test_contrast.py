"""Contrasts: planted causes are found with numbers that can be counted by hand, and pure noise has none."""

from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, fisher_exact

from workbench.causes.contrast import MAX_Q, contrast
from workbench.errors import SchemaError

MEMBER = {"cluster_id": pl.String, "detector": pl.String, "trace_id": pl.String}
ATTRIBUTE = {"trace_id": pl.String, "attribute": pl.String, "value": pl.String}

Value = tuple[str, str, str | None]


def members(*trace_ids: str, cluster_id: str = "clu_1", detector: str = "tool_error") -> pl.DataFrame:
    """Return the members of one cluster."""
    return pl.DataFrame([(cluster_id, detector, trace_id) for trace_id in trace_ids], schema=MEMBER, orient="row")


def attributes(*rows: Value) -> pl.DataFrame:
    """Return attributes of traces."""
    return pl.DataFrame(list(rows), schema=ATTRIBUTE, orient="row")


def versions(with_7: int, without: int, *, prefix: str) -> list[Value]:
    """Return traces that used prompt version 7, and traces that used version 6."""
    names = [f"{prefix}{number}" for number in range(with_7 + without)]
    return [(name, "prompt_version", "7" if at < with_7 else "6") for at, name in enumerate(names)]


# 9 of the 10 traces of the cluster used version 7, and 20 of the 100 others.
PLANTED = attributes(*versions(9, 1, prefix="in"), *versions(20, 80, prefix="out"))
CLUSTER = members(*(f"in{number}" for number in range(10)))


def test_a_planted_cause_has_the_numbers_of_a_hand_count() -> None:
    (row,) = contrast(CLUSTER, PLANTED).values.rows(named=True)
    assert (row["attribute"], row["value"]) == ("prompt_version", "7")
    assert (row["hits"], row["n"], row["other_hits"], row["other_n"]) == (9, 10, 20, 100)
    assert row["lift"] == pytest.approx(4.5, rel=1e-12)
    assert row["share_explained"] == pytest.approx(
        float((Fraction(9, 10) - Fraction(1, 5)) / Fraction(4, 5)), rel=1e-12
    )
    assert 1 < row["lift_low"] < 4.5 < row["lift_high"] < np.inf


def test_p_and_q_agree_with_scipy() -> None:
    """Two values are tested: version 7 and version 6."""
    (row,) = contrast(CLUSTER, PLANTED).values.rows(named=True)
    p_values = [
        fisher_exact([[9, 1], [20, 80]], alternative="greater").pvalue,
        fisher_exact([[1, 9], [80, 20]], alternative="greater").pvalue,
    ]
    assert row["p_value"] == pytest.approx(p_values[0], rel=1e-9)
    assert row["q_value"] == pytest.approx(false_discovery_control(p_values)[0], rel=1e-9)


def test_values_that_the_cluster_never_has_count_as_tests() -> None:
    """A choice of what to count by what is in the cluster would make chance look like a cause."""
    others = [(f"other{number}", "prompt_version", f"v{number % 20}") for number in range(60)]
    (row,) = contrast(CLUSTER, pl.concat([PLANTED, attributes(*others)])).values.rows(named=True)
    assert row["q_value"] == pytest.approx(row["p_value"] * 22, rel=1e-9)


def test_pure_noise_has_no_cause() -> None:
    """Clusters drawn at random from traces with ten attributes: at most one run in twenty may name anything."""
    rng = np.random.default_rng(11)
    runs_with_causes = n_clusters_with_causes = 0
    for _ in range(40):
        traces = np.array([f"t{number}" for number in range(400)])
        rows = [
            pl.DataFrame(
                {"trace_id": traces, "attribute": f"a{at}", "value": rng.integers(0, 2 + 4 * at, 400).astype(str)}
            )
            for at in range(10)
        ]
        clusters = [
            members(*rng.choice(traces, rng.integers(3, 60), replace=False), cluster_id=f"clu_{at}") for at in range(5)
        ]
        found = contrast(pl.concat(clusters), pl.concat(rows)).values
        runs_with_causes += found.height > 0
        n_clusters_with_causes += found["cluster_id"].n_unique()
    assert n_clusters_with_causes / 200 <= 0.05
    assert runs_with_causes / 40 <= 0.1


def test_one_real_cause_among_noise_is_the_only_one() -> None:
    rng = np.random.default_rng(5)
    traces = [f"t{number}" for number in range(1000)]
    noise = [
        pl.DataFrame({"trace_id": traces, "attribute": f"a{at}", "value": rng.integers(0, 9, 1000).astype(str)})
        for at in range(9)
    ]
    tool = pl.DataFrame({"trace_id": traces, "attribute": "tool_name", "value": ["pay"] * 50 + ["search"] * 950})
    found = contrast(members(*traces[:40]), pl.concat([*noise, tool])).values
    assert found.select("attribute", "value").rows() == [("tool_name", "pay")]


def test_a_value_that_no_other_trace_has_is_lifted_without_bound() -> None:
    found = contrast(CLUSTER, attributes(*versions(10, 0, prefix="in"), *versions(0, 50, prefix="out"))).values
    row = found.row(0, named=True)
    assert row["lift"] == row["lift_high"] == np.inf
    assert 1 < row["lift_low"] < np.inf
    assert row["share_explained"] == 1


def test_a_value_that_every_trace_has_cannot_be_a_cause() -> None:
    assert contrast(
        CLUSTER, attributes(*versions(10, 0, prefix="in"), *versions(100, 0, prefix="out"))
    ).values.is_empty()


def test_a_value_that_is_rarer_in_the_cluster_is_no_cause() -> None:
    found = contrast(CLUSTER, attributes(*versions(0, 10, prefix="in"), *versions(90, 10, prefix="out"))).values
    assert found["value"].to_list() == ["6"]


def test_traces_without_the_attribute_are_left_out_of_the_comparison() -> None:
    """A hundred traces that have a model and no prompt version say nothing about prompt versions."""
    models = [(f"unversioned{number}", "model", "gpt-4o") for number in range(100)]
    (row,) = contrast(CLUSTER, pl.concat([PLANTED, attributes(*models)])).values.rows(named=True)
    assert (row["n"], row["other_n"]) == (10, 100)


def test_a_null_value_is_known_to_have_none() -> None:
    failing: list[Value] = [(f"in{number}", "failing_tool", "pay") for number in range(10)]
    fine: list[Value] = [(f"out{number}", "failing_tool", None) for number in range(90)]
    (row,) = contrast(CLUSTER, attributes(*failing, *fine)).values.rows(named=True)
    assert (row["value"], row["hits"], row["n"], row["other_hits"], row["other_n"]) == ("pay", 10, 10, 0, 90)


def test_values_of_the_same_traces_are_one_cause_that_names_both() -> None:
    agents = PLANTED.with_columns(attribute=pl.lit("agent"), value="agent " + pl.col("value"))
    (row,) = contrast(CLUSTER, pl.concat([agents, PLANTED])).values.rows(named=True)
    assert (row["attribute"], row["value"]) == ("prompt_version", "7")
    assert row["same"] == [{"attribute": "agent", "value": "agent 7"}]


def test_values_of_almost_the_same_traces_stay_two() -> None:
    tools = PLANTED.with_columns(attribute=pl.lit("tool_name")).filter(pl.col("trace_id") != "out0")
    found = contrast(CLUSTER, pl.concat([PLANTED, tools])).values
    assert found["attribute"].to_list() == ["tool_name", "prompt_version"]
    assert found["same"].list.len().to_list() == [0, 0]


def test_a_trace_counts_once_however_many_findings_it_has() -> None:
    once = contrast(CLUSTER, PLANTED)
    thrice = contrast(pl.concat([CLUSTER] * 3), pl.concat([PLANTED] * 2))
    assert thrice.values.equals(once.values)


def test_each_detector_is_compared_with_what_it_could_judge() -> None:
    """Traces without an outcome cannot fail: that they all come from another service explains nothing."""
    service = attributes(
        *((f"in{number}", "service", "airline") for number in range(10)),
        *((f"out{number}", "service", "airline") for number in range(40)),
        *((f"silent{number}", "service", "legal") for number in range(100)),
    )
    judged = [f"in{number}" for number in range(10)] + [f"out{number}" for number in range(40)]
    examined = pl.DataFrame({"detector": "tool_error", "trace_id": judged})
    assert contrast(CLUSTER, service).values["value"].to_list() == ["airline"]
    assert contrast(CLUSTER, service, examined=examined).values.is_empty()


def test_clusters_of_different_detectors_share_one_false_discovery_rate() -> None:
    """A second cluster with the same cause leaves q as it is; one with nothing in it doubles the tests."""
    alike = members(*(f"in{number}" for number in range(10)), cluster_id="clu_2", detector="latency_outlier")
    every_second = [f"in{number}" for number in range(0, 10, 2)] + [f"out{number}" for number in range(0, 100, 2)]
    noise = members(*every_second, cluster_id="clu_2", detector="latency_outlier")
    (alone,) = contrast(CLUSTER, PLANTED).values["q_value"]
    assert contrast(pl.concat([CLUSTER, alike]), PLANTED).values["q_value"].to_list() == [alone, alone]
    (with_noise,) = contrast(pl.concat([CLUSTER, noise]), PLANTED).values["q_value"]
    assert with_noise == pytest.approx(2 * alone, rel=1e-9)


@given(st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_the_order_of_rows_does_not_matter(random: np.random.Generator) -> None:
    tools = [(f"{place}{number}", "tool_name", "ab"[number % 2]) for place in ("in", "out") for number in range(10)]
    rows = [*PLANTED.rows(), *tools]
    expected = contrast(CLUSTER, attributes(*rows)).values
    random.shuffle(rows)
    assert contrast(CLUSTER.sample(fraction=1, shuffle=True, seed=1), attributes(*rows)).values.equals(expected)


def test_two_traces_are_too_few() -> None:
    found = contrast(members("in0", "in1"), attributes(*versions(2, 0, prefix="in"), *versions(0, 5000, prefix="out")))
    assert found.values.is_empty()


def test_a_cluster_of_all_traces_has_nothing_to_be_compared_with() -> None:
    everything = members(*(row[0] for row in PLANTED.rows()))
    values, known, _ = contrast(everything, PLANTED)
    assert values.is_empty()
    assert known.select("n", "n_all").rows() == [(110, 110)]


@pytest.mark.parametrize("rows", [members(), CLUSTER])
def test_empty_frames_have_no_causes(rows: pl.DataFrame) -> None:
    values, known, _ = contrast(rows, attributes())
    assert values.is_empty()
    assert known.is_empty()
    assert contrast(members(), PLANTED).values.is_empty()


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SchemaError, match="detector"):
        contrast(CLUSTER.drop("detector"), PLANTED)


def test_only_what_stays_below_the_rate_is_named() -> None:
    """3 of 4 against 30 of 100 has p = .09: lifted, and chance may do that."""
    found = contrast(
        members(*(f"in{n}" for n in range(4))),
        attributes(*versions(3, 1, prefix="in"), *versions(30, 70, prefix="out")),
    )
    assert fisher_exact([[3, 1], [30, 70]], alternative="greater").pvalue > MAX_Q
    assert found.values.is_empty()


def test_what_most_traces_have_anyway_ranks_below_what_sets_the_cluster_apart() -> None:
    """A value of all ten traces and of 70 others explains all of it on paper, and tells a reviewer nothing."""
    usual = [(f"in{number}", "model", "usual") for number in range(10)]
    others = [(f"out{number}", "model", "usual" if number < 60 else "rare") for number in range(100)]
    found = contrast(CLUSTER, pl.concat([PLANTED, attributes(*usual, *others)])).values
    assert found.select("attribute", "value").rows() == [("prompt_version", "7"), ("model", "usual")]
    assert found["share_explained"].to_list() == pytest.approx([7 / 8, 1.0])


def test_what_a_detector_itself_goes_by_is_no_cause_of_its_clusters() -> None:
    assert contrast(CLUSTER, PLANTED, circular={"tool_error": ["prompt_version"]}).values.is_empty()
    assert contrast(CLUSTER, PLANTED, circular={"another": ["prompt_version"]}).values.height == 1
