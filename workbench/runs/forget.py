"""Executed reports that quote somebody who is erased: found by the ids that stand beside every quote.

A report is evidence and is never edited; it goes whole, and can be made again from what is left.
"""

import re
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import polars as pl

from workbench.runs.index import index, point_to_latest
from workbench.runs.notebooks import DIGESTS
from workbench.runs.run import read_runs
from workbench.store import Workspace

_LISTS = ("index.html", "index.jsonl")
_ESCAPED = re.compile(r'(?P<line>\\n",\s*")|(?P<units>(?:\\u[0-9a-fA-F]{4})+)|\\(?P<short>["\\/bfnrt])')
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_MAX_DEEP = 2
"""Levels of JSON that are read: a notebook, and the data of a chart or a table that is a text in it."""


def quoting(reports: Path, words: Collection[str]) -> list[Path]:
    """Return the files of all runs of which one holds one of the words, and the lists of runs if there is any."""
    files = [path for path in sorted(reports.glob("*/*")) if path.is_file()]
    stems = {path.with_suffix("") for path in files if _holds(path, words)}
    named = [path for path in files if path.with_suffix("") in stems]
    return [*named, *(reports / name for name in _LISTS if named and (reports / name).exists())]


def renew_lists(workspace: Workspace, *, now: datetime) -> Path:
    """Write the list of runs anew, lead `latest.html` to the newest that there is, and return the list.

    Raises
    ------
    StoreError
        If the record of a run cannot be read.
    """
    runs = read_runs(workspace.reports)
    folders = {path.parent for path in workspace.reports.glob("*/latest.html") if path.parent.name != DIGESTS}
    for folder in folders - {run.html.parent for run in runs}:
        (folder / "latest.html").unlink()
    for run in reversed(runs):
        point_to_latest(run)
    return index(workspace, now=now)


def _holds(path: Path, words: Collection[str]) -> bool:
    """Return whether one of the words stands in a file, be it inside of JSON, or of JSON in a text of JSON."""
    if not words:
        return False
    readings = [path.read_bytes().decode("utf-8", "replace")]
    for _ in range(_MAX_DEEP):
        readings.append(_ESCAPED.sub(_unescaped, readings[-1]))
    return bool(pl.Series(readings).str.contains_any(sorted(words)).any())


def _unescaped(found: re.Match[str]) -> str:
    r"""Return what a piece of JSON text stands for; the lines of one text, which a notebook lists, come together.

    >>> _ESCAPED.sub(_unescaped, r'["a\n", "b\u00fc\ud83d\ude1f \"c\""]') == '["a' + chr(10) + 'bü😟 "c""]'
    True
    """
    if found["units"]:
        units = bytes.fromhex(found["units"].replace("\\u", ""))
        return units.decode("utf-16-be", "replace")
    return "\n" if found["line"] else _SHORT.get(found["short"], found["short"])
