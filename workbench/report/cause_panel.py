"""Why a problem may be there: its proposed causes of every kind, each a hypothesis with its numbers and its doubts.

What speaks against a cause stands beside what speaks for it; a reader who sees only the best number believes too much.
"""

from collections.abc import Mapping, Sequence

from workbench.records import Cause, CauseKind
from workbench.report import formats
from workbench.report.blocks import Block, numbers, sentences, stack, table, words
from workbench.report.markup import Html, badge, join, muted, quote, said
from workbench.report.naming import conditions, lifted

N_CAUSES = 5
"""Proposed causes of a problem that are shown; the ledger keeps all."""
N_TRACES = 2
"""Trace ids named beside a cause; the ledger keeps twenty."""
N_QUOTES = 2
"""Quotes shown of a cause that a model proposed."""
FOUND_BY: Mapping[CauseKind, str] = {
    "contrast": "over-represented",
    "blame": "first failing step",
    "onset": "change in time",
    "phrase": "words in common",
    "check": "suspect check",
    "proposed": "idea of a model",
}
"""How a cause of a kind was found, in a reader's words."""
STATEMENT_CHARACTERS = 400
NONE = muted("–")


def cause_panel(causes: Sequence[Cause]) -> Block:
    """Return the causes proposed for one problem, best first, with what speaks for and against each."""
    if not causes:
        return sentences(muted("No attribute, step, phrase or change of version sets its traces apart beyond chance."))
    shown = causes[:N_CAUSES]
    lead = sentences(join([badge("hypothesis"), " ", said(causes[0].statement, limit=STATEMENT_CHARACTERS)]))
    doubts = [line for place, cause in enumerate(shown, 1) for line in _doubts(place, cause)]
    quotes = [Block(quote(f"cause {place}, words of a trace", words_of_it)) for place, words_of_it in _quotes(shown)]
    return stack(lead, _table(causes), *([sentences(*doubts)] if doubts else []), *quotes, name="causes")


def _table(causes: Sequence[Cause]) -> Block:
    return table(
        (
            *words("", "found by", "what they have in common"),
            *numbers("of its traces", "of all others", "times as frequent", "q", "explains"),
            *words("traces, and others that have it too"),
        ),
        [_row(place, cause) for place, cause in enumerate(causes, 1)],
        caption="Why? Proposed causes, best first",
        top_n=N_CAUSES,
        of="cause",
    )


def _row(place: int, cause: Cause) -> tuple[Html | str, ...]:
    return (
        str(place),
        FOUND_BY[cause.kind],
        _what(cause),
        _share(cause.n_cluster_with, cause.n_cluster),
        _share(cause.n_rest_with, cause.n_rest),
        lifted(cause) or NONE,
        NONE if cause.q_value is None else formats.probability(cause.q_value),
        NONE if cause.share_explained is None else formats.share(cause.share_explained),
        _evidence(cause),
    )


def _what(cause: Cause) -> Html:
    """Return what its traces share: the conditions, else the sentence; of an onset since when; of an idea whose."""
    told: list[Html | str] = [conditions(cause) if cause.conditions else said(cause.statement, limit=120)]
    if cause.onset_at is not None:
        told += [" ", muted(f"since {formats.moment(cause.onset_at)}{_between(cause)}")]
    if cause.proposer:
        told += [" by ", said(cause.proposer, limit=60)]
    return join(told)


def _between(cause: Cause) -> str:
    if cause.onset_low_at is None or cause.onset_high_at is None:
        return ""
    return f" ({formats.moment(cause.onset_low_at)} to {formats.moment(cause.onset_high_at)})"


def _doubts(place: int, cause: Cause) -> list[Html]:
    """Return what to know before believing a cause, one line a note."""
    return [join([muted(f"To cause {place}: "), said(note, limit=STATEMENT_CHARACTERS)]) for note in cause.notes]


def _quotes(causes: Sequence[Cause]) -> list[tuple[int, str]]:
    return [(place, words_of_it) for place, cause in enumerate(causes, 1) for words_of_it in cause.quotes[:N_QUOTES]]


def _evidence(cause: Cause) -> Html:
    """Return traces that bear a cause out, and those that have what it names and not the problem."""
    against = ["; elsewhere ", _traces(cause.counter_examples, most=1)] if cause.counter_examples else []
    return join([_traces(cause.evidence), *against])


def _traces(trace_ids: Sequence[str], *, most: int = N_TRACES) -> Html:
    """Return the first trace ids, and how many more there are."""
    shown: list[Html | str] = [said(trace_id, limit=12) for trace_id in trace_ids[:most]]
    if len(trace_ids) > most:
        shown.append(muted(f"+{len(trace_ids) - most}"))
    return join(shown, " ") if shown else NONE


def _share(n: int | None, total: int | None) -> Html | str:
    return NONE if n is None or total is None else formats.share_of(n, total)
