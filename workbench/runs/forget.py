"""Executed reports that quote somebody who is erased: found by the ids that stand beside every quote.

A report is evidence and is never edited; it goes whole, and can be made again from what is left.
"""

from collections.abc import Collection
from pathlib import Path

import polars as pl

from workbench.runs.index import index, point_to_latest
from workbench.runs.run import read_runs
from workbench.store import Workspace

_LISTS = ("index.html", "index.jsonl")


def quoting(reports: Path, words: Collection[str]) -> list[Path]:
    """Return the files of all runs of which one holds one of the words, and the lists of runs if there is any."""
    files = [path for path in sorted(reports.glob("*/*")) if path.is_file()]
    stems = {path.with_suffix("") for path in files if _holds(path, words)}
    named = [path for path in files if path.with_suffix("") in stems]
    return [*named, *(reports / name for name in _LISTS if named and (reports / name).exists())]


def renew_lists(workspace: Workspace) -> Path:
    """Write the list of runs anew, lead `latest.html` to the newest that there is, and return the list.

    Raises
    ------
    StoreError
        If the record of a run cannot be read.
    """
    runs = read_runs(workspace.reports)
    folders = {path.parent for path in workspace.reports.glob("*/latest.html")}
    for folder in folders - {run.html.parent for run in runs}:
        (folder / "latest.html").unlink()
    for run in reversed(runs):
        point_to_latest(run)
    return index(workspace)


def _holds(path: Path, words: Collection[str]) -> bool:
    text = pl.Series([path.read_bytes().decode("utf-8", "replace")])
    return bool(words) and bool(text.str.contains_any(sorted(words))[0])
