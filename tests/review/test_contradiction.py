"""What speaks against confirming an issue: every trace of it that people judged was rejected."""

import pytest

from tests.review.said import verdict
from workbench.review import n_against, words_against


@pytest.mark.parametrize(
    ("labels", "n"),
    [
        ({"t1": ["rejected"], "t2": ["rejected"]}, 2),
        ({"t1": ["rejected", "rejected"]}, 1),
        ({"t1": ["rejected"], "t2": ["confirmed"]}, 0),
        ({"t1": ["rejected"], "t2": ["uncertain"]}, 0),
        ({"t1": ["rejected", "confirmed"]}, 0),
        ({}, 0),
    ],
)
def test_all_judged_traces_must_be_rejected(labels: dict[str, list[str]], n: int) -> None:
    said = [
        verdict(trace, label, annotator=f"ann {place}", cluster_id="clu_a")
        for trace, of_trace in labels.items()
        for place, label in enumerate(of_trace)
    ]
    assert n_against(said, "clu_a") == n
    assert n_against(said, "clu_b") == 0


def test_it_is_said_in_words() -> None:
    assert words_against(1) == "the one trace of it that people judged was rejected"
    assert words_against(12) == "all 12 traces of it that people judged were rejected"
