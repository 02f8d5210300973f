"""What is wrong with a file of the app, before it is committed: each thing in a sentence for its author.

An edit that breaks the app is found here rather than by an experiment that fails for no reason of the issue's.
"""

import re

from workbench.boundaries.display import visible
from workbench.boundaries.json_schema import read_schema
from workbench.changes.app_files import AppFile, Prompt, read_prompt, read_settings, read_text, read_tool
from workbench.errors import RecordError

MAX_PROBLEMS = 20
"""Said of one file: who has mended these looks again."""
_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What OpenAI takes for the name of a function."""
_PLACEHOLDER = re.compile(r"\{\{-?\s*([A-Za-z_][A-Za-z0-9_]*)?")
_LOOP = re.compile(r"\{%-?\s*(?:for|set)\s+([A-Za-z_][A-Za-z0-9_]*)(?:\s*,\s*([A-Za-z_][A-Za-z0-9_]*))?")
_TEMPLATE_PARTS = re.compile(r"\{%|\{\{")
_WORDS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_JOINERS = "\u200c\u200d\ufe0f"
_JOINED = "\u00a9\u00ae\u0250-\u1fff\u203c\u2049\u2070-\ufe0e\ufe10-\U0010ffff"
"""What joiners stand beside: letters of scripts that join, and emoji; no Latin letter, sign or blank."""
_LEGITIMATE = re.compile(
    f"(?<=[{_JOINED}])[{_JOINERS}]{{1,2}}(?![{_JOINERS}])|(?<![{_JOINERS}])[{_JOINERS}]{{1,2}}(?=[{_JOINED}])"
)
"""Joiners as Persian, Hindi and emoji need them: two at most, beside what they join."""


def check(file: AppFile) -> list[str]:
    """Return what is wrong with a file, most basic first; an empty list where nothing is.

    >>> check(AppFile(path="settings.yaml", kind="settings", text="retries: 2"))
    []
    """
    problems = [*_hidden(file.text)]
    try:
        read_text(file.text.encode("utf-8", "surrogatepass"))
        if file.kind == "prompt":
            problems += _of_prompt(read_prompt(file.text))
        elif file.kind == "tool":
            problems += _of_tool(file.text)
        elif not read_settings(file.text):
            problems.append("it says nothing")
    except RecordError as error:
        problems.append(str(error))
    return problems[:MAX_PROBLEMS]


def _hidden(text: str) -> list[str]:
    """Characters that a reader does not see and a model does."""
    bare = _LEGITIMATE.sub("", text.removeprefix("\ufeff"))
    if visible(bare, keep="\n\t") == bare.replace("\r\n", "\n"):
        return []
    line = next(
        n for n, one in enumerate(bare.split("\n"), start=1) if visible(one.rstrip("\r"), keep="\t") != one.rstrip("\r")
    )
    return [f"line {line}: it holds characters that cannot be seen"]


def _of_prompt(prompt: Prompt) -> list[str]:
    if not prompt.body.strip():
        return ["the prompt is empty"]
    problems = []
    if prompt.body.count("{{") != prompt.body.count("}}") or prompt.body.count("{%") != prompt.body.count("%}"):
        problems.append("a template variable is not closed")
    inputs = prompt.meta.get("inputs")
    if not isinstance(inputs, dict):
        return problems
    used = [name for name in _PLACEHOLDER.findall(prompt.body) if name]
    own = {name for pair in _LOOP.findall(prompt.body) for name in pair if name} | {"loop"}
    problems += [
        f"the template variable {name} is none of its inputs"
        for name in dict.fromkeys(used)
        if name not in {*inputs, *own}
    ]
    mentioned = set(_WORDS.findall(" ".join(_templates(prompt.body))))
    return problems + [f"its input {name} is used nowhere" for name in inputs if name not in mentioned]


def _templates(body: str) -> list[str]:
    """Return what stands in the template parts of a prompt, each up to its end."""
    pieces = _TEMPLATE_PARTS.split(body)[1:]
    return [re.split(r"%\}|\}\}", piece, maxsplit=1)[0] for piece in pieces]


def _of_tool(text: str) -> list[str]:
    tool = read_tool(text)
    problems = []
    if not _TOOL_NAME.fullmatch(tool.name):
        problems.append("its name must be 1 to 64 letters, digits, - and _")
    if not tool.description.strip():
        problems.append("it has no description: a model cannot know what it is for")
    if not tool.parameters:
        return problems
    if tool.parameters.get("type") != "object":
        problems.append("its parameters must be of type object")
    if read_schema(tool.parameters) is None:
        problems.append("its parameters are no JSON Schema that can be checked")
        return problems
    properties, required = tool.parameters.get("properties", {}), tool.parameters.get("required", [])
    return problems + [f"{name} is required and is no parameter" for name in required if name not in properties]
