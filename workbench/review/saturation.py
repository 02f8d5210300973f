"""Whether reading on still teaches anything: how many new codes the last items brought, and the curve of all of them.

Reviewers name problems in their own words. While nearly every item brings a new name, most kinds of problem have not
been seen; when the last twenty brought none, the next twenty hardly will.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import polars as pl

from workbench.records import ERASED, Verdict
from workbench.taxonomy import plain

LAST_ITEMS = 20
"""Items that are looked back on: some six minutes of review."""


class Saturation(NamedTuple):
    """How far a review has seen what there is."""

    n_items: int
    """Traces judged."""
    n_codes: int
    """Distinct codes that they were given."""
    n_last: int
    """The last items, LAST_ITEMS or as many as there are."""
    n_new: int
    """Codes that these brought for the first time."""
    chance_of_new: float | None
    """How likely the next item brings a new code, 0 to 1; None while there is no item."""


def saturation(codes: Sequence[Collection[str]], *, last: int = LAST_ITEMS) -> Saturation:
    """Return how far a review has seen what there is.

    Parameters
    ----------
    codes
        The codes of each item, as of `codes_of`, in the order in which the items were judged.
    last
        Items to look back on, at least 1.

    Notes
    -----
    The chance of a new code is the share of items whose code was given once (Good 1953, The population frequencies of
    species and the estimation of population parameters).

    Examples
    --------
    >>> saturation([{"slow"}, {"slow", "wrong court"}, {"slow"}], last=2)
    Saturation(n_items=3, n_codes=2, n_last=2, n_new=1, chance_of_new=0.3333333333333333)
    """
    if last < 1:
        raise ValueError(f"last == {last}, must be at least 1")
    times = Counter(code for of_item in codes for code in set(of_item))
    before = {code for of_item in codes[:-last] for code in of_item}
    chance = min(1.0, sum(n == 1 for n in times.values()) / len(codes)) if codes else None
    return Saturation(len(codes), len(times), min(last, len(codes)), len(times.keys() - before), chance)


def curve(codes: Sequence[Collection[str]]) -> pl.DataFrame:
    """Return how many distinct codes the first items brought: one row an item, `n_items` and `n_codes`.

    >>> curve([{"slow"}, set(), {"slow", "wrong court"}])["n_codes"].to_list()
    [1, 1, 2]
    """
    seen: set[str] = set()
    counts = []
    for of_item in codes:
        seen.update(of_item)
        counts.append(len(seen))
    return pl.DataFrame(
        {"n_items": range(1, len(counts) + 1), "n_codes": counts}, schema={"n_items": pl.Int64, "n_codes": pl.Int64}
    )


def codes_of(standing: Iterable[Verdict]) -> list[frozenset[str]]:
    """Return the codes that people gave each trace, in the order in which the traces were first judged.

    Case and spaces do not tell codes apart. What was rejected has no problem, and so no code; an erased code is none.
    """
    items: dict[tuple[str | None, str], set[str]] = {}
    for verdict in sorted(standing, key=lambda one: (one.at, one.id)):
        if verdict.target_kind == "trace" and verdict.annotator_kind == "HUMAN" and verdict.label != "withdrawn":
            codes = items.setdefault((verdict.cluster_id, verdict.target_id), set())
            if verdict.label != "rejected" and verdict.code != ERASED and plain(verdict.code):
                codes.add(plain(verdict.code))
    return [frozenset(codes) for codes in items.values()]
