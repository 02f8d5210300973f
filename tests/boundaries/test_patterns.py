"""Patterns of users run in RE2: linear whatever they say, and refused with the reason where they are none."""

import time

import polars as pl
import pytest

from workbench.boundaries.patterns import Pattern


def test_the_first_match_is_given_and_no_text_has_none() -> None:
    texts = pl.Series(["case 12 and 34", "none", "", None, "Überfall 5"])
    assert Pattern(r"[0-9]+").first_match(texts).to_list() == ["12", None, None, None, "5"]
    assert Pattern("(?i)ÜBER").first_match(texts).to_list()[-1] == "Über"


def test_a_match_that_is_shown_is_bounded_and_whole_characters() -> None:
    (shown,) = Pattern("ü+").first_match(pl.Series(["ü" * 1_000])).to_list()
    assert shown == "ü" * 80
    assert Pattern(r"\C").first_match(pl.Series(["ü"])).to_list() == ["\ufffd"], "half a character is no text"


@pytest.mark.parametrize("hostile", ["(a+)+$", "(a|aa)+$", "(.*)*x", "([a-zA-Z]+)*$", r"(a?){50}a{50}", "(a*)*b"])
def test_a_pattern_that_explodes_elsewhere_takes_time_in_line_with_the_text(hostile: str) -> None:
    """In a backtracking engine 25 of these characters take 0.7 s, and each one more twice that."""
    pattern = Pattern(hostile)
    began = time.process_time()
    pattern.first_match(pl.Series(["a" * 200_000 + "!"]))
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(", r"no pattern of RE2's: missing \)"),
        (r"(a)\1", "no pattern of RE2's: invalid escape"),
        ("(?=a)", "no pattern of RE2's: invalid perl operator"),
        ("a{1001}", "no pattern of RE2's: invalid repetition size"),
        ("((a{100}){100}){100}", "no pattern of RE2's: "),
        ("\ud800", "no pattern of RE2's"),
        ("x" * 2_001, "has 2,001 characters"),
    ],
)
def test_what_is_no_pattern_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Pattern(text)
