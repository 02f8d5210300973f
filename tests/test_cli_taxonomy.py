"""`workbench taxonomy`: codes are counted and listed, and become a category that takes them in."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.review.said import NOON, verdict
from workbench.store import DEMO_SECRET, init_workspace, read_taxonomy

if TYPE_CHECKING:
    from tests.conftest import Shell


@pytest.fixture
def acme(shell: "Shell", tmp_path: Path) -> "Shell":
    made = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    said = [
        verdict("t1", "confirmed", code="Bad court"),
        verdict("t2", "confirmed", code="bad  court", by="ben"),
        verdict("t3", "confirmed", code="\x1b[31mred"),
    ]
    made.ledger.append(said, now=NOON)
    return shell.at(tmp_path / "acme")


def test_codes_are_listed_the_most_frequent_first(acme: "Shell") -> None:
    answer = acme.json("taxonomy")
    assert answer["open_codes"] == [
        {"words": "Bad court", "n_verdicts": 2, "n_annotators": 2},
        {"words": "\x1b[31mred", "n_verdicts": 1, "n_annotators": 1},
    ]
    assert {"made_up", "answer_poor"} <= {one["code"] for one in answer["categories"]}
    code, out, _ = acme.run("taxonomy")
    assert (code, "\x1b" in out) == (0, False)
    assert "2 codes that no category takes in" in out


def test_a_code_becomes_a_category_and_is_listed_no_more(acme: "Shell", tmp_path: Path) -> None:
    made = acme.json("taxonomy", "--make", "Wrong court", "--about", "Of another state.", "--code", "bad court")
    assert made["made"]["code"] == "wrong_court"
    assert read_taxonomy(tmp_path / "acme").of_open_code("BAD COURT") == "wrong_court"
    assert [one["n_verdicts"] for one in acme.json("taxonomy")["open_codes"]] == [1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--make", "Wrong court"), "without --about"),
        (("--about", "Of another state."), "are of --make"),
        (("--make", "Made up", "--about", "x"), "there twice"),
    ],
)
def test_half_a_category_is_refused(acme: "Shell", given: tuple[str, ...], said: str) -> None:
    code, _, err = acme.run("taxonomy", *given)
    assert code == 2
    assert said in err
