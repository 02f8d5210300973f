"""Where changes meet: in the same lines, the same issue, the same setting, or a tool that another one's prompt names.

Some cannot travel together at all. The others may, but what they do is not the sum of what each does: the reader is
told before, and the ablation shows it.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Literal, NamedTuple

from workbench.boundaries.git_objects import Objects
from workbench.releases.touched import Touched

ConflictKind = Literal["same_lines", "added_and_removed", "built_on", "same_setting", "tool_in_prompt", "same_issue"]
"""same_lines: git cannot merge them. added_and_removed: one brings or uses what the other takes out. built_on: one's
commit holds the other's, so that neither can be left out. The rest can be merged, and interacts."""
BLOCKING: frozenset[ConflictKind] = frozenset({"same_lines", "added_and_removed", "built_on"})
"""Conflicts with which two changes cannot travel together."""


class Conflict(NamedTuple):
    """One place in which two changes meet."""

    kind: ConflictKind
    """How they meet."""
    one: str
    """A change (chg_...)."""
    other: str
    """The other."""
    where: str
    """The file, setting, tool or issue."""

    @property
    def is_blocking(self) -> bool:
        """Whether the two cannot travel together."""
        return self.kind in BLOCKING

    @property
    def words(self) -> str:
        """The conflict as a sentence."""
        return _WORDS[self.kind].format(one=self.one, other=self.other, where=self.where)


_WORDS: dict[ConflictKind, str] = {
    "same_lines": "{one} and {other} edit the same lines of {where}",
    "added_and_removed": "{one} needs {where}, which {other} takes out",
    "built_on": "{one} is built on {other}, so that neither can be left out to see what the other does",
    "same_setting": "{one} and {other} both set {where}",
    "tool_in_prompt": "{one} edits the tool {where}, which a prompt that {other} edits names",
    "same_issue": "{one} and {other} are both for {where}: only leaving one out tells which of them helps",
}


def conflicts(touched: Sequence[Touched], *, objects: Objects) -> tuple[Conflict, ...]:
    """Return where changes meet, pair by pair in the order given, what is blocking first.

    Parameters
    ----------
    touched
        What each change touches.
    objects
        The objects of the app's repository, in which the pairs are merged.
    """
    # Mostly none is built on another one, and one question tells so: pair by pair it would be two of git for each.
    are_apart = objects.are_apart([one.commit for one in touched])
    found = [
        conflict
        for one, other in combinations(touched, 2)
        for conflict in (*_in_git(one, other, objects, are_apart=are_apart), *_of_pair(one, other))
    ]
    return tuple(sorted(found, key=lambda conflict: not conflict.is_blocking))


def _of_pair(one: Touched, other: Touched) -> Iterator[Conflict]:
    for first, second in ((one, other), (other, one)):
        yield from _needed(first, second)
        yield from _prompted(first, second)
    for key in sorted(one.settings.keys() & other.settings.keys()):
        if None not in (one.settings[key], other.settings[key]):
            yield Conflict("same_setting", one.change_id, other.change_id, _named(key))
    for issue in sorted({*one.issue_ids} & {*other.issue_ids}):
        yield Conflict("same_issue", one.change_id, other.change_id, issue)


def _in_git(one: Touched, other: Touched, objects: Objects, *, are_apart: bool) -> Iterator[Conflict]:
    for later, earlier in () if are_apart else ((one, other), (other, one)):
        if objects.is_ancestor(earlier.commit, of=later.commit):
            yield Conflict("built_on", later.change_id, earlier.change_id, "")
            return
    for path in objects.merge(one.commit, other.commit).conflicts if one.paths & other.paths else ():
        yield Conflict("same_lines", one.change_id, other.change_id, path)


def _needed(one: Touched, other: Touched) -> Iterator[Conflict]:
    """Yield what one sets or names and the other takes out."""
    for key, value in sorted(one.settings.items()):
        if value is not None and key in other.settings and other.settings[key] is None:
            yield Conflict("added_and_removed", one.change_id, other.change_id, _named(key))
    words = frozenset().union(*one.named.values())
    for tool, state in sorted(other.tools.items()):
        if state == "removed" and (tool in words or one.tools.get(tool, "removed") != "removed"):
            yield Conflict("added_and_removed", one.change_id, other.change_id, tool)


def _prompted(one: Touched, other: Touched) -> Iterator[Conflict]:
    words = frozenset().union(*other.named.values())
    for tool, state in sorted(one.tools.items()):
        if state != "removed" and tool in words:
            yield Conflict("tool_in_prompt", one.change_id, other.change_id, tool)


def _named(setting: tuple[str, str]) -> str:
    path, name = setting
    return f"{name} in {path}"
