"""Which language a text is in, where it can be told: of prose that is long enough, without code, quotes and addresses.

py3langid knows 139 languages, holds its model in the package as plain arrays (no pickle, no network), and is asked only
here. A text in two languages, a name, a command or two words of thanks have no language that anyone could be sure of.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import polars as pl

MIN_LETTERS = 25
"""Shorter texts are not judged. Of those that were, with MIN_SHARE, 1 of 2,010 messages in 28 languages (Django's
translations) was named wrongly, 1 of 12,979 requests of clinc150, and none of 6,454 messages of tau-bench and tau2."""
MIN_LETTERS_OF_SIGNS = 10
"""The same for scripts in which a letter is a syllable or a word."""
MIN_SHARE = 0.9
"""Probability of the language and its kin, at least."""
MAX_CHARACTERS = 400
"""What is looked at of a text: more makes it no surer, and takes longer."""
KIN = (
    frozenset({"es", "gl", "an", "ca", "oc", "ext", "pt"}),
    frozenset({"da", "no", "nn", "sv", "fo"}),
    frozenset({"id", "ms", "jv", "ace"}),
    frozenset({"zh", "yue", "wuu"}),
    frozenset({"ar", "arz", "ary"}),
    frozenset({"cs", "sk"}),
    frozenset({"sr", "hr", "bs", "sl"}),
    frozenset({"bg", "mk"}),
    frozenset({"ru", "uk", "be"}),
    frozenset({"nl", "af", "fy"}),
    frozenset({"de", "lb"}),
    frozenset({"en", "pcm"}),
    frozenset({"fa", "tg", "ps"}),
    frozenset({"mr", "ne", "sa"}),
    frozenset({"tr", "az", "tk", "crh"}),
    frozenset({"fr", "wa", "gcf", "gcr", "ht"}),
    frozenset({"it", "vec", "lij"}),
)
"""Languages that short texts do not tell apart, or that speakers of one read: no mismatch is claimed between them."""

_NO_PROSE = (
    r"(?s)```.*?(?:```|$)",
    r"`[^`\n]*`",
    r"[A-Za-z][A-Za-z0-9+.-]*://\S+|\S+@\S+\.\S+",
    r"<[^<>\n]{1,200}>",
    r'"[^"\n]{1,400}"|“[^”\n]{1,400}”|«[^»\n]{1,400}»|„[^“\n]{1,400}“',
    r"(?m)^\s*>.*$",
    r"\b[\p{L}_]*[\p{Nd}_][\w-]*",
)


def prose(texts: pl.Series) -> pl.Series:
    """Return the texts without code, quotes, addresses and ids, bounded."""
    frame = texts.to_frame("text")
    bare = pl.col("text").str.slice(0, 5 * MAX_CHARACTERS)
    for pattern in _NO_PROSE:
        bare = bare.str.replace_all(pattern, " ")
    return frame.select(bare.str.replace_all(r"\s+", " ").str.strip_chars().str.slice(0, MAX_CHARACTERS))["text"]


def languages(texts: Iterable[str | None]) -> list[str | None]:
    """Return the language of each text of prose, ISO 639; None where it is too short or cannot be told."""
    return [None if text is None or not _is_long_enough(text) else _language(text) for text in texts]


def are_kin(one: str, other: str) -> bool:
    """Return whether two languages are one, or not to be told apart."""
    return one == other or any(one in kin and other in kin for kin in KIN)


def _is_long_enough(text: str) -> bool:
    n_letters = sum(character.isalpha() for character in text)
    return n_letters >= (
        MIN_LETTERS_OF_SIGNS if any("\u2e80" <= character <= "\ud7af" for character in text) else MIN_LETTERS
    )


def _language(text: str) -> str | None:
    ranked = [(str(language), float(probability)) for language, probability in _identifier().rank(text)]
    best = ranked[0][0]
    kin = {best}.union(*(one for one in KIN if best in one))
    return best if sum(share for language, share in ranked if language in kin) >= MIN_SHARE else None


@cache
def _identifier() -> Any:
    # Three quarters of a second and 130 MB that only a text in doubt should cost.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
