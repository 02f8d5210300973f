"""pass^k: the published figures from the recorded runs themselves, and counting by hand."""

import gzip
import json
from collections import Counter
from itertools import combinations
from math import sqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.stats.pass_k import pass_k, pass_k_by_case

RUNS = Path(__file__).parents[3] / "shared" / "data" / "tau-bench-airline" / "gpt-4o-airline.json.gz"


@pytest.mark.skipif(not RUNS.exists(), reason="the recorded runs are not beside this checkout")
def test_recorded_airline_runs_have_their_published_figures() -> None:
    """50 tasks of four trials by gpt-4o, 84 of 200 passed; Yao et al. (2024) give .420, .273, .220 and .200."""
    passed: Counter[int] = Counter()
    trials: Counter[int] = Counter()
    for run in json.loads(gzip.decompress(RUNS.read_bytes())):
        trials[run["task_id"]] += 1
        passed[run["task_id"]] += run["reward"] == 1
    tasks = sorted(trials)
    by_k = [pass_k([passed[task] for task in tasks], [trials[task] for task in tasks], k=k) for k in (1, 2, 3, 4)]
    assert [round(one.share, 3) for one in by_k] == [0.420, 0.273, 0.220, 0.200]
    assert by_k[0].share == pytest.approx(84 / 200)
    assert by_k[3].share == pytest.approx(sum(passed[task] == 4 for task in tasks) / 50)
    assert round(by_k[0].error, 3) == 0.052  # by task; pooled trials would claim .035


@given(st.lists(st.booleans(), min_size=1, max_size=7), st.data())
def test_it_is_the_share_of_sets_of_trials_that_all_passed(trials: list[bool], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(trials)))
    sets = list(combinations(trials, k))
    assert float(pass_k_by_case(sum(trials), len(trials), k=k)) == pytest.approx(sum(map(all, sets)) / len(sets))


def test_the_error_is_over_cases() -> None:
    share, error, n_cases = pass_k([3, 0, 1], [3, 3, 2], k=1)
    assert n_cases == 3
    assert share == pytest.approx(0.5)
    assert error == pytest.approx(0.5 / sqrt(3))  # of 1, 0 and .5, whose standard deviation is .5


def test_cases_with_too_few_trials_are_refused() -> None:
    with pytest.raises(ValueError, match="k == 3"):
        pass_k([1, 1], [3, 2], k=3)
    with pytest.raises(ValueError, match="k == 0"):
        pass_k([1], [1], k=0)
    with pytest.raises(ValueError, match="passed must be"):
        pass_k([4], [3], k=1)
    with pytest.raises(ValueError, match="at least one"):
        pass_k([], [], k=1)
