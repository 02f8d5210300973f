"""`workbench experiment plan --live`, `look` and `shadow`: an experiment on live traffic from the command line."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.loop.live_traffic import FLAG, live
from tests.loop.validated import make_validated
from workbench.records import Experiment
from workbench.store import open_workspace

if TYPE_CHECKING:
    from tests.conftest import Shell

METRICS: list[dict[str, Any]] = [
    {"name": "federal_law_controls_state", "role": "target", "direction": -1, "mwe": [0.05, False]},
    {"name": "plain_tone", "role": "guardrail", "margin": [0.2, False]},
]
N = 60


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a workspace's folder and its change."""
    root = tmp_path_factory.mktemp("cli") / "acme"
    _, change, _ = make_validated(root, example="state_jurisdiction_first", n=8)
    (root / "metrics.json").write_text(json.dumps(METRICS))
    return root, change.id


def test_users_of_a_flag_are_planned_looked_at_and_pass_the_gate(shell: "Shell", made: tuple[Path, str]) -> None:
    root, change = made
    acme = shell.at(root)
    wanted = ["experiment", "plan", change, "--metrics", root / "metrics.json", "--live", FLAG]
    assert "how many users is not said" in acme.run(*wanted)[2]
    assert "said twice" in acme.run(*wanted, "--users", N, "--holdout", "hol_1")[2]
    wanted += ["--users", N, "--look", 0.5]
    code, out, _ = acme.run(*wanted)
    said = f"60 users, of whom 50% meet 'candidate' of the flag '{FLAG}' and the others 'baseline'"
    assert (code, said in " ".join(out.split())) == (0, True)
    assert "it is decided at so many users: 30, 60" in " ".join(out.split())
    frozen = acme.json(*wanted, "--freeze", "--by", "eve")["experiment_id"]
    code, _, err = acme.run("experiment", "look", frozen)
    assert (code, "nobody was exposed yet" in err) == (4, True)
    workspace = open_workspace(root)
    (experiment,) = workspace.ledger.latest(Experiment)
    start = datetime.now(UTC) + timedelta(seconds=1)
    live(workspace, experiment, range(20), start=start, n_requests=4)
    seen = acme.json("experiment", "look", frozen, "--by", "eve")
    assert (seen["n_users"], seen["n_next"], seen["decision"], seen["look"]) == (20, 30, "inconclusive", None)
    assert acme.run("gate", change, "--result", root / "result.json")[0] == 1
    live(workspace, experiment, range(20, N), start=start, n_requests=4)
    first = acme.json("experiment", "look", frozen, "--by", "eve")
    assert (first["look"]["look"], sum(first["look"]["n_assigned"]), first["n_users"]) == (0.5, 30, N)
    assert first["metrics"]["plain_tone"]["n_units"] == 30
    assert first["decision"] == "inconclusive"
    second = acme.json("experiment", "look", frozen, "--by", "eve")
    assert (second["look"]["look"], second["decision"]) == (1.0, "ship")
    assert [one["holdout_id"] for one in acme.json("experiment", "list")["experiments"]] == [""]
    assert acme.json("experiment", "show", frozen)["decision_id"] == second["decision_id"]


def test_a_shadow_shows_both_answers_and_decides_nothing(
    shell: "Shell", made: tuple[Path, str], tmp_path: Path
) -> None:
    """The eight questions of the workspace are months old; those of the users under the flag are of today."""
    root, change = made
    acme, out = shell.at(root), tmp_path / "both.jsonl"
    asked = ("experiment", "shadow", change, "--days", 9_999, "--sample", 5, "--sample-app", "--out", out)
    n_before = len(open_workspace(root).ledger.entries())
    told = acme.json(*asked)
    assert told["note"].startswith("stored answers are no baseline")
    assert [told["sides"][side]["n"] for side in ("champion", "candidate")] == [5, 5]
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert sorted(row["side"] for row in rows) == ["candidate"] * 5 + ["champion"] * 5
    by_trace = {row["trace_id"]: row["output"] for row in rows if row["side"] == "champion"}
    stored = open_workspace(root).telemetry.spans().collect()
    for trace, output in by_trace.items():
        assert output in stored.filter(stored["trace_id"] == trace)["output"].to_list()
    assert acme.json(*asked) == told
    assert len(open_workspace(root).ledger.entries()) == n_before
    code, text, _ = acme.run(*asked[:-2])
    assert (code, "decides nothing" in " ".join(text.split())) == (0, True)
    assert acme.run("experiment", "shadow", change)[0] == 2
