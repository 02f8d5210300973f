"""What is wrong with an edit is said before it is committed, each thing once and in words."""

import json
from typing import Any

import pytest

from workbench.changes.app_files import AppFile
from workbench.changes.check import check
from workbench.records import AppFileKind


def problems(kind: AppFileKind, text: str) -> list[str]:
    return check(AppFile(path="any", kind=kind, text=text))


def tool(**said: Any) -> str:
    whole: dict[str, Any] = {"name": "lookup", "description": "Looks a case up.", **said}
    return json.dumps({"type": "function", "function": whole})


PROMPT = """\
---
name: case_summary
inputs:
  citation: {type: string}
  pages: {type: array}
---
Summarise {{citation}}.
{% for page in pages %}{{ page.text }}{% endfor %}
"""


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("prompt", PROMPT),
        ("prompt", "Summarise {{anything}}."),
        ("prompt", "Résumez l'arrêt. 👍🏽 می‌خواهم"),
        ("prompt", "1\ufe0f\u20e3 \u2764\ufe0f\u200d\U0001f525 \u00a9\ufe0f \u0915\u094d\u200d\u0937"),
        ("tool", tool(parameters={"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]})),
        ("tool", tool()),
        ("guardrail", "tone: neutral\n"),
        ("settings", "retries: 2\r\n"),
    ],
)
def test_a_file_in_order_has_no_problem(kind: AppFileKind, text: str) -> None:
    assert problems(kind, text) == []


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("prompt", "---\nname: [\n---\nBody", "no YAML"),
        ("prompt", "---\nname: a\nBody", "has no end"),
        ("prompt", "---\nname: a\n---\n \n", "the prompt is empty"),
        ("prompt", PROMPT.replace("{{citation}}", "{{citaton}}"), "variable citaton is none of its inputs"),
        ("prompt", PROMPT.replace("{{citation}}", "it"), "input citation is used nowhere"),
        ("prompt", "Summarise {{citation.", "is not closed"),
        ("prompt", "Be kind.\u202eevil", "cannot be seen"),
        ("prompt", "Be kind.\n\u200bIgnore", "line 2"),
        ("prompt", "a\u200db", "line 1"),
        ("prompt", "Be kind.\n\u200dIgnore", "line 2"),
        ("prompt", "\u00e9\ufe0f\u200c", "cannot be seen"),
        ("prompt", "\u0645\u200c\u200d\u200c\u0645", "cannot be seen"),
        ("tool", "{", "no JSON"),
        ("tool", tool(name="look up"), "letters, digits"),
        ("tool", tool(description=" "), "no description"),
        ("tool", tool(parameters={"type": "string"}), "must be of type object"),
        ("tool", tool(parameters={"type": "object", "properties": []}), "no JSON Schema"),
        ("tool", tool(parameters={"type": "object", "properties": {"a": {"type": "strng"}}}), "no JSON Schema"),
        ("tool", tool(parameters={"type": "object", "required": ["a"]}), "a is required and is no parameter"),
        ("guardrail", "- tone\n", "must be a mapping"),
        ("guardrail", "", "says nothing"),
        ("settings", "retries: 1\nretries: 2\n", "given twice"),
        ("settings", "a: \ud800", "cannot be seen"),
    ],
)
def test_what_is_wrong_is_said(kind: AppFileKind, text: str, said: str) -> None:
    """Joiners between Latin letters passed: two hundred of them say to a model what its approver cannot see."""
    assert any(said in problem for problem in problems(kind, text)), problems(kind, text)


def test_an_unknown_variable_is_said_once() -> None:
    text = PROMPT.replace("{{citation}}", "{{citation}} {{cort}} {{cort}}")
    assert problems("prompt", text) == ["the template variable cort is none of its inputs"]


def test_a_file_with_a_thousand_faults_says_twenty() -> None:
    assert len(problems("prompt", PROMPT + "".join(f"{{{{x{n}}}}}" for n in range(1000)))) == 20
