"""Who leads to whom: what the records of the ledger say of each other, both ways, read once."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from workbench.loop.chain.kinds import KINDS, ORDER, Key, Line
from workbench.store import Workspace

Links = dict[Key, set[Key]]


@dataclass(slots=True)
class Graph:
    """Links between keys, and what the ledger says of each key."""

    forward: Links = field(default_factory=dict)
    back: Links = field(default_factory=dict)
    beside: Links = field(default_factory=dict)
    lines: dict[Key, Line] = field(default_factory=dict)

    def link(self, one: Key, other: Key) -> None:
        """Note that one leads to the other."""
        self.forward.setdefault(one, set()).add(other)
        self.back.setdefault(other, set()).add(one)

    def put_beside(self, one: Key, other: Key) -> None:
        """Note that two belong together."""
        self.beside.setdefault(one, set()).add(other)
        self.beside.setdefault(other, set()).add(one)

    def place(self, key: Key) -> tuple[int, bool, float, str]:
        """Return where a key stands among others: by kind, then by time, as ids are digests and tell no order."""
        at = self.lines[key].at if key in self.lines else None
        return ORDER.index(key.kind), at is None, at.timestamp() if at else 0.0, key.id


def read_ledger(workspace: Workspace) -> Graph:
    """Return all that the ledger says, of each record its newest revision."""
    graph = Graph()
    for kind in KINDS:
        revisions = workspace.ledger.revisions(kind.record)
        newest = {record.id: record for record in revisions}
        graph.lines |= {Key(kind.name, one): kind.line(record) for one, record in newest.items()}
        for record in revisions if kind.is_by_history else newest.values():
            key = Key(kind.name, record.id)
            for other in kind.comes_from(record):
                graph.link(other, key)
            for other in kind.leads_to(record):
                graph.link(key, other)
            for beside in kind.beside(record):
                graph.put_beside(key, beside.key)
                if beside.line is not None:
                    graph.lines.setdefault(beside.key, beside.line)
    _lead_verdicts_on(graph)
    return graph


def _lead_verdicts_on(graph: Graph) -> None:
    """Lead each verdict on a trace, a cluster or a cause to the issue that came of the same cluster or cause."""
    for verdict in [key for key in graph.lines if key.kind == "verdict"]:
        for judged in graph.back.get(verdict, set()):
            if judged.kind in {"cluster", "cause"}:
                for issue in [key for key in graph.forward.get(judged, set()) if key.kind == "issue"]:
                    graph.link(verdict, issue)


def reached(links: Links, starts: Iterable[Key]) -> set[Key]:
    """Return the starts, and all that links lead to from them; circles do no harm."""
    found, waiting = set(starts), list(starts)
    while waiting:
        for other in links.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found
