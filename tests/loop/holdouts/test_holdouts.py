"""Cases are set apart from what a change was developed on, found leaking if they leak, and used as often as agreed."""

import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.changes.repositories import FILES, PROMPT
from tests.experiments.words import by_words
from tests.loop.set_apart import CLUSTER, ISSUE, TRAFFIC, on_trace, set_apart
from tests.loop.under_review import NOON
from tests.loop.validated import LATER, found_in_traffic, make_change, make_traffic
from workbench import loop
from workbench.boundaries.paths import file_name
from workbench.errors import ConfigError, GateError, InsufficientDataError, StoreError
from workbench.experiments.case import Assertion
from workbench.loop.chain import Key, chain
from workbench.loop.holdouts import (
    Made,
    check_leakage,
    find_holdout,
    held_cases,
    make_holdout,
    use_holdout,
    uses_of,
)
from workbench.loop.holdouts.making import _n_cases
from workbench.records import Change, Holdout, HoldoutUse
from workbench.store import Workspace

BY: Any = {"author": "eve", "identity": "typed", "now": NOON}


def make(workspace: Workspace, kind: Any = "targeted", **given: Any) -> Made:
    usual = {"kind": kind, "issue_ids": [ISSUE], "n": 10, "seed": 0, "embed": by_words, "embedder": "words", **BY}
    return make_holdout(workspace, **{**usual, **given})


def traces(made: Made) -> set[str | None]:
    return {case.trace_id for case in made.cases}


def use(workspace: Workspace, made: Made, experiment: str = "exp_1") -> Any:
    return use_holdout(workspace, made.holdout.id, experiment_id=experiment, **BY)


def test_targeted_cases_are_of_other_users_other_weeks_and_other_words(tmp_path: Path) -> None:
    workspace, change = set_apart(tmp_path / "acme")
    made = make(workspace)
    assert traces(made) == {"b3"}
    assert {why: n for why, n in made.left_out.items() if n} == {"development": 1, "user": 1, "week": 1, "group": 1}
    (case,) = made.cases
    assert case.input["question"] == TRAFFIC["b3"][2]
    assert (case.expected, case.assertions) == ("It may.", (Assertion("calls", "lookup"),))
    assert (case.user_key, case.slices) == (workspace.user_key("ben"), {"user_tier": "free"})
    record = made.holdout
    assert (record.kind, record.issue_ids, record.change_ids) == ("targeted", (ISSUE,), (change.id,))
    assert record.verdict_ids == (on_trace("b3", "").id,)
    assert record.table_versions == workspace.telemetry.versions()


def test_random_cases_leave_half_of_the_traces_to_targeted_ones_unless_more_are_wanted(tmp_path: Path) -> None:
    """A random holdout took 100 of 152 traces, and targeted ones of three issues found hardly a case."""
    workspace = make_traffic(tmp_path / "acme", n=80)
    found_in_traffic(workspace)
    make_change(workspace, "state_jurisdiction_first")
    made = make(workspace, "random", n=None, now=LATER)
    assert (len(made.cases), made.n_rest, made.n_rest_of_issues) == (40, 40, 40)
    targeted = make(workspace, "targeted", n=None, basis="found", now=LATER)
    n_near = targeted.left_out["holdout"] - 40  # worded like a random case
    assert (len(targeted.cases), targeted.n_rest, n_near < 3) == (40 - n_near, None, True)
    assert [_n_cases(n, n=None, kind="random") for n in (20, 70, 152, 999)] == [30, 35, 76, 100]
    assert [_n_cases(20, n=None, kind="targeted"), _n_cases(20, n=7, kind="random")] == [100, 7]


def test_what_nobody_judged_is_a_targeted_case_only_where_that_is_asked_for(tmp_path: Path) -> None:
    workspace, _ = set_apart(tmp_path / "acme")
    workspace.ledger.append([replace(on_trace("b3", ""), label="withdrawn")], now=NOON)
    with pytest.raises(InsufficientDataError, match="1 by week"):
        make(workspace)
    made = make(workspace, basis="found")
    assert (traces(made), made.holdout.basis, made.holdout.verdict_ids) == ({"b3"}, "found", ())
    workspace.ledger.append([replace(on_trace("b3", ""), label="rejected")], now=NOON)
    with pytest.raises(InsufficientDataError, match="1 by week"):
        make(workspace, basis="found")


def test_random_cases_are_of_any_week_and_of_any_problem(tmp_path: Path) -> None:
    workspace, _ = set_apart(tmp_path / "acme")
    assert traces(make(workspace, "random")) == {"b1", "b3", "b4"}
    assert traces(make(workspace, "random", issue_ids=())) == {"b1", "b3", "b4"}
    one = make(workspace, "random", n=1, seed=3)
    assert len(one.cases) == 1
    assert traces(make(workspace, "random", n=1, seed=3)) == traces(one)
    assert {case for seed in range(20) for case in traces(make(workspace, "random", n=1, seed=seed))} == {
        "b1",
        "b3",
        "b4",
    }


def test_development_cases_are_those_of_the_change_and_judge_nothing(tmp_path: Path) -> None:
    workspace, _ = set_apart(tmp_path / "acme")
    made = make(workspace, "development")
    assert traces(made) == {"a1"}
    with pytest.raises(GateError, match="judged on its development"):
        use(workspace, made)


def test_the_ledger_has_ids_and_the_folder_has_the_words(tmp_path: Path) -> None:
    workspace, _ = set_apart(tmp_path / "acme")
    made = make(workspace, "random")
    path = workspace.holdouts / file_name(made.holdout.id, suffix=".jsonl")
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    told = b"\n".join(entry.payload.encode() for entry in workspace.ledger.entries() if entry.kind == "holdout")
    for case in made.cases:
        assert case.case_id.encode() in told
        assert case.digest.encode() not in told
        assert str(case.input["question"]).encode() not in told
        assert str(case.input["question"]).encode() in path.read_bytes()
    assert held_cases(workspace, find_holdout(workspace, made.holdout.id[:20])) == made.cases


def test_a_case_that_is_taken_out_put_in_or_edited_is_found(tmp_path: Path) -> None:
    """Who drops the cases that the candidate fails would have it shipped."""
    workspace, _ = set_apart(tmp_path / "acme")
    made = make(workspace, "random")
    path = workspace.holdouts / file_name(made.holdout.id, suffix=".jsonl")
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    for content, said in (
        (b"".join(lines[1:]), "1 of its cases are missing"),
        (whole + lines[0].replace(b"cas_", b"cas_x"), "1 of its cases were put in"),
        (whole.replace(b'"expected":"It may."', b'"expected":"It must."'), "1 of its cases were edited"),
        (b"{", "cannot be read"),
    ):
        path.write_bytes(content)
        with pytest.raises(StoreError, match=said):
            use(workspace, made)
    path.unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        use(workspace, made)
    assert uses_of(workspace, made.holdout.id) == []


def test_nothing_leaks_from_what_was_set_apart_until_somebody_learns_from_it(tmp_path: Path) -> None:
    workspace, change = set_apart(tmp_path / "acme")
    made = make(workspace, "random")
    clean = check_leakage(workspace, made.holdout.id, embed=by_words)
    assert (clean.n_overlap, clean.n_cases, clean.n_development) == (0, 3, 1)
    assert clean.n_examples == 3, "the prompt has two paragraphs, and is a text as a whole"
    later = replace(change, development=("a1", "b2"))
    workspace.ledger.append([later], now=NOON)
    found = check_leakage(workspace, made.holdout.id, embed=by_words)
    assert found.users == (workspace.user_key("ben"),)
    assert {pair.why for pair in found.pairs} == {"user"}
    assert found.n_overlap == 3


def test_an_example_in_a_prompt_that_is_a_case_is_found(tmp_path: Path) -> None:
    workspace, change = set_apart(tmp_path / "acme")
    made = make(workspace)
    told = FILES[PROMPT] + f"\nQ: {TRAFFIC['b3'][2].lower()}\nA: It may.\n"
    committed = loop.commit_change(workspace, change.id, {PROMPT: told.encode()}, now=NOON)
    (pair,) = check_leakage(workspace, made.holdout.id, change_ids=[committed.id], embed=by_words).pairs
    assert (pair.case_id, pair.of, pair.other, pair.why) == (made.cases[0].case_id, "prompt", PROMPT, "same")
    assert pair.other_text == TRAFFIC["b3"][2].lower()


def test_development_of_which_nothing_is_known_leaves_it_open(tmp_path: Path) -> None:
    workspace, change = set_apart(tmp_path / "acme")
    made = make(workspace)
    workspace.ledger.append([replace(change, development=("a1", "gone"))], now=NOON)
    found = check_leakage(workspace, made.holdout.id, embed=by_words)
    assert (found.n_unknown, found.n_overlap) == (1, None)


def test_uses_are_counted_before_the_run_and_then_spent(tmp_path: Path) -> None:
    workspace, _ = set_apart(tmp_path / "acme")
    made = make(workspace, n_uses=2)
    assert [use(workspace, made, one) for one in ("exp_1", "exp_2", "exp_1")] == [made.cases] * 3
    with pytest.raises(GateError, match="spent: 2 of 2"):
        use(workspace, made, "exp_3")
    assert [(one.experiment_id, one.number) for one in uses_of(workspace, made.holdout.id)] == [
        ("exp_1", 1),
        ("exp_2", 2),
    ]


def test_a_budget_is_not_won_back_by_drawing_the_same_cases_again(tmp_path: Path) -> None:
    workspace, _ = set_apart(tmp_path / "acme")
    made = make(workspace)
    assert traces(make(workspace)) == {"b3"}, "nobody has used them"
    use(workspace, made)
    with pytest.raises(InsufficientDataError, match="1 by used"):
        make(workspace)
    for number in (2, 3):
        use(workspace, made, f"exp_{number}")
    assert traces(make(workspace, "random")) == {"b1", "b4"}


def test_random_and_targeted_cases_share_no_case_and_no_words_whichever_were_made_first(tmp_path: Path) -> None:
    """What ships was lucky on its targeted cases; were they random ones too, its gain would be told with that luck."""
    workspace = make_traffic(tmp_path / "acme", n=30)  # each of a user of its own
    found_in_traffic(workspace)
    change = make_change(workspace, "be_accurate")
    given = {"issue_ids": change.issue_ids, "basis": "found", "now": LATER}
    random = make(workspace, "random", **given)
    assert (len(random.cases), random.left_out.get("holdout")) == (10, None)
    targeted = make(workspace, **{**given, "n": 99})
    assert (len(targeted.cases), targeted.left_out["holdout"]) == (20, 10)
    assert traces(targeted).isdisjoint(traces(random))
    again = make(workspace, "random", **{**given, "n": 99})
    assert (traces(again), again.left_out["holdout"]) == (traces(random), 20)


RACE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from workbench.errors import GateError
from workbench.loop.holdouts import use_holdout
from workbench.store import open_workspace

root, holdout, name = sys.argv[1:]
workspace = open_workspace(Path(root))
print("ready", flush=True)
sys.stdin.readline()
for number in range(4):
    try:
        use_holdout(
            workspace, holdout, experiment_id=f"exp_{name}_{number}", author=name, identity="typed",
            now=datetime(2026, 3, 2, tzinfo=UTC),
        )
        print("used", flush=True)
    except GateError:
        print("spent", flush=True)
"""


def test_two_processes_at_once_do_not_overdraw_it(tmp_path: Path) -> None:
    """Two teams that each take what the other has just taken would both find the best of twice as many variants."""
    workspace, _ = set_apart(tmp_path / "acme")
    made = make(workspace, n_uses=5)
    command = [sys.executable, "-c", RACE, str(workspace.root), made.holdout.id]
    running = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in ("ann", "ben")
    ]
    for one in running:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in running:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    said = "".join(one.communicate()[0] for one in running).split()
    assert (said.count("used"), said.count("spent")) == (5, 3)
    assert [one.number for one in workspace.ledger.latest(HoldoutUse)] == [1, 2, 3, 4, 5]


def test_an_erased_users_cases_go_and_the_others_are_still_what_was_set_apart(tmp_path: Path) -> None:
    workspace, _ = set_apart(tmp_path / "acme", development=())
    made = make(workspace, "random")
    assert traces(made) == set(TRAFFIC)
    left_by_kill = workspace.holdouts / "0.jsonl"
    left_by_kill.write_bytes((workspace.holdouts / file_name(made.holdout.id, suffix=".jsonl")).read_bytes())
    key = workspace.user_key("ann")
    found = loop.erase_user(workspace, key, now=NOON, quoting=lambda _: ())
    assert (found.counts()["holdout_cases"], found.others) == (4, ())
    for path in workspace.holdouts.iterdir():
        assert not any(word.encode() in path.read_bytes() for word in (key, TRAFFIC["a2"][2], '"a1"'))
        assert path.read_bytes().count(b"\n") == 4
    record = find_holdout(workspace, made.holdout.id)
    assert (len(record.cases), len(record.erased), record.digest) == (6, 2, made.holdout.digest)
    assert {case.trace_id for case in use(workspace, made)} == {"b1", "b2", "b3", "b4"}
    assert loop.find_user(workspace, key, quoting=lambda _: ()).counts()["holdout_cases"] == 0


def test_an_erasure_that_was_killed_before_the_file_leaves_no_case_to_run(tmp_path: Path) -> None:
    workspace, _ = set_apart(tmp_path / "acme")
    made = make(workspace, "random")
    gone, *others = made.cases
    workspace.ledger.append([replace(made.holdout, erased=(gone.case_id,))], now=NOON)
    assert held_cases(workspace, find_holdout(workspace, made.holdout.id)) == tuple(others)


def test_another_request_of_a_user_may_be_in_the_other_holdout(tmp_path: Path) -> None:
    """Else 200 random cases left 12 of the issue, or the random ones had nobody who has the issue."""
    workspace, _ = set_apart(tmp_path / "acme")
    assert {case.user_key for case in make(workspace, "random", n=1).cases} == {workspace.user_key("ben")}
    assert traces(make(workspace)) == {"b3"}  # ben's too


def test_a_case_of_the_one_holdout_is_in_no_other_that_may_stand_beside_it(tmp_path: Path) -> None:
    workspace, _ = set_apart(tmp_path / "acme")
    made = make(workspace, "random")
    with pytest.raises(InsufficientDataError, match="1 by holdout") as refused:
        make(workspace)  # b3
    assert "make the other holdout smaller" in refused.value.fix
    (workspace.holdouts / file_name(made.holdout.id, suffix=".jsonl")).unlink()
    assert traces(make(workspace)) == {"b3"}, "no experiment can use it any more"


def test_without_confirmed_traces_or_a_confirmed_issue_there_is_no_targeted_holdout(tmp_path: Path) -> None:
    workspace, _ = set_apart(tmp_path / "acme")
    with pytest.raises(ConfigError, match="is for an issue"):
        make(workspace, issue_ids=())
    with pytest.raises(ConfigError, match="must be at least 1"):
        make(workspace, n=0)
    with pytest.raises(ConfigError, match="no such holdout"):
        find_holdout(workspace, "hol_none")
    workspace.ledger.append([replace(on_trace("b3", ""), label="rejected")], now=NOON)
    with pytest.raises(InsufficientDataError, match="1 by development"):
        make(workspace)
    assert workspace.ledger.latest(Holdout) == []


def test_the_chain_of_a_change_meets_its_holdouts_and_their_uses(tmp_path: Path) -> None:
    workspace, change = set_apart(tmp_path / "acme")
    made = make(workspace)
    use(workspace, made)
    (used,) = workspace.ledger.latest(HoldoutUse)
    nodes = chain(workspace, ISSUE).nodes
    assert nodes[Key("holdout", made.holdout.id)].line.what == "targeted holdout of 1 case"
    assert nodes[Key("use", used.id)].line.what == f"use 1 of {made.holdout.id}"
    assert Key("issue", ISSUE) in chain(workspace, used.id).nodes
    assert workspace.ledger.latest(Change) == [change]
    assert CLUSTER in {key.id for key in chain(workspace, made.holdout.id).nodes}
