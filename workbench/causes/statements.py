"""A candidate as a sentence, and what to know before believing it."""

from collections.abc import Iterable, Sequence

from workbench.boundaries.display import shorten
from workbench.causes.attributes import ATTRIBUTES
from workbench.causes.blame import SAID
from workbench.causes.blamed import rule_and_actor
from workbench.causes.candidate import BLAMED_STEP, INPUT_PHRASE, OUTPUT_PHRASE, Candidate
from workbench.counted import counted
from workbench.records import Condition

MAX_VALUE_CHARACTERS = 120
"""A value in a sentence; the cause itself holds all of it."""
MIN_EFFECT = 1.2
"""Design effect from which it is said: below, no reader would decide otherwise."""
N_NAMED = 3
"""Other candidates that a note names, and other values that a statement names."""

_PHRASES = {attribute.name: attribute.phrase for attribute in ATTRIBUTES}
_WORDS = {str(rule): words for rule, words in SAID.items()}


def statement(candidate: Candidate, *, n_traces: int) -> str:
    """Return the hypothesis as a sentence; it holds words from traces.

    Parameters
    ----------
    candidate
        What was found.
    n_traces
        Traces of the cluster that were looked at.

    Examples
    --------
    >>> used = Candidate(
    ...     cluster_id="clu_1", detector="d", kind="contrast", search="value", p_value=0.01,
    ...     conditions=(Condition("prompt_version", "7"),), hits=41, n=47, other_hits=120, other_n=1000,
    ... )
    >>> statement(used, n_traces=50)
    '41 of 47 traces used prompt version 7 (elsewhere 12 %); not known of 3 more'
    """
    elsewhere = _percent(candidate.other_hits, candidate.other_n)
    if candidate.step is not None:
        return _since(candidate, elsewhere)
    read = "traces" if candidate.kind == "contrast" else "traces read"
    said = f"{candidate.hits} of {candidate.n} {read} {phrase(candidate.conditions)} (elsewhere {elsewhere})"
    if candidate.same:
        said += f"; exactly the same traces {phrase(candidate.same[:N_NAMED])}{_more(candidate.same[N_NAMED:])}"
    n_unknown = n_traces - candidate.n
    return f"{said}; not known of {n_unknown} more" if n_unknown > 0 else said


def phrase(conditions: Iterable[Condition]) -> str:
    """Return what traces have that meet some conditions, as it follows "traces".

    >>> phrase([Condition("model", "m1"), Condition("locale", "es-US"), Condition("locale", "es")])
    'used the model m1 and came from the locale es-US, es'
    """
    said: dict[str, list[str]] = {}
    for words, value in map(_phrase, conditions):
        said.setdefault(words, []).append(value)
    return " and ".join(f"{words} {', '.join(values)}" for words, values in said.items())


def note_on_others(others: Iterable[Candidate], *, vanishes: bool) -> str:
    """Return the sentence that says which others share a candidate's effect, and whether it has one of its own."""
    named = "; ".join(_named(other) for other in list(others)[:N_NAMED])
    if vanishes:
        return f"Nothing of it is left among traces that are alike in another respect: {named}"
    return f"It cannot be told apart from another: {named}"


def note_on_copies(candidate: Candidate, effect: float) -> str:
    """Return the sentence that says that traces come in groups, and as how many the p counts them."""
    n = max(1, int(candidate.n / effect))
    return f"Its traces come in groups of one user or task; p takes {candidate.n} of them for {n} that stand alone"


def _named(candidate: Candidate) -> str:
    if candidate.step is not None:
        return f"since {candidate.step.at:%Y-%m-%d %H:%M} UTC"
    return phrase(candidate.conditions)


def _more(others: Sequence[Condition]) -> str:
    if not others:
        return ""
    return f", and share {len(others)} more {'value' if len(others) == 1 else 'values'}"


def _phrase(condition: Condition) -> tuple[str, str]:
    """Return what traces did, and with what."""
    value = shorten(condition.value, MAX_VALUE_CHARACTERS)
    if condition.attribute == BLAMED_STEP:
        rule, actor = rule_and_actor(value)
        return _WORDS.get(rule, rule), actor
    if condition.attribute == INPUT_PHRASE:
        return "were asked with", f'"{value}"'
    if condition.attribute == OUTPUT_PHRASE:
        return "were answered with", f'"{value}"'
    return _PHRASES.get(condition.attribute, f"had {condition.attribute}"), value


def _since(candidate: Candidate, elsewhere: str) -> str:
    step = candidate.step
    if step is None:
        return ""
    said = (
        f"Since {step.at:%Y-%m-%d %H:%M} UTC (between {step.low_at:%Y-%m-%d %H:%M} and {step.high_at:%Y-%m-%d %H:%M}) "
        f"it is more frequent: {candidate.hits} of {counted(candidate.n, 'trace')} began since then "
        f"(elsewhere {elsewhere})"
    )
    if step.first_used_at is None:
        return f"{said}; no change of version is known near it"
    return f"{said}; the first that {phrase(candidate.conditions)} began at {step.first_used_at:%Y-%m-%d %H:%M} UTC"


def _percent(hits: int, n: int) -> str:
    """Return a share as a whole percentage that never makes some into none, or not all into all."""
    if 0 < 100 * hits < n:
        return "under 1 %"
    return "over 99 %" if 99 * n < 100 * hits < 100 * n else f"{100 * hits / n:.0f} %"
