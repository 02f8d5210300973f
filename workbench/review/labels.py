"""What was said of each thing: the labels that were given first, and those that stand.

How far people agree is told by what each said before knowing of the others; what is so, by what stands in the end.
"""

from collections.abc import Iterable
from dataclasses import replace

from workbench.records import Verdict


def first_labels(revisions: Iterable[Verdict]) -> list[Verdict]:
    """Return of each verdict the revision that was given first, in the order in which they were given.

    What was withdrawn before anybody else labelled the same was a slip: it counts as never said. Once another's label
    is there it may have been seen, and what is said anew agrees with it all too well: the first one counts again. What
    decides between annotators is no first label, as it was given with the others' before the eyes.

    Parameters
    ----------
    revisions
        Verdicts in all their revisions, oldest first.
    """
    first: dict[str, Verdict] = {}
    taken_back: dict[str, Verdict] = {}
    annotators: dict[tuple[str | None, ...], set[str]] = {}
    for verdict in revisions:
        if verdict.is_adjudication:
            continue
        said_by = annotators.setdefault(_about(verdict), set())
        if verdict.label != "withdrawn":
            first.setdefault(verdict.id, taken_back.get(verdict.id, verdict))
            said_by.add(verdict.annotator)
        elif (slip := first.pop(verdict.id, None)) is not None and said_by > {verdict.annotator}:
            taken_back[verdict.id] = slip
    return list(first.values())


def _about(verdict: Verdict) -> tuple[str | None, ...]:
    """Return what a verdict is about, and in which review: in another one nobody is shown it."""
    return verdict.review_id, verdict.target_kind, verdict.cluster_id, verdict.target_id


def standing(revisions: Iterable[Verdict]) -> list[Verdict]:
    """Return of each verdict the revision that stands, in the order of their first; withdrawn ones are left out."""
    newest = {verdict.id: verdict for verdict in revisions}
    return [verdict for verdict in newest.values() if verdict.label != "withdrawn"]


def judgements(revisions: Iterable[Verdict]) -> list[Verdict]:
    """Return the revisions that were not taken back, oldest first: what an undo after an undo takes back is the last.

    A flag judges nothing: it is on all that was said of its item, and no undo takes it back.

    Parameters
    ----------
    revisions
        Verdicts of one annotator in all their revisions, oldest first.
    """
    given: list[Verdict] = []
    newest: dict[str, Verdict] = {}
    for verdict in revisions:
        before, newest[verdict.id] = newest.get(verdict.id), verdict
        if before is not None and _is_flag(verdict, before):
            given = [replace(one, is_flagged=verdict.is_flagged) if one.id == verdict.id else one for one in given]
        elif not verdict.is_undo:
            given.append(verdict)
        elif given:
            given.pop()
    return given


def _is_flag(verdict: Verdict, before: Verdict) -> bool:
    """Return whether a revision says of the one before it only that others should look, or need not."""
    same = replace(before, is_flagged=verdict.is_flagged, is_undo=verdict.is_undo, at=verdict.at)
    return verdict.is_flagged != before.is_flagged and verdict == same
