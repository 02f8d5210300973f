"""A holdout is what was set apart, or says in what it is not."""

from dataclasses import replace

import pytest

from tests.experiments.made import NOON
from tests.experiments.test_split import case
from workbench.experiments.holdout import CaseSet, differences, digest_of
from workbench.records import HeldCase, HoldoutUse
from workbench.records import Holdout as Record

CASES = (case("a", "Is it binding?"), case("b", "Who pays?"))


def seal(digest: str) -> str:
    return f"sealed {digest}"


def test_what_stands_for_it_does_not_depend_on_the_order_and_does_on_all_else() -> None:
    held = CaseSet(kind="random", cases=CASES, table_versions={}).held(seal)
    assert held == tuple(HeldCase(one.case_id, f"sealed {one.digest}") for one in CASES)
    assert digest_of("random", held) == digest_of("random", held[::-1])
    others = [digest_of("targeted", held), digest_of("random", held[:1]), digest_of("random", (held[0],) * 2)]
    assert digest_of("random", held) not in others


def test_each_way_in_which_cases_are_others_is_said() -> None:
    held = CaseSet(kind="random", cases=CASES, table_versions={}).held(seal)
    assert differences(CASES[::-1], held, seal=seal) == ()
    edited = replace(CASES[0], expected="yes")
    assert differences((edited, case("c", "New?")), held, seal=seal) == (
        "1 of its cases are missing",
        "1 of its cases were put in",
        "1 of its cases were edited",
    )


def test_what_is_no_holdout_or_no_use_is_refused() -> None:
    with pytest.raises(ValueError, match="given twice"):
        CaseSet(kind="random", cases=CASES[:1] * 2, table_versions={})
    held = (HeldCase("a", "d"),)
    made = Record(
        id="hol_1",
        at=NOON,
        kind="random",
        issue_ids=(),
        cases=held,
        digest=digest_of("random", held),
        table_versions={},
        ledger_head="",
        embedder="words",
        seed=0,
        n_uses=3,
        author="ann",
        identity="typed",
    )
    for wrong in ({"cases": ()}, {"n_uses": 0}, {"kind": "development"}):
        with pytest.raises(ValueError, match="hol_1: "):
            replace(made, **wrong)
    with pytest.raises(ValueError, match="number == 0"):
        HoldoutUse(id="use_1", at=NOON, holdout_id="hol_1", experiment_id="x", number=0, author="ann", identity="typed")
