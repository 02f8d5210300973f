"""What was said of each thing: the labels that were given first, and those that stand.

How far people agree is told by what each said before knowing of the others; what is so, by what stands in the end.
"""

from collections.abc import Iterable

from workbench.records import Verdict


def first_labels(revisions: Iterable[Verdict]) -> list[Verdict]:
    """Return of each verdict the revision that was given first, in the order in which they were given.

    What was withdrawn was a slip: it counts as never said. What decides between annotators is no first label, as it was
    given with the others' before the eyes.

    Parameters
    ----------
    revisions
        Verdicts in all their revisions, oldest first.
    """
    first: dict[str, Verdict] = {}
    for verdict in revisions:
        if verdict.label == "withdrawn":
            first.pop(verdict.id, None)
        elif not verdict.is_adjudication:
            first.setdefault(verdict.id, verdict)
    return list(first.values())


def standing(revisions: Iterable[Verdict]) -> list[Verdict]:
    """Return of each verdict the revision that stands, in the order of their first; withdrawn ones are left out."""
    newest = {verdict.id: verdict for verdict in revisions}
    return [verdict for verdict in newest.values() if verdict.label != "withdrawn"]


def judgements(revisions: Iterable[Verdict]) -> list[Verdict]:
    """Return the revisions that were not taken back, oldest first: what an undo after an undo takes back is the last.

    Parameters
    ----------
    revisions
        Verdicts of one annotator in all their revisions, oldest first.
    """
    given: list[Verdict] = []
    for verdict in revisions:
        if not verdict.is_undo:
            given.append(verdict)
        elif given:
            given.pop()
    return given
