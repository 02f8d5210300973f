"""Masking: numbers, dates, ids, addresses and quoted values become placeholders, the words between them stay.

Two errors that differ only in an amount, an id or a quoted name are the same problem, so that they must become the same
text before anything groups them. Every pattern runs in Rust's regex engine: linear time, whatever a trace holds.
"""

import polars as pl

MAX_RAW_CHARACTERS = 4_000
"""What is looked at of a text: an error says in its first paragraphs what it is, the stack trace below does not."""
MAX_TEXT_CHARACTERS = 400
"""What is kept of a masked text: four lines in a report, and well inside the 256 tokens that the embedders read."""
MAX_LABEL_CHARACTERS = 80
"""What is kept of a tool's or operation's name: providers allow tool names of at most 64 characters."""

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_UNIT = (
    r"(?:%|(?:ms|µs|us|ns|s|secs?|seconds?|min|minutes?|h|hours?|days?|st|nd|rd|th"
    r"|k|[kmgt]i?b|km|kg|g|lbs?|px|tokens?)\b)"
)
_JSON_START = r"^\s*[\[{]\s*[\[{\"]"
_NO_WORD = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+"

_PLACEHOLDERS = (
    (r"\b[A-Za-z][A-Za-z0-9+.-]{1,15}://[^\s\"'<>)\]]+", "<url>"),
    (r"[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+", "<email>"),
    (r"\B(?:/[\w.@+-]+){2,}/?|\b[A-Za-z]:\\[\w.\\-]+", "<path>"),
    (r"(?i)\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", "<id>"),
    (r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|\s?[+-]\d{2}:?\d{2})?)?\b", "<date>"),
    (r"\b\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2})\b", "<date>"),
    (rf"(?i)\b{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}}\b)?", "<date>"),
    (rf"(?i)\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\b\.?(?:,? \d{{4}}\b)?", "<date>"),
    (r"(?i)\b\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s?[ap]\.?m\b\.?)?", "<time>"),
    (r"\b\d{3,}(?:-\d+)+\b", "<id>"),
    (rf"(?i)[+-]?[$€£¥]?\b\d+(?:[.,]\d+)*[\s-]?{_UNIT}", "<number>"),
    # A word of letters and digits in any order: HAT156, gift_card_1712795, 0x7f.
    (r"\b[\p{L}_][\p{L}_-]*\p{Nd}[\w-]*|\b\p{Nd}[\p{Nd}-]*[\p{L}_][\w-]*", "<id>"),
    # Hexadecimal by chance without a digit, or without a letter; no common word has eight letters from a to f.
    (r"(?i)\b[0-9a-f]{8,}\b", "<id>"),
    (r"[+-]?(?:[$€£¥]\s?)?\p{Nd}+(?:[.,:]\p{Nd}+)*", "<number>"),
    # Up to three words in quotes are a name or a value; more are a sentence, which says something.
    (r'"[^"\s]{1,60}(?:\s[^"\s]{1,60}){0,2}"', "<value>"),
    (r"“[^“”\s]{1,60}(?:\s[^“”\s]{1,60}){0,2}”", "<value>"),
    (r"`[^`\s]{1,60}(?:\s[^`\s]{1,60}){0,2}`", "<value>"),
    # \B on both sides keeps the apostrophes of "can't" and "users'" out.
    (r"\B'[^'\s]{1,60}(?:\s[^'\s]{1,60}){0,2}'\B", "<value>"),
)
"""Pattern and placeholder, in the order in which they are replaced: the longer thing before its parts."""


def masked(text: pl.Expr) -> pl.Expr:
    """Return the expression's texts masked and bounded; null stays null, and only distinct texts cost time.

    >>> frame = pl.DataFrame({"error": ["total price is 375, but paid 299", "total price is 1,203, but paid 833"]})
    >>> frame.select(masked(pl.col("error")))["error"].unique().to_list()
    ['total price is <number>, but paid <number>']
    """
    return text.map_batches(_mask_distinct, return_dtype=pl.String, is_elementwise=True)


def mask(text: str) -> str:
    """Return one text masked and bounded.

    >>> mask("User emma_kim_9957 cannot use gift_card_1712795 on flight HAT156 on 2024-05-13")
    'User <id> cannot use <id> on flight <id> on <date>'
    """
    return str(_mask(pl.Series([text])).item())


def label(name: pl.Expr) -> pl.Expr:
    """Return the expression's names on one line and bounded, else as they are: the tool's name before a text."""
    return _one_line(name.str.slice(0, MAX_RAW_CHARACTERS)).str.slice(0, MAX_LABEL_CHARACTERS)


def _mask_distinct(texts: pl.Series) -> pl.Series:
    distinct = texts.drop_nulls().unique()
    if distinct.is_empty():
        return texts.cast(pl.String)
    return texts.replace_strict(distinct, _mask(distinct), default=None, return_dtype=pl.String)


def _mask(texts: pl.Series) -> pl.Series:
    text = _without_json(pl.col("text").str.slice(0, MAX_RAW_CHARACTERS))
    for pattern, placeholder in _PLACEHOLDERS:
        text = text.str.replace_all(pattern, placeholder)
    return texts.to_frame("text").select(_one_line(text).str.slice(0, MAX_TEXT_CHARACTERS))["text"]


def _without_json(text: pl.Expr) -> pl.Expr:
    """Return the words of an error that came as JSON: else its message would be masked as one more quoted value."""
    words = text.str.replace_all(r'\\[nrt"]|[\[\]{}"]', " ")
    return pl.when(text.str.contains(_JSON_START)).then(words).otherwise(text).str.replace_all(_NO_WORD, " ")


def _one_line(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(_NO_WORD, " ").str.replace_all(r"\s+", " ").str.strip_chars()
