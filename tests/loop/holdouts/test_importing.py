"""Cases that somebody wrote are set apart as drawn ones are: not what was used or developed on, users keyed."""

from pathlib import Path
from typing import Any

import pytest

from tests.experiments.words import by_words
from tests.loop.set_apart import ISSUE, TRAFFIC, set_apart
from tests.loop.under_review import NOON
from workbench.errors import ConfigError, InsufficientDataError, RecordError
from workbench.experiments.case import Case, to_jsonl
from workbench.loop.holdouts import Made, held_cases, import_holdout, read_cases, use_holdout
from workbench.loop.holdouts.importing import ReadCases
from workbench.store import Workspace

BY: Any = {"author": "eve", "identity": "typed", "now": NOON}
FRESH = Case(case_id="set/fresh", input={"question": "Who may appeal?"}, user_key="cid", expected="Anyone.")
NEAR = Case(case_id="set/near", input={"question": TRAFFIC["a1"][2]})
OF_ANN = "set/of_ann"


def bring(workspace: Workspace, *cases: Case, **given: Any) -> Made:
    usual = {"kind": "random", "embed": by_words, "embedder": "words", **BY}
    return import_holdout(workspace, ReadCases(cases, {"scenario": 2}), **{**usual, **given})


def test_what_shares_a_user_or_words_with_development_stays_out(tmp_path: Path) -> None:
    workspace, change = set_apart(tmp_path / "acme")
    of_ann = Case(case_id=OF_ANN, input={"question": "May she?"}, user_key="ann")
    made = bring(workspace, FRESH, NEAR, of_ann)
    assert made.left_out == {"group": 1, "scenario": 2, "user": 1}
    (case,) = held_cases(workspace, made.holdout)
    assert (case.case_id, case.expected, case.user_key) == ("set/fresh", "Anyone.", workspace.user_key("cid"))
    record = made.holdout
    assert (record.kind, record.basis, record.change_ids, record.n_uses) == ("random", "given", (change.id,), 3)


def test_a_case_that_was_used_is_not_fresh_again(tmp_path: Path) -> None:
    workspace, _ = set_apart(tmp_path / "acme")
    first = bring(workspace, FRESH, kind="targeted", issue_ids=[ISSUE])
    use_holdout(workspace, first.holdout.id, experiment_id="exp_1", **BY)
    other = Case(case_id="set/other", input={"question": "Is a juror paid?"})
    assert bring(workspace, FRESH, other).left_out == {"scenario": 2, "used": 1}
    with pytest.raises(InsufficientDataError, match="2 by scenario, 1 by used"):
        bring(workspace, FRESH)


def test_targeted_cases_are_for_an_issue_and_are_used_at_least_once(tmp_path: Path) -> None:
    workspace, _ = set_apart(tmp_path / "acme")
    with pytest.raises(ConfigError, match="for an issue"):
        bring(workspace, FRESH, kind="targeted")
    with pytest.raises(ConfigError, match="at least 1"):
        bring(workspace, FRESH, n_uses=0)


def test_a_file_is_read_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_bytes(to_jsonl([FRESH, NEAR]))
    assert read_cases(tmp_path / "cases.jsonl") == ((FRESH, NEAR), {})
    (tmp_path / "court.test.json").write_text('[{"query": "Hi", "reference": "Hello!"}]')
    ((case,), left_out) = read_cases(tmp_path / "court.test.json")
    assert (case.case_id, case.expected, left_out) == ("court/court", "Hello!", {})
    (tmp_path / "notes.txt").write_text("nothing of the kind")
    with pytest.raises(RecordError, match="line 1"):
        read_cases(tmp_path / "notes.txt")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_cases(tmp_path / "none.json")
