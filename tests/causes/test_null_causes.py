"""Pure noise has no cause: neither among independent traces, nor where whole users come and go together."""

import pytest

from tests.benchmarks.null_causes import propose_from_noise


@pytest.mark.parametrize("is_grouped", [False, True])
def test_clusters_drawn_at_random_have_no_cause(is_grouped: bool) -> None:
    """Twenty runs of five clusters, each with values, slices, onsets, blamed steps and phrases to go wrong about."""
    runs = [propose_from_noise(seed, is_grouped=is_grouped) for seed in range(20)]
    assert sum(bool(run.causes) for run in runs) <= 1
    assert {why for run in runs for why in run.without.values()} <= {"nothing_over_represented", "too_few_users"}
