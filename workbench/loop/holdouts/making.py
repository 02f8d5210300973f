"""Cases are set apart for a change's experiments, from telemetry and what people said of it.

A change is judged on what it was not developed on: other users, other words, for its own issue other weeks too.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from workbench import clustering
from workbench.clustering import Embed
from workbench.errors import ConfigError, InsufficientDataError
from workbench.experiments.case import Case
from workbench.experiments.holdout import N_USES, CaseSet
from workbench.experiments.split import grouped
from workbench.loop.holdouts.developed import changes_for, development_of
from workbench.loop.holdouts.drawing import Drawn, draw
from workbench.loop.holdouts.files import cases_beside
from workbench.loop.holdouts.keeping import issues_for, keep_holdout
from workbench.loop.holdouts.pool import traces_of_issues, verdicts_on
from workbench.records import Holdout, HoldoutBasis, HoldoutKind, Identity
from workbench.store import Workspace
from workbench.windows import Window

MOST_CASES, FEWEST_RANDOM = 100, 30
"""Cases where nobody says how many. Where no case changes, a loss of z^2 / (n + z^2) is still allowed (Tango 1998): 2.6
points of 100 cases, 8.3 of 30; fewer show not even that nothing got ten points worse, which metrics begin with."""
RANDOM_SHARE = 0.5
"""Of the traces that may be cases: as many stay for targeted holdouts, which share none with random ones."""


class Made(NamedTuple):
    """A holdout that was made."""

    holdout: Holdout
    """Its record."""
    cases: tuple[Case, ...]
    """Its cases."""
    left_out: Mapping[str, int]
    """Traces that could not be cases, by why: development, user, visit, week, group, used, no_text, holdout."""
    n_rest: int | None = None
    """Of random ones: traces that are left to be targeted cases, as far as users and visits tell."""
    n_rest_of_issues: int | None = None
    """Those of them that were found to be of its issues; None where it is for none."""


def make_holdout(
    workspace: Workspace,
    *,
    kind: HoldoutKind,
    issue_ids: Sequence[str] = (),
    n: int | None = None,
    seed: int,
    author: str,
    identity: Identity,
    now: datetime,
    basis: HoldoutBasis = "confirmed",
    window: Window | None = None,
    n_uses: int = N_USES,
    embed: Embed = clustering.embed,
    embedder: str = clustering.NAME,
) -> Made:
    """Set cases apart and return them; deterministic given the store and seed.

    Parameters
    ----------
    workspace
        Its traces, verdicts and changes are read; the holdout is put into its ledger and folder.
    kind
        `development`: the development traces of the issues' changes. `targeted`: traces of the issues, of other users
        and weeks. `random`: any traffic of other users. Neither has a near-duplicate in development, nor shares a case
        or a near-duplicate with one of the other kind that may stand beside it. Made first, the random one stands for
        all traffic; made second, for all but the targeted cases, so that the gain on it is told too low.
    issue_ids
        The issues; for `random` they may be left out, and all changes' development is kept apart.
    n
        Cases, at most: of fewer that there are, all. None is 100, and for random ones at most half of the traces that
        may be cases, but 30, so that targeted ones find some too.
    seed
        Seed of the draw.
    author, identity
        Who makes it, and how that name was obtained.
    now
        The time, UTC.
    basis
        Of targeted cases: whether people must have confirmed each, or nobody rejected it.
    window
        When the traces began; None is any time.
    n_uses
        How many experiments may use it; development cases may be run at will, and decide nothing.
    embed, embedder
        What tells near-duplicates, and its name.

    Raises
    ------
    GateError
        If people's verdicts do not confirm one of the issues.
    ConfigError
        If n or n_uses is below 1, or an issue is missing.
    InsufficientDataError
        If no trace is left; it says why each was left out.
    """
    if (n is not None and n < 1) or n_uses < 1:
        raise ConfigError(f"n == {n}, n_uses == {n_uses}, must be at least 1")
    issues = issues_for(workspace, issue_ids, kind=kind, now=now)
    ids = [issue.id for issue in issues]
    with workspace.writing():
        head, versions = workspace.ledger.head(), dict(workspace.telemetry.versions())
        developed = development_of(changes_for(workspace, ids))
        among = developed.traces if kind == "development" else None
        if kind == "targeted":
            among = traces_of_issues(workspace, issues, basis=basis, now=now)
        drawn = draw(
            workspace,
            among=among,
            apart_from=None if kind == "development" else developed.traces,
            beside=cases_beside(workspace, kind, ids),
            is_other_weeks=kind == "targeted",
            n=partial(_n_cases, n=n, kind=kind),
            seed=seed,
            window=window or Window(),
            embed=embed,
        )
        _check_any(drawn, kind)
        resting = _resting_on(workspace, drawn, is_targeted=kind == "targeted")
        cases = grouped(drawn.cases, embed=embed)
        record = keep_holdout(
            workspace,
            CaseSet(kind=kind, cases=cases, table_versions=versions, verdict_ids=resting),
            basis=basis,
            issue_ids=ids,
            change_ids=developed.change_ids,
            ledger_head=head,
            embedder=embedder,
            seed=seed,
            n_uses=0 if kind == "development" else n_uses,
            author=author,
            identity=identity,
            now=now,
        )
    made = Made(record, cases, drawn.left_out)
    if kind != "random":
        return made
    found = traces_of_issues(workspace, issues, basis="found", now=now) if issues else None
    n_of_issues = None if found is None else len(drawn.rest.intersection(found))
    return made._replace(n_rest=len(drawn.rest), n_rest_of_issues=n_of_issues)


def _n_cases(n_there: int, *, n: int | None, kind: HoldoutKind) -> int:
    """Return how many cases are drawn of so many traces that may be some."""
    if n is not None:
        return n
    return max(FEWEST_RANDOM, min(MOST_CASES, int(RANDOM_SHARE * n_there))) if kind == "random" else MOST_CASES


def _check_any(drawn: Drawn, kind: HoldoutKind) -> None:
    if drawn.cases:
        return
    why = ", ".join(f"{n:,} by {reason}" for reason, n in drawn.left_out.items() if n)
    said = f"no trace can be a {kind} case: " + (f"left out are {why}" if why else "there is none")
    more = (
        "have more traces of the issue judged: `workbench review`, or take what is found: `--unjudged`"
        if kind == "targeted"
        else "take in more traffic"
    )
    if drawn.left_out.get("holdout"):
        more += ", or make the other holdout smaller: its cases, and what is worded like them, are kept out"
    raise InsufficientDataError(said, where="holdout", fix=more)


def _resting_on(workspace: Workspace, drawn: Drawn, *, is_targeted: bool) -> tuple[str, ...]:
    """Return the verdicts that the cases rest on: that they are of the issue, and what is expected of an answer."""
    found = {one for case in drawn.cases for one in drawn.verdict_ids.get(case.case_id, ())}
    if is_targeted:
        confirming = verdicts_on(workspace, {case.trace_id for case in drawn.cases if case.trace_id})
        found |= {one for ids in confirming.values() for one in ids}
    return tuple(sorted(found))
