"""A small workspace, and small notebooks that do one thing each."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from workbench.store import DEMO_SECRET, Workspace, init_workspace

PARAMETERS = 'workspace: str = "sample"  # folder\ntop_n: int = 3  # rows, 1 to 20\nshare: float = 0.5  # 0 to 1'


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return an empty workspace."""
    return init_workspace(tmp_path / "acme", secret=DEMO_SECRET)


@pytest.fixture
def notebook(tmp_path: Path) -> Callable[..., Path]:
    """Return a function from the source of code cells to a notebook's file."""

    def build(*sources: str, name: str = "9_probe", parameters: str = PARAMETERS) -> Path:
        new = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
        new.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        title = nbformat.v4.new_markdown_cell("# Does it work?\n\n## First part")  # type: ignore[no-untyped-call]
        new.cells = [title]
        cell = nbformat.v4.new_code_cell(parameters)  # type: ignore[no-untyped-call]
        cell.metadata.tags = ["parameters"]
        new.cells.append(cell)
        new.cells += [nbformat.v4.new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(new, path)  # type: ignore[no-untyped-call]
        return path

    return build
