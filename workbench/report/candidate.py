"""A release candidate as a page: its changes with what leaves each out, where they meet, and for how much pain."""

from collections.abc import Iterable, Mapping, Sequence

from workbench.records import Change, ReleaseCandidate
from workbench.releases import Bundle, Conflict, Pain, pain_for
from workbench.report import formats
from workbench.report.blocks import Block, sentences, stack, table, words
from workbench.report.markup import Html, badge, join, muted, said

DIGITS = 12
"""Of a commit's id: nobody's repository has two that begin so."""
TITLE_CHARACTERS = 80


def candidate_page(
    candidate: ReleaseCandidate, changes: Iterable[Change], *, conflicts: Sequence[Conflict] = ()
) -> Block:
    """Return what a candidate is: a sentence on the whole, its changes in their order, and where they meet.

    Parameters
    ----------
    candidate
        The candidate, open or frozen.
    changes
        Its changes in their newest revision; others are passed over.
    conflicts
        Where any two of them meet.
    """
    known = {change.id: change for change in changes}
    mine = {*candidate.change_ids}
    meeting = [one for one in conflicts if {one.one, one.other} <= mine]
    return stack(
        sentences(_whole(candidate)),
        _changes(candidate, known),
        *([_conflicts(meeting)] if meeting else []),
        name="release",
    )


def release_page(
    candidate: ReleaseCandidate | None,
    bundles: Sequence[Bundle],
    changes: Sequence[Change],
    *,
    conflicts: Sequence[Conflict] = (),
) -> Block:
    """Return a candidate where there is one, else what could be released now; parameters as of the two others."""
    if candidate is None:
        return bundles_page(bundles, changes, conflicts=conflicts)
    return candidate_page(candidate, changes, conflicts=conflicts)


def bundles_page(bundles: Sequence[Bundle], changes: Iterable[Change], *, conflicts: Sequence[Conflict] = ()) -> Block:
    """Return which changes belong together and why, those for the greatest pain first, and where any two meet.

    Parameters
    ----------
    bundles
        Changes that belong together.
    changes
        Them in their newest revision.
    conflicts
        Where any two of them meet.
    """
    if not bundles:
        return sentences("No change is committed that could be released.")
    titles = {change.id: change.title for change in changes}
    rows = [
        (
            join([_titled(change, titles) for change in one.change_ids], ", "),
            join([muted(reason) for reason in one.reasons], "; ") if one.reasons else muted("stands alone"),
            _pain(one.pain),
        )
        for one in bundles
    ]
    shown = table(
        words("changes", "why together", "pain, 95 %"), rows, caption="Which changes belong together?", of="bundle"
    )
    return stack(shown, *([_conflicts(conflicts)] if conflicts else []), name="bundles")


def _whole(candidate: ReleaseCandidate) -> Html:
    n = formats.counted(len(candidate.change_ids), "change")
    held = (
        f", in commit {candidate.commit[:DIGITS]}" if candidate.commit else f", from version {candidate.base[:DIGITS]}"
    )
    frozen = f", frozen {formats.moment(candidate.frozen_at)}" if candidate.frozen_at else ""
    return join(
        [
            *(badge(candidate.state), " ", said(candidate.name, limit=TITLE_CHARACTERS)),
            f": {n}{held}{frozen}; for issues whose pain in all is {_pain(pain_for(candidate))}. ",
            muted(candidate.id),
        ]
    )


def _changes(candidate: ReleaseCandidate, known: Mapping[str, Change]) -> Block:
    without = {one.without: one.commit for one in candidate.ablations}
    alone = "it is the only one" if candidate.commit else "not frozen yet"
    rows = []
    for change_id in candidate.change_ids:
        change = known.get(change_id)
        titles = {change_id: change.title} if change else {}
        commit = without.get(change_id)
        rows.append(
            (
                _titled(change_id, titles),
                join([muted(issue) for issue in change.issue_ids], " ") if change else "",
                join([said(edit.path, limit=60) for edit in change.edits], " ") if change else "",
                muted(commit[:DIGITS]) if commit else muted(alone),
            )
        )
    return table(
        words("change", "for the issues", "files", "what tells what it does: all but it"),
        rows,
        caption="What travels together?",
        of="change",
        note="The one for the greatest pain comes first. A commit without a change shows what that change does.",
    )


def _conflicts(conflicts: Sequence[Conflict]) -> Block:
    rows = [
        (badge("blocks" if one.is_blocking else "take care"), muted(one.one), muted(one.other), _meet(one))
        for one in conflicts
    ]
    return table(words("", "one", "other", "where they meet"), rows, caption="Where do changes meet?", of="conflict")


def _meet(conflict: Conflict) -> Html:
    """Return where two changes meet: the place is a name out of the app's files."""
    kind = muted(f"{formats.words(conflict.kind)} ")
    return join([kind, said(conflict.where, limit=TITLE_CHARACTERS)]) if conflict.where else kind


def _titled(change_id: str, titles: Mapping[str, str]) -> Html:
    title = titles.get(change_id)
    return join([said(title, limit=TITLE_CHARACTERS), " ", muted(change_id)]) if title else muted(change_id)


def _pain(pain: Pain | None) -> str:
    return pain.words if pain else "not known"
