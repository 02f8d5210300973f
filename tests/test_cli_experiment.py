"""`workbench experiment` and `workbench gate`: from a plan to an exit code that a CI goes by."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.loop.validated import make_validated
from workbench.records import Change, Decision, Experiment
from workbench.store import open_workspace

if TYPE_CHECKING:
    from tests.conftest import Shell

METRICS: list[dict[str, Any]] = [
    {"name": "federal_law_controls_state", "role": "target", "direction": -1, "mwe": [0.05, False]},
    {"name": "plain_tone", "role": "guardrail", "margin": [0.1, False]},
]

COURT = """[[metric]]
name = "court"
role = "target"
mwe = 0.05
[metric.scorer]
kind = "pattern"
pattern = "(?i)court"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """Return a workspace's folder, its change and its holdout."""
    root = tmp_path_factory.mktemp("cli") / "acme"
    _, change, holdout_id = make_validated(root, example="state_jurisdiction_first", n=60)
    (root / "metrics.json").write_text(json.dumps(METRICS))
    return root, change.id, holdout_id


def test_the_metrics_are_those_of_the_workspace_where_it_has_some(shell: "Shell", made: tuple[Path, str, str]) -> None:
    root, change, holdout = made
    acme, wanted = shell.at(root), ("experiment", "plan", change, "--holdout", holdout)
    assert "plain_tone" in json.dumps(acme.json(*wanted)["plan"]["metrics"])
    own = root / "metrics.toml"
    own.write_text(COURT)
    (court,) = acme.json(*wanted)["plan"]["metrics"]
    assert (court["name"], court["scorer"]) == ("court", {"kind": "pattern", "pattern": "(?i)court"})
    own.write_text('[[metric]]\nname = "court"\nrole = "target"\n')
    code, _, err = acme.run(*wanted)
    assert (code, "metrics.toml, metric 1 (court): court: a target without mwe" in err) == (2, True)
    own.unlink()


def test_a_second_plan_on_a_change_is_told_of_and_taken_back(
    shell: "Shell", made: tuple[Path, str, str], tmp_path: Path
) -> None:
    """Two plans stood on one change, and nobody was told that the gate goes by the newest."""
    root, change, holdout = made
    acme = shell.at(Path(shutil.copytree(root, tmp_path / "acme", symlinks=True)))
    wanted = ("experiment", "plan", change, "--holdout", holdout, "--freeze", "--by", "eve", "--json")
    first = json.loads(acme.run(*wanted)[1])["experiment_id"]
    _, out, err = acme.run(*wanted)
    assert (json.loads(out)["open_before"], f"{first} is open on the same" in err) == ([first], True)
    code, out, _ = acme.run("experiment", "withdraw", first, "--reason", "the wrong metric", "--by", "eve")
    assert (code, f"{first} is withdrawn.\n  no answer was seen: it is no use of {holdout}\n" in out) == (0, True)
    code, out, _ = acme.run("experiment", "show", first)
    assert (code, out.splitlines()[1:]) == (
        0,
        [
            "  it was withdrawn: the wrong metric",
            "  nobody has signed it",
            f"Next: workbench experiment plan {change} --holdout {holdout} --freeze --sample-app "
            f"--workspace {tmp_path / 'acme'}",
        ],
    )
    assert "withdrawn" in acme.run("experiment", "list")[1]


def test_a_change_is_planned_frozen_run_passed_and_signed(shell: "Shell", made: tuple[Path, str, str]) -> None:
    root, change, holdout = made
    acme, passing = shell.at(root), ("gate", change, "--result", root / "result.json")
    code, out, _ = acme.run("gate", change)
    assert (code, f"Next: workbench experiment plan {change} --holdout {holdout} --freeze" in out) == (1, True)
    assert acme.run("gate", "chg_nobody")[0] == 2
    wanted = ("experiment", "plan", change, "--holdout", holdout, "--metrics", root / "metrics.json")
    planned = acme.json(*wanted)
    assert (planned["n_answers"], planned["experiment_id"], planned["cannot_ship"]) == (120, None, [])
    frozen = acme.json(*wanted, "--freeze", "--by", "eve")["experiment_id"]
    code, out, _ = acme.run(*passing)
    assert (code, json.loads((root / "result.json").read_text())["reasons"]) == (1, ["it was not run to its end"])
    assert f"Next: workbench experiment run {frozen} --sample-app --workspace {root}\n" in out
    ran = acme.json("experiment", "run", frozen[:24], "--sample-app", "--by", "eve")
    assert (ran["is_done"], ran["run"]["n_assigned"]) == (True, [60, 60])
    code, out, _ = acme.run(*passing)
    assert (code, "it may not ship yet: nobody has signed it" in out, f"experiment sign {frozen}" in out) == (
        *(1, True),
        True,
    )
    assert acme.run(*passing, "--unsigned")[0] == 0
    result = json.loads((root / "result.json").read_text())
    assert result["unsigned"] == "nobody has signed it"
    assert (result["decision"], result["metrics"]["federal_law_controls_state"]["n_cases"]) == ("ship", 60)
    assert acme.json("experiment", "sign", frozen, "--by", "ann")["notes"]  # she wrote the change
    assert acme.json("experiment", "show", frozen)["is_signed_by_author_alone"]
    code, out, _ = acme.run(*passing)
    assert (code, "only who wrote it has signed it, and not eve" in out) == (1, True)
    assert (
        "Next: merge it, and once the traffic has it: workbench watch start iss_"
        in acme.run(*("experiment", "sign", frozen, "--by", "eve"))[1]
    )
    assert acme.run(*passing)[0] == 0
    listed = [(one["id"], one["decision"]) for one in acme.json("experiment", "list")["experiments"]]
    assert listed == [(frozen, "ship, signed by eve")]
    (record,) = open_workspace(root).ledger.latest(Change)
    assert frozen in acme.run("trace", record.id)[1]
    code, _, err = acme.run("experiment", "run", frozen)
    assert (code, "nothing says how the app is run" in err) == (2, True)
    later(root, frozen)
    code, _, err = acme.run("experiment", "sign", frozen, "--by", "dan")
    assert (code, "exp_9, a later experiment on the same, has decided not to ship it" in err) == (2, True)


def later(root: Path, frozen: str) -> None:
    """Have a later experiment on the same decide that it does not ship."""
    ledger = open_workspace(root).ledger
    experiment = ledger.history(Experiment, frozen)[0]
    *_, ship = ledger.latest(Decision)
    other = replace(experiment, id="exp_9", frozen_at=experiment.frozen_at + timedelta(hours=1))
    no = replace(ship, id="dec_9", experiment_id="exp_9", decision="dont_ship", signer="", identity="program")
    ledger.append([other, no], now=datetime.now(UTC))
