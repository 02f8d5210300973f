"""What the simulated year must show: each fault one issue that goes its way, and no growth faster than the traffic."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np

from workbench.records import Change, Issue, Watch
from workbench.store import Workspace

WAYS: Mapping[str, tuple[str, ...]] = {
    "citation_error": ("shipped", "watching", "resolved"),
    "premature_end": ("shipped", "watching", "reopened", "shipped", "watching", "resolved"),
    "jurisdiction_confusion": ("shipped", "watching", "resolved", "reopened", "shipped", "watching", "resolved"),
    "truncated_answer": (),
}
"""Where each fault's issue goes after people confirmed it, but for the states in which it is worked on."""
OF_THE_WAY = ("shipped", "watching", "resolved", "reopened")
MOST = 1.25
"""Times as much as before that a trace may add to the workspace; as the growth of the traffic, for seconds."""


class Week(NamedTuple):
    """What one week's run took, and where things stood after it."""

    number: int
    n_traces: int
    """Until then."""
    seconds: Mapping[str, float]
    """CPU seconds of this process, by step."""
    n_bytes: int
    """Of the workspace."""
    peak_mb: float
    """The most memory that the process has had until then."""
    states: Mapping[str, str]
    """By fault that people know: where its issue stands."""
    ids: Mapping[str, tuple[str, ...]]
    """By fault: the issues of its detector that are that fault for most of their traces."""


class Way(NamedTuple):
    """What became of one fault."""

    fault: str
    issue_id: str
    """The issue that people know it as; while they know none, the one that was proposed first."""
    states: tuple[str, ...]
    """Of OF_THE_WAY, one after the other."""
    n_weeks: int
    """Weekly runs that had a cluster which is the fault."""
    n_known: int
    """Of these, those in which the issue that people know went on in one."""
    others: tuple[str, ...]
    """Other issues of its detector that were the fault in any run."""


class Quarters(NamedTuple):
    """A figure of the weekly runs, its mean in each quarter."""

    name: str
    values: tuple[float, ...]
    goal: float
    """How many times as much as in the second quarter it may be in the last; the first's window is not full yet."""

    @property
    def growth(self) -> float:
        """Return how many times as much it is."""
        return self.values[3] / self.values[1]


def ways(weeks: Sequence[Week], workspace: Workspace, issues: Mapping[str, str]) -> list[Way]:
    """Return what became of each fault; `issues` are those that people know each as."""
    told = []
    for fault in WAYS:
        seen = [week.ids[fault] for week in weeks if week.ids[fault]]
        known = issues.get(fault) or (seen[0][0] if seen else "")
        every = [one.state for one in workspace.ledger.history(Issue, known)]
        states = tuple(state for state, _ in groupby(every) if state in OF_THE_WAY)
        others = tuple(sorted({one for ids in seen for one in ids} - {known}))
        told.append(Way(fault, known, states, len(seen), sum(known in ids for ids in seen), others))
    return told


def quarters(weeks: Sequence[Week]) -> list[Quarters]:
    """Return what a run took, step by step and in all, and what a trace added to the workspace."""
    parts = [[weeks[place] for place in part] for part in np.array_split(np.arange(len(weeks)), 4)]
    traffic = parts[3][-1].n_traces / parts[1][-1].n_traces
    steps = {
        name: tuple(float(np.mean([one.seconds[name] for one in part])) for part in parts) for name in weeks[0].seconds
    }
    whole = tuple(float(np.mean([sum(one.seconds.values()) for one in part])) for part in parts)
    firsts = [Week(-1, 0, {}, 0, 0.0, {}, {}), *(part[-1] for part in parts)]
    added = tuple((b.n_bytes - a.n_bytes) / (b.n_traces - a.n_traces) for a, b in pairwise(firsts))
    return [
        *(Quarters(f"CPU seconds of {name}", steps[name], traffic) for name in steps if name != "people"),
        Quarters("CPU seconds of a run", whole, traffic),
        Quarters("bytes that a trace adds", added, MOST),
    ]


def faults_of(told: Sequence[Way], workspace: Workspace) -> Iterator[str]:
    """Yield what is not as it must be of the issues."""
    for way in told:
        if way.states != WAYS[way.fault]:
            yield f"{way.fault}: went {' > '.join(way.states)}, must go {' > '.join(WAYS[way.fault])}"
        if way.n_known < way.n_weeks:
            yield f"{way.fault}: its issue went on in {way.n_known} of {way.n_weeks} runs that found it"
    yield from _unlinked(told, workspace)


def _unlinked(told: Sequence[Way], workspace: Workspace) -> Iterator[str]:
    """Yield the issues that came back without naming the watch, and the change that failed."""
    changes = {one.id for one in workspace.ledger.latest(Change)}
    watches = {one.id for one in workspace.ledger.latest(Watch)}
    for way in told:
        for one in workspace.ledger.history(Issue, way.issue_id):
            names = any(change in one.reason for change in changes)
            if one.state == "reopened" and not (names and set(one.evidence) <= watches):
                yield f"{way.fault}: reopened on {one.evidence}: {one.reason}"
