"""Which changes belong together: those for one issue, for issues of one cluster, or in one file.

Changes that meet are better tried together: what one of them does alone is told by leaving it out again.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from workbench.releases.order import Pain, PainOf, by_pain, not_measured, rank_of
from workbench.releases.touched import Touched


class Bundle(NamedTuple):
    """Changes that belong together."""

    change_ids: tuple[str, ...]
    """The one for the greatest pain first."""
    issue_ids: tuple[str, ...]
    """The issues that they are for, each once, sorted."""
    reasons: tuple[str, ...]
    """Why they belong together, a sentence each; empty for a change that stands alone."""
    pain: Pain | None
    """The pain of these issues in all; None where it was not measured."""


def bundle(
    touched: Sequence[Touched], *, clusters: Mapping[str, frozenset[str]], pain: PainOf = not_measured
) -> tuple[Bundle, ...]:
    """Return the changes in bundles, the one for the greatest pain first; every change is in one of them.

    Parameters
    ----------
    touched
        What each change touches.
    clusters
        The clusters that each issue was seen in.
    pain
        The pain of issues.
    """
    links = [(reason, sorted(members)) for reason, members in _shared(touched, clusters) if len(members) > 1]
    group = {one.change_id: one.change_id for one in touched}
    for _, members in links:
        joined = {group[change] for change in members}
        group = {change: min(joined) if of in joined else of for change, of in group.items()}
    issues_of = {one.change_id: one.issue_ids for one in touched}
    bundles = [
        _bundle([change for change, of in group.items() if of == name], issues_of, links=links, pain=pain)
        for name in sorted(set(group.values()))
    ]
    return tuple(sorted(bundles, key=lambda one: rank_of(one.pain)))


def _shared(touched: Sequence[Touched], clusters: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, set[str]]]:
    """Yield each thing that changes may share, as a sentence, with the changes that touch it."""
    by_issue: dict[str, set[str]] = {}
    by_cluster: dict[str, set[str]] = {}
    by_path: dict[str, set[str]] = {}
    for one in touched:
        for issue in one.issue_ids:
            by_issue.setdefault(issue, set()).add(one.change_id)
            for cluster in clusters.get(issue, frozenset()):
                by_cluster.setdefault(cluster, set()).add(one.change_id)
        for path in one.paths:
            by_path.setdefault(path, set()).add(one.change_id)
    yield from ((f"for the same issue {issue}", members) for issue, members in sorted(by_issue.items()))
    told = {frozenset(members) for members in by_issue.values()}  # of one issue the clusters say nothing more
    for cluster, members in sorted(by_cluster.items()):
        if frozenset(members) not in told:
            yield f"for issues of the same cluster {cluster}", members
    yield from ((f"in the same file {path}", members) for path, members in sorted(by_path.items()))


def _bundle(
    members: Sequence[str],
    issues_of: Mapping[str, tuple[str, ...]],
    *,
    links: Sequence[tuple[str, list[str]]],
    pain: PainOf,
) -> Bundle:
    issues = tuple(sorted({issue for change in members for issue in issues_of[change]}))
    reasons = tuple(f"{', '.join(linked)}: {reason}" for reason, linked in links if linked[0] in members)
    order = by_pain({change: issues_of[change] for change in members}, pain)
    return Bundle(order, issues, reasons, pain(issues))
