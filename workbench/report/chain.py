"""The evidence chain of a problem as a table to read down, from what production did to whether it is gone."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import polars as pl

from workbench.report import formats
from workbench.report.blocks import Block, complete_table, words
from workbench.report.markup import Html, badge, join, muted, said
from workbench.schemas import require

HEADINGS: Mapping[str, str] = MappingProxyType(
    {"back": "Back to production:", "forward": "Forward to a release:", "beside": "Belonging to these:"}
)
"""What stands above each part of a chain, where all of it is printed."""
_MANY = {"branch": "branches"}
MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "trace": "what the app did for one user",
        "session": "one user's visit",
        "finding": "what a detector says of it",
        "cluster": "findings that look alike",
        "cause": "why it may be so",
        "verdict": "what people say of it",
        "issue": "the problem that the team owns",
        "change": "the edit that is made for it",
        "candidate": "changes that travel together",
        "holdout": "cases set apart to judge it",
        "experiment": "the plan, frozen before anything ran",
        "run": "what both versions answered",
        "look": "what was seen of live traffic",
        "withdrawal": "that a person took it back",
        "decision": "what follows from that, and who signed",
        "watch": "whether it is really gone",
    }
)
"""The links of a chain that a reader follows, from production on, and what each is."""
_COLUMNS = ("kind", "id", "what", "state", "at")
_ID_CHARACTERS, _WHAT_CHARACTERS = 60, 120


def chain_table(tree: pl.DataFrame) -> Block:
    """Return the whole way of a problem, one row a kind of link in the order of the loop; words of a trace in borders.

    Of several of a kind the first is shown, and how many stand beside it in the tree. `workbench trace` prints all.

    Parameters
    ----------
    tree
        Lines of a chain in loop.chain.TREE.
    """
    require(tree, _COLUMNS, of="report.chain_table")
    links = tree.drop_nulls("id").unique(["kind", "id"], keep="first", maintain_order=True)
    found = {kind: links.filter(pl.col("kind") == kind) for kind in MEANINGS}
    rows = [_row(kind, of_kind) for kind, of_kind in found.items() if not of_kind.is_empty()]
    names = words("step", "what it is", "state", "when", "id")
    return complete_table(names, rows, caption="The whole way, a link a line", of="link")


def counted(kind: str, n: int, *, more: bool = False) -> str:
    """Return how many of a kind there are.

    >>> counted("branch", 2), counted("trace", 3112, more=True)
    ('2 branches', '3,112 more traces')
    """
    word = kind if n == 1 else _MANY.get(kind, f"{kind}s")
    return f"{formats.count(n)} more {word}" if more else f"{formats.count(n)} {word}"


def _row(kind: str, links: pl.DataFrame) -> tuple[Html | str, ...]:
    first, n_more = links.row(0, named=True), links.height - 1
    state = badge(formats.words(first["state"])) if first["state"] else ""
    what = [said(first["what"], limit=_WHAT_CHARACTERS)] if first["what"] else []
    more = [muted(f"and {counted(kind, n_more, more=True)}")] if n_more else []
    shown = join([*what, *more], " ")
    return join([kind, muted(f", {MEANINGS[kind]}")]), shown, state, muted(_when(first)), _id(first)


def _id(row: Mapping[str, Any]) -> Html:
    """Return an id; those of traces and sessions are words of strangers."""
    return said(row["id"], limit=_ID_CHARACTERS) if row["kind"] in {"trace", "session"} else muted(row["id"])


def _when(row: Mapping[str, Any]) -> str:
    return formats.moment(row["at"]) if row["at"] else ""
