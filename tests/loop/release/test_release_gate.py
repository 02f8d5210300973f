"""The gate of a candidate against what no change owns: versions, ledgers and people that nobody put their name to."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.loop.on_record import a_decision, an_experiment
from tests.loop.people import ANN, on_issue
from tests.loop.releasable import LATER, PROMPT, change, git, releasable, revise
from tests.loop.under_review import NOON
from workbench.backlog import move
from workbench.errors import GateError, RepositoryError
from workbench.loop.named import app_of
from workbench.loop.refine.changing import abandon
from workbench.loop.release import bundle_changes, check_candidate, freeze_candidate, make_candidate, withdraw_candidate
from workbench.loop.release.commits import make_commits
from workbench.loop.review.confirmed import confirmed_issues
from workbench.loop.review.import_verdicts import IMPORTER
from workbench.loop.signatures import decision_id
from workbench.records import Actor, Change, Decision, Experiment, Issue, ReleaseCandidate
from workbench.store import Workspace, open_workspace

FIRST = {"prompts/answer.md": PROMPT.replace("Rule 1.\n", "State first.\n")}
SECOND = {"settings.yaml": "retries: 3\ntone: warm\n"}
ISSUES = ("iss_slow", "iss_late")

BEN = Actor(kind="HUMAN", name="ben", identity="typed")
PROGRAM = Actor(kind="CODE", name="ben", identity="program")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two issues that people confirmed, and no change yet."""
    return releasable(tmp_path_factory.mktemp("template") / "w", "slow", "late").root


@pytest.fixture
def workspace(template: Path, tmp_path: Path) -> Workspace:
    return open_workspace(shutil.copytree(template, tmp_path / "w"))


def make(workspace: Workspace, *changes: Change, name: str = "W10") -> ReleaseCandidate:
    return make_candidate(workspace, name, change_ids=[one.id for one in changes], actor=ANN, now=NOON)


def freeze(workspace: Workspace, name: str = "W10") -> ReleaseCandidate:
    return freeze_candidate(workspace, name, actor=ANN, now=LATER)


def on_experiment(workspace: Workspace) -> Change:
    """Return a change that was begun on a branch whose settings nobody reviewed."""
    app = workspace.root / "app"
    git(app, "switch", "--quiet", "--create", "experiment")
    (app / "settings.yaml").write_text("retries: 99\ntone: rude\n")
    git(app, "commit", "--quiet", "--all", "--message", "never reviewed")
    made = change(workspace, "first", FIRST, "iss_slow")
    git(app, "switch", "--quiet", "main")
    return made


def test_a_change_begun_on_another_branch_does_not_bring_that_ones_edits(workspace: Workspace) -> None:
    """A frozen candidate shipped settings that no change edits, nobody reviewed and no issue asked for."""
    made = on_experiment(workspace)
    with pytest.raises(GateError, match=f"{made.id} starts from {made.base[:12]}, which the app has not got"):
        make(workspace, made)


def test_what_is_merged_edits_no_file_but_those_of_its_changes(workspace: Workspace) -> None:
    """Whatever let an edit slip in beside the changes, the merged commit carried it out."""
    made, repository = on_experiment(workspace), app_of(workspace)
    candidate = ReleaseCandidate(
        id="rel_20261102T120000_aaaaaaaaaa",
        at=NOON,
        state="open",
        name="W10",
        change_ids=(made.id,),
        base=repository.head(),
        ledger_head=workspace.ledger.head(),
        author="ann",
        identity="typed",
    )
    with pytest.raises(GateError, match=r"merged, it edits settings\.yaml too, and none of its changes does"):
        make_commits(repository, candidate, [made])


def test_a_candidate_does_not_start_from_the_branch_of_a_change(workspace: Workspace) -> None:
    """With the branch of an abandoned change checked out, what was given up as dangerous was frozen as the base."""
    good = change(workspace, "first", FIRST, "iss_slow")
    bad = change(workspace, "bad", {"settings.yaml": "retries: 99\ntone: warm\n"}, "iss_late")
    abandon(workspace, bad.id, reason="it is dangerous", author="ann", identity="typed", now=LATER)
    git(workspace.root / "app", "switch", "--quiet", bad.branch)
    with pytest.raises(RepositoryError, match=f"{bad.branch} is checked out"):
        make(workspace, good)
    git(workspace.root / "app", "switch", "--quiet", "main")
    make(workspace, good)
    git(workspace.root / "app", "switch", "--quiet", bad.branch)
    with pytest.raises(RepositoryError, match=f"{bad.branch} is checked out"):
        freeze(workspace)
    with pytest.raises(RepositoryError, match=f"{bad.branch} is checked out"):
        check_candidate(workspace, "W10", now=LATER)


def test_a_ledger_that_lost_an_entry_before_the_candidate_is_told_by_its_changes(
    workspace: Workspace, template: Path, tmp_path: Path
) -> None:
    """A verdict was cut out and the chain hashed anew; the head that the change's commit names was asked of nobody."""
    workspace.ledger.append([on_issue("iss_late", "rejected")], now=NOON, actor=ANN)
    made = change(workspace, "first", FIRST, "iss_slow")
    cut = open_workspace(shutil.copytree(template, tmp_path / "cut"))
    cut.ledger.append(workspace.ledger.history(Change, made.id), now=NOON, actor=ANN)
    issue = next(one for one in workspace.ledger.latest(Issue) if one.id == "iss_slow")
    cut.ledger.append([issue], now=NOON, actor=ANN)
    (workspace.root / "ledger.db").write_bytes((cut.root / "ledger.db").read_bytes())
    workspace = open_workspace(workspace.root)
    make(workspace, made)
    with pytest.raises(GateError, match=f"the ledger was edited: the head {made.ledger_head[:12]}"):
        freeze(workspace)
    revise(workspace, made, ledger_head=workspace.ledger.head())
    with pytest.raises(GateError, match=f"no commit of {made.id} names it and its issues, at the head"):
        freeze(workspace)


def test_a_verdict_that_a_program_writes_is_no_persons_whatever_it_says_of_itself(workspace: Workspace) -> None:
    """A job appended a verdict that called itself a person's, and a change was begun and could be released."""
    made = change(workspace, "first", FIRST, "iss_slow")
    cron = Actor(kind="CODE", name="cron", identity="program")
    said = replace(on_issue("iss_slow"), explanation="sure")
    workspace.ledger.append([said], now=LATER, actor=cron)
    with pytest.raises(GateError, match="iss_slow is not confirmed by people any more: no verdict of a person"):
        make(workspace, made)
    with pytest.raises(GateError, match="no change without a confirmed verdict: no verdict of a person on it stands"):
        confirmed_issues(workspace, ["iss_slow"], now=LATER)
    workspace.ledger.append([replace(said, explanation="")], now=LATER, actor=IMPORTER)
    assert make(workspace, made).state == "open"


def test_a_change_is_in_one_frozen_candidate_until_that_is_withdrawn(workspace: Workspace) -> None:
    """One change could be frozen twice: what either candidate did was then measured with the other one's change in."""
    made = change(workspace, "first", FIRST, "iss_slow")
    make(workspace, made, name="early")  # put together before the other one was frozen
    make(workspace, made)
    frozen = freeze(workspace)
    with pytest.raises(GateError, match=f"{made.id} is in the frozen candidate {frozen.id}"):
        freeze(workspace, "early")
    with pytest.raises(GateError, match=f"{made.id} is in the frozen candidate {frozen.id}"):
        make(workspace, made, name="late")
    withdraw_candidate(workspace, "W10", reason="the other one", actor=ANN, now=LATER)
    assert freeze(workspace, "early").state == "frozen"


def test_a_guardrail_taken_out_keeps_none_of_another_file_from_travelling(workspace: Workspace) -> None:
    """Two changes were refused as incompatible, as both guardrail files have a key of one name."""
    app = workspace.root / "app"
    (app / "guardrails").mkdir()
    (app / "guardrails/pii.yaml").write_text("enabled: false\n")
    (app / "guardrails/old.yaml").write_text("enabled: true\n")
    git(app, "add", ".")
    git(app, "commit", "--quiet", "--message", "guardrails")
    on = change(workspace, "on", {"guardrails/pii.yaml": "enabled: true\n"}, "iss_slow")
    drop = change(workspace, "drop", {"guardrails/old.yaml": None}, "iss_late")
    assert bundle_changes(workspace, now=LATER).conflicts == ()
    assert make(workspace, on, drop).state == "open"


def test_an_issue_that_is_written_to_be_shipped_is_still_asked_for_until_its_candidate_is_decided_on(
    workspace: Workspace,
) -> None:
    """Who wrote `shipped` into an issue let a candidate pass from which people had taken their verdict back."""
    make(workspace, change(workspace, "first", FIRST, "iss_slow"))
    frozen = freeze(workspace)
    workspace.ledger.append([on_issue("iss_slow", "withdrawn")], now=LATER, actor=ANN)
    issue = next(one for one in workspace.ledger.latest(Issue) if one.id == "iss_slow")
    revise(workspace, issue, state="shipped")
    with pytest.raises(GateError, match="iss_slow is not confirmed by people any more"):
        check_candidate(workspace, "W10", now=LATER)
    other, own = an_experiment(candidate_id="rel_other"), an_experiment("exp_2", candidate_id=frozen.id)
    workspace.ledger.append([other, ship_of(other), own], now=LATER, actor=BEN)
    written = ship_of(own)
    for record, actor in (
        (replace(written, signer=""), BEN),  # nobody signed it
        (written, PROGRAM),  # in ben's name
        (replace(written, signer="ann"), ANN),  # its author alone, and ben is there
        (replace(written, id="dec_2"), BEN),  # it is none that the rules came to
        (ship_of(replace(own, plan_digest="8" * 64)), BEN),  # it is on another plan
    ):
        workspace.ledger.append([record], now=LATER, actor=actor)
        with pytest.raises(GateError, match="iss_slow is not confirmed by people any more"):
            check_candidate(workspace, "W10", now=LATER)
    workspace.ledger.append([written], now=LATER, actor=BEN)
    assert check_candidate(workspace, "W10", now=LATER) == frozen


def test_a_change_that_shipped_by_itself_does_not_spoil_the_candidate_that_it_travels_in(workspace: Workspace) -> None:
    """A candidate was "not what was frozen" as soon as one of its changes had been tested alone, and shipped."""
    made, other = change(workspace, "first", FIRST, "iss_slow"), change(workspace, "other", SECOND, "iss_late")
    make(workspace, made, other)
    frozen = freeze(workspace)
    slow, late = (next(one for one in workspace.ledger.latest(Issue) if one.id == id_) for id_ in ISSUES)
    alone = an_experiment(change_ids=(made.id,))
    by_author = replace(ship_of(alone), signer="ann")  # nobody else is there
    workspace.ledger.append([alone, by_author], now=LATER, actor=ANN)
    revise(workspace, slow, state="shipped")
    assert check_candidate(workspace, "W10", now=LATER) == frozen
    cid = Actor(kind="HUMAN", name="cid", identity="typed")
    workspace.ledger.append([on_issue("iss_slow", annotator="cid")], now=LATER + timedelta(days=1), actor=cid)
    assert check_candidate(workspace, "W10", now=LATER) == frozen, "who came later was not there to sign"
    revise(workspace, late, state="shipped")
    with pytest.raises(GateError, match="iss_late is shipped, must be changing or validating"):
        check_candidate(workspace, "W10", now=LATER)


def test_an_issue_on_the_candidates_experiment_is_given_back_too(workspace: Workspace) -> None:
    """An issue that rested on the experiment of a withdrawn candidate stayed in validation, with nothing to end it."""
    made = change(workspace, "first", FIRST, "iss_slow")
    make(workspace, made)
    frozen = freeze(workspace)
    issue = next(one for one in workspace.ledger.latest(Issue) if one.id == "iss_slow")
    on_it = move(issue, "validating", evidence=["exp_1"], reason="its experiment is frozen", by="program")
    workspace.ledger.append([an_experiment(candidate_id=frozen.id), on_it], now=LATER)
    withdraw_candidate(workspace, "W10", reason="not now", actor=ANN, now=LATER)
    assert {one.id: one.state for one in workspace.ledger.latest(Issue)}["iss_slow"] == "changing"


def ship_of(experiment: Experiment) -> Decision:
    """Return the decision to ship an experiment, signed by ben."""
    made = a_decision(experiment_id=experiment.id, plan_digest=experiment.plan_digest, signer="ben", identity="typed")
    named = decision_id(experiment, results=made.result_digest, decision=made.decision, reasons=made.reasons)
    return replace(made, id=named)
