"""What to do next in a workspace, and in which notebook: what is nearest to its end goes first.

A loop dies of things begun. So what only lacks a signature comes before what lacks an experiment, that before what
lacks a change, and so on back to telemetry that nobody has looked at.
"""

from datetime import datetime
from typing import NamedTuple

from workbench.loop.under_way import Standing, Word, under_way
from workbench.store import Workspace


class Waiting(NamedTuple):
    """More that waits, of one sort."""

    n: int
    """How many."""
    what: str
    """What they are, and what is to be done with them: `problems to review`."""
    command: str
    """The command that does it, for the newest of them."""


class NextStep(NamedTuple):
    """One thing to do."""

    notebook: str
    """The notebook that it is done in, or looked at: `3_review`."""
    why: str
    """What waits, in a sentence without a full stop."""
    command: str
    """The command that does it, without the option that names the workspace."""
    also: tuple[Waiting, ...] = ()
    """What waits beside it, what is nearest to its end first."""


_RULES: dict[Word, NextStep] = {
    "unsigned": NextStep(
        "6_validate", "{experiment} decides to ship, and {lacks}", "workbench experiment sign {experiment} --by NAME"
    ),
    "shipped": NextStep(
        "7_watch",
        "{n} shipped for, and nobody watches whether it is gone: {merge}",
        "workbench watch start {issue}{option}",
    ),
    "to_judge": NextStep(
        "7_watch",
        "The watch of {issue} has a blind review open: {n} of {review} to judge",
        "workbench review --review {review}",
    ),
    "to_sample": NextStep(
        "7_watch",
        "The watch of {issue} can be settled by people: have {more} more judged",
        "workbench watch sample {issue}",
    ),
    "not_looked_at": NextStep(
        "7_watch",
        "The watch of {issue} is to be looked at: there is more to go by than at the last look",
        "workbench watch look",
    ),
    "undecided": NextStep(
        "6_validate",
        "{experiment} has run, and nobody has asked what it comes to",
        "workbench experiment show {experiment}",
    ),
    "to_score": NextStep(
        "6_label",
        "{experiment} is answered, and people have {n} of its answers to score",
        "workbench experiment label {experiment}",
    ),
    "not_run": NextStep(
        "6_validate",
        "{experiment} is frozen, and not run to the end{how}",
        "workbench experiment run {experiment}{option}",
    ),
    "invalid": NextStep(
        "6_validate",
        "{experiment} is invalid: {reason}. Take it back, mend that, and plan anew",
        "workbench experiment withdraw {experiment} --reason TEXT",
    ),
    "inconclusive": NextStep(
        "6_validate",
        "{experiment} is inconclusive; {settle}. Plan anew on more cases, or give {name} up: `{give_up} --reason TEXT`"
        "{end}",
        "{plan}",
    ),
    "untested": NextStep("6_validate", "{ready}, and no experiment tests it{lacks}", "{plan}"),
    "open_candidate": NextStep(
        "5_refine", "Candidate {name} is open: frozen, it can be tested", "workbench candidate freeze {name}"
    ),
    "edited": NextStep("5_refine", "Change {change} is laid out to be edited", "workbench change commit {change}"),
    "begun": NextStep("5_refine", "Change {change} was begun, and edits nothing yet", "workbench change edit {change}"),
    "not_to_ship": NextStep(
        "5_refine",
        "{experiment} decides not to ship {name}: {reason}. Begin another change for its issue, or give it up",
        "{give_up} --reason TEXT",
    ),
    "confirmed": NextStep(
        "4_backlog",
        "{n} confirmed by people, and nobody mends {them}: begin a change for the first that `workbench backlog` ranks",
        "{mend}",
    ),
    "proposed": NextStep("3_review", "{n} proposed, and judged by nobody{also}", "workbench review"),
    "unseen": NextStep("2_detect", "Telemetry came in that no detector has looked at", "workbench detect"),
}
"""By where something stands, what to do with it; the first goes before the others. What is in braces is told of it."""
_START = NextStep("1_telemetry", "No telemetry has come in yet", "workbench run PATH...")
_FEED = NextStep("1_telemetry", "Nothing waits: bring in what came since", "workbench run PATH...")


_SORTS: dict[Word, tuple[str, str]] = {
    "unsigned": ("decision to sign", "decisions to sign"),
    "shipped": ("shipped problem to watch", "shipped problems to watch"),
    "to_judge": ("blind review of a watch to judge", "blind reviews of watches to judge"),
    "to_sample": ("watched problem to sample", "watched problems to sample"),
    "not_looked_at": ("watched problem to look at", "watched problems to look at"),
    "undecided": ("experiment to decide", "experiments to decide"),
    "to_score": ("experiment with answers to score", "experiments with answers to score"),
    "not_run": ("experiment to run", "experiments to run"),
    "invalid": ("invalid experiment to take back", "invalid experiments to take back"),
    "inconclusive": ("inconclusive experiment to settle", "inconclusive experiments to settle"),
    "untested": ("change to test", "changes to test"),
    "open_candidate": ("candidate to freeze", "candidates to freeze"),
    "edited": ("edited change to commit", "edited changes to commit"),
    "begun": ("change to edit", "changes to edit"),
    "not_to_ship": ("change that does not ship", "changes that do not ship"),
    "confirmed": ("confirmed problem to mend", "confirmed problems to mend"),
    "proposed": ("problem to review", "problems to review"),
    "unseen": ("lot of telemetry to look through", "lots of telemetry to look through"),
}
"""What waits where something stands, one and several."""


def next_step(workspace: Workspace, *, now: datetime) -> NextStep:
    """Return what to do next, of what stands alike with the newest, and what waits beside it; read-only.

    It goes by what the ledger records and which files are there. Telemetry is read only to rank several confirmed
    problems, and to find which version has what shipped.
    """
    by_word: dict[Word, list[Standing]] = {}
    for one in under_way(workspace, now=now):
        by_word.setdefault(one.word, []).append(one)
    waiting = [by_word[word] for word in _RULES if word in by_word]
    if not waiting:
        return _FEED if workspace.loads.all() else _START
    newest = waiting[0].pop()
    return _step(newest)._replace(also=tuple(map(_also, filter(None, waiting))))


def _also(alike: list[Standing]) -> Waiting:
    n, word = sum(one.n for one in alike), alike[-1].word
    return Waiting(n, _SORTS[word][n > 1], _step(alike[-1]).command)


def _step(standing: Standing) -> NextStep:
    rule = _RULES[standing.word]
    return NextStep(rule.notebook, rule.why.format_map(standing.told), rule.command.format_map(standing.told))
