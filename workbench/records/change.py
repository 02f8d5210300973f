"""A versioned edit of the app, for confirmed issues."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, NamedTuple

from workbench.records.actor import Identity
from workbench.records.quoted import quoted, quoted_text, quoted_texts

AppFileKind = Literal["prompt", "tool", "guardrail", "settings"]
"""What a file of the app's repository is to the loop."""
ChangeState = Literal["draft", "committed", "merged", "rolled_back", "abandoned"]
"""draft: it has no commit yet. committed: its branch holds one. merged: a branch of the app has it. rolled_back: a
revert of it is committed. abandoned: it was given up, its branch is left or gone."""


class FileEdit(NamedTuple):
    """One file of the app as a change leaves it."""

    path: str
    """Path in the app's repository, with `/`."""
    kind: AppFileKind
    """What it is to the loop."""
    before: str | None
    """Git's id of the blob at the change's base; None for a new file."""
    after: str | None
    """Git's id of the blob after it; None for a deleted file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One versioned edit of prompts, tools, guardrails or settings, made for confirmed issues; see `changes`."""

    KIND: ClassVar[str] = "change"

    id: str
    """chg_..., sorts by time."""
    at: datetime
    """When it was begun, UTC; the time of its commit too, so that a repeated commit is the same commit."""
    state: ChangeState
    """Where it stands."""
    issue_ids: tuple[str, ...]
    """The confirmed issues that it is for; at least one."""
    title: str = quoted()
    """What it does in one line, in its author's words: the first line of the commit."""
    why: str = quoted_text()
    """Why that should help; empty if not said."""
    branch: str
    """`change/<id>`."""
    base: str
    """The commit that it starts from, 40 or 64 hex digits."""
    commit: str | None = None
    """Its own commit; None while it is a draft."""
    edits: tuple[FileEdit, ...] = ()
    """The files that it changes, by path; empty while it is a draft."""
    ledger_head: str
    """The head of the ledger when it was begun, as its commit's trailers name it."""
    author: str
    """Who signs it: a person."""
    identity: Identity
    """How that name was obtained."""
    drafted_by: str = ""
    """The program or model that drafted the edit, for a person to sign; empty where a person wrote it."""
    development: tuple[str, ...] = quoted_texts()
    """Ids of the traces that it was written from: no experiment may judge it on them."""
    shown: tuple[str, ...] = quoted_texts()
    """Of a drafted edit: ids of the traces that the model read, of `development` all; else empty."""
    quotes: tuple[str, ...] = quoted_texts()
    """Of a drafted edit: words of those traces that the model gives for it."""
    exchange: tuple[str, ...] = ()
    """Of a drafted edit: SHA-256 of what was sent to the model and of what came back, of each attempt; else empty."""
    reverted_by: str | None = None
    """Of a change that was rolled back: the commit of the revert."""
    reason: str = quoted_text()
    """Of a change that was rolled back or abandoned: why."""

    def __post_init__(self) -> None:
        if not self.issue_ids:
            raise ValueError(f"{self.id}: issue_ids is empty, a change is for at least one confirmed issue")
        if self.state != "abandoned" and (self.commit is None) != (self.state == "draft"):
            raise ValueError(f"{self.id}: state == {self.state!r} with commit == {self.commit!r}")
