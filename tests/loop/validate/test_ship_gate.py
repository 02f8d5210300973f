"""The ship gate end to end on the sample's app: of five experiments one ships, each other fails for its own reason."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.loop.validate.test_validate import CONFUSED, TONE
from tests.loop.validated import LATER, eve, found_in_traffic, freeze, hold, make_change, make_traffic, run, state
from workbench import loop
from workbench.errors import GateError
from workbench.experiments.metric import Amount, Metric
from workbench.loop.sample.experiment import SetApart
from workbench.loop.validate import Decided, gate, sign_decision, withdraw_experiment
from workbench.records import Change, Experiment, Issue
from workbench.store import Workspace

N, FEW = 80, 5
HALF = replace(CONFUSED, mwe=Amount(0.15))
"""Of the quarter of the answers that are wrong, more than half is to be mended."""
WIDE = replace(TONE, margin=Amount(0.4))
"""The least that five cases can exclude are 35 points."""


class Gate:
    """The gate on one workspace, whose changes are judged on the same cases."""

    def __init__(self, workspace: Workspace, first: Change, cases: SetApart) -> None:
        self.workspace, self.first, self.cases, self.now = workspace, first, cases, LATER

    def change(self, example: str, **more: str) -> Change:
        """Return another change, made an hour later."""
        self.now += timedelta(hours=1)
        return make_change(self.workspace, example, now=self.now, **more)

    def try_out(self, change: Change, *metrics: Metric, n: int = N) -> Decided:
        """Return what comes of a change on n targeted and n random cases."""
        self.run(change, *metrics, n=n)
        return self.gate(change)

    def run(self, change: Change, *metrics: Metric, n: int = N) -> Experiment:
        """Run an experiment on a change, and ask nobody what it comes to."""
        self.now += timedelta(hours=1)
        held = {"targeted_id": self.cases.targeted.id, "n_cases": n, "n_targeted": n}
        frozen = freeze(self.workspace, change, self.cases.random.id, metrics=metrics, now=self.now, **held)
        run(self.workspace, frozen, now=lambda: self.now)
        return frozen

    def gate(self, change: Change) -> Decided:
        return gate(self.workspace, change.id, now=self.now)

    def give_up(self, change: Change) -> None:
        loop.abandon(self.workspace, change.id, reason="it does not ship", now=self.now, **eve())


@pytest.fixture
def tried(tmp_path: Path) -> Gate:
    workspace = make_traffic(tmp_path / "acme", n=2 * N + 10)  # to the words of the test a few are alike
    found_in_traffic(workspace)
    first = make_change(workspace, "warn_the_reader")
    given = {"issue_ids": first.issue_ids, "n": N, "n_uses": 4}
    random = hold(workspace, "random", **given)
    return Gate(workspace, first, SetApart(random, hold(workspace, "targeted", **given)))


def test_of_five_experiments_one_ships_and_each_other_fails_for_its_reason(tried: Gate) -> None:
    workspace = tried.workspace
    # the target is mended, and most answers exclaim
    found = tried.try_out(tried.first, HALF, TONE)
    assert found.ruling.decision == "dont_ship"
    assert [reason.split()[0] for reason in found.ruling.reasons] == ["plain_tone"]
    assert state(workspace) == "changing"
    assert found.decision is not None
    assert workspace.ledger.latest(Issue)[0].evidence == (found.decision.id,)
    tried.give_up(tried.first)
    # nothing gets worse, and nothing better
    useless = tried.change("be_accurate")
    ran = tried.run(useless, HALF, TONE)
    with pytest.raises(GateError, match="it is decided: dont_ship"):  # by the rules, before anybody asked for it
        withdraw_experiment(workspace, ran.id, reason="the wrong metric", now=tried.now, **eve())
    found = tried.gate(useless)
    assert found.ruling.decision == "dont_ship"
    assert "a gain of 15 points, the least that is worthwhile, is excluded" in found.ruling.reasons[0]
    tried.give_up(useless)
    # it was written from one of the cases
    leaking = tried.change("state_jurisdiction_first", development="t3")
    with pytest.raises(GateError, match="cases leak"):
        tried.try_out(leaking, CONFUSED, TONE)
    found = tried.gate(leaking)
    assert found.ruling.decision == "invalid"
    assert any("overlap" in reason for reason in found.ruling.reasons)
    tried.give_up(leaking)
    # five cases show nothing, and say how many would
    good = tried.change("state_jurisdiction_first")
    found = tried.try_out(good, CONFUSED, WIDE, n=FEW)
    assert found.ruling.decision == "inconclusive", found.ruling
    needed = [one.value for one in found.ruling.settle if (one.metric, one.what) == (CONFUSED.name, "cases")]
    assert min(needed) > FEW
    # all of them ship it
    found = tried.try_out(good, CONFUSED, TONE)
    assert (found.ruling.decision, found.n_experiments) == ("ship", 2), found.ruling
    assert found.examined is not None
    signed = sign_decision(workspace, found.examined.experiment.id, signer="eve", identity="typed", now=tried.now)
    assert (signed.notes, state(workspace)) == ((), "shipped")
