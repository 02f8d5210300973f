"""The files of an app that a change may edit: which they are, what they say, and what is wrong with one.

They lie in the app's own git repository in the formats that teams use: prompts as `.prompty` or Markdown with front
matter, tools as JSON in the form of OpenAI's functions, guardrails and settings as YAML. The app reads them itself;
what is read here serves to compare and to check them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from workbench.boundaries.plain_yaml import read_yaml
from workbench.errors import ConfigError, RecordError
from workbench.records import AppFileKind

MAX_BYTES = 1 << 20
"""Of one file: the longest system prompts that are known have some hundred thousand characters."""
KINDS: tuple[AppFileKind, ...] = ("prompt", "tool", "guardrail", "settings")
"""The kinds of files, in the order in which they are shown."""
_FENCE = "---"
_TOOL_WORDS = ("type", "name", "description", "parameters", "input_schema")


class Layout(NamedTuple):
    """Which paths of the app's repository are which kind of file, as globs: `*` is in one folder, `**` any folders."""

    prompt: tuple[str, ...] = ("prompts/*.prompty", "prompts/*.md")
    """Globs of prompts."""
    tool: tuple[str, ...] = ("tools/*.json",)
    """Globs of tools."""
    guardrail: tuple[str, ...] = ("guardrails/*.yaml", "guardrails/*.yml")
    """Globs of guardrails."""
    settings: tuple[str, ...] = ("settings*.yaml", "settings*.yml")
    """Globs of settings."""


DEFAULT_LAYOUT = Layout()
"""The layout of an app whose workspace says no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppFile:
    """One file of the app in one version."""

    path: str
    """Path in the app's repository, with `/`."""
    kind: AppFileKind
    """What it is to the loop."""
    text: str
    """Its content."""


class Prompt(NamedTuple):
    """What a prompt file says."""

    meta: Mapping[str, Any]
    """Its front matter; empty where it has none."""
    body: str
    """The prompt itself, with its template variables."""


class Tool(NamedTuple):
    """What a tool file says."""

    name: str
    """The name that the model calls it by."""
    description: str
    """What the model is told of it; empty where nothing is."""
    parameters: Mapping[str, Any]
    """The JSON Schema of its arguments; empty where none is given."""
    rest: Mapping[str, Any]
    """What else the file says, such as `strict`."""


def kind_of(path: str, layout: Layout = DEFAULT_LAYOUT) -> AppFileKind | None:
    """Return what a path of the app's repository is to the loop; None for a file that no change touches.

    >>> kind_of("prompts/summarise.prompty"), kind_of("README.md")
    ('prompt', None)
    """
    parts = tuple(path.split("/"))
    if not all(parts) or ".." in parts or "." in parts:
        return None
    for kind in KINDS:
        globs: tuple[str, ...] = getattr(layout, kind)
        if any(_matches(parts, tuple(glob.split("/"))) for glob in globs):
            return kind
    return None


def read_layout(content: Mapping[str, Any], *, where: str) -> Layout:
    """Return the layout that the section `[app_files]` of a workspace's settings says, lists of globs by kind.

    Raises
    ------
    ConfigError
        If the section says something else.
    """
    section = content.get("app_files", {})
    if not isinstance(section, dict) or not section.keys() <= set(KINDS):
        raise ConfigError(f"[app_files] must hold lists of globs named {', '.join(KINDS)}", where=where)
    for kind, globs in section.items():
        if not isinstance(globs, list) or not all(isinstance(glob, str) and glob for glob in globs):
            raise ConfigError(f"app_files.{kind} == {globs!r}, must be a list of globs", where=where)
    return DEFAULT_LAYOUT._replace(**{kind: tuple(globs) for kind, globs in section.items()})


def read_text(raw: bytes) -> str:
    """Return the text of a file as it lies in git; line ends stay as they are.

    Raises
    ------
    RecordError
        With the reason too_large or not_utf8.
    """
    if len(raw) > MAX_BYTES:
        raise RecordError(f"{len(raw)} bytes, must be at most {MAX_BYTES}", reason="too_large")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RecordError(f"byte {error.start} is not UTF-8", reason="not_utf8") from None


def read_prompt(text: str) -> Prompt:
    r"""Return the front matter and the body of a prompt; without front matter all of it is body.

    Raises
    ------
    RecordError
        If front matter is begun and not ended, or is no mapping in YAML.

    >>> read_prompt("---\nname: summary\n---\nState the holding of {{citation}}.").body
    'State the holding of {{citation}}.'
    """
    lines = text.removeprefix("\ufeff").split("\n")
    if lines[0].rstrip() != _FENCE:
        return Prompt({}, text)
    end = next((place for place, line in enumerate(lines[1:], start=1) if line.rstrip() == _FENCE), None)
    if end is None:
        raise RecordError("its front matter has no end: a line `---` is missing", reason="not_yaml")
    return Prompt(read_settings("\n".join(lines[1:end])), "\n".join(lines[end + 1 :]))


def read_settings(text: str) -> Mapping[str, Any]:
    """Return what a settings or guardrail file says; an empty one says nothing.

    Raises
    ------
    RecordError
        If it is no mapping in YAML, or YAML that is not taken: see `boundaries.plain_yaml`.
    """
    said = read_yaml(text)
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise RecordError("must be a mapping of names to values", reason="wrong_type")
    return said


def read_tool(text: str) -> Tool:
    """Return what a tool file says: an OpenAI function, alone or under `function`, or Anthropic's `input_schema`.

    Raises
    ------
    RecordError
        If it is no JSON object with a name, gives a key twice, or its parameters are no object.

    >>> read_tool('{"type": "function", "function": {"name": "lookup"}}').name
    'lookup'
    """
    said = _object(_read_json(text), "the file")
    function = said
    if "function" in said:
        function = {key: value for key, value in said.items() if key != "function"} | _object(
            said["function"], "function"
        )
    name, description = function.get("name"), function.get("description", "")
    if not isinstance(name, str) or not isinstance(description, str):
        raise RecordError("name and description must be texts", reason="wrong_type")
    parameters = _object(function.get("parameters", function.get("input_schema", {})), "parameters")
    return Tool(name, description, parameters, {key: function[key] for key in function if key not in _TOOL_WORDS})


def _matches(parts: tuple[str, ...], globs: tuple[str, ...]) -> bool:
    if not globs or not parts:
        return not globs and not parts
    if globs[0] == "**":
        return any(_matches(parts[n:], globs[1:]) for n in range(len(parts)))
    return fnmatchcase(parts[0], globs[0]) and _matches(parts[1:], globs[1:])


def _read_json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_single_keys, parse_constant=_no_constant)
    except RecursionError:
        raise RecordError("is nested too deep", reason="too_deep") from None
    except json.JSONDecodeError as error:
        raise RecordError(f"is no JSON: {error.msg}", reason="not_json", where=f"line {error.lineno}") from None
    except ValueError as error:  # an integer of thousands of digits
        raise RecordError("a number is too long", reason="bad_number") from error


def _single_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        raise RecordError("a key is given twice", reason="duplicate_key")
    return entries


def _no_constant(word: str) -> Any:
    raise RecordError(f"{word} is no JSON number", reason="bad_number")


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RecordError(f"{name} must be an object", reason="wrong_type")
    return value
