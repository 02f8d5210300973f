"""Agreement of a round: the figures of a hand-counted table, from first labels of people, by kind of what is judged."""

import pytest

from tests.review.said import verdict
from workbench.review import consensus, first_labels
from workbench.stats.agreement import agreement


def test_the_figures_are_those_of_the_table_of_first_labels() -> None:
    """Of four traces that both judged they agree on three: 3/4 raw; kappa by hand .75 - .5 over .5."""
    labels = {"a": ("confirmed", "confirmed"), "b": ("rejected", "rejected"), "c": ("confirmed", "rejected")}
    labels["d"] = ("rejected", "rejected")
    said = [verdict(trace, label, by="ann") for trace, (label, _) in labels.items()]
    said += [verdict(trace, label, by="ben") for trace, (_, label) in labels.items()]
    (told,) = consensus([*said, verdict("e", "confirmed"), verdict("a", "rejected", annotator_kind="LLM", by="gpt")])
    assert (told.kind, told.annotators, told.labels) == (
        "trace",
        ("ann", "ben"),
        ("confirmed", "rejected", "uncertain"),
    )
    assert (told.figures.n_items, told.figures.n_compared, told.figures.n_labels) == (5, 4, 9)
    assert told.figures.raw.value == 3 / 4
    by_hand = agreement([[0, 0], [1, 1], [0, 1], [1, 1], [0, -1]], n_labels=3)
    assert told.figures == by_hand
    # within confirmed: 2 of the 3 labels that could meet another one do
    assert told.figures.by_label[0].value == pytest.approx(2 / 3)


def test_who_changes_their_mind_later_agreed_or_not_at_first() -> None:
    revisions = [
        verdict("a", "confirmed", by="ann"),
        verdict("a", "rejected", by="ben"),
        verdict("a", "confirmed", by="ben", minute=9),
        verdict("b", "confirmed", by="ann"),
        verdict("b", "confirmed", by="ben"),
    ]
    (told,) = consensus(first_labels(revisions))
    assert told.figures.raw.value == 1 / 2


def test_causes_and_issues_are_told_apart_from_traces() -> None:
    said = [
        verdict("cau_1", "edited", target_kind="cause", statement=("nobody asks for the court",)),
        verdict("cau_1", "confirmed", by="ben", target_kind="cause"),
    ]
    said += [verdict("iss_1", "confirmed", by=who, target_kind="issue") for who in ("ann", "ben")]
    assert [(one.kind, one.figures.raw.value) for one in consensus(said)] == [("cause", 0), ("issue", 1)]


def test_what_one_person_judged_says_nothing_of_agreement() -> None:
    assert consensus([verdict("a", "confirmed"), verdict("b", "confirmed", by="ben")]) == []
    assert consensus([]) == []
