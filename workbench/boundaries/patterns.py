"""Rule to regex engine: the patterns that users write run in RE2, in time linear in the text, whatever they say.

In a backtracking engine one pattern of six characters can hold a run for hours; RE2 refuses what it cannot do so.
"""

from typing import Any

import polars as pl
import re2

MAX_PATTERN_CHARACTERS = 2_000
"""Far more than a person writes and reads again."""
MAX_MEMORY_BYTES = 4 << 20
"""Of one compiled pattern and its cache of states; RE2's own default is twice that."""
MAX_MATCH_CHARACTERS = 80
"""Of a match that is shown."""


class Pattern:
    """One compiled pattern.

    Parameters
    ----------
    text
        The pattern, in RE2's syntax; `(?i)` at its start ignores case.

    Raises
    ------
    ValueError
        If it is too long, or no pattern of RE2's; the message says why.
    """

    def __init__(self, text: str) -> None:
        if len(text) > MAX_PATTERN_CHARACTERS:
            raise ValueError(f"the pattern has {len(text):,} characters, must have at most {MAX_PATTERN_CHARACTERS:,}")
        options = re2.Options()
        options.max_mem, options.log_errors = MAX_MEMORY_BYTES, False
        try:
            self._compiled: Any = re2.compile(text.encode(), options)
        except (re2.error, UnicodeEncodeError) as error:
            raise ValueError(f"no pattern of RE2's: {_words(error)}") from None
        self.text = text

    def first_match(self, texts: pl.Series) -> pl.Series:
        """Return the first match in each text, at most 80 characters of it; null where there is none or no text.

        >>> Pattern("(?i)sorry.*").first_match(pl.Series(["We are sorry.", "Fine.", None])).to_list()
        ['sorry.', None, None]
        """
        search = self._compiled.search
        found = ((None if text is None else search(text.encode())) for text in texts)
        return pl.Series([None if one is None else _shown(one.group()) for one in found], dtype=pl.String)

    def matches_all_of(self, text: str) -> bool:
        """Return whether the whole text matches.

        >>> Pattern("[A-Z]{2}").matches_all_of("IT"), Pattern("[A-Z]{2}").matches_all_of("IT!")
        (True, False)
        """
        return self._compiled.fullmatch(text.encode("utf-8", "replace")) is not None


def _shown(match: bytes) -> str:
    return match.decode("utf-8", "replace")[:MAX_MATCH_CHARACTERS]


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(error)
