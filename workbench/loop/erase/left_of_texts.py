"""Of the texts that the ledger quotes: which are an erased user's, and which of their words nothing that stays says."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from workbench.boundaries.display import escape, escape_attribute
from workbench.loop.erase.left_of_clusters import Judged, Left
from workbench.records import Cause, Issue, Verdict
from workbench.store import Belongings, Names, Workspace
from workbench.store.ledger import Quoted
from workbench.taxonomy import plain

LEAST_LETTERS = 8
"""Of an id or a text that is looked for in reports: a shorter one is found in everything."""


def texts_of(told: Sequence[Quoted], left: Left, rows: Belongings, names: Names, *, judged: Judged) -> list[Quoted]:
    """Return the quoted texts that are theirs, and of the same text in other revisions of the same record.

    These copies come first, then verdicts: what a kill leaves is led to by the rest.
    """
    theirs = [quoted for quoted in told if left.is_theirs(quoted, rows, names, judged=judged)]
    theirs.sort(key=lambda quoted: quoted.kind != Verdict.KIND)
    digests = {quoted.digest for quoted in theirs}
    same = {(quoted.kind, quoted.record["id"], quoted.text) for quoted in theirs}
    alike = [quoted for quoted in told if (quoted.kind, quoted.record["id"], quoted.text) in same]
    return [*(quoted for quoted in alike if quoted.digest not in digests), *theirs]


def said_only_in(going: Sequence[Quoted], told: Sequence[Quoted]) -> frozenset[str]:
    """Return the texts that go and nothing that stays says, raw and as a page shows them."""
    digests = {quoted.digest for quoted in going}
    staying = {quoted.text for quoted in told if quoted.digest not in digests}
    texts = {quoted.text for quoted in going if len(quoted.text) >= LEAST_LETTERS} - staying
    return frozenset({*texts, *map(escape, texts), *map(escape_attribute, texts)})


def open_codes_only_in(going: Sequence[Quoted], told: Sequence[Quoted]) -> frozenset[str]:
    """Return the open codes among the texts that go, as far as no verdict that stays says the same."""
    digests = {quoted.digest for quoted in going}
    codes = [quoted for quoted in told if quoted.kind == Verdict.KIND and quoted.text == quoted.record.get("code")]
    staying = {plain(quoted.text) for quoted in codes if quoted.digest not in digests}
    return frozenset({plain(quoted.text) for quoted in codes if quoted.digest in digests} - staying - {""})


def judged_of(workspace: Workspace) -> Judged:
    """Return what verdicts can be about, by id: causes as they read, and every revision of an issue."""
    judged: dict[str, list[Mapping[str, Any]]] = {
        cause.id: [msgspec.to_builtins(cause)] for cause in workspace.ledger.latest(Cause)
    }
    for entry in workspace.ledger.entries():
        if entry.kind == Issue.KIND:
            judged.setdefault(entry.id, []).append(msgspec.json.decode(entry.payload))
    return judged
