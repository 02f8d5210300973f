"""Blocks: tables are short and say what they leave out, and every block has its words without markup."""

import pytest

from workbench.report.blocks import (
    MAX_ROWS,
    Figure,
    bullets,
    complete_table,
    key_figures,
    numbers,
    sentences,
    stack,
    table,
    words,
)
from workbench.report.markup import said


def test_a_table_shows_at_most_twenty_rows_and_says_how_many_it_leaves_out() -> None:
    shown = table(words("n"), [(f"row {n}.",) for n in range(23)], caption="c", of="trace").plain
    assert MAX_ROWS == 20
    assert "row 19." in shown
    assert "row 20." not in shown
    assert "3 traces more are not shown." in shown


def test_a_table_that_shows_all_says_nothing_of_the_rest() -> None:
    assert "not shown" not in table(words("n"), [("1",)], caption="c").plain


def test_one_row_left_out_is_one() -> None:
    assert "1 row more is not shown:" in table(words("n"), [("1",), ("2",)], caption="c", top_n=1).plain


def test_a_table_says_where_the_rest_is() -> None:
    rows = [("1",), ("2",)]
    assert "not shown: top_n shows up to 20." in table(words("n"), rows, caption="c", top_n=1).plain
    assert "not shown: see below." in table(words("n"), rows, caption="c", top_n=1, rest="see below").plain


@pytest.mark.parametrize("top_n", [-1, 0, 21])
def test_a_number_of_rows_out_of_its_bounds_is_an_error_and_not_another_number(top_n: int) -> None:
    """A negative one would slice from the end."""
    with pytest.raises(ValueError, match=rf"top_n == {top_n}, must be 1 to 20"):
        table(words("n"), [("1",)], caption="c", top_n=top_n)


def test_a_complete_table_has_every_row_and_folds_those_after_the_twentieth() -> None:
    shown = complete_table(words("n"), [(f"row {n}.",) for n in range(23)], caption="c", of="trace")
    assert [f"row {n}." in shown.plain for n in range(24)] == [True] * 23 + [False]
    folded = shown.html.partition("<details><summary>3 traces more</summary>")[2]
    assert [f"row {n}." in folded for n in range(18, 23)] == [False, False, True, True, True]
    assert "<details>" not in complete_table(words("n"), [("1",)] * 20, caption="c").html


def test_numbers_are_set_to_the_right() -> None:
    html = table((*words("name"), *numbers("n")), [("a", "1")], caption="c").html
    assert html.count("text-align:right") == 2


def test_a_row_that_lacks_a_cell_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        table(words("a", "b"), [("1",)], caption="c")


def test_plain_text_has_the_words_and_no_markup() -> None:
    block = stack(sentences("a < b", said("$5 & more")), bullets("one", "two"), key_figures([Figure("3", "traces")]))
    assert block.plain.splitlines() == ["a < b", "$5 & more", "one", "two", "3", "traces"]


def test_plain_text_marks_what_would_command_a_terminal() -> None:
    assert sentences(said("red\x1b[31m")).plain == "red⟨U+001B⟩[31m"


def test_a_notebook_gets_html_and_plain_text() -> None:
    assert sentences("hello")._repr_mimebundle_() == {"text/html": "<p>hello</p>", "text/plain": "hello"}
