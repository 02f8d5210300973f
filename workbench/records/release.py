"""Changes that travel together, frozen by digest."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, NamedTuple

from workbench.records.actor import Identity
from workbench.records.quoted import quoted_text


class Ablation(NamedTuple):
    """A release candidate without one of its changes: what the rest does alone."""

    without: str
    """The change (chg_...) that is left out."""
    commit: str
    """The merged commit of the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseCandidate:
    """Changes that travel together, merged into one commit and frozen by digest; see `releases`."""

    KIND: ClassVar[str] = "release_candidate"

    id: str
    """rel_..., sorts by time."""
    at: datetime
    """When it was put together, UTC."""
    state: Literal["open", "frozen", "withdrawn"]
    """open: changes may still be put in or left out. frozen: what it is, it stays."""
    name: str
    """What people call it, such as `2026-W44`."""
    change_ids: tuple[str, ...]
    """Its changes, the one for the greatest pain first; at least one."""
    base: str
    """The commit of the app that it starts from."""
    commit: str | None = None
    """The merged commit of all its changes; None until it is frozen."""
    tree: str | None = None
    """Git's id of that commit's tree; None until it is frozen."""
    ablations: tuple[Ablation, ...] = ()
    """One a change, where there are two or more; empty until it is frozen."""
    pain: float | None = None
    """The pain of the issues of all its changes in all, each issue counted once; None where it was not measured."""
    pain_low: float | None = None
    """Lower end of the 95 % interval of `pain`."""
    pain_high: float | None = None
    """Upper end of the 95 % interval of `pain`."""
    digest: str = ""
    """Digest of base, changes, their commits and the tree; empty until it is frozen."""
    ledger_head: str
    """The head of the ledger when it was last put together."""
    author: str
    """Who put it together."""
    identity: Identity
    """How that name was obtained."""
    frozen_at: datetime | None = None
    """When it was frozen, UTC."""
    reason: str = quoted_text()
    """Of a withdrawn one: why."""
