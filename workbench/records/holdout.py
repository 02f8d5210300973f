"""A set of cases that judges changes, and each use that was made of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, NamedTuple

from workbench.records.actor import Identity

HoldoutKind = Literal["development", "targeted", "random"]
"""development: what motivated or tuned a change; never judged. targeted: the same issue, found independently: there the
target is judged. random: any traffic: there guardrails and harm are judged."""

HoldoutBasis = Literal["confirmed", "found", "given"]
"""What says that a targeted case is of its issue. confirmed: people, of each. found: that it lies in the issue's
clusters and nobody rejected it: more cases, some of which are of no problem at all. given: who brought them
in a file."""


class HeldCase(NamedTuple):
    """A case of a holdout, without a word of it."""

    case_id: str
    """Follows from its trace under the workspace's secret (cas_...)."""
    digest: str
    """Of all of the case, keyed likewise: nobody without the secret can try a guess of what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdout:
    """Cases that were set apart; what they say lies in a file of the workspace and not in the ledger."""

    KIND: ClassVar[str] = "holdout"

    id: str
    """hol_..., sorts by time."""
    at: datetime
    """When it was made, UTC."""
    kind: HoldoutKind
    """What its cases are."""
    basis: HoldoutBasis = "confirmed"
    """Of targeted cases: what says that they are of the issue."""
    issue_ids: tuple[str, ...]
    """The issues that it is for; may be empty for random traffic."""
    change_ids: tuple[str, ...] = ()
    """The changes (chg_...) whose development it is, or was held apart from."""
    cases: tuple[HeldCase, ...]
    """Its cases; at least one."""
    digest: str
    """Of all its cases."""
    table_versions: Mapping[str, int]
    """The versions of the tables that it was made from."""
    verdict_ids: tuple[str, ...] = ()
    """The verdicts (ver_...) that its cases rest on or got an expectation from."""
    ledger_head: str
    """The head of the ledger when it was made."""
    embedder: str
    """What told near-duplicates."""
    seed: int
    """Of the draw."""
    n_uses: int
    """How many experiments may use it."""
    erased: tuple[str, ...] = ()
    """Cases that went because their user was erased."""
    author: str
    """Who made it."""
    identity: Identity
    """How that name was obtained."""

    def __post_init__(self) -> None:
        if not self.cases:
            raise ValueError(f"{self.id}: cases is empty, a holdout has at least one")
        if self.n_uses < 0 or (self.kind == "development") != (self.n_uses == 0):
            raise ValueError(f"{self.id}: n_uses == {self.n_uses}, must be at least 1, and 0 for development")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldoutUse:
    """One experiment's use of a holdout: from before the first run on, unless it was withdrawn before any question."""

    KIND: ClassVar[str] = "holdout_use"

    id: str
    """use_..., follows from holdout and experiment: to go on with an experiment is no second use."""
    at: datetime
    """When, UTC."""
    holdout_id: str
    """The holdout (hol_...)."""
    experiment_id: str
    """The experiment (exp_...)."""
    number: int
    """Which use of the holdout it is, from 1."""
    author: str
    """Who runs it."""
    identity: Identity
    """How that name was obtained."""

    def __post_init__(self) -> None:
        if self.number < 1:
            raise ValueError(f"{self.id}: number == {self.number}, must be at least 1")
