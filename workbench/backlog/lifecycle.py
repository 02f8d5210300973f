"""The one table of how an issue may move: from where to where, on what evidence, and by whom.

Every state but `proposed` rests on something that can be looked up. Whoever moves an issue names it, and what the table
does not have is refused, so that no path through the program reaches a state on nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from workbench.errors import GateError
from workbench.records import Issue, IssueState

By = Literal["person", "program"]
Evidence = Literal["ver", "chg", "rel", "exp", "dec", "wch", "run", "iss"]
"""What an id begins with: verdict, change, release candidate, experiment, decision, watch, detection run, issue."""

OPEN: tuple[IssueState, ...] = ("proposed", "confirmed", "reopened", "changing", "validating")
"""States of a problem that still hurts users: those that are ranked."""
JUDGED: tuple[IssueState, ...] = ("proposed", "rejected", "reopened", "confirmed")
"""States in which nothing rests on an issue yet but what people say of it."""
ANYBODY: frozenset[By] = frozenset({"person", "program"})
A_PERSON: frozenset[By] = frozenset({"person"})
WORDS: dict[Evidence, str] = {
    "ver": "verdicts of people",
    "chg": "a change",
    "rel": "a release candidate",
    "exp": "an experiment",
    "dec": "a decision",
    "wch": "a watch",
    "run": "a detection run",
    "iss": "an issue",
}


class Move(NamedTuple):
    """One way that an issue may go."""

    sources: tuple[IssueState, ...]
    """Where it may stand."""
    to: IssueState
    """Where it goes."""
    evidence: tuple[Evidence, ...]
    """What it may rest on: every id that is named is one of these. Empty: it rests on nothing."""
    by: frozenset[By]
    """Who may. What people's verdicts say is moved by persons, whoever writes it down."""
    how: str
    """What has to be done for it, as an instruction."""


MOVES: tuple[Move, ...] = (
    Move(JUDGED, "confirmed", ("ver",), A_PERSON, "have it judged: `workbench review`"),
    Move(JUDGED, "rejected", ("ver",), A_PERSON, "have it judged: `workbench review`"),
    # A verdict that is taken back takes its decision with it.
    Move(("confirmed", "rejected"), "proposed", (), ANYBODY, "take the verdict back in its review"),
    Move(("confirmed", "rejected"), "reopened", ("run", "wch", "chg"), ANYBODY, "take the verdict back in its review"),
    Move(("confirmed", "reopened", "changing"), "changing", ("chg",), A_PERSON, "begin a change for it"),
    Move(("changing", "validating"), "confirmed", ("chg",), ANYBODY, "abandon or roll back its change"),
    Move(
        ("changing", "validating"), "validating", ("rel", "exp"), ANYBODY, "freeze a release candidate with its change"
    ),
    Move(("validating",), "changing", ("dec", "rel", "exp"), ANYBODY, "decide on its experiment, or withdraw that"),
    Move(("validating",), "shipped", ("dec",), ANYBODY, "decide to ship, on a valid experiment"),
    Move(("shipped",), "watching", ("wch",), ANYBODY, "begin to watch it"),
    Move(("shipped", "watching"), "reopened", ("wch", "chg"), ANYBODY, "let a watch find it, or roll back its change"),
    Move(("watching",), "resolved", ("wch",), ANYBODY, "watch until enough was seen"),
    Move(("resolved",), "watching", ("wch",), ANYBODY, "let its watch say that it is gone no more"),
    Move(("resolved",), "reopened", ("run", "wch"), ANYBODY, "let a detection run or a watch find it again"),
    Move(("proposed", "confirmed", "reopened"), "merged", ("iss",), A_PERSON, "`workbench issue merge`"),
    Move(("merged",), "proposed", ("iss",), A_PERSON, "`workbench issue split`"),
)


def move(issue: Issue, to: IssueState, *, evidence: Sequence[str], reason: str, by: By) -> Issue:
    """Return the issue in its new state, with what moved it there; nothing is written.

    Parameters
    ----------
    issue
        Its newest revision.
    to
        Where it goes; to stay where it is with other evidence is a move too, where the table has it.
    evidence
        Ids of what it rests on.
    reason
        Why, in a sentence.
    by
        Who moves it: a person, or the program on its own.

    Raises
    ------
    GateError
        If the table has no such move, or not on this evidence or by whom; it says what has to come before.
    ValueError
        If there is no reason.

    >>> from workbench.errors import GateError
    >>> sorted({one.to for one in MOVES if "proposed" in one.sources})
    ['confirmed', 'merged', 'rejected']
    """
    if not reason.strip():
        raise ValueError(f"{issue.id}: reason is empty, must say why it moves to {to}")
    ways = [one for one in MOVES if issue.state in one.sources and one.to == to]
    if not ways:
        raise GateError(f"an issue that is {issue.state} cannot become {to}", where=issue.id, fix=_ways_on(issue.state))
    way = ways[0]
    if by not in way.by:
        raise GateError(f"no program may make it {to}", where=issue.id, fix=way.how)
    kinds = {one.partition("_")[0] for one in evidence}
    if bool(evidence) != bool(way.evidence) or not kinds <= set(way.evidence):
        needed = " or ".join(WORDS[kind] for kind in way.evidence) or "nothing"
        given = ", ".join(evidence) or "nothing"
        raise GateError(f"becomes {to} on {needed}, not on {given}", where=issue.id, fix=way.how)
    return replace(
        issue,
        state=to,
        reason=reason,
        evidence=tuple(evidence),
        merged_into=evidence[0] if to == "merged" else None,
    )


def _ways_on(state: IssueState) -> str:
    return "; ".join(f"{one.to}: {one.how}" for one in MOVES if state in one.sources)
