"""What a reviewer wrote in a note becomes what answers are held to."""

from workbench.experiments.case import Assertion
from workbench.experiments.expectation import read_expectation


def test_lines_that_name_an_assertion_are_read_and_others_are_not() -> None:
    note = "She is right.\nStates: It binds: no exception.\ncontains: Ohio\ncontains:\nseen: yes\ncalls: x"
    assert read_expectation([note]) == (
        None,
        (Assertion("states", "It binds: no exception."), Assertion("contains", "Ohio"), Assertion("calls", "x")),
    )
    assert read_expectation([]) == (None, ())


def test_people_who_expect_different_answers_expect_none() -> None:
    assert read_expectation(["expected: Yes", "I agree.\nEXPECTED:  Yes "]).expected == "Yes"
    assert read_expectation(["expected: Yes", "expected: No\nlacks: maybe"]) == (None, (Assertion("lacks", "maybe"),))
