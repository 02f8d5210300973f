"""What stands of an item: what was decided, else what all say; a majority decides nothing, a model nothing at all."""

from tests.review.said import items, verdict
from workbench.review import Disagreement, disagreements, outcomes

ITEMS = items([(trace, "clu_a", 1, 1.0) for trace in "abcdef"])
SAID = [
    verdict("a", "confirmed"),
    verdict("b", "confirmed", by="ann"),
    verdict("b", "confirmed", by="ben"),
    verdict("c", "confirmed", by="ann"),
    verdict("c", "confirmed", by="ben"),
    verdict("c", "rejected", by="cem"),
    verdict("d", "confirmed", by="ann"),
    verdict("d", "rejected", by="ben"),
    verdict("d", "rejected", by="cem", is_adjudication=True),
    verdict("e", "confirmed", by="judge-1", annotator_kind="LLM", identity="program"),
]


def test_each_item_has_the_label_that_all_give_it_or_that_was_decided() -> None:
    judged = outcomes(ITEMS, SAID)
    assert dict(judged.select("target_id", "label").iter_rows()) == {
        "a": "confirmed",
        "b": "confirmed",
        "c": "uncertain",
        "d": "rejected",
        "e": None,
        "f": None,
    }
    assert judged["n_judged"].to_list() == [1, 2, 3, 3, 0, 0]


def test_of_two_decisions_the_newer_holds() -> None:
    said = [
        verdict("a", "confirmed", by="ann", minute=9, is_adjudication=True),
        verdict("a", "rejected", by="ben", minute=5, is_adjudication=True),
    ]
    assert outcomes(ITEMS, said)["label"].to_list()[0] == "confirmed"


def test_a_trace_in_two_clusters_is_two_items() -> None:
    both = items([("a", "clu_a", 1, 1.0), ("a", "clu_b", 1, 1.0), ("a", None, 1, 1.0)])
    judged = outcomes(both, [verdict("a", "rejected", cluster_id="clu_b")])
    assert judged["label"].to_list() == [None, "rejected", None]


def test_disagreements_are_of_first_labels_and_say_what_was_decided() -> None:
    first = [one for one in SAID if not one.is_adjudication]
    assert disagreements(first, SAID) == [
        Disagreement("trace", "clu_a", "c", (("ann", "confirmed"), ("ben", "confirmed"), ("cem", "rejected")), None),
        Disagreement("trace", "clu_a", "d", (("ann", "confirmed"), ("ben", "rejected")), "rejected"),
    ]


def test_nothing_judged_is_nothing_known() -> None:
    assert outcomes(ITEMS, [])["label"].null_count() == ITEMS.height
    assert outcomes(ITEMS.clear(), SAID).height == 0
    assert disagreements([], []) == []
