"""What changes touch of an app, read from its repository: files, settings, tools, and the words of prompts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from workbench.changes.app_files import read_prompt, read_settings, read_text, read_tool
from workbench.changes.repository import AppRepository
from workbench.errors import RecordError
from workbench.records import Change, FileEdit
from workbench.releases import Touched
from workbench.releases.touched import ToolState

MAX_DEPTH = 30
"""Levels of settings that are gone down: what the door for YAML takes."""
_WORD = re.compile(r"\w+(?:[.-]\w+)*")


def touched(repository: AppRepository, changes: Sequence[Change]) -> list[Touched]:
    """Return what each change that has a commit touches, in the order given.

    A file that cannot be read says nothing but that it is edited.
    """
    blobs = {blob for change in changes for edit in change.edits for blob in (edit.before, edit.after) if blob}
    held = repository.objects.read_many(sorted(blobs)) if blobs else {}
    return [_of_change(change, held) for change in changes if change.commit is not None]


def _of_change(change: Change, held: Mapping[str, bytes]) -> Touched:
    settings: dict[tuple[str, str], str | None] = {}
    tools: dict[str, ToolState] = {}
    named: dict[str, frozenset[str]] = {}
    for edit in change.edits:
        before, after = _text(edit.before, held), _text(edit.after, held)
        if edit.kind in ("settings", "guardrail"):
            settings |= {(edit.path, key): value for key, value in _settings(before, after).items()}
        elif edit.kind == "tool":
            tools |= _tools(edit, before, after)
        elif after is not None:
            named[edit.path] = frozenset(_WORD.findall(_body(after)))
    paths = frozenset(edit.path for edit in change.edits)
    return Touched(change.id, change.commit or "", change.issue_ids, paths, settings, tools, named)


def _text(blob: str | None, held: Mapping[str, bytes]) -> str | None:
    """Return what a file says; None for one that is not there, or is no text."""
    if blob is None:
        return None
    try:
        return read_text(held[blob])
    except RecordError:
        return None


def _settings(before: str | None, after: str | None) -> dict[str, str | None]:
    """Return the keys that are set to something else, and (None) those that are taken out."""
    old, new = _keys(before), _keys(after)
    changed: dict[str, str | None] = {key: value for key, value in new.items() if old.get(key) != value}
    return changed | dict.fromkeys(old.keys() - new.keys())


def _keys(text: str | None) -> dict[str, str]:
    try:
        return dict(_flat(read_settings(text or ""), "", 0))
    except RecordError:
        return {}


def _flat(values: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, dict) and value and depth < MAX_DEPTH:
            yield from _flat(value, f"{prefix}{key}.", depth + 1)
        else:
            yield f"{prefix}{key}", msgspec.json.encode(value, order="deterministic").decode()


def _tools(edit: FileEdit, before: str | None, after: str | None) -> dict[str, ToolState]:
    old, new = _tool_name(edit, before), _tool_name(edit, after)
    if old == new:
        return {old: "changed"} if old else {}
    states: tuple[tuple[str, ToolState], ...] = ((old, "removed"), (new, "added"))
    return {name: state for name, state in states if name}


def _tool_name(edit: FileEdit, text: str | None) -> str:
    """Return the name that a tool file gives; that of the file where it gives none, nothing where it is not there."""
    if text is None:
        return ""
    try:
        return read_tool(text).name
    except RecordError:
        return edit.path.rpartition("/")[2].partition(".")[0]


def _body(text: str) -> str:
    try:
        return read_prompt(text).body
    except RecordError:
        return text
