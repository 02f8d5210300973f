"""Changes come by pain; what is not known comes last and is no zero."""

from tests.releases.measured import pain_of
from workbench.releases import by_pain, not_measured


def test_changes_come_by_pain_and_those_of_unknown_pain_last() -> None:
    issues = {"chg_a": ("iss_2",), "chg_b": ("iss_1", "iss_2"), "chg_c": ("iss_9",), "chg_d": ("iss_1",)}
    assert by_pain(issues, pain_of({"iss_1": 10, "iss_2": 2})) == ("chg_b", "chg_d", "chg_a", "chg_c")
    assert by_pain(issues, not_measured) == ("chg_a", "chg_b", "chg_c", "chg_d")
