"""How well the loop turns, in five figures, and the waits whose time is up: the top of every index and of a digest."""

from collections.abc import Sequence

from workbench.records import Health, Wait, WaitKind
from workbench.report import formats
from workbench.report.backlog import TITLE_CHARACTERS, days
from workbench.report.blocks import Block, Figure, key_figures, numbers, sentences, table, words
from workbench.report.markup import Html, file_name, folded, join, muted, said, unbroken

KIND_WORDS: dict[WaitKind, str] = {
    "issue": "a problem has expired",
    "review": "a review is past its deadline",
    "experiment": "an experiment is past its deadline",
}
_COUNTED: dict[WaitKind, tuple[str, str]] = {
    "issue": ("problem has expired", "problems have expired"),
    "review": ("review is past its deadline", "reviews are past their deadline"),
    "experiment": ("experiment is past its deadline", "experiments are past their deadline"),
}
_LATELY = "over four weeks"
"""Of what a week is told of people: as of `loop.health`."""
_NO_SHIP = "nothing was shipped yet"
ID_CHARACTERS = 12
"""Of an id: enough to find it by."""
NOBODY = "nobody is named: set owner under [waits] in workspace.toml"


def health_figures(health: Health) -> Block:
    """Return the figures that say whether the loop turns."""
    return key_figures(
        [
            Figure(f"{formats.count(health.n_triaged)} of {formats.count(health.n_issues)}", *_triage(health)),
            Figure(f"{health.reviews_a_week:,.0f} a week", f"verdicts of people, {_LATELY}", _findings(health)),
            Figure(_stay(health), "from first trace to shipped", "median" if health.n_shipped else _NO_SHIP),
            Figure(_held(health), "ships held", _ships(health)),
            Figure(formats.count(len(health.waits)), "waits are over", _longest(health)),
        ]
    )


def health_words(health: Health) -> tuple[str, ...]:
    """Return the same as sentences, for a mail."""
    name, note = _triage(health)
    return (
        f"{health.n_triaged:,} of {health.n_issues:,} {name}; {note}.",
        f"{formats.counted(round(health.reviews_a_week), 'verdict')} of people a week, {_LATELY}, {_findings(health)}.",
        f"From first trace to shipped: {_stay(health)}, the median."
        if health.n_shipped
        else f"{_NO_SHIP.capitalize()}.",
        *([f"{_held(health)} ships held; {_ships(health)}."] if health.n_shipped else []),
    )


def waits_by_kind(health: Health) -> Block:
    """Return one row a kind of wait: how many are over, since when, who is asked, and what ends them."""
    kinds: dict[WaitKind, list[Wait]] = {}
    for wait in health.waits:  # the longest over comes first
        kinds.setdefault(wait.kind, []).append(wait)
    rows = [
        (
            formats.counted(len(waits), *_COUNTED[kind]),
            unbroken(f"{waits[0].due_at:%Y-%m-%d}"),
            asked_words(tuple(dict.fromkeys(name for wait in waits for name in wait.asked))),
            with_code(waits[0].ends),
        )
        for kind, waits in kinds.items()
    ]
    return table(
        words("what waits", "since", "who is asked", "what ends it"), rows, caption="Waits that are over", of="kind"
    )


def waits_table(health: Health, *, top_n: int) -> Block:
    """Return the waits whose time is up, each with who is asked and what ends it; a sentence where there is none."""
    if not health.waits:
        return sentences("No wait is over: every problem, review and experiment is decided or still in its time.")
    rows = [
        (
            KIND_WORDS[wait.kind],
            _which(wait),
            unbroken(f"{wait.due_at:%Y-%m-%d}"),
            asked_words(wait.asked),
            with_code(wait.ends),
        )
        for wait in health.waits
    ]
    return table(
        words("what waits", "which", "since", "who is asked", "what ends it"),
        rows,
        caption="Waits that are over",
        top_n=top_n,
        of="wait",
        rest="`workbench backlog` lists the problems",
    )


def _which(wait: Wait) -> Html:
    title = [said(wait.title, limit=TITLE_CHARACTERS), " "] if wait.title else []
    return join([*title, muted(wait.id[:ID_CHARACTERS])])


def asked_words(asked: Sequence[str]) -> Html:
    """Return who is asked; a name is not the tool's own word."""
    return join([said(name, limit=60) for name in asked], ", ") if asked else muted(NOBODY)


def with_code(sentence: str) -> Html:
    """Return the tool's own words, those between backticks as code."""
    return join(file_name(part) if at % 2 else part for at, part in enumerate(sentence.split("`")))


def stage_ages(health: Health) -> Block:
    """Return how long issues are in each stage, for a reader who opens it."""
    rows = [
        (
            one.state,
            formats.count(one.n_now),
            days(one.oldest) if one.oldest is not None else muted("–"),
            days(one.typical) if one.typical is not None else muted("–"),
        )
        for one in health.stages
    ]
    if not rows:
        return Block(Html(""))
    shown = table(
        (*words("stage"), *numbers("issues now", "oldest", "typical stay")),
        rows,
        caption="Where the issues are",
        of="stage",
        note="Typical: the median stay of those that left.",
    )
    return Block(folded("How long do problems stay in each stage?", shown.html))


def _triage(health: Health) -> tuple[str, str]:
    longest = f"; the longest waits {days(health.oldest_open)}" if health.oldest_open is not None else ""
    return (
        "problems of all runs are triaged",
        f"{formats.count(health.n_expired)} expired, {formats.count(health.n_open)} in time{longest}",
    )


def _findings(health: Health) -> str:
    if health.findings_a_week is None:
        return "nothing was detected yet"
    return f"for {formats.counted(round(health.findings_a_week), 'finding')} a week of the newest run"


def _stay(health: Health) -> str:
    return "–" if health.time_to_ship is None else days(health.time_to_ship)


def _held(health: Health) -> str:
    return f"{formats.count(health.n_held)} of {formats.count(health.n_shipped)}" if health.n_shipped else "–"


def _ships(health: Health) -> str:
    if not health.n_shipped:
        return _NO_SHIP
    return f"{formats.count(health.n_returned)} came back, {formats.count(health.n_watched)} not known yet"


def _longest(health: Health) -> str:
    return f"since {health.waits[0].due_at:%Y-%m-%d}" if health.waits else "all are in time"
