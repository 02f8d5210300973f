"""The notebooks as a workspace's own: laid out in its folder for people to change, and saved without what they show.

What a cell shows may be a user's words. Code is kept, outputs are not: so nothing of anybody lies in these files.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.boundaries.paths import shipped
from workbench.ids import digest
from workbench.runs import notebooks
from workbench.store.durability import write_durably

_MARK = "feedback_workbench"
"""In a notebook's metadata: the digest of what was shipped, and of what was laid out."""


def lay_out(folder: Path, *, workspace: Path) -> tuple[str, ...]:
    """Lay out every shipped notebook for a workspace, and return the names of those that are of an older version.

    What somebody changed stays as it is. What nobody changed becomes the newest.

    Parameters
    ----------
    folder
        Where they go.
    workspace
        The workspace that they read.
    """
    import nbformat

    folder.mkdir(mode=0o700, exist_ok=True)
    older = []
    for source in sorted(shipped("notebooks").glob("*.ipynb")):
        mark, path = digest(source.read_text("utf-8")), folder / source.name
        if path.exists():
            there = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
            said = there.metadata.get(_MARK, {})
            if said.get("shipped") == mark:
                continue
            if said.get("laid_out") != _sources(there):
                older.append(path.name)
                continue
        made = _of_workspace(source, workspace)
        made.metadata[_MARK] = {"shipped": mark, "laid_out": _sources(made)}
        write_durably(path, nbformat.writes(made).encode(), mode=0o600)  # type: ignore[no-untyped-call]
    return tuple(older)


def without_outputs(model: Mapping[str, Any], **_: Any) -> None:
    """Take what cells show out of a notebook that is about to be saved: a `pre_save_hook` of Jupyter's."""
    if model.get("type") != "notebook":
        return
    for cell in model["content"].get("cells", []):
        if cell.get("cell_type") == "code":
            cell["outputs"], cell["execution_count"] = [], None
    model["content"].get("metadata", {}).pop("widgets", None)


def _of_workspace(source: Path, workspace: Path) -> Any:
    """Return the notebook with its default workspace replaced, in the cell that people change themselves."""
    import nbformat

    made = nbformat.read(source, as_version=4)  # type: ignore[no-untyped-call]
    default = notebooks.declared(source)["workspace"].default
    for cell in made.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = cell.source.replace(f"workspace: str = {default}", f"workspace: str = {str(workspace)!r}", 1)
    return made


def _sources(notebook: Any) -> str:
    return digest(*(cell.source for cell in notebook.cells))
