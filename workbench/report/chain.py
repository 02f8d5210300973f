"""The evidence chain of an id as a table to read down: back to production, then forward to a release."""

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
"""What stands above each part of a chain."""
_MANY = {"branch": "branches"}
_COLUMNS = ("part", "depth", "kind", "id", "what", "state", "at", "is_again", "n_more")
_INDENT = "\u2003"
"""An em space a link: a cell's own spaces are folded into one."""
_ID_CHARACTERS = 60


def chain_table(tree: pl.DataFrame) -> Block:
    """Return the chain of an id, one row a link, indented by how far it is from the id; words of a trace in borders.

    Parameters
    ----------
    tree
        Lines of a chain in loop.chain.TREE, in the order in which they are read.
    """
    require(tree, _COLUMNS, of="report.chain_table")
    rows = [_row(row) for row in tree.iter_rows(named=True)]
    start = tree.row(0, named=True) if tree.height else {"kind": "id"}
    caption = f"What did this {start['kind']} come from, and what came of it?"
    return complete_table(words("direction", "link", "what it is", "state", "when"), rows, caption=caption, of="link")


def counted(kind: str, n: int, *, more: bool = False) -> str:
    """Return how many of a kind there are.

    >>> counted("branch", 2), counted("trace", 3112, more=True)
    ('2 branches', '3,112 more traces')
    """
    word = kind if n == 1 else _MANY.get(kind, f"{kind}s")
    return f"{formats.count(n)} more {word}" if more else f"{formats.count(n)} {word}"


def _row(row: Mapping[str, Any]) -> tuple[Html | str, ...]:
    indent = _INDENT * row["depth"]
    if row["id"] is None:
        return _part(row), muted(f"{indent}… and {counted(row['kind'], row['n_more'], more=True)}"), "", "", ""
    link = join([muted(f"{indent}{row['kind']} "), _id(row)])
    if row["is_again"]:
        return _part(row), link, muted("as above"), "", ""
    state = badge(formats.words(row["state"])) if row["state"] else ""
    return _part(row), link, said(row["what"]) if row["what"] else "", state, muted(_when(row))


def _id(row: Mapping[str, Any]) -> Html:
    """Return an id; those of traces and sessions are words of strangers."""
    return said(row["id"], limit=_ID_CHARACTERS) if row["kind"] in {"trace", "session"} else muted(row["id"])


def _part(row: Mapping[str, Any]) -> Html:
    return muted(HEADINGS.get(row["part"], "").partition(" ")[0].lower())


def _when(row: Mapping[str, Any]) -> str:
    return formats.moment(row["at"]) if row["at"] else ""
