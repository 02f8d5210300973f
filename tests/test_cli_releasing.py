"""`workbench candidate`: from bundles to a frozen candidate, and back."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.loop.releasable import PROMPT, change, git, releasable
from workbench.records import Change, Issue
from workbench.store import Workspace, open_workspace

if TYPE_CHECKING:
    from tests.conftest import Shell


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = releasable(tmp_path / "acme", "slow", "late")
    change(made, "first", {"prompts/answer.md": PROMPT.replace("Rule 1.\n", "State first.\n")}, "iss_slow")
    change(made, "second", {"settings.yaml": "retries: 3\ntone: warm\n"}, "iss_slow", "iss_late")
    change(made, "third", {}, "iss_late", is_committed=False)
    return made


def test_changes_are_bundled_made_frozen_checked_listed_and_withdrawn(
    shell: "Shell", workspace: Workspace, tmp_path: Path
) -> None:
    acme = shell.at(tmp_path / "acme")
    first, second, third = (one.id for one in workspace.ledger.latest(Change))
    found = acme.json("candidate", "bundle")
    (bundle,) = found["bundles"]
    assert set(bundle["changes"]) == {first, second}
    assert bundle["reasons"] == [f"{', '.join(sorted((first, second)))}: for the same issue iss_slow"]
    assert list(found["left_out"]) == [third]
    assert [(one["kind"], one["is_blocking"]) for one in found["conflicts"]] == [("same_issue", False)]
    made = acme.json("candidate", "make", "2026-W10", first, second, "--by", "ann")
    assert (made["state"], made["author"], made["commit"]) == ("open", "ann", None)
    frozen = acme.json("candidate", "freeze", "2026-W10", "--by", "ann")
    assert (frozen["id"], frozen["state"], set(frozen["ablations"])) == (made["id"], "frozen", {first, second})
    assert frozen["next"].startswith("workbench holdout make random --issue iss_")
    assert git(tmp_path / "acme" / "app", "show", f"{frozen['commit']}:settings.yaml") == "retries: 3\ntone: warm"
    assert acme.json("candidate", "check", made["id"][:24])["digest"] == frozen["digest"]
    assert acme.run("candidate", "check", "2026-W10")[1] == f"{made['id']} (2026-W10) is what was frozen.\n"
    assert [one["id"] for one in acme.json("candidate", "list")["candidates"]] == [made["id"]]
    gone = acme.json("candidate", "withdraw", "2026-W10", "--reason", "the tone is off", "--by", "ann")
    assert (gone["state"], gone["reason"]) == ("withdrawn", "the tone is off")
    states = {issue.id: issue.state for issue in open_workspace(tmp_path / "acme").ledger.latest(Issue)}
    assert states == {"iss_slow": "changing", "iss_late": "changing"}


def test_people_read_tables_and_what_is_left_out_beside_them(
    shell: "Shell", workspace: Workspace, tmp_path: Path
) -> None:
    acme = shell.at(tmp_path / "acme")
    third = workspace.ledger.latest(Change)[2].id
    code, out, err = acme.run("candidate", "bundle")
    assert code == 0
    assert "2 changes in 1 bundle; 1 is left out." in out
    assert f"left out: {third} is draft, must be committed" in err
    assert "take care:" in err
    code, _, err = acme.run("candidate", "make", "W10", third)
    assert (code, "must be committed" in err) == (2, True)
    code, _, err = acme.run("candidate", "freeze", "W10")
    assert (code, "there is no such candidate" in err) == (2, True)
    assert "0 candidates" in acme.run("candidate", "list")[1]


def test_a_bundle_that_cannot_travel_as_it_is_says_so_in_its_row(
    shell: "Shell", workspace: Workspace, tmp_path: Path
) -> None:
    """Two changes of the same lines stood as a bundle like any other, and making it was refused."""
    change(workspace, "same", {"prompts/answer.md": PROMPT.replace("Rule 1.\n", "Ask.\n")}, "iss_slow")
    code, out, _ = shell.at(tmp_path / "acme").run("candidate", "bundle")
    assert (code, out.count("not as it is")) == (0, 1)
