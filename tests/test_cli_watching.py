"""`workbench watch`: what shipped is watched, sampled, looked at and listed, by people and by schedulers."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.loop.shipped import CHANGE, DECISION, SHIP, WATCHED, make_shipped, traffic
from workbench.store import open_workspace

if TYPE_CHECKING:
    from tests.conftest import Shell


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a workspace in which a change shipped, and four weeks of silence since."""
    workspace = make_shipped(tmp_path_factory.mktemp("cli") / "acme", version="8")
    traffic(workspace, [0] * 28, version="9")
    return workspace.root


def test_a_shipped_change_is_watched_sampled_and_looked_at(shell: "Shell", root: Path) -> None:
    acme = shell.at(root)
    assert acme.run("watch", "look")[1] == "nothing is watched\n"
    code, _, err = acme.run("watch", "start", CHANGE)  # no version is known to have it
    assert (code, f"`workbench watch start {CHANGE} --version 9`" in err) == (4, True), err
    assert acme.run("watch", "start", "chg_nobody", "--version", "9")[0] == 2
    started = acme.json("watch", "start", CHANGE, "--version", "9", "--target", "0.25", "--by", "eve")
    (begun,) = started["watches"]
    assert started["next"] == f"workbench watch look --workspace {root}"
    assert (begun["issue_id"], begun["change_ids"], begun["decision_id"]) == (WATCHED, [CHANGE], DECISION)
    assert begun["target_share"] == pytest.approx(0.025)
    assert begun["since"].startswith(f"{SHIP:%Y-%m-%d}")
    (looked,) = acme.json("watch", "look")["watches"]
    assert (looked["state"], looked["issue_state"]) == ("not_enough_exposure", "watching")
    assert (looked["n_after"], looked["n_found"], looked["design"]) == (28 * 40, 0, "control_issues")
    drawn = acme.json("watch", "sample", begun["id"][:19], "--traces", "30")
    assert (drawn["n_items"], open_workspace(root).review_items.of(drawn["review_id"]).height) == (30, 30)
    code, _, err = acme.run("watch", "sample", WATCHED)
    assert (code, "is open" in err) == (2, True)
    code, out, _ = acme.run("watch", "list")
    assert (code, begun["id"] in out, "not enough exposure" in out) == (0, True, True)
    code, out, _ = acme.run("watch", "look", WATCHED)
    assert (code, "150 random traces" in out) == (0, True)
    out = acme.run("watch", "start", WATCHED, "--version", "9", "--by", "eve")[1]  # anew, with what is known now
    assert "the problem will count as gone once surely fewer than 5 % of traces have it" in " ".join(out.split())
