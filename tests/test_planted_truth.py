"""One small world of planted faults, through the whole path: what was planted comes back as clusters with its slice.

The figures of twenty worlds are printed by `tests/benchmarks/planted.py`; this holds one of them, a third of the size.
"""

from pathlib import Path

import pytest

from tests.benchmarks.planted import Found, Outcome, find, judge, slices
from workbench.simulate import FAULTS, MORE_FAULTS, World

FOUND_BY = {
    "premature_end": "premature_end",
    "truncated_answer": "incomplete_answer",
    "search_loop": "repeated_call",
    "wrong_arguments": "tool_error",
    "ignored_refusal": "ignored_result",
    "unknown_tool": "tool_error",
}
"""Faults of the small world, and a detector that sees each."""
WORLD = World(
    seed=200,
    n_traces=1_600,
    product="research_desk",
    faults=tuple(fault for fault in (*FAULTS, *MORE_FAULTS) if fault.name in FOUND_BY),
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return find(lambda: WORLD, tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def outcomes(found: Found) -> list[Outcome]:
    return judge(found)


def test_every_planted_fault_comes_out_as_a_cluster_of_its_own(outcomes: list[Outcome]) -> None:
    assert {one.fault for one in outcomes} == FOUND_BY.keys()
    assert [one for one in outcomes if not one.is_own] == []


def test_the_slice_in_which_a_fault_was_planted_is_its_first_cause(outcomes: list[Outcome]) -> None:
    assert [(one.fault, one.slice, one.first) for one in outcomes if one.slice_rank != 1] == []


def test_each_fault_is_seen_by_the_detector_that_is_there_for_it(found: Found) -> None:
    truth = found.truth
    for fault, detector in FOUND_BY.items():
        having = set(truth.filter(fault=fault)["trace_id"])
        findings = found.detection.findings.filter(detector=detector)
        assert len(having & set(findings["trace_id"])) >= 0.9 * len(having), (fault, detector)


def test_harmless_noise_alone_has_no_cause(tmp_path: Path) -> None:
    nothing = World(seed=201, n_traces=1_600, product="research_desk", faults=())
    assert slices(find(lambda: nothing, tmp_path).detection.causes) == []
