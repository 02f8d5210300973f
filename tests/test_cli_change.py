"""`workbench change`: from a confirmed issue to a commit and back, by commands alone."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.changes.repositories import EDIT, PROMPT, README, Repository
from tests.loop.changed_app import ONE, TWO, make_workspace
from workbench.experiments.metrics_file import METRICS, STARTER
from workbench.records import Change
from workbench.store import open_workspace

if TYPE_CHECKING:
    from tests.conftest import Shell


@pytest.fixture
def app(tmp_path: Path) -> Repository:
    return make_workspace(tmp_path / "acme")[1]


@pytest.fixture
def acme(app: Repository, shell: "Shell", tmp_path: Path) -> "Shell":
    return shell.at(app.root.parent)


def test_a_change_is_made_merged_and_taken_back_by_commands(acme: "Shell", app: Repository) -> None:
    begun = acme.json("change", "begin", ONE, "--title", "Jurisdiction\x1b[31m first", "--by", "ann")
    assert (begun["state"], begun["title"]) == ("draft", "Jurisdiction⟨U+001B⟩[31m first")
    code, out, err = acme.run("change", "edit", begun["id"][:20])
    assert f"next: workbench change commit {begun['id']} --workspace {app.root.parent}\n" in err
    folder = Path(out.strip())
    (folder / PROMPT).write_bytes(EDIT)
    made = acme.json("change", "commit", begun["id"], "--by", "ben")
    by = [one.actor.name for one in open_workspace(app.root.parent).ledger.appended(Change)]
    assert by == ["ann", "ben"]
    assert [one["path"] for one in made["edits"]] == [PROMPT]
    code, out, err = acme.run("change", "list")
    assert (code, "committed" in out, err) == (0, True, "")
    app.git("merge", "--quiet", "--no-ff", made["branch"])
    shown = acme.json("change", "show", begun["id"][:20])
    assert (shown["state"], shown["said"]) == ("merged", "main has it")
    back = acme.json("change", "roll-back", begun["id"], "--reason", "Slower.")
    assert app.git("rev-parse", f"{made['branch']}-roll-back") == back["reverted_by"]
    code, out, _ = acme.run("change", "show", begun["id"])
    assert (code, "rolled_back" in out) == (0, True)


def test_a_file_is_committed_as_given_and_hooks_are_told_of(acme: "Shell", app: Repository, tmp_path: Path) -> None:
    (tmp_path / "new.md").write_bytes(EDIT)
    begun = acme.json("change", "begin", ONE, "--title", "Jurisdiction first")
    app.git("config", "core.hooksPath", ".husky/_")
    hook = app.root / ".husky" / "_" / "pre-commit"
    hook.parent.mkdir(parents=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    for wrong in ("prompts/a.md", f"{PROMPT}="):
        assert acme.run("change", "commit", begun["id"], "--from", wrong)[0] == 2
    given = ("--from", f"{PROMPT}={tmp_path / 'new.md'}", "--delete", "settings.yaml")
    code, out, err = acme.run("change", "commit", begun["id"], *given)
    assert code == 0, err
    assert f"{PROMPT}, settings.yaml. Next: workbench holdout make random --issue {ONE}" in out
    assert "hooks of the repository were not run: pre-commit" in err
    wanted, own = ("experiment", "plan", begun["id"], "--holdout", "hol_1", "--freeze"), app.root.parent / METRICS
    code, _, err = acme.run(*wanted)
    assert (code, own.read_text()) == (2, STARTER)
    assert f"{own}: it was not there, and says what is measured: one to begin with is written; read it" in err
    assert "there is no such holdout" in acme.run(*wanted)[2]


def test_a_refusal_says_what_to_do_and_has_its_exit_code(acme: "Shell", app: Repository) -> None:
    code, _, err = acme.run("change", "begin", TWO, "--title", "x")
    assert (code, "no verdict of a person" in err, "workbench review" in err) == (2, True, True)
    begun = acme.json("change", "begin", ONE, "--title", "x")
    assert acme.run("change", "commit", begun["id"], "--from", f"{README}={app.root / README}")[0] == 2
    app.git("checkout", "--quiet", "--detach")
    code, _, err = acme.run("change", "commit", begun["id"], "--from", f"{PROMPT}={app.root / README}")
    assert (code, "HEAD is detached" in err) == (3, True)
    assert acme.run("change", "show", "chg_none")[0] == 2
    assert acme.json("change", "abandon", begun["id"], "--reason", "No.")["state"] == "abandoned"


def test_who_signs_without_an_address_is_told_so_before_anything_is_committed(acme: "Shell") -> None:
    """Commits were by `root <>`, and nobody had said that a name may be an address."""
    nameless, addressed = (
        acme.run("change", "begin", ONE, "--title", "x", "--by", by)[2] for by in ("ann", "ann@example.org")
    )
    assert "its commit will be by ann, with no address: begin it with `--by NAME@HOST` for one" in nameless
    assert "no address" not in addressed


def test_changes_are_listed_where_the_repository_is_gone(acme: "Shell", app: Repository) -> None:
    acme.json("change", "begin", ONE, "--title", "x")
    app.root.rename(app.root.parent / "moved")
    code, out, err = acme.run("change", "list")
    assert (code, "draft" in out) == (0, True)
    assert "is not known" in err


def test_a_workspace_is_made_for_an_app_elsewhere(
    shell: "Shell", app: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_SECRET", "a secret of the tests")
    assert shell.run("init", tmp_path / "other", "--app", app.root)[0] == 0
    assert open_workspace(tmp_path / "other").app == app.root
    code, _, err = shell.run("init", tmp_path / "third", "--app", tmp_path)
    assert (code, "no git repository" in err, (tmp_path / "third").exists()) == (3, True, False)
