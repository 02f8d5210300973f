"""What changes were developed on, and what their prompts say: on neither may they be judged."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from workbench.changes.app_files import read_text
from workbench.experiments.leakage import Example, examples_in
from workbench.loop.named import app_of
from workbench.records import ERASED, Change
from workbench.store import Workspace

_N_DIGEST = 64
"""Digits that stand in the ledger for a text whose words are not there any more."""


class Development(NamedTuple):
    """What changes for some issues were developed on."""

    change_ids: tuple[str, ...]
    """The changes."""
    traces: tuple[str, ...]
    """Their development traces; those of users who were erased are left out."""


def changes_for(workspace: Workspace, issue_ids: Collection[str]) -> list[Change]:
    """Return the changes for some issues, or all where none is named; those that were given up taught somebody too."""
    ids = set(issue_ids)
    return [one for one in workspace.ledger.latest(Change) if not ids or not ids.isdisjoint(one.issue_ids)]


def development_of(changes: Collection[Change]) -> Development:
    """Return what changes were developed on: the traces that they were written from."""
    named = dict.fromkeys(one for change in changes for one in (*change.development, *change.shown))
    traces = tuple(one for one in named if one != ERASED and not _is_digest(one))
    return Development(tuple(change.id for change in changes), traces)


def examples_of(workspace: Workspace, changes: Collection[Change]) -> Iterator[Example]:
    """Yield what the prompts of changes say, of each version that they start from and make; each text once.

    Raises
    ------
    RepositoryError
        If the app's repository cannot be read.
    """
    if not changes:
        return
    repository, seen = app_of(workspace), set[str]()
    for commit in dict.fromkeys(one for change in changes for one in (change.commit, change.base) if one):
        for path, content in sorted(repository.contents(commit).items()):
            if repository.kind_of(path) != "prompt":
                continue
            for example in examples_in(path, read_text(content)):
                if example.text not in seen:
                    seen.add(example.text)
                    yield example


def _is_digest(text: str) -> bool:
    return len(text) == _N_DIGEST and set(text) <= set("0123456789abcdef")
