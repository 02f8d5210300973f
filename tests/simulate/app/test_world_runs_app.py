"""A world with an app: the versions' files decide where faults come out, and other files bring others."""

import pytest

from tests.simulate.app.under_test import FILES
from workbench.simulate import Rollout, World, simulate

N = 1_500
MENDED = {**FILES, "7": FILES["6"]}
"""The app whose version 7 had kept the sentence."""


def confused(world: World) -> int:
    return int((simulate(world).truth["fault"] == "jurisdiction_confusion").sum())


def test_the_fault_comes_of_the_files_and_not_of_the_versions_name() -> None:
    """Of 1,500 requests 28 % are of version 7, in state courts: some 290 at .24 against .015."""
    assert confused(World(n_traces=N, app=FILES)) > 40
    assert confused(World(n_traces=N, app=MENDED)) < 20


def test_an_app_gives_the_slices_that_the_faults_declare() -> None:
    for row in simulate(World(n_traces=N, seed=2, app=FILES)).faults.iter_rows(named=True):
        assert row["n_traces"] >= 15, row["fault"]
        assert row["n_traces_in_slice"] >= 0.7 * row["n_traces"], row["fault"]


def test_the_same_world_is_the_same_and_telemetry_agrees_with_its_truth() -> None:
    world = World(n_traces=60, weeks=1, app=FILES)
    first, again = simulate(world), simulate(world)
    assert first.truth.equals(again.truth)
    assert list(first.telemetry()) == list(again.telemetry())


def test_a_world_refuses_an_app_that_lacks_a_version_or_is_another_product() -> None:
    with pytest.raises(ValueError, match="every version"):
        World(app={"7": FILES["7"]})
    with pytest.raises(ValueError, match="every version"):
        World(app=FILES, product="research_desk")
    alone = World(
        n_traces=20, app={"7": FILES["7"]}, rollout=Rollout(prompt_versions=((0.0, "7"),), canary_version="7")
    )
    assert simulate(alone).truth.height == 20
