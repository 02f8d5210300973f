"""Clusters of texts, with the default embedder."""

import hashlib
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.clustering.embed import embed
from workbench.clustering.partition import FEW_POINTS, Partition, _suggest, partition

TOPICS = (
    (("the payment", "my card", "the transfer"), ("was refused", "did not go through", "bounced", "was declined")),
    (("the flight", "our plane", "the connection"), ("left late", "was delayed", "was cancelled", "took off late")),
    (("the soup", "my pizza", "the salad"), ("tasted bad", "was cold", "had no salt", "was burnt")),
)
TAILS = ("today", "again", "this morning", "last week", "twice", "on monday", "yesterday", "since june")
COMPLAINTS = [
    (topic, f"{who} {what} {tail}")
    for topic, (whos, whats) in enumerate(TOPICS)
    for who, what, tail in product(whos, whats, TAILS)
]
TEMPLATES = [
    "payment method <id> not found",
    "no seats left on flight <id>",
    "total price is <number> but paid <number>",
]


def group(texts: list[str]) -> Partition:
    return partition(texts, embed=embed, seed=0)


def assert_pure(found: Partition, truth: tuple[int, ...], *, covered: float) -> None:
    """Check that no cluster holds two topics, and that at most the rest is noise."""
    for label in range(found.labels.max() + 1):
        assert len(set(np.array(truth)[found.labels == label])) == 1
    assert (found.labels >= 0).mean() >= covered


def test_obvious_groups_are_found_among_many_texts() -> None:
    many = [(topic, f"{text} {tail}") for topic, text in COMPLAINTS for tail in ("in may", "in june", "in july")]
    truth, texts = zip(*many, strict=True)
    assert len(set(texts)) >= FEW_POINTS
    found = group(list(texts))
    assert_pure(found, truth, covered=0.9)
    assert found.note == ""


def test_obvious_groups_are_found_among_few_texts() -> None:
    some = [pair for pair in COMPLAINTS if pair[1].endswith(("today", "again", "twice"))]
    truth, texts = zip(*some, strict=True)
    found = group(list(texts))
    assert_pure(found, truth, covered=0.6)
    assert "average linkage" in found.note


def test_repeated_templates_are_clusters_and_the_rest_is_noise() -> None:
    strays = [f"{word} broke" for word in ("pump", "violin", "glacier", "senate", "quark", "pillow", "harvest")]
    found = group([*TEMPLATES * 6, TEMPLATES[0] + "!", *strays])
    assert sorted(found.labels[:3].tolist()) == [0, 1, 2]
    assert found.labels[0] == found.labels[18] == 0
    assert set(found.labels[19:].tolist()) == {-1}


def test_clusters_are_numbered_largest_first() -> None:
    found = group([TEMPLATES[1]] * 5 + [TEMPLATES[2]] * 7 + [TEMPLATES[0]] * 6)
    assert found.labels.tolist() == [2] * 5 + [0] * 7 + [1] * 6


def test_fewer_than_nine_distinct_texts_are_not_grouped_and_it_is_said() -> None:
    found = group(["the payment was refused", "payment refused", "a payment was refused", "refused the payment"] * 2)
    assert set(found.labels.tolist()) == {-1}
    assert "4 distinct texts, fewer than 9" in found.note


def test_five_times_the_same_is_a_cluster_and_four_times_is_not() -> None:
    found = group([TEMPLATES[0]] * 5 + [TEMPLATES[1]] * 4)
    assert found.labels.tolist() == [0] * 5 + [-1] * 4
    assert found.strengths.tolist() == [1.0] * 5 + [0.0] * 4


@pytest.mark.parametrize("texts", [[], [""], ["one text"], ["", "", "", "", "", ""]])
def test_nothing_to_group_is_noise(texts: list[str]) -> None:
    found = group(texts)
    assert found.labels.tolist() == found.suggested.tolist() == [-1] * len(texts)
    assert found.strengths.tolist() == [0.0] * len(texts)


def test_texts_that_the_embedder_does_not_know_are_clusters_only_if_repeated() -> None:
    found = group(["☃"] * 5 + ["☂", "♞", "✈"])
    assert found.labels.tolist() == [0] * 5 + [-1] * 3


def test_only_noise_is_suggested_to_a_cluster_and_only_to_one_that_is_there() -> None:
    found = group([text for _, text in COMPLAINTS])
    assert set(found.suggested[found.labels >= 0].tolist()) <= {-1}
    assert found.suggested.max() <= found.labels.max()
    assert (found.strengths[found.labels < 0] == 0).all()


def test_noise_is_suggested_to_the_cluster_whose_edge_it_lies_at() -> None:
    # Directions in the plane, degrees: a cluster around 0, one around 180, noise inside the first and between them.
    angles = np.radians([-20, -10, 0, 10, 20, 170, 180, 190, 5, 90])
    points = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    suggested = _suggest(points, np.array([0, 0, 0, 0, 0, 1, 1, 1, -1, -1]))
    assert suggested.tolist() == [-1] * 8 + [0, -1]


@settings(max_examples=10, deadline=None)
@given(st.permutations([*TEMPLATES * 5, *(text for _, text in COMPLAINTS[::12]), ""]))
def test_the_order_of_few_texts_does_not_matter(texts: list[str]) -> None:
    ordered = sorted(texts)
    expected = dict(zip(ordered, group(ordered).labels.tolist(), strict=True))
    assert group(texts).labels.tolist() == [expected[text] for text in texts]


def test_the_order_of_many_texts_does_not_matter() -> None:
    texts = [text for _, text in COMPLAINTS]
    assert group(texts[::-1]).labels[::-1].tolist() == group(texts).labels.tolist()


def test_another_process_and_another_number_of_threads_find_the_same() -> None:
    """Two notebooks on two machines must talk about the same clusters."""
    script = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1]); import test_partition as t;"
        "found = t.group([text for _, text in t.COMPLAINTS]);"
        "print(hashlib.sha256(b''.join(values.tobytes() for values in found[:3])).hexdigest())"
    )
    here = group([text for _, text in COMPLAINTS])
    expected = hashlib.sha256(b"".join(values.tobytes() for values in (here.labels, here.strengths, here.suggested)))
    for n_threads in ("1", "2"):
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), n_threads)
        command = [sys.executable, "-c", script, str(Path(__file__).parent)]
        printed = subprocess.run(command, env={**os.environ, **threads}, capture_output=True, check=True, text=True)
        assert printed.stdout.strip() == expected.hexdigest()
