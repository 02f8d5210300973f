"""The notebooks that are shipped keep the nine rules that make them readable, repeatable and safe to commit."""

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbench.boundaries.paths import shipped
from workbench.runs.notebooks import declared

PATHS = sorted(shipped("notebooks").glob("*.ipynb"))
PARAMETER = re.compile(r'[a-z_]+: (?:str|int|float|bool) = (?:"[^"]*"|[\w.+-]+)  # \S.*')
LOGIC = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Try, ast.Lambda, ast.While, ast.For, ast.With)
MAX_LINES = 6


def read(path: Path) -> Any:
    """Return the notebook."""
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def code(path: Path) -> list[Any]:
    """Return the code cells."""
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def tags(cell: Any) -> list[str]:
    """Return the cell's tags."""
    return list(cell.metadata.get("tags", []))


each = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def test_there_are_notebooks() -> None:
    assert [path.stem for path in PATHS] == [
        "0_tour",
        "1_telemetry",
        "2_detect",
        "3_review",
        "4_backlog",
        "5_refine",
        "6_label",
        "6_validate",
        "7_watch",
    ]


@each
def test_the_title_asks_one_question_and_says_what_is_read_and_written(path: Path) -> None:
    title = read(path).cells[0]
    assert title.cell_type == "markdown"
    assert re.match(r"# .+\?\n\nReads .*writes .*", title.source, re.DOTALL)


@each
def test_cells_come_in_the_agreed_order(path: Path) -> None:
    ids = [cell.id for cell in read(path).cells]
    assert ids[:4] == ["title", "parameters", "imports", "load"]
    assert [cell_id for cell_id in ids if cell_id in {"known", "next", "provenance"}] == ["known", "next", "provenance"]
    assert ids[-1] == "provenance"


@each
def test_the_parameters_cell_has_one_declared_line_each_and_nothing_else(path: Path) -> None:
    tagged = [cell for cell in code(path) if "parameters" in tags(cell)]
    assert len(tagged) == 1
    lines = tagged[0].source.splitlines()
    assert [line for line in lines if not PARAMETER.fullmatch(line)] == []
    assert [line.partition(":")[0] for line in lines] == list(declared(path))
    assert lines[0].startswith('workspace: str = "sample"')


@each
def test_no_other_cell_holds_a_path_date_threshold_or_seed(path: Path) -> None:
    for cell in code(path):
        if "parameters" not in tags(cell):
            constants = [node.value for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Constant)]
            assert constants == [], cell.source


@each
def test_cells_are_short_and_hold_no_logic(path: Path) -> None:
    for cell in code(path):
        assert len(cell.source.splitlines()) <= MAX_LINES or "parameters" in tags(cell)
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, LOGIC)], cell.source


@each
def test_only_the_workbench_is_imported(path: Path) -> None:
    nodes = [node for cell in code(path) for node in ast.walk(ast.parse(cell.source))]
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert not [node for node in nodes if isinstance(node, ast.Import)]
    assert all(module and module.split(".")[0] == "workbench" for module in modules)


@each
def test_no_number_is_typed_by_hand_in_the_text(path: Path) -> None:
    texts = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
    named = re.compile(r"\d_\w+|95th percentile")
    assert not [text for text in texts if re.search(r"\d", named.sub("", text))]


@each
def test_a_sentence_stands_before_what_is_shown(path: Path) -> None:
    """Every part begins with text; a part shows few things, so that its text covers them."""
    kinds = [cell.cell_type for cell in read(path).cells][4:]
    runs_of_code = max(len(run) for run in re.findall("c+", "".join(kind[0] for kind in kinds)))
    assert runs_of_code <= 3


@each
def test_it_is_committed_without_outputs_and_with_stable_cells(path: Path) -> None:
    notebook = read(path)
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code(path))
    assert all(re.fullmatch(r"[a-z-]+", cell.id) for cell in notebook.cells)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


@each
def test_only_review_and_refine_write_and_the_next_cell_prints_the_ids(path: Path) -> None:
    cells = code(path)
    writing = [at for at, cell in enumerate(cells) if "writes" in tags(cell)]
    assert bool(writing) == (path.stem in {"3_review", "5_refine"})
    assert all(cells[at + 1].source.startswith("print(") for at in writing)
