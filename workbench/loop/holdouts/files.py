"""What the cases of holdouts say, in files of the workspace: found by their record, and refused if they are not it.

The ledger has ids and sealed digests alone. What a user said is in the file, so that it can be erased.
"""

from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from functools import partial

from workbench.boundaries.paths import file_name
from workbench.errors import RecordError, StoreError
from workbench.experiments.case import Case, from_jsonl, to_jsonl
from workbench.experiments.holdout import Seal, differences, digest_of
from workbench.ids import key_user
from workbench.records import Holdout, HoldoutKind, HoldoutUse, chosen_or_newest
from workbench.store import Workspace, mark
from workbench.store.durability import sync, write_durably

_FIX = "make another holdout: `workbench holdout make`"


def find_holdout(workspace: Workspace, holdout_id: str) -> Holdout:
    """Return a holdout's record, by its id, a beginning of it that no other has, or `latest`.

    Raises
    ------
    ConfigError
        If there is no such holdout, or several begin so.
    """
    every = workspace.ledger.latest(Holdout)
    return chosen_or_newest(every, holdout_id, word="holdout", fix="`workbench holdout list` lists them")


def held_cases(workspace: Workspace, holdout: Holdout) -> tuple[Case, ...]:
    """Return the cases of a holdout, but for those of users who were erased.

    Raises
    ------
    StoreError
        If its file is not there, cannot be read, or holds anything but what was set apart.
    """
    path = workspace.holdouts / file_name(holdout.id, suffix=".jsonl")
    try:
        cases = from_jsonl(path.read_bytes(), where=str(path))
    except (OSError, RecordError) as error:
        raise StoreError(f"its cases cannot be read: {error}", where=holdout.id, fix=_FIX) from error
    staying = [one for one in holdout.cases if one.case_id not in holdout.erased]
    kept = tuple(case for case in cases if case.case_id not in holdout.erased)
    faults = differences(kept, staying, seal=seal_of(workspace))
    if digest_of(holdout.kind, holdout.cases) != holdout.digest:
        faults = (*faults, "its digest is not that of its cases")
    if faults:
        raise StoreError(f"it is not what was set apart: {'; '.join(faults)}", where=holdout.id, fix=_FIX)
    return kept


def cases_beside(workspace: Workspace, kind: HoldoutKind, issue_ids: Collection[str]) -> tuple[Case, ...]:
    """Return the cases of holdouts that may be used beside one of a kind for some issues, or for none.

    Those are of the other kind, targeted or random, and not used up; what is not what was set apart is used by nobody.
    """
    other = {"targeted": "random", "random": "targeted"}.get(kind)
    n_used = Counter(use.holdout_id for use in workspace.ledger.latest(HoldoutUse))
    ids, found = set(issue_ids), list[Case]()
    for one in workspace.ledger.latest(Holdout):
        is_for_them = not ids or not one.issue_ids or not ids.isdisjoint(one.issue_ids)
        if one.kind == other and n_used[one.id] < one.n_uses and is_for_them:
            with suppress(StoreError):
                found += held_cases(workspace, one)
    return tuple(found)


def keep_cases(workspace: Workspace, holdout_id: str, cases: tuple[Case, ...]) -> None:
    """Write what the cases of a holdout say to its file, which its owner alone can read."""
    if not workspace.holdouts.exists():
        workspace.holdouts.mkdir(mode=0o700, exist_ok=True)
        sync([workspace.root])
    write_durably(workspace.holdouts / file_name(holdout_id, suffix=".jsonl"), to_jsonl(cases))


def seal_of(workspace: Workspace) -> Seal:
    """Return what seals digests under the workspace's secret.

    Raises
    ------
    ConfigError
        If the secret is not on this machine.
    """
    return partial(mark, key=partial(key_user, workspace.secret()))
