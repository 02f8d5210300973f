"""What differs, which prompts were live, and a drafted edit, from the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.changes.repositories import PROMPT
from tests.loop.under_review import append, spans, trace_of
from tests.loop.with_app import AFTER, BEFORE, a_change, committed_change, make_app_workspace
from workbench import cli
from workbench.schemas import SPANS

TRACES = (trace_of("clu_a", 0),)
Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a command of `workbench change` and returns what it says; it must exit as wanted."""

    def call(*arguments: str, exit_code: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["workbench", "change", *arguments])
        with pytest.raises(SystemExit) as leave:
            cli.main()
        assert leave.value.code == exit_code
        said = capsys.readouterr()
        return said.out if exit_code == 0 else said.err

    return call


def test_a_change_is_shown_as_words_that_came_and_went(run: Run, tmp_path: Path) -> None:
    workspace, app = make_app_workspace(tmp_path / "acme")
    change = committed_change(workspace, app, text=BEFORE.replace("brief", "neutral"))
    assert "Be [-brief-]{+neutral+}." in run("diff", change.id, "--workspace", str(workspace.root))


def test_a_prompt_cannot_command_the_terminal(run: Run, tmp_path: Path) -> None:
    workspace, app = make_app_workspace(tmp_path / "acme")
    app.git("tag", "before")
    app.commit({PROMPT: "Be \x1b]52;c;aGk=\x07red.\n"})
    said = run("diff", "--from", "before", "--workspace", str(workspace.root))
    assert "⟨U+001B⟩]52" in said
    assert "\x1b" not in said


def test_two_versions_are_shown_as_json(run: Run, tmp_path: Path) -> None:
    workspace, app = make_app_workspace(tmp_path / "acme")
    change = committed_change(workspace, app)
    said = run("diff", "--from", "main", "--to", change.branch, "--workspace", str(workspace.root), "--json")
    answer = json.loads(said)
    assert (answer["before"], answer["after"]) == (app.head(), change.commit)
    [file] = answer["files"]
    assert (file["path"], file["kind"], file["state"]) == (PROMPT, "prompt", "changed")
    assert "".join(text for op, text in file["pieces"] if op != "removed") == AFTER


def test_what_is_to_be_compared_must_be_said(run: Run, tmp_path: Path) -> None:
    workspace, _ = make_app_workspace(tmp_path / "acme")
    for wrong in ((), ("chg_1", "--from", "HEAD"), ("chg_1", "--to", "HEAD"), ("--to", "HEAD")):
        assert "is to be given" in run("diff", *wrong, "--workspace", str(workspace.root), exit_code=2)
    assert "no version" in run("diff", "--from", "nowhere", "--workspace", str(workspace.root), exit_code=2)


def test_versions_of_the_telemetry_are_listed_with_their_commits(run: Run, tmp_path: Path) -> None:
    workspace, app = make_app_workspace(tmp_path / "acme")
    app.commit({PROMPT: '---\nversion: "2"\n---\nState the holding.\n'})
    columns = {"prompt_name": ["summarise"] * 2, "prompt_version": ["2", "9"]}
    append(workspace, SPANS, spans(["x", "y"]).with_columns(**{name: pl.Series(one) for name, one in columns.items()}))
    said = run("versions", "--workspace", str(workspace.root))
    assert app.head()[:12] in said
    assert "no commit holds that version" in " ".join(said.split())
    answer = json.loads(run("versions", "--workspace", str(workspace.root), "--json"))
    assert [(one["version"], len(one["commits"]), one["by"]) for one in answer["versions"]] == [
        ("2", 1, "version"),
        ("9", 0, "none"),
    ]


def test_a_window_that_is_none_is_a_wrong_call(run: Run, tmp_path: Path) -> None:
    """It ended in a traceback."""
    workspace, _ = make_app_workspace(tmp_path / "acme")
    assert "window" in run("versions", "--window", "foo", "--workspace", str(workspace.root), exit_code=2)


def test_a_prompt_name_of_the_telemetry_is_no_link_in_the_terminal(run: Run, tmp_path: Path) -> None:
    """A stranger's prompt name made a link to his site in the table, and another one ended the command."""
    workspace, _ = make_app_workspace(tmp_path / "acme")
    names = {"prompt_name": ["[link=https://evil.example]a[/link]", "b[/c]"], "prompt_version": ["[red]9", "[/d]"]}
    append(workspace, SPANS, spans(["x", "y"]).with_columns(**{name: pl.Series(one) for name, one in names.items()}))
    said = "".join(run("versions", "--workspace", str(workspace.root)).split())
    for word in ("[link=https:", "b[/c]", "[red]9", "[/d]"):
        assert word in said


def test_a_model_drafts_and_a_person_is_asked_to_sign(
    run: Run, serve: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WORKBENCH_LLM_KEY", raising=False)
    workspace, app = make_app_workspace(tmp_path / "acme")
    change = a_change(workspace, app, development=TRACES)
    reply = {
        "edits": [{"find": "State the holding.", "replace": "State the jurisdiction, then the holding."}],
        "why": "The answers mix it up.",
        "quotes": [f"all about {TRACES[0]}"],
    }
    body = json.dumps({"choices": [{"message": {"role": "assistant", "content": json.dumps(reply)}}]}).encode()
    served = serve(lambda _: _Answer(body))
    where = ("--workspace", str(workspace.root), "--propose-with", f"{served.url}/v1", "--model", "small")
    said = run("draft", change.id, "--path", PROMPT, *where)
    assert "{+jurisdiction, then the +}" in said
    assert f"workbench change commit {change.id}" in said
    assert app.git("branch", "--list", "change/*") == ""


class _Answer:
    """An answer in the shape that the server of the tests takes."""

    def __init__(self, body: bytes) -> None:
        self.body, self.status, self.raw, self.headers = body, 200, None, dict[str, str]()
