"""The door from a record to the store: personal data that shows itself by its form is replaced by `[email]` and such.

This reduces what a workspace holds about people, it never makes it anonymous: names, streets, and anything in plain
words stay. `workbench redact --measure` prints how much of each kind is found.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from functools import cache, partial

import re2

from workbench.boundaries.redact.accounts import ACCOUNTS
from workbench.boundaries.redact.addresses import EMAIL, MACHINES
from workbench.boundaries.redact.kind import Kind
from workbench.boundaries.redact.national_ids import NATIONAL_IDS
from workbench.boundaries.redact.phones import PHONES
from workbench.boundaries.redact.replacing import replaced
from workbench.boundaries.redact.result import Redact, Redacted
from workbench.boundaries.redact.secrets import SECRETS

VERSION = 1
"""Of what is found: it grows with every change of a pattern."""
KINDS = (*SECRETS, EMAIL, *ACCOUNTS, *NATIONAL_IDS, *PHONES, *MACHINES)
"""In the order in which they are looked for: what a later kind would take for a part of its own goes first."""
NAMES = tuple(dict.fromkeys(kind.name for kind in KINDS))
"""What `keep` may name."""


def suspect(keep: Collection[str] = ()) -> str:
    """Return a pattern for Polars that any text has which redaction would change: one search finds the few rows."""
    return "|".join(f"(?:{kind.suspect})" for kind in _kinds(keep))


def redactor(keep: Collection[str] = (), *, also: Sequence[Redact] = ()) -> Redact:
    """Return the function that redacts a text, all kinds but those to keep; a second time it changes nothing.

    Parameters
    ----------
    keep
        Names of kinds that stay.
    also
        Redactors that look at every text afterwards, such as those of `others`; a second time they may change more.

    Raises
    ------
    ValueError
        If `keep` names a kind that there is none of.
    """
    kinds = _kinds(keep)
    suspects = cache(partial(_compiled, kinds))  # at the first text: many commands and most files have none to show

    def redact_text(text: str) -> Redacted:
        counts: Counter[str] = Counter()
        while True:
            before = text
            for place in sorted(suspects().Match(text) or ()):
                kind = kinds[place]
                text, n = replaced(text, kind.places(text), f"[{kind.name}]")
                if n:
                    counts[kind.name] += n
            if text == before:  # what stood beside a place may show itself now
                break
        for other in also:
            text, more = other(text)
            counts.update(more)
        return Redacted(text, counts)

    return redact_text


def _compiled(kinds: Sequence[Kind]) -> re2.Set:
    search = re2.Set.SearchSet()
    for kind in kinds:
        search.Add(kind.suspect)
    search.Compile()
    return search


def _kinds(keep: Collection[str]) -> tuple[Kind, ...]:
    if unknown := set(keep) - set(NAMES):
        raise ValueError(f"keep == {sorted(unknown)}, must be of {', '.join(NAMES)}")
    return tuple(kind for kind in KINDS if kind.name not in keep)


__all__ = ["KINDS", "NAMES", "SUSPECT", "VERSION", "Redact", "Redacted", "redact", "redactor", "suspect"]

SUSPECT = suspect()
"""The pattern of all kinds."""
redact = redactor()
"""All kinds redacted."""
