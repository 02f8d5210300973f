"""Which column is what, and what a cell of scores says: found by name, told, and never guessed in silence."""

import polars as pl
import pytest

from workbench.errors import ConfigError
from workbench.experiments.scores import Columns, find_columns, read_score, read_scores

NONE = {"case": None, "score": None, "trial": None, "user": None}


def columns(case: str = "id", score: str = "score", **given: str) -> Columns:
    return Columns(case, score, given.get("trial"), given.get("user"), given.get("time"), given.get("error"))


def test_columns_are_found_by_their_usual_names() -> None:
    found = find_columns(["Question_ID", "model", "Score", "turn", "tstamp", "Epoch", "error"], **NONE)
    assert found == Columns("Question_ID", "Score", "Epoch", None, "tstamp", "error")


def test_a_named_column_is_taken_and_one_that_is_not_there_is_an_error() -> None:
    found = find_columns(["id", "task", "score", "reward"], **{**NONE, "case": "task", "score": "reward"})
    assert (found.case, found.score) == ("task", "reward")
    with pytest.raises(ConfigError, match=r"no column 'x'.*'id', 'score'"):
        find_columns(["id", "score"], **{**NONE, "score": "x"})
    with pytest.raises(ConfigError, match="known to be the score; name it with --score"):
        find_columns(["id", "points"], **NONE)
    with pytest.raises(ConfigError, match="known to be the case"):
        find_columns(["name", "score"], **NONE)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        (True, (1.0, "ok")),
        ("FALSE", (0.0, "ok")),
        (" pass ", (1.0, "ok")),
        ("incorrect", (0.0, "ok")),
        (3, (3.0, "ok")),
        ("0.25", (0.25, "ok")),
        ("1e-3", (0.001, "ok")),
        ("ERROR", (None, "error")),
        ("timed out", (None, "error")),
        (None, (None, "missing")),
        (float("nan"), (None, "missing")),
        ("n/a", (None, "missing")),
        ("inf", (None, "unreadable")),
        ("0,25", (None, "unreadable")),
    ],
)
def test_a_cell_says_a_number_a_failure_or_nothing(cell: object, told: tuple[float | None, str]) -> None:
    assert read_score(cell) == told


def test_rows_without_a_case_and_scores_that_are_none_are_counted() -> None:
    table = pl.DataFrame({"id": ["a", None, " ", "b", "c"], "score": ["1", "1", "1", "perhaps", "error"]})
    scored = read_scores(table, columns(), metric="score")
    assert scored.rows.select("case_id", "value", "status").rows() == [
        ("a", 1.0, "ok"),
        ("b", None, "missing"),
        ("c", None, "error"),
    ]
    assert [note for note in scored.notes if note[0].isdigit()] == [
        "2 rows left out: no case is named",
        "1 score counted as missing: no number and no word that is known",
    ]


def test_a_row_that_names_its_error_is_an_error_whatever_its_score() -> None:
    table = pl.DataFrame({"id": ["a", "b", "c"], "score": [1, 1, 1], "error": ["TimeoutError", "", "false"]})
    assert read_scores(table, columns(error="error"), metric="score").rows["status"].to_list() == ["error", "ok", "ok"]


def test_case_ids_are_the_same_from_text_and_number() -> None:
    for ids in (["1", "2"], [1, 2], [1.0, 2.0]):
        scored = read_scores(pl.DataFrame({"id": ids, "score": [1, 0]}), columns(), metric="score")
        assert scored.rows["case_id"].to_list() == ["1", "2"]
