"""Pain in all, counted once an issue; what is not known comes last and is no zero."""

from math import sqrt

import pytest

from workbench.releases import Pain, by_pain, summed

PAIN = {"iss_1": Pain(10, 6, 13), "iss_2": Pain(2, 2 - 3, 2 + 4)}


def test_the_interval_of_a_sum_is_recovered_from_those_of_its_parts() -> None:
    total = summed(["iss_1", "iss_2"], PAIN)
    assert total is not None
    assert list(total) == pytest.approx([12, 12 - sqrt(4**2 + 3**2), 12 + sqrt(3**2 + 4**2)])
    assert summed(["iss_1", "iss_1"], PAIN) == PAIN["iss_1"]


def test_a_sum_of_which_a_part_is_not_known_is_not_known() -> None:
    assert summed(["iss_1", "iss_9"], PAIN) is None
    assert summed(["iss_1"], None) is None
    assert summed([], PAIN) is None


def test_changes_come_by_pain_and_those_of_unknown_pain_last() -> None:
    issues = {"chg_a": ("iss_2",), "chg_b": ("iss_1", "iss_2"), "chg_c": ("iss_9",), "chg_d": ("iss_1",)}
    assert by_pain(issues, PAIN) == ("chg_b", "chg_d", "chg_a", "chg_c")
    assert by_pain(issues, None) == ("chg_a", "chg_b", "chg_c", "chg_d")
