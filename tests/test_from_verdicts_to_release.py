"""From verdicts to a frozen release candidate by the command line alone; then every id walks the whole chain."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.loop.erase.test_erase import write_export
from tests.loop.releasable import FILES, PROMPT, git, make_app
from workbench.loop.sample.making import make_sample
from workbench.records import Issue

if TYPE_CHECKING:
    from tests.conftest import Shell

KINDS = {
    *("trace", "finding", "cluster", "verdict", "issue", "change", "candidate", "branch", "commit"),
}
"""What the chain of the candidate has: this telemetry shows no causes, and no review is opened."""


@pytest.fixture
def acme(shell: "Shell", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Shell":
    """Return the command line for a workspace with two recurring problems and an app."""
    monkeypatch.setenv("WORKBENCH_SECRET", "a secret of this test, long enough")
    assert shell.run("init", tmp_path / "acme")[0] == 0
    acme = shell.at(tmp_path / "acme")
    assert acme.run("ingest", write_export(tmp_path / "export.jsonl"))[0] == 0
    acme.json("detect")
    make_app(tmp_path / "acme" / "app")
    return acme


def confirm(acme: "Shell", folder: Path, *issues: str) -> None:
    """Let a person confirm issues, by a file of verdicts."""
    about = {"annotator": "ann", "annotator_kind": "HUMAN", "target_kind": "issue", "label": "confirmed"}
    file = folder / "verdicts.jsonl"
    file.write_text("".join(json.dumps({**about, "target_id": issue}) + "\n" for issue in issues))
    acme.json("verdicts", "import", file)


def changed(acme: "Shell", folder: Path, issue: str, path: str, text: str) -> str:
    """Begin a change for an issue and commit it, and return its id."""
    begun = acme.json("change", "begin", issue, "--title", f"Edit {path}", "--by", "ben")
    (folder / "edited").write_text(text)
    made = acme.json("change", "commit", begun["id"], "--from", f"{path}={folder / 'edited'}")
    assert made["state"] == "committed"
    return str(made["id"])


def test_verdicts_become_a_frozen_candidate_and_every_id_walks_the_whole_chain(acme: "Shell", tmp_path: Path) -> None:
    issues = [one["issue"] for one in acme.json("backlog")["issues"]]
    code, _, err = acme.run("change", "begin", issues[0], "--title", "Too early", "--by", "ben")
    assert (code, "no change without a confirmed verdict" in err) == (2, True)
    confirm(acme, tmp_path, *issues)
    prompt = changed(acme, tmp_path, issues[0], "prompts/answer.md", PROMPT.replace("Rule 1.\n", "State first.\n"))
    settings = changed(acme, tmp_path, issues[-1], "settings.yaml", FILES["settings.yaml"].replace("2", "3"))
    assert acme.json("candidate", "bundle")["left_out"] == {}
    made = acme.json("candidate", "make", "W10", prompt, settings, "--by", "ann")
    frozen = acme.json("candidate", "freeze", made["id"], "--by", "ann")
    assert set(frozen["ablations"]) == {prompt, settings}
    shown = git(tmp_path / "acme" / "app", "show", f"{frozen['commit']}:prompts/answer.md")
    assert "State first." in shown
    check_chain(acme, frozen["id"])


@pytest.mark.slow
def test_on_the_sample_a_proposed_issue_goes_the_whole_way_too(shell: "Shell", tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample")
    acme = shell.at(tmp_path / "sample")
    proposed = [issue.id for issue in sample.workspace.ledger.latest(Issue) if issue.state == "proposed"]
    confirm(acme, tmp_path, proposed[0])
    path = "guardrails/repeated_calls.yaml"
    text = (sample.workspace.app / path).read_text() + "# Looked at again.\nnote: looked at again\n"
    change = changed(acme, tmp_path, proposed[0], path, text)
    frozen = acme.json("candidate", "freeze", acme.json("candidate", "make", "W45", change, "--by", "ann")["id"])
    assert frozen["changes"] == [change]
    check_chain(acme, frozen["id"])
    assert sample.candidate is not None
    check_chain(acme, sample.candidate.id, KINDS | {"cause", "review"})


def check_chain(acme: "Shell", candidate: str, kinds: set[str] = KINDS) -> None:
    """Check that a candidate's chain has every kind, and that one id of each leads back to the candidate."""
    nodes = acme.json("trace", candidate, "--top", "500")["nodes"]
    first: dict[str, dict[str, Any]] = {}
    for node in nodes:
        first.setdefault(node["kind"], node)
    assert set(first) >= kinds
    for node in first.values():
        named = acme.json("trace", node["id"], "--top", "500")
        assert named["start"] == {"kind": node["kind"], "id": node["id"]}
        assert candidate in {other["id"] for other in named["nodes"]}, node["kind"]
    text = acme.run("trace", candidate)[1]
    assert text.startswith(f"candidate {candidate} [frozen]")
