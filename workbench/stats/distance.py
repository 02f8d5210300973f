"""How far one text is from another, as a share: what a reader changed before keeping an answer, what an arm changed.

A kept text says more than a thumb, and nobody has to be asked for it. Loaders, detectors and metrics measure it here,
in one unit.
"""

from rapidfuzz.distance import Levenshtein

MAX_COMPARED = 20_000
"""Characters of the longer text: 50 ms at this length, and it grows with the square."""


def changed_share(original: str, kept: str) -> float | None:
    """Return the Levenshtein distance of two texts over the length of the longer one, 0 (kept as it was) to 1.

    None if one of them is longer than MAX_COMPARED. Levenshtein, Binary codes capable of correcting deletions,
    insertions and reversals, 1966; a character inserted, deleted or replaced counts one.

    >>> changed_share("kitten", "sitting"), changed_share("", "")
    (0.42857142857142855, 0.0)
    """
    if max(len(original), len(kept)) > MAX_COMPARED:
        return None
    return Levenshtein.normalized_distance(original, kept)
