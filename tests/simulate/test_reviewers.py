"""Simulated reviewers: right but for their errors, which come as often as they should, and marked wherever they are."""

from collections import Counter

import pytest

from workbench.records import Cause
from workbench.simulate.reviewers import MARK, REVIEWERS, Answer, Reviewer, Truth, answer, main_fault

CAUSE = Cause(
    id="cau_1",
    run_id="run_1",
    cluster_id="clu_a",
    kind="contrast",
    attributes=("task",),
    values=("state_court",),
    statement="",
)
OTHER = Cause(
    id="cau_2",
    run_id="run_1",
    cluster_id="clu_a",
    kind="contrast",
    attributes=("model",),
    values=("large",),
    statement="",
)
TRUTH = Truth(
    faults={"a": "search_loop", "b": "search_loop", "c": "citation_error"},
    slices={"search_loop": ["2026.10.0", "state_court"]},
    members={"clu_a": ["a", "b", "c", "d"], "clu_b": ["c", "d", "e"]},
    causes={"cau_1": CAUSE, "cau_2": OTHER},
)
SURE = Reviewer(name="sure", miss_share=0, alarm_share=0, doubt_share=0)


@pytest.mark.parametrize(
    ("kind", "target", "cluster", "label"),
    [
        ("trace", "a", "clu_a", "confirmed"),
        ("trace", "d", "clu_a", "rejected"),
        ("trace", "e", None, "rejected"),
        ("cause", "cau_1", "clu_a", "confirmed"),
        ("cause", "cau_2", "clu_a", "rejected"),
        ("issue", "iss_1", "clu_a", "confirmed"),
        ("issue", "iss_2", "clu_b", "rejected"),
    ],
)
def test_who_does_not_err_says_what_is_so(kind: str, target: str, cluster: str | None, label: str) -> None:
    said = answer(SURE, kind=kind, target_id=target, cluster_id=cluster, truth=TRUTH)
    assert said.label == label
    assert bool(said.code) == (kind == "trace" and label == "confirmed")
    assert bool(said.severity) == (kind == "issue" and label == "confirmed")


def test_a_cluster_is_of_the_fault_that_most_of_it_has() -> None:
    assert main_fault("clu_a", TRUTH) == "search_loop"
    assert main_fault("clu_b", TRUTH) is None
    assert main_fault(None, TRUTH) is None


def test_errors_come_as_often_as_they_should_and_the_same_each_time() -> None:
    errs = Reviewer(name="errs", miss_share=0.2, alarm_share=0.1, doubt_share=0.1)
    truth = Truth({f"t{n}": "search_loop" for n in range(0, 4_000, 2)}, {}, {}, {})
    said = [labels(errs, f"t{n}", truth) for n in range(4_000)]
    problems, others = Counter(one.label for one in said[::2]), Counter(one.label for one in said[1::2])
    # 4 standard errors of a share over 2,000 are at most .036
    assert problems["rejected"] / 2_000 == pytest.approx(0.9 * 0.2, abs=0.036)
    assert others["confirmed"] / 2_000 == pytest.approx(0.9 * 0.1, abs=0.036)
    assert problems["uncertain"] / 2_000 == pytest.approx(0.1, abs=0.036)
    assert said[:50] == [labels(errs, f"t{n}", truth) for n in range(50)]


def labels(reviewer: Reviewer, trace_id: str, truth: Truth) -> Answer:
    return answer(reviewer, kind="trace", target_id=trace_id, cluster_id="clu_a", truth=truth)


def test_their_names_say_that_they_are_simulated() -> None:
    assert [reviewer.name.endswith(MARK) for reviewer in REVIEWERS] == [True] * 3
