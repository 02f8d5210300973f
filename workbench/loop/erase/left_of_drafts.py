"""What of changes that are being edited is a user's: drafts that say what they said, or name them, as the app does not.

Such a draft goes whole, and is laid out anew for the next edit: without one file alone, a change would delete that of
the app. What was committed stays in the app's own git, whose history is its team's to rewrite.
"""

import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import polars as pl

from workbench.changes.draft import MAX_COPIED_WORDS
from workbench.errors import WorkbenchError
from workbench.loop.named import app_of
from workbench.records import Change
from workbench.schemas import SPANS
from workbench.store import Belongings, Names, Workspace

_GOING = ".erased-"
"""Before the name of a draft that goes, so that what a kill leaves of it is taken for no edit."""
_WORD = re.compile(r"[^\W_]+")
_ESCAPED = re.compile(r'\\[nrt"/\\]')
"""What stands in JSON for a sign that is no letter."""


def drafts_that_quote(workspace: Workspace, rows: Belongings, names: Names, *, said: Collection[str]) -> list[Path]:
    """Return the folders of drafts that go; read-only.

    A draft quotes the user where it has more words in a row of their traces than any edit may copy, names them, or
    holds a text that goes from the ledger, and the version that it starts from does not.

    Parameters
    ----------
    workspace
        The workspace.
    rows
        What of the tables is theirs.
    names
        What names them.
    said
        Texts that go from the ledger.
    """
    folders = [one for one in _folders(workspace) if any(one.rglob("*"))]
    if not folders:
        return []
    bases = {change.id: change.base for change in workspace.ledger.latest(Change)}
    runs = set(_runs(_texts(workspace, rows)))
    return [
        folder
        for folder in folders
        if folder.name.startswith(_GOING)
        or _quotes(folder, _contents(workspace, bases.get(folder.name)), names, runs=runs, said=said)
    ]


def drop_drafts(folders: Iterable[Path]) -> None:
    """Remove the folders."""
    for folder in folders:
        is_going = folder.name.startswith(_GOING)
        shutil.rmtree(folder if is_going else folder.rename(folder.with_name(_GOING + folder.name)))


def _folders(workspace: Workspace) -> list[Path]:
    if not workspace.drafts.is_dir():
        return []
    return sorted(one for one in workspace.drafts.iterdir() if one.is_dir() and not one.is_symlink())


def _contents(workspace: Workspace, commit: str | None) -> Mapping[str, bytes]:
    """Return the app's files as a draft started from them; none where no repository tells."""
    try:
        app = app_of(workspace)
        return app.contents(commit or app.head())
    except WorkbenchError:
        return {}


def _quotes(
    folder: Path, before: Mapping[str, bytes], names: Names, *, runs: set[tuple[str, ...]], said: Collection[str]
) -> bool:
    own = [content.decode("utf-8", "replace") for content in before.values()]
    theirs = runs - set(_runs(own))
    texts = [one for one in said if not any(one in text for text in own)]
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        raw = path.read_bytes()
        if raw == before.get(path.relative_to(folder).as_posix()):
            continue
        text = raw.decode("utf-8", "replace")
        if names.are_in(raw) or any(one in text for one in texts) or not theirs.isdisjoint(_runs([text])):
            return True
    return False


def _texts(workspace: Workspace, rows: Belongings) -> list[str]:
    """Return what went in and came out of the user's traces."""
    theirs = workspace.telemetry.scan(SPANS).filter(pl.col("trace_id").is_in(sorted(rows.traces)))
    spans = theirs.select("input", "output").collect(engine="streaming")
    return [*spans["input"].drop_nulls().unique(), *spans["output"].drop_nulls().unique()]


def _runs(texts: Iterable[str]) -> Iterator[tuple[str, ...]]:
    r"""Yield the words in a row of each text, one more than an edit may copy.

    >>> sorted(_runs([r'"A\nb c d, e f g h"']))
    [('a', 'b', 'c', 'd', 'e', 'f', 'g'), ('b', 'c', 'd', 'e', 'f', 'g', 'h')]
    """
    n = MAX_COPIED_WORDS + 1
    for text in texts:
        words = _WORD.findall(_ESCAPED.sub(" ", text).casefold())
        yield from (tuple(words[at : at + n]) for at in range(len(words) - n + 1))
