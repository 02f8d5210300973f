"""The commits of a release candidate in the app's repository, and the references that keep them.

All follows from the candidate's record: who runs it again after a kill makes the same commits, and moves nothing.
"""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from workbench.boundaries.git_objects import LINK, SUBMODULE
from workbench.changes.app_files import AppFile, read_text
from workbench.changes.check import check
from workbench.changes.commit import OF_CHANGE, OF_ISSUE, OF_LEDGER, one_line, signature, trailers_in
from workbench.changes.repository import AppRepository
from workbench.errors import GateError, RecordError
from workbench.records import Ablation, Change, ReleaseCandidate
from workbench.releases import Signed, leave_one_out, merge

OF_CANDIDATE = "Workbench-Candidate"
"""Trailer of a merged commit: its release candidate."""
REFERENCES = "refs/workbench/candidates/"
"""Where candidates are kept in the app's repository: no branch list shows them, and no clean-up takes them."""
_CANDIDATE_ID = re.compile(r"rel_\d{8}T\d{6}_[a-z2-7]{10}")


class Made(NamedTuple):
    """The commits of a candidate."""

    commit: str
    """All its changes, merged."""
    tree: str
    """That commit's tree."""
    ablations: tuple[Ablation, ...]
    """Without each of them in turn."""


def make_commits(repository: AppRepository, candidate: ReleaseCandidate, changes: Sequence[Change]) -> Made:
    """Return the commits of a candidate, merged anew; deterministic, and no reference is written.

    Raises
    ------
    GateError
        If its changes cannot be merged, a merged file is broken, or one differs that none of them edits.
    """
    commits = {change.id: change.commit or "" for change in changes}
    signed = Signed(signature(candidate.author), candidate.at)
    objects, base = repository.objects, candidate.base
    whole = merge(objects, commits, base=base, message=_message(candidate, changes), signed=signed)
    paths = {edit.path for change in changes for edit in change.edits}
    _check_owned(repository, base, whole.commit, paths)
    _check_files(repository, whole.commit, paths)

    def message(without: str) -> str:
        return _message(candidate, [change for change in changes if change.id != without], without=without)

    return Made(*whole, leave_one_out(objects, commits, base=base, message=message, signed=signed))


def references_of(candidate_id: str, made: Made) -> dict[str, str]:
    """Return what each reference of a candidate names, by its whole name.

    Raises
    ------
    ValueError
        If the id has not the form of a candidate's: nothing else becomes a part of a reference.
    """
    if not _CANDIDATE_ID.fullmatch(candidate_id):
        raise ValueError(f"id == {candidate_id!r}, must be rel_, a time and ten letters")
    folder = f"{REFERENCES}{candidate_id}/"
    return {f"{folder}merged": made.commit} | {f"{folder}without/{one.without}": one.commit for one in made.ablations}


def keep(repository: AppRepository, candidate_id: str, made: Made) -> None:
    """Let the candidate's references name its commits: those that do already are left alone."""
    tips = repository.tips(REFERENCES)
    for name, commit in references_of(candidate_id, made).items():
        if tips.get(name) != commit:
            repository.point(name, commit, was=tips.get(name))


def says_otherwise(repository: AppRepository, candidate: ReleaseCandidate) -> str:
    """Return what the merged commit says of its candidate other than the ledger does; empty where they agree.

    The ledger could be rewritten as a whole; the commit then still names the head that it once had.
    """
    if candidate.commit is None or repository.objects.resolve(candidate.commit) is None:
        return ""
    trailers = trailers_in(repository.objects.message(candidate.commit))
    wanted = {OF_CANDIDATE: {candidate.id}, OF_CHANGE: {*candidate.change_ids}, OF_LEDGER: {candidate.ledger_head}}
    differing = [name for name, values in wanted.items() if {*trailers.get(name, ())} != values]
    return f"its commit says another {', '.join(differing)} than the ledger" if differing else ""


def _message(candidate: ReleaseCandidate, changes: Sequence[Change], *, without: str = "") -> str:
    """Return what a commit says: nothing that may be erased, so that it is always the same."""
    title = one_line(candidate.name) + (f" without {without}" if without else "")
    issues = sorted({issue for change in changes for issue in change.issue_ids})
    lines = [
        f"{OF_CANDIDATE}: {candidate.id}",
        *(f"{OF_ISSUE}: {issue}" for issue in issues),
        *(f"{OF_CHANGE}: {change}" for change in sorted(change.id for change in changes)),
        f"{OF_LEDGER}: {candidate.ledger_head}",
    ]
    return "\n\n".join([title, "\n".join(lines)]) + "\n"


def _check_owned(repository: AppRepository, base: str, commit: str, paths: Collection[str]) -> None:
    """Check that nothing travels beside the changes: what they were built on may hold edits that are in no change."""
    more = [one.path for one in repository.objects.differences(base, commit) if one.path not in paths]
    if more:
        fix = "begin the change anew on the app's own branch"
        what = f"merged, it edits {', '.join(more)} too, and none of its changes does"
        raise GateError(what, where=base[:12], fix=fix)


def _check_files(repository: AppRepository, commit: str, paths: Collection[str]) -> None:
    """Check the files that changes edit as they are merged: lines that fit together may still be no JSON or YAML."""
    files = {
        path: entry.id
        for path, entry in repository.app_files(commit).items()
        if path in paths and entry.mode not in (LINK, SUBMODULE)
    }
    held = repository.objects.read_many(files.values()) if files else {}
    wrong = [
        f"{path}: {what}" for path, blob in sorted(files.items()) for what in _of_file(repository, path, held[blob])
    ]
    if wrong:
        fix = "make one change of those that edit it"
        raise GateError(f"merged, a file is broken: {'; '.join(wrong)}", where=commit[:12], fix=fix)


def _of_file(repository: AppRepository, path: str, content: bytes) -> list[str]:
    kind = repository.kind_of(path)
    if kind is None:
        return []
    try:
        return check(AppFile(path=path, kind=kind, text=read_text(content)))
    except RecordError as error:
        return [str(error)]
