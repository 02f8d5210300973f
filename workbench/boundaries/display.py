"""The door from trace text to a page, a terminal, a log or a spreadsheet: what is hidden in it becomes visible.

Trace text is written by strangers. Past this door it cannot be markup, mathematics, a terminal command, a formula, or
words that read otherwise than they are stored; characters that only look alike (homoglyphs) are left as they are.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, groupby, pairwise

MAX_STACKED_MARKS = 4
"""Combining marks drawn on one letter: Vietnamese and pointed Hebrew need three, more only buries other lines."""
CACHED_CHARACTERS = 4096
"""Characters whose form is remembered: more than the texts of most languages use."""

# Control, format (bidi, zero-width, tags), lone surrogate, private use, unassigned, line and paragraph separator.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Drawn as nothing although their category is a letter, a mark or a symbol: from Unicode's Default_Ignorable_Code_Point
# (DerivedCoreProperties), with the blank Braille pattern and the null notehead.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U0001d159\U000e0100-\U000e01ef]"
)
_EMOJI_FORM = "\ufe0f"
_TYPESET = re.compile(r"[$\\]")
_FORMULA_START = frozenset("=+-@\t\r\n＝＋－＠")


def escape(text: str) -> str:
    """Return the text as HTML that shows it and does nothing else; for the content of an element.

    Quotes are escaped too, and `$` and backslashes stand in an element of their own, so that no page of JupyterLab sets
    the text as mathematics. Line ends and tabs stay, which HTML takes for spaces; all else is as in `visible`.

    >>> escape("<b>5 $</b>")
    '&lt;b&gt;5 <span>$</span>&lt;/b&gt;'
    """
    return _TYPESET.sub(r"<span>\g<0></span>", escape_attribute(text))


def escape_attribute(text: str) -> str:
    """Return the text for a quoted attribute of an HTML element: as `escape`, without an element in it.

    >>> escape_attribute('5 $" onload="')
    '5 $&quot; onload=&quot;'
    """
    return html.escape(visible(text, keep="\n\t"), quote=True)


def visible(text: str, *, keep: str = "") -> str:
    r"""Return the text with a marker for each hidden character, such as `⟨U+202E⟩`; for terminals and logs.

    Hidden are control, format, bidi, zero-width, tag, private and unassigned characters, blanks that are no spaces,
    line ends and lone surrogates. Of a stack of combining marks the first four stay and the rest is counted. A second
    time changes nothing. Markup of `rich` is its caller's to escape.

    Parameters
    ----------
    text
        Any text.
    keep
        Control characters to leave as they are: a line end and a tab, where lines are wanted. With the line end in it,
        a carriage return before a line end goes.

    Examples
    --------
    >>> visible("red\x1b[31m\n")
    'red⟨U+001B⟩[31m⟨U+000A⟩'
    """
    if text.isascii() and text.isprintable():
        return text
    lines = text.replace("\r\n", "\n") if "\n" in keep else text
    return "".join(_shown(lines, keep))


def shorten(text: str, limit: int) -> str:
    """Return the text cut to at most `limit` characters, the last an ellipsis where it was cut; shorten, then escape.

    Raises
    ------
    ValueError
        If `limit` is below 1.

    >>> shorten("jurisdiction", 6)
    'juris…'
    """
    if limit < 1:
        raise ValueError(f"limit == {limit}, must be at least 1")
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def spreadsheet(text: str) -> str:
    """Return the text for a cell of a CSV or Excel file: prefixed with `'` where a spreadsheet would run it.

    For text that people will read there; a data export keeps the text raw. OWASP, CSV injection; spaces and hidden
    characters before the sign do not help it.

    >>> spreadsheet("=1+1")
    "'=1+1"
    """
    is_formula = not _FORMULA_START.isdisjoint(text[:1]) or not _FORMULA_START.isdisjoint(_first_seen(text))
    return f"'{text}" if is_formula else text


def _shown(text: str, keep: str) -> Iterator[str]:
    for is_stack, run in groupby(text, _is_mark):
        if is_stack:
            yield _bounded("".join(run))
        else:
            yield from (_form(character, before, keep) for before, character in pairwise(chain(" ", run)))


def _bounded(marks: str) -> str:
    n_buried = len(marks) - MAX_STACKED_MARKS
    return f"{marks[:MAX_STACKED_MARKS]}⟨+{n_buried} marks⟩" if n_buried > 0 else marks


def _form(character: str, before: str, keep: str) -> str:
    is_emoji_form = character == _EMOJI_FORM and unicodedata.category(before) == "So"
    is_seen = character in keep or is_emoji_form or not _is_hidden(character)
    return character if is_seen else f"⟨U+{ord(character):04X}⟩"


@lru_cache(CACHED_CHARACTERS)
def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN_CATEGORIES or _BLANK.match(character) is not None


@lru_cache(CACHED_CHARACTERS)
def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Me"} and not _is_hidden(character)


def _first_seen(text: str) -> str:
    """Return the first character that is neither a space nor hidden; empty if there is none."""
    return next((character for character in text if not (character.isspace() or _is_hidden(character))), "")
