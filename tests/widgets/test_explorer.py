"""Map, table, problem and transcript together: a selection in one is what the others show."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest

from workbench.boundaries.display import visible
from workbench.errors import SchemaError
from workbench.widgets import explore
from workbench.widgets.explorer import Explorer
from workbench.widgets.findings_table import PAGE

Findings = Callable[..., pl.DataFrame]
Problem = Callable[..., dict[str, Any]]


@pytest.fixture
def opened() -> list[str]:
    """Return the traces that were read."""
    return []


@pytest.fixture
def explorer(findings: Findings, problem: Problem, opened: list[str]) -> Explorer:
    """Return two problems: the first at one place twice and at another, the second once; one finding is in none.

    Points are numbered as they are drawn, what is first ranked last: 0 is in none, 1 the second problem's, 2 and 3 the
    first's.
    """
    rows = findings(
        {"problem": 1, "trace_id": "t1", "text": "one", "x": 1.0, "y": 1.0},
        {"problem": 1, "trace_id": "t2", "text": "two", "x": 1.0, "y": 1.0},
        {"problem": 1, "trace_id": "t3", "text": "three", "x": 2.0, "y": 1.0},
        {"problem": 2, "trace_id": "t4", "text": "four", "x": 5.0, "y": 5.0},
        {"problem": 0, "trace_id": None, "text": None, "x": 9.0, "y": 9.0},
        {"problem": 0, "trace_id": "t6", "text": "without a place"},
    )

    def read(finding: Mapping[str, Any]) -> dict[str, Any]:
        opened.append(finding["trace_id"])
        return {"title": finding["trace_id"] or "a session"}

    return explore(rows, [problem(1), problem(2)], read=read)


def select(explorer: Explorer, *points: int) -> None:
    """Select points as the browser does."""
    explorer.map.set_state({"selected": memoryview(np.asarray(points, "<u4").tobytes())})


def texts(explorer: Explorer) -> list[str]:
    """Return the words in the table."""
    return [row["text"] for row in explorer.table.rows]


def test_a_page_of_rows_says_what_was_recorded_and_only_that_page_is_looked_up(findings: Findings) -> None:
    """The table showed "no case <number>", and to see which number each finding had to be opened."""
    asked: list[int] = []

    def words(page: pl.DataFrame) -> dict[str, str]:
        asked.append(page.height)
        return {one: f"no case \u202e{at}" for at, one in enumerate(page["finding_id"]) if at != 1}

    rows = findings(*({"text": "no case <number>"} for _ in range(PAGE + 2)))
    explorer = explore(rows, [], read=lambda _: {}, words=words)
    marked = visible("\u202e")
    assert texts(explorer)[:3] == [f"no case {marked}0", "no case <number>", f"no case {marked}2"]
    explorer.table._handle_custom_msg({"kind": "more"}, [])
    assert (texts(explorer)[PAGE], asked) == (f"no case {marked}0", [PAGE, 2])


def test_findings_at_one_place_are_one_point(explorer: Explorer) -> None:
    assert np.frombuffer(explorer.map.sizes, "<u4").tolist() == [1, 1, 2, 1]
    assert [group["n"] for group in explorer.map.groups] == [1, 3, 1]


def test_without_a_selection_every_finding_is_listed_those_without_a_place_too(explorer: Explorer) -> None:
    assert texts(explorer) == ["one", "two", "three", "four", "(no words)", "without a place"]
    assert explorer.selection.height == 6
    assert explorer.panel.problem["name"] == "problem 1"


def test_a_selection_is_the_table_and_a_frame(explorer: Explorer) -> None:
    select(explorer, 1, 2)
    assert texts(explorer) == ["one", "two", "four"]
    assert explorer.table.title == "3 findings selected"
    assert explorer.selection["finding_id"].to_list() == ["fnd_0", "fnd_1", "fnd_3"]
    assert explorer.selection.columns == ["finding_id", "trace_id", "problem", "text", "about", "x", "y"]


def test_the_panel_shows_the_problem_that_most_of_the_selection_has(explorer: Explorer) -> None:
    select(explorer, 1)
    assert explorer.panel.problem["name"] == "problem 2"
    select(explorer, 1, 2)
    assert explorer.panel.problem["name"] == "problem 1"
    select(explorer)
    assert texts(explorer)[0] == "one"


def test_a_chosen_row_opens_its_trace_and_its_problem(explorer: Explorer, opened: list[str]) -> None:
    explorer.table.chosen = 3
    assert opened == ["t4"]
    assert explorer.transcript.trace == {"title": "t4"}
    assert explorer.panel.problem["name"] == "problem 2"


def test_a_clicked_point_opens_its_first_finding_and_marks_its_row(explorer: Explorer, opened: list[str]) -> None:
    explorer.map.opened = 2
    assert (explorer.table.chosen, opened) == (0, ["t1"])


def test_a_clicked_point_outside_of_the_selection_opens_too(explorer: Explorer, opened: list[str]) -> None:
    select(explorer, 2)
    explorer.map.opened = 1
    assert (explorer.table.chosen, opened) == (-1, ["t4"])


def test_another_selection_closes_the_transcript(explorer: Explorer) -> None:
    explorer.table.chosen = 0
    select(explorer, 1)
    assert (explorer.table.chosen, explorer.transcript.trace) == (-1, {})


def test_a_finding_in_no_cluster_opens_without_a_problem(explorer: Explorer, opened: list[str]) -> None:
    explorer.table.chosen = 5
    assert opened == ["t6"]
    assert explorer.panel.problem == {}


def test_a_long_table_comes_in_pages(findings: Findings) -> None:
    n = 2 * PAGE + 1
    explorer = explore(findings(*({"text": str(at)} for at in range(n))), [], read=lambda _: {})
    assert (len(explorer.table.rows), explorer.table.n_rows) == (PAGE, n)
    explorer.table._handle_custom_msg({"kind": "more"}, [])
    explorer.table._handle_custom_msg({"kind": "more"}, [])
    assert texts(explorer) == [str(at) for at in range(n)]


def test_no_findings_are_an_empty_map(findings: Findings) -> None:
    explorer = explore(findings(), [], read=lambda _: {})
    assert (explorer.map.xy, explorer.table.n_rows, explorer.selection.height) == (b"", 0, 0)


def test_a_missing_column_is_named(findings: Findings) -> None:
    with pytest.raises(SchemaError, match=r"widgets.explore: missing column about"):
        explore(findings().drop("about"), [], read=lambda _: {})
