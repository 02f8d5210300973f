"""What simulated reviewers say of a simulated world: they know its truth, and err as people do.

They fill the review of the sample where nobody is there to do it, and let what is estimated from verdicts be held
against what was planted. Their names say that they are simulated, wherever a verdict of theirs is shown.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from workbench.records import Cause, Severity
from workbench.simulate.draws import generator, happens, pick

Label = Literal["confirmed", "rejected", "uncertain"]

MARK = "(simulated)"
"""The end of a simulated reviewer's name."""
LEAST_SHARE = 0.5
"""Of a cluster's traces: from here on a simulated reviewer holds that its issue deserves a change."""
_CODES: Mapping[str, tuple[str, ...]] = {
    "latency_regression": ("far too slow", "slow answer"),
    "jurisdiction_confusion": ("federal law in a state court", "wrong jurisdiction", "mixes federal and state law"),
    "premature_end": ("gave up without an answer", "no answer at all"),
    "search_loop": ("same search again and again", "search loop"),
    "citation_error": ("citation does not exist", "wrong citation"),
    "truncated_answer": ("cut off in mid-sentence", "answer cut off"),
    "failed_outcome": ("not what the user needed",),
}
"""What reviewers call the faults of the sample in their own words."""
_SEVERITIES: Mapping[str, Severity] = {
    "jurisdiction_confusion": "high",
    "citation_error": "high",
    "premature_end": "high",
    "latency_regression": "low",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """One simulated reviewer, and how they err."""

    name: str
    """Their name, which says that they are simulated."""
    miss_share: float = 0.05
    """Share of the problems that they overlook."""
    alarm_share: float = 0.05
    """Share of what is in order that they take for a problem."""
    doubt_share: float = 0.04
    """Share of which they are not sure."""
    seconds: float = 14.0
    """What they need for an item."""


REVIEWERS = (
    Reviewer(name=f"Ada {MARK}", miss_share=0.03, alarm_share=0.02, seconds=16.0),
    Reviewer(name=f"Ben {MARK}", miss_share=0.08, alarm_share=0.04, seconds=11.0),
    Reviewer(name=f"Cleo {MARK}", miss_share=0.05, alarm_share=0.08, doubt_share=0.08),
)
"""The reviewers of the sample: careful, quick, and wary."""


class Truth(NamedTuple):
    """What is so in a simulated world."""

    faults: Mapping[str, str]
    """The planted fault of each trace that has one, by trace."""
    slices: Mapping[str, Collection[str]]
    """Where each fault was planted: the values of its slice's attributes, by fault."""
    members: Mapping[str, Sequence[str]]
    """The traces of each cluster."""
    causes: Mapping[str, Cause]
    """The proposed causes, by id."""


class Answer(NamedTuple):
    """What one reviewer says of one item."""

    label: Label
    code: str = ""
    """The problem in their words."""
    explanation: str = ""
    severity: Severity | None = None
    """Of an issue."""


def answer(
    reviewer: Reviewer, *, kind: str, target_id: str, cluster_id: str | None, truth: Truth, seed: int = 0
) -> Answer:
    """Return what a simulated reviewer says of an item; deterministic given all this.

    Parameters
    ----------
    reviewer
        Who is asked.
    kind
        trace, cause or issue.
    target_id
        The trace's, the cause's or the issue's id.
    cluster_id
        The cluster that it is shown in; None for a trace that no detector found.
    truth
        What is so.
    seed
        Seed of the errors.
    """
    rng = generator(seed, "review", reviewer.name, kind, cluster_id, target_id)
    if happens(rng, reviewer.doubt_share):
        return Answer("uncertain", explanation="I cannot tell from this alone.")
    fault = truth.faults.get(target_id) if kind == "trace" else main_fault(cluster_id, truth)
    is_so = _is_cause(truth.causes.get(target_id), fault, truth) if kind == "cause" else fault is not None
    if happens(rng, reviewer.miss_share if is_so else reviewer.alarm_share):
        is_so = not is_so
    label: Label = "confirmed" if is_so else "rejected"
    if kind == "issue" and is_so:
        return Answer(label, severity=_SEVERITIES.get(fault or "", "medium"))
    if kind == "trace" and is_so:
        return Answer(label, code=pick(rng, _CODES.get(fault or "", ("looks odd",))))
    return Answer(label)


def main_fault(cluster_id: str | None, truth: Truth) -> str | None:
    """Return the fault that most of a cluster's faulty traces have, where LEAST_SHARE of its traces have one."""
    members = truth.members.get(cluster_id or "", ())
    counts = Counter(truth.faults[trace_id] for trace_id in members if trace_id in truth.faults)
    if not members or counts.total() < LEAST_SHARE * len(members):
        return None
    return max(sorted(counts), key=lambda fault: counts[fault])


def _is_cause(cause: Cause | None, fault: str | None, truth: Truth) -> bool:
    """Return whether a cause names an attribute value of the slice in which the fault was planted."""
    where = truth.slices.get(fault or "", ())
    return cause is not None and any(value in where for value in cause.values)
