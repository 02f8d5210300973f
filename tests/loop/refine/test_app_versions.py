"""Prompt versions of the telemetry are found in the app's real history, and what is not says why."""

import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from tests.changes.repositories import PROMPT, Repository
from tests.loop.under_review import NOON, append, spans
from tests.loop.with_app import make_app_workspace
from workbench.loop.refine.app_versions import app_versions
from workbench.schemas import SPANS
from workbench.store import Workspace

TEMPLATE = '---\nname: summary\nversion: "{version}"\n---\nYou summarise {{{{citation}}}} for a lawyer.\n{more}\n'
FIRST = TEMPLATE.format(version=1, more="Say nothing that it does not say.")
SECOND = TEMPLATE.format(version=2, more="State the jurisdiction before anything else.")


def make(root: Path) -> tuple[Workspace, Repository]:
    workspace, app = make_app_workspace(root)
    app.commit({PROMPT: FIRST})
    app.git("tag", "--annotate", "--message", "first", "summary-v1")
    app.commit({PROMPT: SECOND})
    return workspace, app


def calls(workspace: Workspace, **columns: Sequence[object]) -> None:
    """Append one call a value, each its own trace."""
    n = len(next(iter(columns.values())))
    rows = spans([f"call-{number}" for number in range(n)])
    append(workspace, SPANS, rows.with_columns(**{name: pl.Series(values) for name, values in columns.items()}))


def test_each_version_is_told_with_its_commit_and_its_traces(tmp_path: Path) -> None:
    workspace, app = make(tmp_path / "acme")
    calls(workspace, prompt_name=["summary"] * 4, prompt_version=["2", "1", "2", "9"])
    second, first = app.head(), app.git("rev-parse", "HEAD~1")
    found = {one.seen.version: one for one in app_versions(workspace) if one.seen.name}
    assert {version: [held.commit for held in one.held] for version, one in found.items()} == {
        "2": [second],
        "1": [first],
        "9": [],
    }
    assert found["2"].seen.n_traces == 2
    assert found["2"].seen.last_at == NOON
    assert found["1"].held[0].tags == ("summary-v1",)
    assert found["9"].note == "no commit holds that version: the app has 1, 2"


def test_a_text_that_was_sent_tells_the_version_where_nothing_names_it(tmp_path: Path) -> None:
    workspace, app = make(tmp_path / "acme")
    sent = [
        "You summarise 12 U.S. 3 for a lawyer.\nState the jurisdiction before anything else.",
        "You summarise 7 Cal. 4 for a lawyer.\nState the jurisdiction before anything else.",
        "You are a pirate who tells stories about the sea all day long.",
    ]
    inputs = [json.dumps([{"role": "system", "content": text}, {"role": "user", "content": "Hi"}]) for text in sent]
    calls(workspace, input=inputs)
    found = [one for one in app_versions(workspace) if one.by == "text" or "fits its text" in one.note]
    assert [(one.by, one.seen.n_traces, [held.commit for held in one.held]) for one in found] == [
        ("text", 2, [app.head()]),
        ("none", 1, []),
    ]


def test_a_template_in_the_attributes_is_known_by_its_digest(tmp_path: Path) -> None:
    """OpenInference records the template before its variables are filled in."""
    workspace, app = make(tmp_path / "acme")
    body = SECOND.split("---\n")[2]
    calls(workspace, attributes=[json.dumps({"llm.prompt_template.template": body})])
    [one] = [one for one in app_versions(workspace) if one.seen.digest]
    assert (one.by, [held.commit for held in one.held]) == ("digest", [app.head()])


def test_a_prompt_on_a_branch_of_a_change_is_found_too(tmp_path: Path) -> None:
    workspace, app = make(tmp_path / "acme")
    app.git("switch", "--quiet", "--create", "change/x")
    on_branch = app.commit({PROMPT: TEMPLATE.format(version=3, more="More.")})
    app.git("switch", "--quiet", "main")
    calls(workspace, prompt_name=["summary"], prompt_version=["3"])
    [one] = [one for one in app_versions(workspace) if one.seen.version == "3"]
    assert ([held.commit for held in one.held], one.note) == ([on_branch], "no branch of the app has it, only a change")
