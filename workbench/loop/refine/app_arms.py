"""From the files of one version of the app to what an experiment's arms play.

Files come as texts by path, from a commit of the app's repository or from a folder that a version is checked out in.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.changes.app_files import (
    DEFAULT_LAYOUT,
    Layout,
    kind_of,
    read_prompt,
    read_settings,
    read_text,
    read_tool,
)
from workbench.errors import ConfigError
from workbench.experiments.arms.chat_app import ChatApp, chat_app
from workbench.ids import digest

MAX_FILES = 2_000
"""Looked at in a folder: an app's prompts and tools are some dozens."""
_OUTPUT_TOKENS = ("max_output_tokens", "max_completion_tokens", "max_tokens")


def files_in(folder: Path, *, layout: Layout = DEFAULT_LAYOUT) -> dict[str, str]:
    """Return the app's files in a folder that a version is checked out in, texts by path; links are not followed.

    Raises
    ------
    ConfigError
        If there are too many.
    RecordError
        If one is too large or not UTF-8.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.is_file() or kind_of(relative, layout) is None:
            continue
        if not path.resolve().is_relative_to(folder.resolve()):
            continue
        if len(found) == MAX_FILES:
            raise ConfigError(f"more than {MAX_FILES} files of an app", where=str(folder))
        found[relative] = read_text(path.read_bytes())
    return found


def version_of(files: Mapping[str, str]) -> str:
    """Return what stands for the files of a version, where no commit does."""
    return digest(*(part for path in sorted(files) for part in (path, files[path])))


def chat_app_of(files: Mapping[str, str], *, prompt: str | None = None, layout: Layout = DEFAULT_LAYOUT) -> ChatApp:
    """Return what a model plays of the files: one prompt, all tools, and the parameters that are said.

    What the prompt's front matter says of a parameter goes before what the settings say.

    Parameters
    ----------
    files
        Texts by path.
    prompt
        Path of the prompt; None where there is only one.
    layout
        Which paths are what.

    Raises
    ------
    ConfigError
        If there is no such prompt, several and none is named, or it holds template parts that are not filled in.
    RecordError
        If a file cannot be read.
    """
    of_kind = {kind: [path for path in sorted(files) if kind_of(path, layout) == kind] for kind in ("prompt", "tool")}
    prompts = of_kind["prompt"]
    if prompt is None and len(prompts) != 1:
        raise ConfigError(f"{len(prompts)} prompts, must be one or be named", where=", ".join(prompts))
    path = prompt if prompt is not None else prompts[0]
    if path not in prompts:
        raise ConfigError("is no prompt of the app", where=path, fix=f"name one of {', '.join(prompts)}")
    read = read_prompt(files[path])
    tools = [read_tool(files[one]) for one in of_kind["tool"]]
    settings, own = _settings(files, layout), _of_model(read.meta)
    return chat_app(
        read.body,
        tools=[
            {**tool.rest, "name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
            for tool in tools
        ],
        parameters={**settings, **own},
        max_output_tokens=_output_tokens(own) or _output_tokens(settings),
    )


def _settings(files: Mapping[str, str], layout: Layout) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for path in sorted(files):
        if kind_of(path, layout) == "settings":
            said |= read_settings(files[path])
    return said


def _of_model(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that front matter says, as prompty has them or plainly."""
    model = meta.get("model")
    inner = model.get("parameters") if isinstance(model, dict) else None
    return {**meta, **(inner if isinstance(inner, dict) else {})}


def _output_tokens(said: Mapping[str, Any]) -> int | None:
    counts = (said.get(name) for name in _OUTPUT_TOKENS)
    return next((count for count in counts if type(count) is int and count > 0), None)
