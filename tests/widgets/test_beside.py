"""Two versions side by side: the chosen case is what both transcripts show."""

from typing import Any

from workbench.widgets import beside


def case(name: str) -> dict[str, Any]:
    return {
        "title": f"broken: {name}",
        "baseline": {"title": f"{name} before"},
        "candidate": {"title": f"{name} after"},
    }


def test_a_case_that_is_chosen_is_shown_on_both_sides() -> None:
    view = beside([case("one"), case("two")])
    assert [label for label, _ in view.choice.options] == ["broken: one", "broken: two"]
    assert (view.baseline.trace["title"], view.candidate.trace["title"]) == ("one before", "one after")
    view.choice.value = 1
    assert (view.baseline.trace["title"], view.candidate.trace["title"]) == ("two before", "two after")


def test_what_is_hidden_in_a_title_is_seen_and_cases_of_one_title_are_two() -> None:
    view = beside([case("a\u202eb"), case("a\u202eb")])
    assert view.choice.options == (("broken: a⟨U+202E⟩b", 0), ("broken: a⟨U+202E⟩b", 1))


def test_without_cases_there_is_nothing_to_choose() -> None:
    view = beside([])
    assert (view.choice.options, view.baseline.trace) == ((), {})
