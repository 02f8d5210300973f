"""Weights are declared: the shipped ones, and a workspace's own; a mistake is named."""

from pathlib import Path

import pytest

from workbench.backlog import WEIGHTS, read_weights
from workbench.errors import ConfigError

OWN = """
[set.default]
about = "firms first"
tiers = {firm = 3, free = 0.5}
[set.brand]
severity = {high = 10}
recurs = false
[effort]
iss_1 = "two days"
"""


def test_without_a_file_the_shipped_sets_stand_and_tiers_count_alike(tmp_path: Path) -> None:
    declared = read_weights(tmp_path)
    assert [one.name for one in declared.sets] == ["default", "users", "severe", "once"]
    assert declared.named("default").severity == {"low": 1, "medium": 2, "high": 3}
    assert not any(one.tiers for one in declared.sets)


def test_a_workspace_declares_its_own_and_keeps_the_others(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_text(OWN)
    declared = read_weights(tmp_path)
    assert [one.name for one in declared.sets] == ["default", "users", "severe", "once", "brand"]
    assert (declared.named("default").about, declared.named("default").tiers) == (
        "firms first",
        {"firm": 3, "free": 0.5},
    )
    assert declared.named("brand").severity == {"low": 1, "medium": 2, "high": 10}
    assert not declared.named("brand").recurs
    assert declared.effort == {"iss_1": "two days"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[set", "no TOML"),
        ("[sets.x]", "unknown key sets"),
        ("[set.x]\nweight = 2", "unknown key weight"),
        ("[set.x]\ntiers = {firm = -1}", "from 0 to 1,000"),
        ("[set.x]\ntiers = {firm = nan}", "from 0 to 1,000"),
        ("[set.x]\ntiers = {firm = true}", "from 0 to 1,000"),
        ("[set.x]\nseverity = {awful = 2}", "none of low, medium, high"),
        ("[set.x]\nrecurs = 1", "true or false"),
        ("set = 3", "must be a table"),
        ("[effort]\niss_1 = 2", "must be text"),
        ("#" * 100_001, "longer than"),
    ],
)
def test_what_is_no_weight_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / WEIGHTS).write_text(text)
    with pytest.raises(ConfigError, match=said) as error:
        read_weights(tmp_path)
    assert WEIGHTS in str(error.value)


def test_a_set_that_is_not_declared_is_no_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must be one of default, users"):
        read_weights(tmp_path).named("mine")
