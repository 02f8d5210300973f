"""What two versions of an app's files say otherwise: word by word in prompts, in words for tools, by key for settings.

A version is given as its files, path to content, so that any two can be compared: commits, a branch and an edit that
is not saved yet.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workbench.changes.app_files import (
    DEFAULT_LAYOUT,
    KINDS,
    Layout,
    kind_of,
    read_prompt,
    read_settings,
    read_text,
    read_tool,
)
from workbench.changes.diff_schema import diff_tools
from workbench.changes.diff_settings import diff_settings, is_same
from workbench.changes.diff_words import diff_words
from workbench.changes.difference import Difference, Piece
from workbench.errors import RecordError
from workbench.records import AppFileKind

_CUT = "…"
"""In the words of a difference: a value was too long for a sentence, or has this character itself."""
_ELSEWHERE = "something else than name, description and parameters changed: read its text"

FileState = Literal["added", "removed", "moved", "changed"]
"""What became of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDiff:
    """What one file of the app says otherwise in the later of two versions."""

    path: str
    """Its path; of a removed file the path that it had."""
    kind: AppFileKind
    """What it is to the loop."""
    state: FileState
    """What became of it."""
    moved_from: str = ""
    """Of a moved file: the path that it had."""
    differences: tuple[Difference, ...] = ()
    """What a tool, settings or the front matter of a prompt say otherwise; empty where that cannot be told."""
    pieces: tuple[Piece, ...] = ()
    """The text before and after, word by word: the whole file; of a prompt whose front matter is as before its body."""
    is_told: bool = False
    """Whether the differences say all that is other in meaning, so that a reader may leave the text."""
    note: str = ""
    """What to know: that only its layout changed, or why no difference in meaning can be told; else empty."""


def compare(
    before: Mapping[str, bytes], after: Mapping[str, bytes], *, layout: Layout = DEFAULT_LAYOUT
) -> tuple[FileDiff, ...]:
    """Return what changed between two versions, one a file, prompts first; other files than the app's are left out.

    Parameters
    ----------
    before, after
        The files of the earlier and of the later version, content by path.
    layout
        Which paths are which kind of file.
    """
    gone = {path for path in before if path not in after and kind_of(path, layout)}
    diffs = []
    for path in sorted(after):
        kind = kind_of(path, layout)
        if kind is None or before.get(path) == after[path]:
            continue
        source = path if path in before else _moved_from(after[path], gone, before)
        gone.discard(source)
        diffs.append(_of_file(path, kind, before.get(source), after[path], source))
    for path in sorted(gone):
        kind = kind_of(path, layout)
        if kind is not None:
            diffs.append(_of_file(path, kind, before[path], None, path))
    return tuple(sorted(diffs, key=lambda diff: (KINDS.index(diff.kind), diff.path)))


def _moved_from(content: bytes, gone: set[str], before: Mapping[str, bytes]) -> str:
    """Return the path of a file that is gone and had this content; empty for none."""
    return next((path for path in sorted(gone) if before[path] == content), "")


def _of_file(path: str, kind: AppFileKind, before: bytes | None, after: bytes | None, source: str) -> FileDiff:
    state: FileState = "removed" if after is None else "added" if before is None else "changed"
    if source not in ("", path):
        return FileDiff(path=path, kind=kind, state="moved", moved_from=source)
    try:
        old, new = read_text(before or b""), read_text(after or b"")
    except RecordError as error:
        return FileDiff(path=path, kind=kind, state=state, note=f"it cannot be shown: {error}")
    before_shown, after_shown, note = old, new, ""
    differences: tuple[Difference, ...] = ()
    is_all = False
    try:
        if kind == "prompt":
            one, other = read_prompt(old), read_prompt(new)
            differences, is_all = diff_settings(one.meta, other.meta), one.body == other.body
            if old.removesuffix(one.body) == new.removesuffix(other.body):
                before_shown, after_shown = one.body, other.body
        elif state == "changed":
            differences = _SEMANTIC[kind](old, new)
            is_all = kind != "tool" or is_same(_untold(old), _untold(new))
    except RecordError as error:
        note = f"differences in meaning cannot be told: {error}"
    if state == "changed" and not note and not differences:
        note = "only its layout changed" if is_all else "" if kind == "prompt" else _ELSEWHERE
    return FileDiff(
        path=path,
        kind=kind,
        state=state,
        differences=differences,
        pieces=diff_words(before_shown, after_shown),
        is_told=kind != "prompt" and is_all and bool(differences) and not any(_CUT in one.words for one in differences),
        note=note,
    )


def _untold(text: str) -> Mapping[str, Any]:
    """Return what a tool file says beside what is told of a tool: its type, and words that others stand in for."""
    said = json.loads(text)
    inner = said.get("function", {})
    whole = {**said, **inner}
    second = {"input_schema": whole.get("input_schema")} if "parameters" in whole else {}
    return {"type": whole.get("type", "function"), **second, "outer": {key: said[key] for key in said if key in inner}}


def _of_tool(before: str, after: str) -> tuple[Difference, ...]:
    return diff_tools(read_tool(before), read_tool(after))


def _of_settings(before: str, after: str) -> tuple[Difference, ...]:
    return diff_settings(read_settings(before), read_settings(after))


_SEMANTIC: Mapping[str, Callable[[str, str], tuple[Difference, ...]]] = {
    "tool": _of_tool,
    "guardrail": _of_settings,
    "settings": _of_settings,
}
