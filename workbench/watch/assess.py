"""The one table of what a watch comes to: gone, back, still watched, or too little seen for any claim."""

from datetime import date
from typing import NamedTuple

from workbench.counted import counted
from workbench.records import WatchState
from workbench.stats.absence import lower_bound, n_for_silence, upper_bound

HITS_CONFIRM = 2
"""Traces that people say have the problem, so that an alarm is no detector's whim: one may be a slip of the hand."""
IN_OTHER_WORDS = (
    "It may be back in other words: with what no issue that people know holds, its detector finds as much as before "
    "the ship. Judge the detector's new issues, or the flagged traces."
)
"""What is said of a problem that may be found where nobody looks for it."""


_LEAST = 0.0001
"""Shares below are told as below it: no watch judges enough traces to tell more."""


class Since(NamedTuple):
    """What came after the traffic that people judged."""

    day: date
    """The day of the last trace that was drawn at random and judged."""
    n: int
    """Later traces of the changed version."""
    n_found: int
    """Of these, those in which detectors found it."""


class Evidence(NamedTuple):
    """What a watch has seen."""

    n_after: int
    """Traces of the changed version that were examined."""
    n_judged: int
    """Traces drawn at random from them of which people were sure."""
    n_confirmed: int
    """Of these, those that have the problem."""
    n_hits: int
    """Traces of the rise that led to the alarm, however drawn, of which people say that they have it."""
    has_alarm: bool
    """Whether the running sum of what detectors find is an alarm."""
    target: float
    """Share of traces below which it is gone."""
    has_unowned_alarm: bool = False
    """Whether that sum is an alarm once it counts what the issue's detector finds and no issue that people know holds,
    and people have not judged enough of that to set it aside."""
    n_unowned_hits: int = 0
    """Traces of the rise that led to that alarm, found so, of which people say that they have it."""
    since: Since | None = None
    """What came after what people judged; None where that is not known."""
    issue_id: str = ""
    """The issue (iss_...), to name in what is to be typed."""


class Assessed(NamedTuple):
    """What it comes to."""

    state: WatchState
    """The state."""
    reasons: tuple[str, ...]
    """Why, a sentence each; the first is the headline."""
    low: float
    """Lower 95 % bound of the share of traces that have it, at all looks together."""
    high: float
    """Upper 95 % bound of it, at all looks together."""


def assess(evidence: Evidence) -> Assessed:
    """Return what a watch comes to; the first that holds.

    Notes
    -----
    reopened: an alarm that two traces since it began to rise confirm, or a lower bound above the target. gone: an upper
    bound below the target, and no alarm, neither of the issue nor of it and what no issue holds. not_enough_exposure:
    fewer traces were judged than would show it without a single hit. The bounds are those of `stats.absence`, so
    that whoever looks each week errs no more often.
    """
    seen = evidence.n_confirmed, evidence.n_judged
    low, high = lower_bound(*seen), upper_bound(*seen)
    state, reasons = _first(evidence, low=low, high=high)
    return Assessed(state, reasons, low, high)


def _first(seen: Evidence, *, low: float, high: float) -> tuple[WatchState, tuple[str, ...]]:
    judged = f"{seen.n_confirmed:,} of {counted(seen.n_judged, 'trace')} drawn at random have it"
    target = f"the target of {_share(seen.target)}"
    if seen.has_alarm and seen.n_hits >= HITS_CONFIRM:
        hits = f"people confirmed it in {counted(seen.n_hits, 'trace')} since then"
        return "reopened", ("It is back: detectors find it as often as before the ship.", f"{_capital(hits)}.")
    if seen.has_unowned_alarm and seen.n_unowned_hits >= HITS_CONFIRM:
        hits = f"people confirmed it in {counted(seen.n_unowned_hits, 'trace')} since then"
        return "reopened", ("It is back in other words: its detector finds what no issue holds.", f"{_capital(hits)}.")
    if low > seen.target:
        return "reopened", (f"It is not gone: surely more than {target}.", _sentence(judged, low, high))
    needed = n_for_silence(seen.target)
    alarm = "Detectors find it as often as before the ship: have the flagged traces judged."
    if high < seen.target and not (seen.has_alarm or seen.has_unowned_alarm):
        as_of = f", as of {seen.since.day:%Y-%m-%d}" if seen.since else ""
        return "gone", (f"It is gone: surely below {target}{as_of}.", _sentence(judged, low, high), *_found_since(seen))
    if seen.has_alarm:
        return "watching", (f"{alarm[:-1]}, {HITS_CONFIRM} that have it confirm it.", _sentence(judged, low, high))
    if seen.has_unowned_alarm:
        return "watching", (IN_OTHER_WORDS, _sentence(judged, low, high))
    if seen.n_judged < needed:
        return "not_enough_exposure", (_headline_short(seen, needed), _what_short(seen, needed))
    left = f"Not shown yet to be below {target}."
    return "watching", (left, _sentence(judged, low, high))


def _found_since(seen: Evidence) -> tuple[str, ...]:
    since = seen.since
    if since is None or not since.n_found:
        return ()
    found = f"Detectors found it in {since.n_found:,} of {counted(since.n, 'trace')} since"
    return (f"{found}: judge again, `workbench watch sample {seen.issue_id}`.",)


def _headline_short(seen: Evidence, needed: int) -> str:
    silent = "" if seen.n_confirmed else ", so silence proves nothing"
    return (
        f"Not enough exposure: {seen.n_judged:,} of at least "
        f"{counted(needed, 'random trace was', 'random traces were')} judged{silent}."
    )


def _what_short(seen: Evidence, needed: int) -> str:
    if seen.n_after < needed:
        return f"The changed version has answered {counted(seen.n_after, 'trace')} so far: wait for traffic."
    return (
        f"The changed version has answered {counted(seen.n_after, 'trace')}: "
        f"have {needed - seen.n_judged:,} more judged."
    )


def _sentence(judged: str, low: float, high: float) -> str:
    return f"{_capital(judged)}: {_share(low)} to {_share(high)} of all, 95 % each side."


def _share(share: float) -> str:
    return "<0.01 %" if 0 < share < _LEAST else f"{100 * share:.2g} %"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
