"""Conditions of users: they read the columns of their own row, and no other row, table or file."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.boundaries.expressions import WORDS, condition
from workbench.schemas import SPANS, TRACES

ROWS = pl.DataFrame({"name": ["Anna", "it's", None], "n": [1, 7, None], "cost": [0.5, None, 2.0]})


def answers(text: str) -> list[bool | None]:
    return ROWS.select(condition(text, schema=ROWS.schema).expression).to_series().to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n > 3", [False, True, None]),
        ("n > 3 AND cost IS NULL", [False, True, False]),
        ("COALESCE(n, 0) < 3 or cost > 1", [True, None, True]),
        ("name = 'it''s'", [False, True, None]),
        ("\"name\" LIKE 'A%'", [True, False, None]),
        ("REGEXP_LIKE(name, '^[A-Z]')", [True, False, None]),
        ("n % 2 = 1 and LENGTH(name) in (4)", [True, True, None]),
        ("CASE WHEN n > 3 THEN name LIKE '%s' ELSE FALSE END", [False, True, False]),
        ("cost BETWEEN 0.5 AND 1e3", [True, None, True]),
        ("name = 'SELECT 1; -- no comment'", [False, False, None]),
    ],
)
def test_a_condition_is_true_false_or_null_by_row(text: str, expected: list[bool | None]) -> None:
    assert answers(text) == expected


def test_the_columns_that_it_reads_are_named() -> None:
    assert condition("n_errors > 0 AND input LIKE '%name%'", schema=TRACES.schema).columns == ("input", "n_errors")


@pytest.mark.parametrize(
    "text",
    [
        "name IN (SELECT name FROM read_csv('{file}'))",
        "name IN (FROM read_csv('{file}'))",
        "name IN (FROM '{file}')",
        "name = (TABLE '{file}')",
        "name = read_csv('{file}')",
        "name = read_csv ( '{file}' )",
        "name = E'{file}'",
        "SUM(cost) OVER () > n",
        "n > AVG(n)",
        "COUNT(*) > n",
        "n > 1; DROP TABLE spans",
        "n > 1 -- read_csv",
        "n > 1 /* SELECT */",
        "n > $$1$$",
        "n > 1 UNION n",
    ],
)
def test_no_other_row_table_or_file_can_be_named(text: str, tmp_path: Path) -> None:
    """Polars' own parser opened the file of the first of these, and put its first line into the error."""
    file = tmp_path / "secret.csv"
    file.write_text("hunter2\n")
    with pytest.raises(ValueError) as refused:
        condition(text.format(file=file), schema=ROWS.schema)
    assert "hunter2" not in str(refused.value)
    assert "relation" not in str(refused.value), "it did not get as far as polars' parser"


def test_no_word_that_reads_elsewhere_is_known() -> None:
    assert WORDS.isdisjoint(
        {"select", "from", "table", "with", "values", "over", "exists", "join", "union", "read_csv", "read_parquet"}
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "reads no column"),
        ("1 = 1", "reads no column"),
        ("name", "answer is String, must be true or false"),
        ("n > ", "cannot be read"),
        ("nosuch > 1", "nosuch is no column"),
        ("Name = 'a'", "Name is no column"),
        ("n > 1" + " OR n > 1" * 250, "must have at most 2,000"),
        ("(" * 900 + "n > 1" + ")" * 900, "cannot be read"),
        ("n > '", "at character 5 is none of"),
        ("n > 1 ☃", "at character 7 is none of"),
        ("REGEXP_LIKE(name, '(')", "cannot be read: regex"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        condition(text, schema=ROWS.schema)


pieces = st.sampled_from([*sorted(WORDS), "n", "name", "(", ")", ",", "=", "'", '"', "*", "1", "-", "||", "\\", "\x00"])


@example(["not"] * 900 + ["n"])
@example(["case when"] * 150)
@given(st.lists(pieces, max_size=30))
def test_any_row_of_words_is_a_condition_or_refused(words: list[str]) -> None:
    try:
        stated = condition(" ".join(words), schema=SPANS.schema | ROWS.schema)
    except ValueError:
        return
    assert set(stated.columns) <= {"n", "name"}
