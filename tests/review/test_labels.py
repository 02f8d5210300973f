"""What was said first, what stands, and what an undo takes back, by hand-made histories of one or two annotators."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.records import Verdict
from workbench.review import first_labels, judgements, standing

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def said(label: Any, of: str = "ver_1", **given: Any) -> Verdict:
    return Verdict(
        **{"id": of, "target_kind": "trace", "target_id": "t1", "label": label, "explanation": "", "code": ""},
        **{"annotator_kind": "HUMAN", "annotator": "ann", "identity": "typed", "at": NOON, **given},
    )


TAKEN_BACK = said("withdrawn", is_undo=True)
BY_BEN = said("rejected", "ver_ben", annotator="ben")


@pytest.mark.parametrize(
    ("history", "first", "stands"),
    [
        ([said("confirmed")], ["confirmed"], ["confirmed"]),
        ([said("confirmed"), said("rejected")], ["confirmed"], ["rejected"]),
        ([said("confirmed"), TAKEN_BACK], [], []),
        ([said("confirmed"), TAKEN_BACK, said("rejected")], ["rejected"], ["rejected"]),
        ([said("confirmed"), said("rejected"), said("confirmed", is_undo=True)], ["confirmed"], ["confirmed"]),
        ([said("confirmed"), said("rejected", is_adjudication=True)], ["confirmed"], ["rejected"]),
        ([BY_BEN, said("confirmed"), TAKEN_BACK, said("rejected")], ["rejected", "confirmed"], ["rejected"] * 2),
        ([BY_BEN, said("confirmed"), TAKEN_BACK], ["rejected"], ["rejected"]),
        ([said("confirmed"), TAKEN_BACK, BY_BEN, said("rejected")], ["rejected"] * 2, ["rejected"] * 2),
        (
            [replace(BY_BEN, target_id="t2"), said("confirmed"), TAKEN_BACK, said("uncertain")],
            ["rejected", "uncertain"],
            ["rejected", "uncertain"],
        ),
        (
            [replace(BY_BEN, review_id="rev_2"), said("confirmed"), TAKEN_BACK, said("uncertain")],
            ["rejected", "uncertain"],
            ["rejected", "uncertain"],
        ),
        ([said("rejected", is_adjudication=True)], [], ["rejected"]),
        ([said("confirmed"), said("rejected", "ver_2")], ["confirmed", "rejected"], ["confirmed", "rejected"]),
    ],
)
def test_first_labels_and_those_that_stand(history: list[Verdict], first: list[str], stands: list[str]) -> None:
    assert [one.label for one in first_labels(history)] == first
    assert [one.label for one in standing(history)] == stands


def test_one_undo_after_another_leads_back_to_the_beginning() -> None:
    a, b, c = said("confirmed"), said("rejected", "ver_2"), said("uncertain")
    back = [said("confirmed", is_undo=True), said("withdrawn", "ver_2", is_undo=True), TAKEN_BACK]
    lasts = [judgements([a, b, c, *back[:n]]) for n in range(4)]
    assert lasts == [[a, b, c], [a, b], [a], []]
    assert judgements([a, TAKEN_BACK, TAKEN_BACK, b]) == [b]


def test_a_flag_is_no_judgement_and_stays_on_what_was_said() -> None:
    """An undo took the flag back, and left the judgement that it was to take back."""
    a, b, c = said("confirmed"), said("rejected", "ver_2"), said("uncertain")
    flagged = said("uncertain", is_flagged=True)
    first, last = said("confirmed", is_flagged=True), said("uncertain", is_flagged=True)
    assert judgements([a, b, c, flagged]) == [first, b, last]
    assert judgements([a, b, c, flagged, said("confirmed", is_flagged=True, is_undo=True)]) == [first, b]
    back = said("confirmed", is_undo=True)
    assert judgements([a, c, back, said("confirmed", is_flagged=True)]) == [first]
    assert judgements([a, c, back, a]) == [a, a], "what is said again is said"
