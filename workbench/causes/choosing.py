"""Which candidates become causes, in which order, and with which evidence.

The rule of the order: first what has an effect of its own, then by points, the share of the cluster's traces that have
it less the share elsewhere. A share explained would put what nearly all traces have before what sets the cluster apart.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from workbench.causes.attributes import ATTRIBUTES
from workbench.causes.candidate import Candidate, Extent
from workbench.causes.confounders import compare
from workbench.causes.populations import Marks
from workbench.causes.search import Found
from workbench.causes.statements import MIN_EFFECT, note_on_copies, note_on_others, statement
from workbench.causes.weighing import counted_once, q_values
from workbench.ids import content_id
from workbench.records import Cause, CauseKind
from workbench.stats.intervals import ratio_of_shares

MAX_Q = 0.05
"""The false-discovery rate of a run: of a hundred causes proposed, five may be chance."""
MAX_CAUSES = 6
"""Causes proposed for one cluster, the first ones: what a reviewer reads."""
MAX_OF_ATTRIBUTE = 2
"""Of these, conditions on one and the same set of attributes: runs that fail late have used many tools."""
MAX_OF_KIND: Mapping[CauseKind, int] = {"contrast": 5, "blame": 2, "onset": 1, "phrase": 2}
MAX_COMPARED: Mapping[CauseKind, int] = {**MAX_OF_KIND, "contrast": 8}
"""Candidates of a cluster that are compared with each other: each pair costs a pass over all traces. Of each kind there
are some, since a wrong answer has dozens of phrases that no right one has, and they say nothing of where it happens."""
MAX_LIKELY = 8
"""Candidates of a cluster and search that are looked at more closely."""
MAX_EVIDENCE = 20
"""Traces named as evidence, and as counter-examples: more than a reviewer opens."""

_ORDER = {attribute.name: place for place, attribute in enumerate(ATTRIBUTES)}
_KINDS: tuple[CauseKind, ...] = ("contrast", "onset", "blame", "phrase")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    candidate: Candidate
    q_value: float
    effect: float
    is_shadowed: bool = False
    notes: tuple[str, ...] = field(default=())


class Choice(NamedTuple):
    """The causes of all clusters."""

    causes: tuple[Cause, ...]
    """By cluster id, best first within each."""
    of_copies: frozenset[str]
    """Clusters with a candidate that stood out only until traces of one user or task counted once."""


def choose(found: Found, *, run_id: str, n_traces: Mapping[str, int]) -> Choice:
    """Return the causes of all clusters.

    Parameters
    ----------
    found
        The candidates.
    run_id
        The detection run.
    n_traces
        Traces by cluster.
    """
    likely = _likely(found)
    counted = [_counted(candidate, found) for candidate in likely]
    q = q_values([candidate for candidate, _ in counted], found.n_tests)
    of_cluster: dict[str, list[_Judged]] = defaultdict(list)
    for (candidate, effect), q_value in zip(counted, q, strict=True):
        if q_value <= MAX_Q and _is_lifted(candidate):
            of_cluster[candidate.cluster_id].append(_Judged(candidate=candidate, q_value=float(q_value), effect=effect))
    causes = tuple(
        _cause(judged, found, place=place, run_id=run_id, n_traces=n_traces[cluster_id])
        for cluster_id in sorted(of_cluster)
        for place, judged in enumerate(
            _chosen(_compared(_first_of_kinds(sorted(of_cluster[cluster_id], key=_rank)), found))
        )
    )
    return Choice(causes, frozenset(candidate.cluster_id for candidate in likely) - of_cluster.keys())


def _likely(found: Found) -> list[Candidate]:
    """Return the candidates that may pass, the best of each cluster and search: what copies do costs a pass."""
    if not found.candidates:
        return []
    q = q_values(found.candidates, found.n_tests)
    kept: Counter[tuple[str, str]] = Counter()
    likely = []
    for place in sorted(range(len(q)), key=lambda at: (-found.candidates[at].points, found.candidates[at].conditions)):
        candidate = found.candidates[place]
        key = (candidate.cluster_id, candidate.search)
        if q[place] <= MAX_Q and kept[key] < MAX_LIKELY:
            kept[key] += 1
            likely.append(candidate)
    return likely


def _counted(candidate: Candidate, found: Found) -> tuple[Candidate, float]:
    return counted_once(
        candidate,
        found.extent(candidate),
        members=found.members[candidate.cluster_id],
        population=found.population(candidate),
        facts=found.facts,
    )


def _is_lifted(candidate: Candidate) -> bool:
    return bool(_lift(candidate)[1] > 1)


def _lift(candidate: Candidate) -> tuple[float, float, float]:
    interval = ratio_of_shares(candidate.hits, candidate.n, other_hits=candidate.other_hits, other_n=candidate.other_n)
    share, other_share = candidate.hits / candidate.n, candidate.other_hits / candidate.other_n
    return share / other_share if other_share else np.inf, float(interval.low), float(interval.high)


def _rank(judged: _Judged) -> tuple[object, ...]:
    candidate = judged.candidate
    return (
        judged.is_shadowed,
        -candidate.points,
        _KINDS.index(candidate.kind),
        -_lift(candidate)[1],
        [_ORDER.get(condition.attribute, len(_ORDER)) for condition in candidate.conditions],
        candidate.conditions,
    )


def _first_of_kinds(ranked: Sequence[_Judged]) -> list[_Judged]:
    """Return the first candidates of each kind, in their order."""
    of_kind: Counter[CauseKind] = Counter()
    first = []
    for judged in ranked:
        of_kind[judged.candidate.kind] += 1
        if of_kind[judged.candidate.kind] <= MAX_COMPARED[judged.candidate.kind]:
            first.append(judged)
    return first


def _compared(ranked: Sequence[_Judged], found: Found) -> list[_Judged]:
    """Return the candidates of one cluster with what they share said, parts of conjunctions left out, ranked anew."""
    if not ranked:
        return []
    candidates = [judged.candidate for judged in ranked]
    compared = compare(
        candidates,
        [found.extent(candidate) for candidate in candidates],
        members=found.members[candidates[0].cluster_id],
        populations=[found.population(candidate) for candidate in candidates],
    )
    judged = []
    for at, one in enumerate(ranked):
        if compared.is_part[at]:
            continue
        inside = [candidates[other] for other in compared.vanishes_in[at]]
        alike = [candidates[other] for other in compared.alike[at]]
        notes = [note_on_others(inside, vanishes=True)] if inside else []
        notes += [note_on_others(alike, vanishes=False)] if alike else []
        notes += [note_on_copies(one.candidate, one.effect)] if one.effect >= MIN_EFFECT else []
        judged.append(replace(one, is_shadowed=bool(inside), notes=tuple(notes)))
    return sorted(judged, key=_rank)


def _chosen(ranked: Sequence[_Judged]) -> Iterator[_Judged]:
    of_attributes: Counter[tuple[str, ...]] = Counter()
    of_kind: Counter[CauseKind] = Counter()
    for judged in ranked:
        candidate = judged.candidate
        attributes = tuple(condition.attribute for condition in candidate.conditions)
        has_room = of_kind.total() < MAX_CAUSES and of_kind[candidate.kind] < MAX_OF_KIND[candidate.kind]
        if has_room and of_attributes[attributes] < MAX_OF_ATTRIBUTE:
            of_attributes[attributes] += 1
            of_kind[candidate.kind] += 1
            yield judged


def _cause(judged: _Judged, found: Found, *, place: int, run_id: str, n_traces: int) -> Cause:
    candidate = judged.candidate
    extent, members = found.extent(candidate), found.members[candidate.cluster_id]
    population = found.population(candidate)
    evidence = _named(extent, members & population, found)
    lift, lift_low, lift_high = _lift(candidate)
    share, other_share = candidate.hits / candidate.n, candidate.other_hits / candidate.other_n
    step = candidate.step
    return Cause(
        # By its place: a digest of values would let whoever has the id test a guess of them, erased or not.
        id=content_id("cau", candidate.cluster_id, candidate.kind, str(place)),
        run_id=run_id,
        cluster_id=candidate.cluster_id,
        kind=candidate.kind,
        attributes=tuple(condition.attribute for condition in candidate.conditions),
        values=tuple(condition.value for condition in candidate.conditions),
        statement=statement(candidate, n_traces=n_traces if candidate.search in {"value", "slice"} else candidate.n),
        notes=judged.notes,
        n_cluster_with=candidate.hits,
        n_cluster=candidate.n,
        n_rest_with=candidate.other_hits,
        n_rest=candidate.other_n,
        lift=lift,
        lift_low=lift_low,
        lift_high=lift_high,
        p_value=candidate.p_value,
        q_value=judged.q_value,
        share_explained=min(1.0, max(0.0, (share - other_share) / (1 - other_share))) if other_share < 1 else 0.0,
        onset_at=step.at if step else None,
        onset_low_at=step.low_at if step else None,
        onset_high_at=step.high_at if step else None,
        evidence=evidence,
        counter_examples=_named(extent, population & ~members, found),
        spans=tuple(found.blamed.spans[trace_id] for trace_id in evidence) if candidate.kind == "blame" else (),
        quotes=tuple(condition.value for condition in candidate.conditions) if candidate.kind == "phrase" else (),
    )


def _named(extent: Extent, among: Marks, found: Found) -> tuple[str, ...]:
    """Return the ids of the first traces among some that have what the extent says; traces are numbered by id."""
    places = np.flatnonzero(extent.known & extent.having & among)[:MAX_EVIDENCE]
    return tuple(found.coded.traces.sort("trace")["trace_id"].gather(places))
