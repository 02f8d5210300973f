"""What to do next, by what the ledger records: each thing that was begun is led to its end, with ids to paste."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.changes.repositories import PROMPT, make_repository
from tests.loop.on_record import a_change, a_decision, an_experiment
from tests.loop.people import ANN, on_issue
from tests.loop.under_review import NOON, an_issue, make_workspace
from workbench import loop
from workbench.changes.commit import branch_of
from workbench.records import (
    ExperimentRun,
    Holdout,
    HoldoutUse,
    Issue,
    ReleaseCandidate,
    Withdrawal,
)
from workbench.records.holdout import HeldCase
from workbench.store import DEMO_SECRET, Workspace, init_workspace

CHANGE, ISSUE, EXP = "chg_20260101T120000_aaaaaaaaaa", "iss_clu_a", "exp_1"
COMMITTED = a_change(CHANGE, issue_ids=(ISSUE,))
PERSON: dict[str, Any] = {"author": "ann", "identity": "typed"}


@pytest.fixture
def acme(tmp_path: Path) -> Workspace:
    """Return a workspace with an issue that is being validated by the experiment on a committed change."""
    workspace = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    issue = replace(an_issue("clu_a", 9), state="validating", evidence=(EXP,))
    keep(workspace, issue, on_issue(issue.id), COMMITTED, an_experiment(EXP, change_ids=(CHANGE,)))
    return workspace


def keep(workspace: Workspace, *records: Any) -> None:
    workspace.ledger.append(list(records), now=NOON, actor=ANN)


def said(workspace: Workspace) -> tuple[str, str]:
    step = loop.next_step(workspace, now=NOON)
    return step.command.removeprefix("workbench "), step.why


def command(workspace: Workspace) -> str:
    return said(workspace)[0]


def a_run() -> ExperimentRun:
    given: dict[str, Any] = {"n_assigned": (1, 1), "n_errors": (0, 0), "results_digest": "r"}
    return ExperimentRun(id="exr_1", experiment_id=EXP, started_at=NOON, at=NOON, **given, **PERSON)


def a_holdout(name: str, kind: Any = "random", *, case: str = "c1", issue: str = ISSUE, n_uses: int = 1) -> Holdout:
    given: dict[str, Any] = {"issue_ids": (issue,), "n_uses": n_uses, "digest": "d", "basis": "found", "seed": 1}
    cases = (HeldCase(case, *("d",) * (len(HeldCase._fields) - 1)),)
    told: dict[str, Any] = {"embedder": "words", "ledger_head": "h", "table_versions": {}}
    return Holdout(id=name, at=NOON, kind=kind, cases=cases, **told, **given, **PERSON)


def test_an_experiment_that_has_run_is_led_to_its_decision(acme: Workspace) -> None:
    """After the run `next` spoke of another change, and the experiment was forgotten."""
    found = said(acme)
    assert (found[0], "how the app is run is still to be said: --model" in found[1]) == (f"experiment run {EXP}", True)
    keep(acme, a_decision("invalid", reasons=("it was not run to its end",)))
    assert command(acme) == f"experiment run {EXP}"  # also what was killed, or shown too early
    keep(acme, a_run())
    keep(acme, replace(a_decision("invalid"), id="dec_0", at=NOON - timedelta(days=1)))
    assert command(acme).startswith("experiment withdraw")


def test_one_that_nobody_asked_what_it_comes_to_is_shown(acme: Workspace) -> None:
    keep(acme, a_run())
    assert command(acme) == f"experiment show {EXP}"


@pytest.mark.parametrize(
    ("decision", "next_", "why"),
    [
        ("ship", f"experiment sign {EXP} --by NAME", "nobody has signed it"),
        ("invalid", f"experiment withdraw {EXP} --reason TEXT", f"{EXP} is invalid: fewer users meet it. Take it back"),
        ("inconclusive", f"holdout make random --issue {ISSUE}", "is inconclusive; 40 cases more. Plan anew on more"),
    ],
)
def test_each_decision_has_a_next_step_and_says_why(acme: Workspace, decision: Any, next_: str, why: str) -> None:
    keep(acme, a_run(), a_decision(decision, settle=("40 cases more",)))
    found = said(acme)
    assert (found[0], why in found[1]) == (next_, True), found


def test_what_lacks_targeted_cases_is_given_more_of_these(acme: Workspace) -> None:
    """With three targeted cases nothing is settled by another random holdout."""
    settle = ("52 targeted cases, 49 more than there are, would do",)
    keep(acme, a_run(), a_decision("inconclusive", settle=settle), a_holdout("hol_1", n_uses=2))
    assert command(acme) == f"holdout make targeted --issue {ISSUE} --unjudged"
    keep(acme, a_holdout("hol_2", "targeted", case="c2"))
    assert command(acme) == f"experiment plan {CHANGE} --holdout hol_1 --targeted hol_2 --freeze"


def test_targeted_cases_that_settled_nothing_are_not_planned_on_again(acme: Workspace) -> None:
    """`next` planned anew on the three targeted cases that had just been inconclusive."""
    keep(acme, an_experiment(EXP, change_ids=(CHANGE,), targeted_id="hol_2"), a_run())
    keep(acme, a_holdout("hol_1", n_uses=2), a_holdout("hol_2", "targeted", case="c2", n_uses=2))
    undecided = a_decision("inconclusive", settle=("is_wrong: 9 trials a case in place of 3 would do",))
    keep(acme, undecided)
    found = said(acme)
    assert found[0] == f"holdout make targeted --issue {ISSUE} --unjudged"
    assert f"or, where its plan has ended, end it: `workbench experiment sign {EXP} --end accepted|" in found[1]
    keep(acme, a_holdout("hol_3", "targeted", case="c3"))
    assert command(acme) == f"experiment plan {CHANGE} --holdout hol_1 --targeted hol_3 --freeze"
    keep(acme, replace(undecided, ended_as="extended", signer="ann", identity="typed"))
    assert "--end" not in said(acme)[1]


def test_the_problem_that_the_ranking_has_first_is_mended_first(tmp_path: Path) -> None:
    """`next` began a change for the newest of those confirmed, of rank 4."""
    workspace = make_workspace(tmp_path / "acme", {"clu_a": 9, "clu_b": 3, "clu_c": 1})
    confirmed = [replace(one, state="confirmed") for one in workspace.ledger.latest(Issue) if one.id != "iss_clu_a"]
    keep(workspace, *(on_issue(one.id) for one in confirmed), *confirmed)
    assert said(workspace) == (
        "change begin iss_clu_b --title TEXT",
        "2 problems are confirmed by people, and nobody mends them: begin a change for the first that "
        "`workbench backlog` ranks",
    )
    (workspace.root / "weights.toml").write_text("none =")
    assert command(workspace) == "backlog", "which says what is wrong with the weights"


def test_what_is_not_to_ship_is_changed_further_or_given_up(acme: Workspace) -> None:
    (issue,) = acme.ledger.latest(type(an_issue("clu_a", 9)))
    keep(acme, a_run(), a_decision("dont_ship"), replace(issue, state="changing", evidence=("dec_dont_ship",)))
    found = said(acme)
    assert found[0] == f"change abandon {CHANGE} --reason TEXT"
    assert "fewer users meet it. Begin another change for its issue, or give it up" in found[1]


def test_what_was_signed_is_merged_and_watched(acme: Workspace) -> None:
    (issue,) = acme.ledger.latest(type(an_issue("clu_a", 9)))
    signed = a_decision("ship", signer="eve", identity="typed")
    keep(acme, a_run(), signed, replace(issue, state="shipped", evidence=(signed.id,)))
    found = said(acme)
    assert (found[0], f"merge {branch_of(CHANGE)}, and watch" in found[1]) == (f"watch start {ISSUE}", True)


def test_what_git_has_merged_is_not_to_be_merged_again(acme: Workspace) -> None:
    """`next` said to merge what `main` had since days."""
    (issue,) = acme.ledger.latest(type(an_issue("clu_a", 9)))
    app = make_repository(acme.app)
    app.git("switch", "--quiet", "--create", branch_of(CHANGE))
    changed = replace(COMMITTED, base=app.head(), commit=app.commit({PROMPT: "Say it once.\n"}))
    signed = a_decision("ship", signer="eve", identity="typed")
    keep(acme, a_run(), changed, signed, replace(issue, state="shipped", evidence=(signed.id,)))
    app.git("switch", "--quiet", "main")
    assert f"merge {branch_of(CHANGE)}, and watch" in said(acme)[1]
    app.git("merge", "--quiet", "--no-ff", "--message", "Merged", branch_of(CHANGE))
    found = said(acme)
    assert (found[0], found[1].endswith("main has its change, watch once the traffic has it")) == (
        f"watch start {ISSUE}",
        True,
    )


def test_what_waits_beside_the_one_thing_is_counted_with_its_command(acme: Workspace) -> None:
    """`next` named one thing, and three issues that were ready to be judged were seen by nobody."""
    others = [an_issue(f"clu_{name}", 9) for name in "bcd"]
    keep(acme, a_run(), a_decision("ship"), *others, a_change(f"{CHANGE[:-1]}b", issue_ids=(ISSUE,)))
    keep(acme, an_issue("clu_e", 9), on_issue("iss_clu_e"), replace(an_issue("clu_e", 9), state="confirmed"))
    keep(acme, an_experiment("exp_2", change_ids=(f"{CHANGE[:-1]}c",)), a_change(f"{CHANGE[:-1]}c", issue_ids=(ISSUE,)))
    (issue,) = [one for one in acme.ledger.latest(type(others[0])) if one.id == ISSUE]
    signable = replace(a_decision("ship", experiment_id="exp_2"), id="dec_2")
    keep(acme, signable, replace(issue, evidence=(EXP, "exp_2")))
    step = loop.next_step(acme, now=NOON)
    assert step.command == "workbench experiment sign exp_2 --by NAME"
    assert [(one.n, one.what, one.command.removeprefix("workbench ")) for one in step.also] == [
        (1, "decision to sign", f"experiment sign {EXP} --by NAME"),
        (1, "change to test", f"holdout make random --issue {ISSUE}"),
        (1, "confirmed problem to mend", "change begin iss_clu_e --title TEXT"),
        (3, "problems to review", "review"),
    ]


def test_an_experiment_that_was_taken_back_is_planned_anew(acme: Workspace) -> None:
    """A change whose only experiment was withdrawn counted as tested, and nothing led on."""
    gone: dict[str, Any] = {"id": "wdr_1", "at": NOON, "experiment_id": EXP, "reason": "a slip", "n_answers": 0}
    keep(acme, Withdrawal(**gone, **PERSON))
    assert command(acme) == f"holdout make random --issue {ISSUE}"
    assert "no holdout for it may still be used; metrics.toml, which says" in said(acme)[1]
    keep(acme, a_holdout("hol_1"), a_holdout("hol_2", "targeted", case="c2"), a_holdout("hol_3", issue="iss_other"))
    assert command(acme) == f"experiment plan {CHANGE} --holdout hol_1 --targeted hol_2 --freeze"
    spent: dict[str, Any] = {"id": "use_1", "at": NOON, "holdout_id": "hol_1", "experiment_id": "exp_0", "number": 1}
    keep(acme, HoldoutUse(**spent, **PERSON))
    assert command(acme) == f"holdout make random --issue {ISSUE}"
    keep(acme, a_holdout("hol_4", case="c2"))  # of which the targeted one has a case
    assert command(acme) == f"experiment plan {CHANGE} --holdout hol_4 --freeze"


def test_a_change_that_was_begun_is_edited_and_committed(acme: Workspace, tmp_path: Path) -> None:
    other = init_workspace(tmp_path / "other", secret=DEMO_SECRET)
    keep(
        other,
        replace(an_issue("clu_a", 9), state="changing", evidence=(CHANGE,)),
        replace(COMMITTED, state="draft", commit=None),
    )
    assert command(other) == f"change edit {CHANGE}"
    (other.drafts / CHANGE).mkdir(parents=True)
    assert command(other) == f"change commit {CHANGE}"


def test_an_open_candidate_is_frozen_and_a_frozen_one_is_planned(acme: Workspace) -> None:
    given: dict[str, Any] = {"id": "rel_1", "at": NOON, "name": "2026-W44", "change_ids": (CHANGE,), "base": "a" * 40}
    gone: dict[str, Any] = {"id": "wdr_1", "at": NOON, "experiment_id": EXP, "reason": "a slip", "n_answers": 0}
    keep(acme, a_holdout("hol_1"), Withdrawal(**gone, **PERSON))
    keep(acme, candidate := ReleaseCandidate(**given, state="open", ledger_head="h", **PERSON))
    keep(acme, an_experiment("exp_2", change_ids=(CHANGE,)))
    assert command(acme) == "candidate freeze 2026-W44"
    keep(acme, Withdrawal(**{**gone, "id": "wdr_2", "experiment_id": "exp_2"}, **PERSON))
    keep(acme, replace(candidate, state="frozen", commit="c" * 40))
    assert command(acme) == "experiment plan rel_1 --holdout hol_1 --freeze"
