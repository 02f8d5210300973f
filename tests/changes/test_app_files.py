"""Which files of an app are what, and what they say; and nothing in one of them stops the reader of the others."""

import json

import pytest

from workbench.changes.app_files import Layout, kind_of, read_layout, read_prompt, read_settings, read_text, read_tool
from workbench.errors import ConfigError, RecordError
from workbench.records import AppFileKind

PROMPTY = """\
---
name: case_summary
model:
  configuration: {name: small-1}
inputs:
  citation: {type: string}
---
system:
You summarise {{citation}}.
---
user:
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("prompts/case_summary.prompty", "prompt"),
        ("prompts/case_summary.md", "prompt"),
        ("tools/lookup.json", "tool"),
        ("guardrails/tone.yaml", "guardrail"),
        ("settings.yaml", "settings"),
        ("settings.production.yaml", "settings"),
        ("README.md", None),
        ("src/prompts/case_summary.md", None),
        ("prompts/old/case_summary.md", None),
        ("prompts/../tools/lookup.json", None),
        ("/tools/lookup.json", None),
        ("", None),
    ],
)
def test_the_kind_of_a_file_follows_from_its_path(path: str, kind: AppFileKind | None) -> None:
    assert kind_of(path) == kind


def test_a_workspace_may_say_another_layout() -> None:
    layout = read_layout({"app_files": {"prompt": ["agents/**/*.md"]}}, where="workspace.toml")
    assert kind_of("agents/a.md", layout) == "prompt"
    assert kind_of("agents/legal/us/a.md", layout) == "prompt"
    assert kind_of("prompts/a.md", layout) is None
    assert kind_of("tools/a.json", layout) == "tool"


def test_a_workspace_without_a_layout_has_the_usual_one() -> None:
    assert read_layout({}, where="workspace.toml") == Layout()


@pytest.mark.parametrize("section", [{"prompts": ["*.md"]}, {"prompt": "*.md"}, {"prompt": [1]}, ["*.md"]])
def test_a_layout_that_says_something_else_is_refused(section: object) -> None:
    with pytest.raises(ConfigError):
        read_layout({"app_files": section}, where="workspace.toml")


def test_front_matter_ends_at_its_first_line_of_dashes() -> None:
    prompt = read_prompt(PROMPTY)
    assert prompt.meta["inputs"] == {"citation": {"type": "string"}}
    assert prompt.body == "system:\nYou summarise {{citation}}.\n---\nuser:\n"


def test_a_prompt_without_front_matter_is_all_body() -> None:
    assert read_prompt("You summarise.\n---\nshort\n") == ({}, "You summarise.\n---\nshort\n")


def test_line_ends_of_windows_are_read() -> None:
    assert read_prompt("---\r\nname: a\r\n---\r\nBody\r\n") == ({"name": "a"}, "Body\r\n")


def test_front_matter_without_an_end_is_refused() -> None:
    with pytest.raises(RecordError, match="has no end"):
        read_prompt("---\nname: a\nBody\n")


@pytest.mark.parametrize("form", ["openai", "bare", "anthropic"])
def test_a_tool_reads_the_same_in_each_form(form: str) -> None:
    parameters = {"type": "object", "properties": {"citation": {"type": "string"}}}
    bare = {"name": "f", "description": "d", "parameters": parameters}
    forms = {
        "openai": {"type": "function", "function": bare},
        "bare": bare,
        "anthropic": {"name": "f", "description": "d", "input_schema": parameters},
    }
    tool = read_tool(json.dumps(forms[form]))
    assert (tool.name, tool.description, tool.parameters, tool.rest) == ("f", "d", parameters, {})


def test_what_else_a_tool_says_is_kept() -> None:
    assert read_tool('{"type": "function", "x": 1, "function": {"name": "f", "strict": true}}').rest == {
        "x": 1,
        "strict": True,
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not_json"),
        ("[]", "wrong_type"),
        ("{}", "wrong_type"),
        ('{"name": "a", "name": "b"}', "duplicate_key"),
        ('{"name": "a", "parameters": []}', "wrong_type"),
        ('{"name": "a", "x": NaN}', "bad_number"),
        ('{"name": "a", "x": ' + "9" * 5000 + "}", "bad_number"),
        ('{"name": "a", "x": ' + "[" * 100_000, "too_deep"),
    ],
)
def test_a_tool_that_is_none_is_refused(text: str, reason: str) -> None:
    with pytest.raises(RecordError) as refused:
        read_tool(text)
    assert refused.value.reason == reason


def test_settings_are_a_mapping() -> None:
    assert read_settings("retries: 2\n") == {"retries": 2}
    assert read_settings("") == {}
    with pytest.raises(RecordError):
        read_settings("- 1\n- 2\n")


def test_a_file_that_is_no_text_is_refused() -> None:
    with pytest.raises(RecordError) as refused:
        read_text(b"You \xff")
    assert refused.value.reason == "not_utf8"
