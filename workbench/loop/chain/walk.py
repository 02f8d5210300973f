"""The chain of an id: all that it came from in production and all that came of it up to a release, in one call.

Which change was made for a trace, and which traces a change was made for, is one question asked from two ends: whatever
is in the chain of an id has that id in its own chain. The ledger and the tables are read once each, not once a link.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import polars as pl

from workbench.errors import ConfigError
from workbench.loop.chain import tables
from workbench.loop.chain.graph import Graph, Links, reached, read_ledger
from workbench.loop.chain.kinds import ASIDE, ORDER, Key, Line
from workbench.schemas import Time
from workbench.store import Workspace

FAN_OUT = 10
"""Links of one kind that are shown of each node, the rest is counted: what fits a screen under one heading."""
LEAST_CHARACTERS = 4
"""Of the beginning of an id: fewer, and everything begins so. Git asks for four as well."""
MOST_NAMED = 5
"""Ids that an ambiguous beginning is answered with."""


class Linked(NamedTuple):
    """What a node is linked to in one direction."""

    keys: tuple[Key, ...] = ()
    """Those that the chain holds."""
    more: Mapping[str, int] = {}
    """How many more there are, by kind, that it leaves out."""


class Node(NamedTuple):
    """One link of a chain."""

    kind: str
    """trace, finding, cluster, issue, change, ...: one of `kinds.ORDER`."""
    id: str
    line: Line
    """What it is, where it stands and since when."""
    comes_from: Linked = Linked()
    """What of the chain leads to it."""
    leads_to: Linked = Linked()
    """What of the chain comes of it."""
    beside: Linked = Linked()
    """Its review, commits and branch; of those, whose they are."""

    @property
    def key(self) -> Key:
        """Its name."""
        return Key(self.kind, self.id)


class Chain(NamedTuple):
    """All that an id came from, and all that came of it."""

    start: Key
    """The id that was asked for."""
    nodes: Mapping[Key, Node]
    """From production on; of many alike the first few of each node, see `n`."""
    n: Mapping[str, int]
    """How many there are in all, by kind, in the order of the loop."""

    def frame(self) -> pl.DataFrame:
        """Return one row a node: kind, id, what, state, at."""
        rows = [(node.kind, node.id, *node.line) for node in self.nodes.values()]
        names = ("kind", "id", "what", "state")
        return pl.DataFrame(rows, schema={**dict.fromkeys(names, pl.String()), "at": Time}, orient="row")


def chain(workspace: Workspace, any_id: str, *, fan_out: int = FAN_OUT) -> Chain:
    """Return what an id came from and what came of it, from the trace to the decision on a release; read-only.

    Parameters
    ----------
    workspace
        Its ledger and tables are read.
    any_id
        The id of anything in ORDER, from a trace to a decision, a commit and a branch among them; or the beginning of
        one, where only one begins so.
    fan_out
        Links of one kind that are given of each node; the rest is counted.

    Raises
    ------
    ConfigError
        If nothing, or more than one thing, has that id.
    ValueError
        If `fan_out` is below 1.
    """
    if fan_out < 1:
        raise ValueError(f"fan_out == {fan_out}, must be at least 1")
    graph = read_ledger(workspace)
    start = _find(workspace, graph, any_id)
    within = _within(workspace, graph, start)
    chosen = _kept(graph, start, within, fan_out=fan_out)
    lines = graph.lines | tables.lines(workspace.telemetry, chosen)
    kept = chosen & lines.keys()
    if start not in kept:  # erased since it was found
        raise _unknown(any_id)
    nodes = [_node(graph, key, lines[key], within=within, kept=kept) for key in kept]
    return Chain(start, {node.key: node for node in sorted(nodes, key=_place)}, _counted(within))


def _find(workspace: Workspace, graph: Graph, any_id: str) -> Key:
    exact = sorted(key for key in graph.lines if key.id == any_id)
    if exact:  # before what strangers named: the id of a trace may be any text
        return exact[0]
    if not any_id:
        raise _unknown(any_id)
    found = tables.begins_with(workspace.telemetry, any_id)
    exact = [key for key in found if key.id == any_id]
    if exact:
        return exact[-1]  # a trace rather than the session of the same name
    if len(any_id) < LEAST_CHARACTERS:
        raise _unknown(any_id)
    found += sorted(key for key in graph.lines if key.id.startswith(any_id))
    if not found:
        raise _unknown(any_id)
    if len(found) > 1:
        named = ", ".join(f"{key.kind} {key.id}" for key in found[:MOST_NAMED])
        more = f" and {len(found) - MOST_NAMED:,} more" if len(found) > MOST_NAMED else ""
        raise ConfigError(f"{any_id!r} is the beginning of {named}{more}", fix="give more of the id")
    return found[0]


def _unknown(any_id: str) -> ConfigError:
    return ConfigError(
        f"nothing here has the id {any_id!r}, or it was erased",
        fix=f"give the id of a {', '.join(ORDER[:-1])} or {ORDER[-1]} of this workspace, or at least its first "
        f"{LEAST_CHARACTERS} characters; reports and `--json` name them",
    )


def _within(workspace: Workspace, graph: Graph, start: Key) -> set[Key]:
    """Return all that is in the chain, and note in the graph what the tables say of it.

    What lies beside the chain, such as a review, has no way of its own: its chain is that of all that it belongs to.
    """
    starts = {start, *(graph.beside.get(start, ()) if start.kind in ASIDE else ())}
    before, after = _back(workspace, graph, starts), _on(workspace, graph, starts)
    found = starts | before | after
    in_tables = {key for key in found if key not in graph.lines}
    there = (found - in_tables) | tables.there(workspace.telemetry, in_tables)
    return there | {other for key in there for other in graph.beside.get(key, ()) if other in graph.lines}


def _on(workspace: Workspace, graph: Graph, starts: set[Key]) -> set[Key]:
    """Return all that comes of the starts: first by the tables, up to clusters, then by the ledger."""
    for edge in tables.edges_on(workspace.telemetry, starts):
        graph.link(*edge)
    return reached(graph.forward, starts)


def _back(workspace: Workspace, graph: Graph, starts: set[Key]) -> set[Key]:
    """Return all that the starts come from: first by the ledger, down to clusters, then by the tables."""
    for edge in tables.edges_back(workspace.telemetry, reached(graph.back, starts)):
        graph.link(*edge)
    return reached(graph.back, starts)


def _kept(graph: Graph, start: Key, within: set[Key], *, fan_out: int) -> set[Key]:
    """Return what is shown: of each node the first few of each kind, back from the start and forward from it."""
    owners = _first(graph, graph.beside.get(start, set()) & within, fan_out=fan_out) if start.kind in ASIDE else []
    starts = {start, *owners}
    back, forward = (
        _shown(graph, links, starts, within=within, fan_out=fan_out) for links in (graph.back, graph.forward)
    )
    kept = starts | back | forward
    # All that belongs to a link: a candidate has few commits, and the merged one must be among those that are shown.
    return kept | {other for key in kept if key.kind not in ASIDE for other in graph.beside.get(key, set()) & within}


def _shown(graph: Graph, links: Links, starts: Iterable[Key], *, within: set[Key], fan_out: int) -> set[Key]:
    shown, waiting = set(starts), deque(sorted(starts))
    while waiting:
        ahead = links.get(waiting.popleft(), set()) & within
        new = [other for other in _first(graph, ahead, fan_out=fan_out) if other not in shown]
        shown.update(new)
        waiting.extend(new)
    return shown


def _first(graph: Graph, others: Iterable[Key], *, fan_out: int) -> list[Key]:
    """Return the first few of each kind: the earliest, where the ledger says when."""
    by_kind: dict[str, list[Key]] = {}
    for other in sorted(others, key=graph.place):
        by_kind.setdefault(other.kind, []).append(other)
    return [other for of_kind in by_kind.values() for other in of_kind[:fan_out]]


def _node(graph: Graph, key: Key, line: Line, *, within: set[Key], kept: set[Key]) -> Node:
    ahead = (links.get(key, set()) & within for links in (graph.back, graph.forward, graph.beside))
    linked = (Linked(tuple(sorted(others & kept, key=graph.place)), _counted(others - kept)) for others in ahead)
    return Node(*key, line, *linked)


def _counted(keys: Iterable[Key]) -> dict[str, int]:
    n = Counter(key.kind for key in keys)
    return {kind: n[kind] for kind in ORDER if n[kind]}


def _place(node: Node) -> tuple[int, bool, float, str]:
    at = node.line.at
    return ORDER.index(node.kind), at is None, at.timestamp() if at else 0.0, node.id
