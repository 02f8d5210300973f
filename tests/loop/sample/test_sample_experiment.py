"""A change of the sample is tested as any is; one that does not ship is given up, and its issue waits for another."""

from pathlib import Path

from tests.loop.validated import LATER, found_in_traffic, hold, make_change, make_traffic, state
from workbench.loop.sample.experiment import SetApart, decide_change
from workbench.records import Change, Experiment, HoldoutUse
from workbench.simulate.reviewers import REVIEWERS

ADA = REVIEWERS[0].name


def test_a_change_that_spoils_the_tone_is_given_up(tmp_path: Path) -> None:
    workspace = make_traffic(tmp_path / "acme", n=120)
    found_in_traffic(workspace)
    change = make_change(workspace, "warn_the_reader")
    given = {"n": 60, "issue_ids": change.issue_ids}
    cases = SetApart(hold(workspace, "random", **given), hold(workspace, "targeted", **given))
    decision = decide_change(workspace, change, cases, author="ann", signer=ADA, now=LATER)
    assert (decision.decision, decision.signer) == ("dont_ship", ADA)
    [given_up] = workspace.ledger.latest(Change)
    assert (given_up.state, given_up.reason) == ("abandoned", decision.reasons[0])
    assert state(workspace) == "confirmed"
    [experiment], uses = workspace.ledger.latest(Experiment), workspace.ledger.latest(HoldoutUse)
    assert {use.holdout_id for use in uses} == {cases.random.id, cases.targeted.id}
    assert {use.experiment_id for use in uses} == {experiment.id}
