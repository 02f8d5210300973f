"""What may judge a change: cases that share neither a user nor a near-duplicate with those that it was developed on.

A user's next request is much like the last one, and a copy of a request is the request: an app that was tuned on one
would be judged on what it knows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from workbench.embedder import Embed
from workbench.experiments.case import Case
from workbench.experiments.likeness import exact, near_pairs, text_of, vectors
from workbench.ids import content_id

Reason = Literal["development", "user", "group"]
"""development: it is a development case itself. user: its user has one. group: a near-duplicate of it is one."""


class Split(NamedTuple):
    """Cases on the side that judges."""

    cases: tuple[Case, ...]
    """Those that share nothing with development, in their order."""
    left_out: Mapping[str, Reason]
    """Why each of the others cannot judge, by case_id."""


def split(cases: Sequence[Case], *, development: Sequence[Case], embed: Embed, may_share_users: bool = False) -> Split:
    """Return the cases that share no user and no group of near-duplicates with the development cases.

    Groups are whole: where A is near B and B near C, all three are one, whichever of them is in development.

    Parameters
    ----------
    cases
        Those that might judge.
    development
        Those that the change was developed on.
    embed
        Texts to vectors.
    may_share_users
        Whether another request of a user with such a case may judge, as it may between two holdouts: neither is what
        the app was tuned on.
    """
    groups = groups_of([text_of(case) for case in (*development, *cases)], embed=embed)
    known = set(groups[: len(development)])
    users = set() if may_share_users else {case.user_key for case in development} - {None}
    itself = {case.case_id for case in development} | {case.trace_id for case in development} - {None}
    kept, left_out = [], dict[str, Reason]()
    for case, group in zip(cases, groups[len(development) :], strict=True):
        if case.case_id in itself or case.trace_id in itself:
            left_out[case.case_id] = "development"
        elif case.user_key in users:
            left_out[case.case_id] = "user"
        elif group in known:
            left_out[case.case_id] = "group"
        else:
            kept.append(case)
    return Split(tuple(kept), left_out)


def grouped(cases: Sequence[Case], *, embed: Embed) -> tuple[Case, ...]:
    """Return the cases with the group of each: near-duplicates share one, and what is like no other has none."""
    groups = groups_of([text_of(case) for case in cases], embed=embed)
    members: dict[int, list[str]] = {}
    for case, group in zip(cases, groups, strict=True):
        members.setdefault(group, []).append(case.case_id)
    names = {group: content_id("grp", *sorted(ids)) if len(ids) > 1 else "" for group, ids in members.items()}
    return tuple(replace(case, group=names[group]) for case, group in zip(cases, groups, strict=True))


def groups_of(texts: Sequence[str], *, embed: Embed) -> list[int]:
    """Return the number of each text's group of near-duplicates: what is the same or near goes together, and so on."""
    same: dict[str, int] = {}
    places = np.array([same.setdefault(exact(text), len(same)) for text in texts], dtype=np.int64)
    if not len(places):
        return []
    # A text that is the same as another has its own vector, and may be near to what the other is not.
    near = places[near_pairs(vectors(texts, embed=embed))]
    links = coo_array((np.ones(len(near), np.int8), (near[:, 0], near[:, 1])), shape=(len(same), len(same)))
    _, labels = connected_components(links, directed=False)
    return [int(labels[place]) for place in places]
