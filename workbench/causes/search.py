"""The five searches for causes of the clusters of one run: values, slices, onsets, blamed steps and phrases.

Each returns candidates in the same numbers and says how many things it tested, so that they can be weighed together.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from workbench.causes.attributes import coded_attributes
from workbench.causes.blamed import Blamed, blamed_steps
from workbench.causes.candidate import Candidate, Extent, Search, extent_of
from workbench.causes.coded import Coded, encode
from workbench.causes.contrast import Contrast, contrast_coded
from workbench.causes.facts import Facts, find_facts
from workbench.causes.onset import MIN_TRACES, Timeline, find_changes, find_onset_of
from workbench.causes.patterns import find_patterns
from workbench.causes.phrases import phrases_of
from workbench.causes.populations import Marks, marks_of, populations
from workbench.causes.sample import Sample, draw
from workbench.causes.slices import Cluster, find_slices
from workbench.causes.texts import ends_of, read_texts
from workbench.records import CauseKind, Condition

_COUNTS = ("hits", "n", "other_hits", "other_n", "p_value")
_KINDS: Mapping[Search, CauseKind] = {
    "value": "contrast",
    "slice": "contrast",
    "onset": "onset",
    "blame": "blame",
    "phrase": "phrase",
}
_MEMBERS = pl.DataFrame(schema={"cluster_id": pl.String, "detector": pl.String, "trace_id": pl.String})
_FROM_TEXTS = frozenset({"blame", "phrase"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the searches found, and what it stands on."""

    candidates: tuple[Candidate, ...]
    """Those with small p-values."""
    n_tests: Mapping[Search, int]
    """What each search tested."""
    known: pl.DataFrame
    """As of `Contrast.known`: for which attributes each cluster could be compared."""
    coded: Coded
    """The attributes of all traces."""
    read: Coded
    """The blamed steps and phrases of the traces that were read."""
    blamed: Blamed
    """The blamed spans of the traces that were read."""
    ends: pl.DataFrame
    """What the traces that were read were asked and answered: trace_id, input, output."""
    sample: Sample
    """The traces that were read."""
    facts: Facts
    """Time, user and task of all traces."""
    members: Mapping[str, Marks]
    """The traces of each cluster, shape (n,)."""
    populations: Mapping[str, Marks]
    """The traces that each detector could judge, with those of its clusters, shape (n,)."""
    compared: Mapping[str, Marks]
    """The traces whose texts were read for each cluster, its own included, shape (n,)."""

    def extent(self, candidate: Candidate) -> Extent:
        """Return of which traces a candidate is known, and which have it."""
        if candidate.search in _FROM_TEXTS:
            of_read = extent_of(candidate.conditions, self.read)
            marks = [np.zeros(self.coded.traces.height, bool) for _ in range(2)]
            place = self.read.traces.join(self.coded.traces, on="trace_id", how="inner", suffix="_all")
            for marked, said in zip(marks, (of_read.known, of_read.having), strict=True):
                marked[place["trace_all"].to_numpy()] = said[place["trace"].to_numpy()]
            return Extent(known=marks[0], having=marks[1])
        if candidate.step is None:
            return extent_of(candidate.conditions, self.coded)
        started = self.facts.started_us
        since = pl.Series([candidate.step.at]).dt.timestamp("us").item()
        return Extent(known=started >= 0, having=started >= since)

    def population(self, candidate: Candidate) -> Marks:
        """Return the traces that a candidate is compared with, those of its cluster included."""
        if candidate.search in _FROM_TEXTS:
            return self.compared[candidate.cluster_id]
        return self.populations[candidate.detector]


def search(
    members: pl.DataFrame,
    spans: pl.LazyFrame,
    *,
    examined: pl.DataFrame | None,
    circular: Mapping[str, Collection[str]],
) -> Found:
    """Return the candidates of all clusters; read-only, deterministic.

    Parameters
    ----------
    members
        cluster_id, detector, trace_id; no two rows alike.
    spans
        schemas.SPANS of the window.
    examined
        detector, trace_id: what each detector could judge; None is all.
    circular
        Attributes that a detector's judgement itself goes by: tested for none of its clusters.
    """
    coded = coded_attributes(spans)
    facts = find_facts(spans, coded)
    detectors = dict(members.select("cluster_id", "detector").unique().sort("cluster_id").iter_rows())
    marks = marks_of(members, "cluster_id", coded)
    judged = populations(members, examined, coded)
    values = contrast_coded(members, coded, populations=judged, circular=circular)
    slices, n_slices = _slices(coded, detectors, marks, judged, circular)
    onsets, n_onsets = _onsets(coded, facts, detectors, marks, judged)
    sample = draw(marks, detectors, judged, coded)
    ids = coded.traces.sort("trace")["trace_id"]
    texts = read_texts(ids.gather(sample.all_traces()), spans)
    blamed = blamed_steps(texts)
    ends = ends_of(texts)
    phrases = phrases_of(ends)
    steps, said = (_of_read(sample, ids, encode(one)) for one in (blamed.attributes, phrases))
    return Found(
        candidates=(
            *_of_contrast(values, detectors, "value"),
            *slices,
            *onsets,
            *_of_contrast(steps, detectors, "blame"),
            *_of_contrast(said, detectors, "phrase"),
        ),
        n_tests={
            "value": values.n_tests,
            "slice": n_slices,
            "onset": n_onsets,
            "blame": steps.n_tests,
            "phrase": said.n_tests,
        },
        known=values.known,
        coded=coded,
        read=encode(pl.concat([blamed.attributes, _wanted(phrases, said)])),
        blamed=blamed,
        ends=ends,
        sample=sample,
        facts=facts,
        members=marks,
        populations=judged,
        compared=_compared(sample, coded.traces.height),
    )


def _slices(
    coded: Coded,
    detectors: Mapping[str, str],
    marks: Mapping[str, Marks],
    judged: Mapping[str, Marks],
    circular: Mapping[str, Collection[str]],
) -> tuple[list[Candidate], int]:
    patterns = find_patterns(coded)
    weights = {code: patterns.weights(np.flatnonzero(mark)) for code, mark in judged.items()}
    clusters = [
        Cluster(
            cluster_id,
            patterns.weights(np.flatnonzero(mark)),
            weights[detectors[cluster_id]],
            frozenset(circular.get(detectors[cluster_id], ())),
        )
        for cluster_id, mark in marks.items()
    ]
    found = find_slices(patterns, clusters)
    candidates = [
        Candidate(
            cluster_id=one.cluster_id,
            detector=detectors[one.cluster_id],
            kind="contrast",
            search="slice",
            conditions=tuple(Condition(*patterns.values[column]) for column in one.columns),
            **{name: getattr(one, name) for name in _COUNTS},
        )
        for one in found.slices
    ]
    return candidates, found.n_tests


def _onsets(
    coded: Coded,
    facts: Facts,
    detectors: Mapping[str, str],
    marks: Mapping[str, Marks],
    judged: Mapping[str, Marks],
) -> tuple[list[Candidate], int]:
    started, changes = facts.started_us, find_changes(coded, facts.started_us)
    timelines = {code: Timeline(started[mark]) for code, mark in judged.items()}
    found, n_tests = [], 0
    for cluster_id, mark in marks.items():
        timeline, times = timelines[detectors[cluster_id]], started[mark & (started >= 0)]
        if times.size >= MIN_TRACES and timeline.starts.size > 1:
            n_tests += 1
            candidate = find_onset_of(cluster_id, detectors[cluster_id], times, timeline=timeline, changes=changes)
            found += [] if candidate is None else [candidate]
    return found, n_tests


def _of_read(sample: Sample, ids: pl.Series, coded: Coded) -> Contrast:
    """Return the contrasts of what was read, each cluster against the traces that were read for it."""
    own = pl.concat([_MEMBERS, *(_rows(cluster_id, ids.gather(traces)) for cluster_id, traces in sample.own.items())])
    rest = pl.concat([_MEMBERS, *(_rows(cluster_id, ids.gather(traces)) for cluster_id, traces in sample.rest.items())])
    return contrast_coded(own, coded, populations=populations(own, rest, coded))


def _rows(cluster_id: str, trace_ids: pl.Series) -> pl.DataFrame:
    """Return members of a cluster that is compared for itself, as if it had a detector of its own."""
    named = trace_ids.alias("trace_id").to_frame()
    return named.select(cluster_id=pl.lit(cluster_id), detector=pl.lit(cluster_id), trace_id="trace_id")


def _wanted(phrases: pl.DataFrame, said: Contrast) -> pl.DataFrame:
    """Return the phrases that some cluster is told by, and that a trace has none of them."""
    told = said.values.select("attribute", "value").unique()
    having = phrases.join(told, on=["attribute", "value"], how="semi")
    return pl.concat([having, phrases.select("trace_id", "attribute", value=pl.lit(None, pl.String)).unique()])


def _of_contrast(found: Contrast, detectors: Mapping[str, str], of: Search) -> list[Candidate]:
    return [
        Candidate(
            cluster_id=row["cluster_id"],
            detector=detectors[row["cluster_id"]],
            kind=_KINDS[of],
            search=of,
            conditions=(Condition(row["attribute"], row["value"]),),
            same=tuple(Condition(one["attribute"], one["value"]) for one in row["same"]),
            **{name: row[name] for name in _COUNTS},
        )
        for row in found.values.iter_rows(named=True)
    ]


def _compared(sample: Sample, n_traces: int) -> dict[str, Marks]:
    marks = {}
    for cluster_id, own in sample.own.items():
        marks[cluster_id] = np.zeros(n_traces, bool)
        marks[cluster_id][np.concatenate([own, sample.rest[cluster_id]])] = True
    return marks
