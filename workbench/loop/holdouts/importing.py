"""Cases that somebody wrote are set apart: a file of them, or an evalset of Google ADK.

What its author says of the right answer counts as a reviewer's note does. Whether the cases are of an issue, or stand
for the traffic, nobody checks: that they were given is what the holdout's record says of them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from workbench import clustering
from workbench.clustering import Embed
from workbench.errors import ConfigError, InsufficientDataError
from workbench.experiments.case import Case, from_jsonl
from workbench.experiments.holdout import N_USES, CaseSet
from workbench.experiments.split import grouped, split
from workbench.ids import is_user_key
from workbench.loaders.adk.evalset import is_evalset, read_evalset
from workbench.loop.holdouts.developed import changes_for, development_of
from workbench.loop.holdouts.files import cases_beside
from workbench.loop.holdouts.keeping import issues_for, keep_holdout
from workbench.loop.holdouts.making import Made
from workbench.loop.holdouts.pool import used_cases
from workbench.loop.holdouts.trace_cases import cases_of
from workbench.records import Identity
from workbench.store import Workspace

MAX_BYTES = 64 << 20
"""Of a file of cases; some hundred thousand questions."""
_ENDS = (".json", ".evalset", ".test")


class ReadCases(NamedTuple):
    """What a file asks."""

    cases: tuple[Case, ...]
    """In their order."""
    left_out: Mapping[str, int]
    """How many more it has that can be no case, by why."""


def read_cases(path: Path) -> ReadCases:
    """Return the cases of a file: JSONL as `holdout export` writes it, or an evalset or test file of Google ADK.

    Raises
    ------
    ConfigError
        If there is no such file, or it is too large.
    RecordError
        If it is neither, or one of its cases cannot be read.
    """
    try:
        is_too_large = path.stat().st_size > MAX_BYTES
        raw = b"" if is_too_large else path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot be read ({type(error).__name__})", where=str(path)) from error
    if is_too_large:
        raise ConfigError(f"has more than {MAX_BYTES >> 20} MB", where=str(path), fix="cut it into several")
    if not is_evalset(raw):
        return ReadCases(from_jsonl(raw, where=str(path)), {})
    name = path.name
    for end in _ENDS:
        name = name.removesuffix(end)
    read = read_evalset(raw, name=name)
    return ReadCases(read.cases, {str(why): n for why, n in read.left_out.items()})


def import_holdout(
    workspace: Workspace,
    read: ReadCases,
    *,
    kind: Literal["targeted", "random"],
    issue_ids: Sequence[str] = (),
    author: str,
    identity: Identity,
    now: datetime,
    n_uses: int = N_USES,
    embed: Embed = clustering.embed,
    embedder: str = clustering.NAME,
) -> Made:
    """Set given cases apart and return them; those that share a user or words with development stay out.

    So do those that share them with a holdout that may stand beside it.

    Parameters
    ----------
    workspace
        The holdout is put into its ledger and folder.
    read
        The cases.
    kind
        `targeted`: they are of the issues, says who brings them. `random`: they stand for the traffic.
    issue_ids
        The issues; for `random` they may be left out, and all changes' development is kept apart.
    author, identity
        Who brings them, and how that name was obtained.
    now
        The time, UTC.
    n_uses
        How many experiments may use it.
    embed, embedder
        What tells near-duplicates, and its name.

    Raises
    ------
    GateError
        If people's verdicts do not confirm one of the issues.
    ConfigError
        If n_uses is below 1, or an issue is missing.
    InsufficientDataError
        If no case is left; it says why each was left out.
    """
    if n_uses < 1:
        raise ConfigError(f"n_uses == {n_uses}, must be at least 1")
    issues = issues_for(workspace, issue_ids, kind=kind, now=now)
    ids = [issue.id for issue in issues]
    with workspace.writing():
        head, versions, used = workspace.ledger.head(), dict(workspace.telemetry.versions()), used_cases(workspace)
        developed = development_of(changes_for(workspace, ids))
        told = cases_of(workspace, developed.traces).cases
        fresh = [_keyed(case, workspace) for case in read.cases if case.case_id not in used]
        parted = split(fresh, development=told, embed=embed)
        beside = cases_beside(workspace, kind, ids)
        alone = split(parted.cases, development=beside, embed=embed, may_share_users=True)
        left_out = Counter(parted.left_out.values()) + Counter(
            {**read.left_out, "used": len(read.cases) - len(fresh), "holdout": len(alone.left_out)}
        )
        if not alone.cases:
            why = ", ".join(f"{n:,} by {reason}" for reason, n in sorted(left_out.items()))
            raise InsufficientDataError(f"no case is left{f': {why}' if why else ''}", where="holdout")
        cases = grouped(alone.cases, embed=embed)
        record = keep_holdout(
            workspace,
            CaseSet(kind=kind, cases=cases, table_versions=versions),
            basis="given",
            issue_ids=ids,
            change_ids=developed.change_ids,
            ledger_head=head,
            embedder=embedder,
            seed=0,
            n_uses=n_uses,
            author=author,
            identity=identity,
            now=now,
        )
    return Made(record, cases, {why: left_out[why] for why in sorted(left_out)})


def _keyed(case: Case, workspace: Workspace) -> Case:
    """Return a case whose user is keyed: who writes a file by hand may name one as the app does."""
    if case.user_key is None or is_user_key(case.user_key):
        return case
    return replace(case, user_key=workspace.user_key(case.user_key))
