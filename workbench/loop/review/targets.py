"""What the verdicts of a file are about: what is in the store, by its id or, in a line by hand, its beginning.

A verdict on what is not there would count nowhere and be found by nobody, until something of that name came.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

import polars as pl

from workbench.errors import RecordError
from workbench.loaders.batch import Refused
from workbench.loaders.verdicts import Given
from workbench.records import Cause, Issue, Verdict, verdict_id
from workbench.schemas import CLUSTERS, SPANS
from workbench.store import Workspace

UNKNOWN = "unknown_id"
LEAST_CHARACTERS = 4
"""Of the beginning of an id, as `workbench trace` asks for."""
_TABLES = {"trace": (SPANS, "trace_id"), "cluster": (CLUSTERS, "cluster_id")}


def on_what_is_there(workspace: Workspace, given: Sequence[Given]) -> tuple[list[Given], list[Refused]]:
    """Return the verdicts of a file on what is in the store, with ids in full, and refusals of the others; read-only.

    What the ledger has already stays as it is: what it was on may have gone since.
    """
    held = {verdict.id for verdict in workspace.ledger.latest(Verdict)}
    new = [one for one in given if one.verdict.id not in held]
    there = {
        kind: sorted(_there(workspace, kind, [one for one in new if one.verdict.target_kind == kind]))
        for kind in {one.verdict.target_kind for one in new}
    }
    kept: list[Given] = []
    refused: list[Refused] = []
    for one in given:
        try:
            kept.append(one if one.verdict.id in held else _placed(one, there[one.verdict.target_kind]))
        except RecordError as error:
            refused.append(one.refuse(error))
    return kept, refused


def _there(workspace: Workspace, kind: str, given: Sequence[Given]) -> Iterable[str]:
    """Return the ids of a kind in the store, of traces and clusters those that may be meant."""
    if kind not in _TABLES:
        return (one.id for one in workspace.ledger.latest(Cause if kind == "cause" else Issue))
    table, column = _TABLES[kind]
    is_meant = pl.col(column).is_in([one.verdict.target_id for one in given])
    for start in {one.verdict.target_id for one in given if one.is_by_hand}:
        is_meant |= pl.col(column).str.starts_with(start)
    ids: list[str] = (
        workspace.telemetry.scan(table).filter(is_meant).select(column).unique().collect()[column].to_list()
    )
    return ids


def _placed(one: Given, there: Sequence[str]) -> Given:
    """Return a verdict on the target that is meant.

    Raises
    ------
    RecordError
        If it is not there, or several are meant.
    """
    verdict = one.verdict
    fits = list(_fitting(verdict.target_id, there, may_begin=one.is_by_hand))
    if len(fits) == 1:
        return one if fits[0] == verdict.target_id else one._replace(verdict=_on(verdict, fits[0]))
    if fits:
        said = f"target_id is the beginning of {len(fits):,} ids of a {verdict.target_kind}: give more of it"
        raise RecordError(said, reason=UNKNOWN)
    said = f"target_id is that of no {verdict.target_kind} here"
    come = ": ingest it first, and give the file again" if verdict.target_kind == "trace" else ""
    raise RecordError(said + come, reason=UNKNOWN)


def _fitting(target_id: str, there: Sequence[str], *, may_begin: bool) -> Iterator[str]:
    """Yield the ids that a name fits, of ids in order: that in full alone, or all that begin so."""
    first = bisect_left(there, target_id)
    if there[first : first + 1] == [target_id]:
        yield target_id
    elif may_begin and len(target_id) >= LEAST_CHARACTERS:
        yield from takewhile(lambda one: one.startswith(target_id), there[first:])


def _on(verdict: Verdict, target_id: str) -> Verdict:
    """Return a verdict on another target, with the id that follows."""
    own_id = verdict_id(
        verdict.target_kind,
        target_id,
        cluster_id=None if verdict.target_kind == "cluster" else verdict.cluster_id,
        annotator=verdict.annotator,
        review_id=verdict.review_id,
        is_adjudication=verdict.is_adjudication,
    )
    return replace(verdict, id=own_id, target_id=target_id)
