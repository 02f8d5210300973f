"""A holdout is put into the ledger and its folder, whether its cases were drawn from traffic or came in a file."""

from collections.abc import Sequence
from datetime import datetime

from workbench.errors import ConfigError
from workbench.experiments.holdout import CaseSet, digest_of
from workbench.ids import ordered_id
from workbench.loop.holdouts.files import keep_cases, seal_of
from workbench.loop.review.confirmed import confirmed_issues
from workbench.records import Holdout, HoldoutBasis, HoldoutKind, Identity, Issue, IssueState, actor_of
from workbench.store import Workspace

_LIVING: tuple[IssueState, ...] = ("confirmed", "reopened", "changing", "validating")
"""States of an issue for which there is something to validate."""


def issues_for(workspace: Workspace, issue_ids: Sequence[str], *, kind: HoldoutKind, now: datetime) -> list[Issue]:
    """Return the issues that a holdout is for; of random traffic there need be none.

    Raises
    ------
    GateError
        If people's verdicts do not confirm one of them.
    ConfigError
        If one is missing.
    """
    if not issue_ids and kind != "random":
        raise ConfigError(f"a {kind} holdout is for an issue", fix="name one: `workbench backlog` lists them")
    return confirmed_issues(workspace, issue_ids, now=now, states=_LIVING) if issue_ids else []


def keep_holdout(
    workspace: Workspace,
    whole: CaseSet,
    *,
    basis: HoldoutBasis,
    issue_ids: Sequence[str],
    change_ids: Sequence[str],
    ledger_head: str,
    embedder: str,
    seed: int,
    n_uses: int,
    author: str,
    identity: Identity,
    now: datetime,
) -> Holdout:
    """Keep cases and return their record; parameters as of records.Holdout."""
    held = whole.held(seal_of(workspace))
    digest = digest_of(whole.kind, held)
    record = Holdout(
        id=ordered_id("hol", now, whole.kind, digest, *issue_ids),
        at=now,
        kind=whole.kind,
        basis=basis,
        issue_ids=tuple(issue_ids),
        change_ids=tuple(change_ids),
        cases=held,
        digest=digest,
        table_versions=whole.table_versions,
        verdict_ids=whole.verdict_ids,
        ledger_head=ledger_head,
        embedder=embedder,
        seed=seed,
        n_uses=n_uses,
        author=author,
        identity=identity,
    )
    keep_cases(workspace, record.id, whole.cases)  # before its record: one without cases would be a fault
    workspace.ledger.append([record], now=now, actor=actor_of(author, identity=identity))
    return record
