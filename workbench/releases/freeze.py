"""A frozen candidate: what it is, it stays, and whatever was edited since is found.

The digest is of all that a later reader has to find again: the version it starts from, what each change is and is for,
and the merged tree. Words are left out of it: a quoted one may be erased, and the candidate is still what it was.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec

from workbench.boundaries.git_objects import Objects
from workbench.ids import digest
from workbench.records import Ablation, Change, ReleaseCandidate

_FREE = frozenset({"state", "reason"})
"""What a frozen candidate may still be given: it can be withdrawn, with a reason."""


class Seen(NamedTuple):
    """What ledger and repository say of a frozen candidate now."""

    history: Sequence[ReleaseCandidate]
    """All its revisions, oldest first."""
    changes: Mapping[str, Change]
    """Its changes in their newest revision, by id; one that is gone is not in it."""
    tips: Mapping[str, str | None]
    """What the branch of each change names now; None where it is gone."""
    references: Mapping[str, str]
    """What the candidate's own references name, by whole name."""


def digest_of(*, base: str, changes: Sequence[Change], tree: str, ablations: Sequence[Ablation]) -> str:
    """Return the digest of a candidate; in whatever order its changes are given, the same one."""
    each = [_content(change) for change in sorted(changes, key=lambda change: change.id)]
    return digest(base, tree, *each, *(part for one in sorted(ablations) for part in one))


def changed_since(
    candidate: ReleaseCandidate, seen: Seen, *, expected: Mapping[str, str], objects: Objects
) -> list[str]:
    """Return what is not as it was when the candidate was frozen, a sentence each; empty where all is.

    Parameters
    ----------
    candidate
        The candidate, frozen.
    seen
        What ledger and repository say now.
    expected
        What each of its references must name.
    objects
        The objects of the app's repository.
    """
    return [*_in_ledger(candidate, seen), *_in_repository(candidate, seen, expected, objects)]


def _in_ledger(candidate: ReleaseCandidate, seen: Seen) -> Iterator[str]:
    frozen = next((one for one in seen.history if one.state == "frozen"), None)
    if frozen is None:
        yield "it was never frozen"
        return
    if _bound(frozen) != _bound(candidate):
        names = sorted(name for name, value in _bound(candidate).items() if value != _bound(frozen)[name])
        yield f"its record was revised after it was frozen ({', '.join(names)})"
    gone = [change for change in candidate.change_ids if change not in seen.changes]
    if gone:
        yield f"the ledger has no {gone[0]}"
        return
    changes = [seen.changes[change] for change in candidate.change_ids]
    for change in changes:
        if change.state not in ("committed", "merged"):
            yield f"{change.id} is {change.state.replace('_', ' ')}"
    now = digest_of(base=candidate.base, changes=changes, tree=candidate.tree or "", ablations=candidate.ablations)
    if now != candidate.digest:
        yield "one of its changes was revised after it was frozen: the digest is another"


def _in_repository(
    candidate: ReleaseCandidate, seen: Seen, expected: Mapping[str, str], objects: Objects
) -> Iterator[str]:
    for change in (seen.changes[one] for one in candidate.change_ids if one in seen.changes):
        tip = seen.tips.get(change.id)
        if tip is not None and tip != change.commit:
            yield f"the branch of {change.id} has moved to {tip[:12]}"
    for name, commit in expected.items():
        if (named := seen.references.get(name)) != commit:
            yield f"{name} names {named[:12] if named else 'nothing'}, not {commit[:12]}"
    commit = candidate.commit or ""
    if objects.resolve(commit) != commit:
        yield f"its commit {commit[:12]} is gone"
    elif objects.tree(commit) != candidate.tree:
        yield f"its commit {commit[:12]} has another tree"


def _content(change: Change) -> str:
    parts = [change.id, change.base, change.commit or "", *sorted(change.issue_ids)]
    edits = [part or "" for edit in sorted(change.edits) for part in edit]
    return digest(*parts, *edits)


def _bound(candidate: ReleaseCandidate) -> dict[str, object]:
    content: dict[str, object] = msgspec.to_builtins(replace(candidate, reason=""))
    return {name: value for name, value in content.items() if name not in _FREE}
