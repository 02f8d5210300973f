"""A chain as the lines of a tree: back to production, forward to a release, and what belongs to both."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from workbench.loop.chain.kinds import ASIDE, Key
from workbench.loop.chain.walk import Chain, Linked, Node
from workbench.schemas import Time

TREE = pl.Schema(
    {
        "part": pl.String(),  # start, back, forward or beside
        "depth": pl.Int64(),  # how many links from the start, whose depth is 0
        "kind": pl.String(),
        "id": pl.String(),  # null in a line that only counts what is left out
        "what": pl.String(),
        "state": pl.String(),
        "at": Time,
        "is_again": pl.Boolean(),  # whether it stands above already, with all that hangs on it
        "n_more": pl.Int64(),  # how many of the kind are left out here, in a line that counts them
    }
)
"""Columns of a tree: one row a line."""


def tree(chain: Chain) -> pl.DataFrame:
    """Return the lines of a chain in TREE, from the start on, in the order in which they are read."""
    rows = [_line("start", 0, chain.nodes[chain.start])]
    rows += _walk(chain.nodes, chain.start, part="back")
    rows += _walk(chain.nodes, chain.start, part="forward")
    named = {Key(row["kind"], row["id"]) for row in rows if row["id"]}
    rows += [_line("beside", 1, node) for node in chain.nodes.values() if node.key not in named]
    return pl.DataFrame(rows, schema=TREE)


def _walk(nodes: Mapping[Key, Node], start: Key, *, part: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of one direction; what comes a second time is not opened again, and no circle is walked twice.

    A review, a commit or a branch has no way of its own: the ways begin with what it belongs to.
    """
    seen = {start}
    waiting = _opened(0, nodes, start, part)
    while waiting:
        depth, key, ahead = waiting.pop()
        if key is None:
            yield from _more(part, depth, ahead)
            continue
        yield _line(part, depth, nodes[key], is_again=key in seen)
        if key not in seen:
            seen.add(key)
            waiting += _opened(depth, nodes, key, part)


def _opened(depth: int, nodes: Mapping[Key, Node], key: Key, part: str) -> list[tuple[int, Key | None, Linked]]:
    """Return what hangs on a node, the last first: its links, and at their end what is left out."""
    node = nodes[key]
    ahead = node.beside if node.kind in ASIDE else node.leads_to if part == "forward" else node.comes_from
    return [(depth + 1, None, ahead), *((depth + 1, one, ahead) for one in reversed(ahead.keys))]


def _line(part: str, depth: int, node: Node, *, is_again: bool = False) -> dict[str, Any]:
    told = {"kind": node.kind, "id": node.id, **node.line._asdict()}
    return {"part": part, "depth": depth, **told, "is_again": is_again, "n_more": 0}


def _more(part: str, depth: int, linked: Linked) -> Iterator[dict[str, Any]]:
    for kind, n_more in linked.more.items():
        counted = {"kind": kind, "id": None, "what": "", "state": "", "at": None}
        yield {"part": part, "depth": depth, **counted, "is_again": False, "n_more": n_more}
