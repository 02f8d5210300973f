"""How much of each kind of personal data is found, and how much is taken that is nobody's: measured, not promised.

On texts that are made from a seed by `simulate.personal`, which shares nothing with what searches. Figures of the
world's own texts differ: names, streets and plain words are not searched for at all.
"""

import json
from collections import Counter
from typing import NamedTuple

from workbench.boundaries.redact import NAMES, Redact, Redacted, redact
from workbench.simulate.personal import LOOK_ALIKES, personal_texts
from workbench.stats.intervals import wilson

N_TEXTS = 1_000
"""Of each kind: the interval of a share is then at most 0.06 wide."""


class Share(NamedTuple):
    """A share of a count, with its 95 % interval (Wilson)."""

    hits: int
    n: int
    share: float | None
    """None where n is zero."""
    low: float
    high: float


class Measured(NamedTuple):
    """How one kind fared."""

    kind: str
    recall: Share
    """Of what was planted: replaced, whole."""
    precision: Share
    """Of what was replaced under this name: what was planted as this kind."""


class Measurement(NamedTuple):
    """How a redaction fared."""

    kinds: tuple[Measured, ...]
    """One a kind."""
    look_alikes: dict[str, Share]
    """By look-alike: the share of texts in which anything was replaced."""


def measure(*, n: int = N_TEXTS, seed: int = 0, redact_text: Redact = redact) -> Measurement:
    """Return how a redaction fares on n texts of each kind and of each look-alike; deterministic given seed."""
    planted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    replaced: Counter[str] = Counter()
    right: Counter[str] = Counter()
    harmed = Counter(dict.fromkeys(LOOK_ALIKES, 0))
    names = [name for name in LOOK_ALIKES for _ in range(n)]
    n_alike = 0
    for text in personal_texts(n, seed=seed):
        after = redact_text(text.text)
        replaced.update(after.counts)
        if text.kind is None:
            harmed[names[n_alike]] += bool(after.counts)
            n_alike += 1
            continue
        planted[text.kind] += 1
        right[text.kind] += after.counts.get(text.kind, 0)
        found[text.kind] += _is_gone(text.value, text.kind, after)
    kinds = tuple(
        Measured(kind, _share(found[kind], planted[kind]), _share(right[kind], replaced[kind])) for kind in NAMES
    )
    return Measurement(kinds, {name: _share(hits, n) for name, hits in harmed.items()})


def _is_gone(value: str, kind: str, after: Redacted) -> bool:
    """Return whether the value was replaced under its name, wherever it stood; of a login, what is secret in it."""
    secret = {"credentials": value.partition("://")[2].rpartition("@")[0], "token": value.rpartition(" ")[2]}
    written = _as_written(secret.get(kind, value))
    return bool(after.counts.get(kind)) and not any(text in after.text for text in written)


def _as_written(value: str) -> set[str]:
    """Return the value as it stands in a text, in JSON, and in JSON within JSON."""
    once = {json.dumps(value, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False)}
    return {value, *once, *(json.dumps(text)[1:-1] for text in once)}


def _share(hits: int, n: int) -> Share:
    low, high = wilson(hits, n)
    return Share(hits, n, hits / n if n else None, float(low), float(high))
