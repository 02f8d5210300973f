"""Tool errors of real recorded runs, masked: those that differ only in amounts and ids are one cluster."""

import gzip
import json
from pathlib import Path

import pytest

from workbench.clustering.embed import embed
from workbench.clustering.partition import Partition, partition
from workbench.detectors.mask import mask

Errors = tuple[list[str], Partition]


@pytest.fixture(scope="module")
def errors(shared_data: Path) -> Errors:
    """Return the error texts of the tool messages in tau2-airline, and their clusters."""
    texts = []
    for path in sorted((shared_data / "tau2-airline").glob("*.json.gz")):
        with gzip.open(path) as file:
            simulations = json.load(file)["simulations"]
        messages = [message for simulation in simulations for message in simulation["messages"]]
        texts += [message["content"] for message in messages if message["role"] == "tool" and message.get("error")]
    return texts, partition([mask(text) for text in texts], embed=embed)


@pytest.mark.parametrize(
    ("words", "kin"),
    [
        ("payment amount does not add up", "add up"),
        ("number of passengers does not match", "passengers"),
        ("not enough balance in payment method", "enough"),
    ],
)
def test_errors_that_differ_only_in_amounts_and_ids_are_one_cluster(errors: Errors, words: str, kin: str) -> None:
    texts, found = errors
    labels = {label for text, label in zip(texts, found.labels.tolist(), strict=True) if words in text.lower()}
    assert len(labels) == 1
    (label,) = labels
    assert label >= 0
    assert all(kin in text.lower() for text, other in zip(texts, found.labels, strict=True) if other == label)


def test_errors_about_two_things_are_two_clusters(errors: Errors) -> None:
    texts, found = errors
    of = {text.lower().split(" ")[1]: label for text, label in zip(texts, found.labels.tolist(), strict=True)}
    assert len(found.labels) == 11 + 1 + 79 + 1 + 1
    assert of["reservation"] != of["number"]
