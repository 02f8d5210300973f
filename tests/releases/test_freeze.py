"""The digest of a frozen candidate: the same in whatever order, another as soon as anything in it is another."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.records import Ablation, Change, FileEdit
from workbench.releases import digest_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EDIT = FileEdit("settings.yaml", "settings", "a" * 40, "b" * 40)


def a_change(name: str, **more: Any) -> Change:
    usual: dict[str, Any] = {
        "id": f"chg_{name}",
        "at": NOON,
        "state": "committed",
        "issue_ids": ("iss_1", "iss_2"),
        "title": name,
        "branch": f"change/chg_{name}",
        "base": "0" * 40,
        "commit": "1" * 40,
        "edits": (EDIT,),
        "ledger_head": "",
        "author": "ann",
        "identity": "typed",
    }
    return Change(**usual | more)


A, B = a_change("a"), a_change("b", commit="2" * 40)
WITHOUT = (Ablation("chg_a", "2" * 40), Ablation("chg_b", "1" * 40))
Given = dict[str, Any]
USUAL: Given = {"base": "0" * 40, "changes": [A, B], "tree": "3" * 40, "ablations": WITHOUT}


def test_order_and_words_that_may_be_erased_do_not_change_the_digest() -> None:
    other = [replace(B, title="[erased]", why="[erased]"), replace(A, issue_ids=("iss_2", "iss_1"), state="merged")]
    assert digest_of(**USUAL | {"changes": other, "ablations": WITHOUT[::-1]}) == digest_of(**USUAL)


@pytest.mark.parametrize(
    "edit",
    [
        lambda given: given | {"base": "9" * 40},
        lambda given: given | {"tree": "9" * 40},
        lambda given: given | {"changes": [A]},
        lambda given: given | {"changes": [A, replace(B, id="chg_c")]},
        lambda given: given | {"changes": [A, replace(B, commit="9" * 40)]},
        lambda given: given | {"changes": [A, replace(B, base="9" * 40)]},
        lambda given: given | {"changes": [A, replace(B, issue_ids=("iss_1",))]},
        lambda given: given | {"changes": [A, replace(B, edits=(EDIT._replace(after="9" * 40),))]},
        lambda given: given | {"changes": [A, replace(B, edits=(EDIT._replace(path="other.yaml"),))]},
        lambda given: given | {"changes": [replace(A, commit=B.commit), replace(B, commit=A.commit)]},
        lambda given: given | {"ablations": WITHOUT[:1]},
        lambda given: given | {"ablations": (WITHOUT[0], WITHOUT[1]._replace(commit="9" * 40))},
    ],
)
def test_anything_else_does(edit: Callable[[Given], Given]) -> None:
    assert digest_of(**edit(USUAL)) != digest_of(**USUAL)
