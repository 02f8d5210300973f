"""What a change touches, as far as another change may meet it there: files, settings, tools, and what prompts name."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

ToolState = Literal["added", "changed", "removed"]
"""What a change does with a tool."""


class Touched(NamedTuple):
    """What one change touches."""

    change_id: str
    """The change (chg_...)."""
    commit: str
    """Its commit."""
    issue_ids: tuple[str, ...]
    """The issues that it is for."""
    paths: frozenset[str] = frozenset()
    """Files that it edits."""
    settings: Mapping[tuple[str, str], str | None] = {}
    """Keys of settings and guardrails that it sets, by file and names joined by dots, and their values as JSON; None:
    taken out."""
    tools: Mapping[str, ToolState] = {}
    """Tools that it edits, by the name that the model calls them by."""
    named: Mapping[str, frozenset[str]] = {}
    """Words of the prompts that it edits, as they read after it, by path."""
