"""Which quoted texts go with a user: by what they rest on, also where some of that was erased before."""

import polars as pl
import pytest

from workbench.loop.erase.left_of_clusters import Judged, Left
from workbench.schemas import CLUSTERS
from workbench.store import Belongings, Names
from workbench.store.ledger import Quoted

GONE = "0123456789abcdef" * 4
"""What an erased trace id reads as: its salted digest."""
NONE = frozenset[str]()
ROWS = Belongings(frozenset({"b1"}), NONE, NONE, NONE, NONE, NONE, frozenset({"clu_1"}))
NAMES = Names(NONE, NONE, lambda _: "")
LEFT = Left(pl.concat([CLUSTERS.empty(), pl.DataFrame({"cluster_id": ["clu_1"]})], how="diagonal"), {})


@pytest.mark.parametrize(
    ("evidence", "goes"),
    [([GONE, "b1"], True), ([GONE], True), (["b1"], True), ([GONE, "b1", "c1"], False), ([], False)],
)
def test_a_cause_goes_when_all_that_is_left_of_its_evidence_goes(evidence: list[str], *, goes: bool) -> None:
    record = {"id": "cau_1", "kind": "phrase", "cluster_id": "clu_1", "evidence": evidence}
    assert LEFT.is_theirs(Quoted("d", "cause", record, "slow answers"), ROWS, NAMES, judged={}) is goes


@pytest.mark.parametrize(
    ("shown", "cluster", "goes"),
    [(["c1", "b1"], "clu_2", True), (["c1"], "clu_1", False), ([], "clu_1", True), ([], "clu_2", False)],
)
def test_an_idea_of_a_model_goes_with_any_trace_that_it_read(shown: list[str], cluster: str, *, goes: bool) -> None:
    record = {"id": "cau_1", "kind": "proposed", "cluster_id": cluster, "evidence": ["c1"], "shown": shown}
    assert LEFT.is_theirs(Quoted("d", "cause", record, "slow answers"), ROWS, NAMES, judged={}) is goes


@pytest.mark.parametrize(
    ("text", "shown", "goes"),
    [("her words", ["c1", "b1"], True), ("her words", ["c1"], False), ("State the law first", ["b1"], False)],
)
def test_what_a_drafted_change_quotes_goes_with_any_trace_that_the_model_read(
    text: str, shown: list[str], *, goes: bool
) -> None:
    """The words of an erased user would otherwise stay in the ledger as the reason for a change."""
    record = {"id": "chg_1", "title": "State the law first", "drafted_by": "m", "quotes": ["her words"], "shown": shown}
    assert LEFT.is_theirs(Quoted("d", "change", record, text), ROWS, NAMES, judged={}) is goes


@pytest.mark.parametrize(("target", "goes"), [("cau_1", True), ("iss_1", True), ("iss_2", False)])
def test_what_is_said_of_a_cause_or_an_issue_goes_as_that_does(target: str, *, goes: bool) -> None:
    judged: Judged = {
        "cau_1": [{"kind": "phrase", "cluster_id": "clu_1", "evidence": ["b1"]}],
        "iss_1": [{"cluster_id": "clu_2"}, {"cluster_id": "clu_1"}],
        "iss_2": [{"cluster_id": "clu_2"}],
    }
    said = Quoted("d", "verdict", {"id": "ver_1", "target_id": target, "cluster_id": None}, "rude to her")
    empty = Left(CLUSTERS.empty(), {})
    assert empty.is_theirs(said, ROWS, NAMES, judged=judged) is goes
