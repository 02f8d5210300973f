"""What a redactor answers."""

from collections.abc import Callable, Mapping
from typing import NamedTuple


class Redacted(NamedTuple):
    """A text after redaction."""

    text: str
    """The text with a placeholder for each place that was found."""
    counts: Mapping[str, int]
    """How many places, by kind; empty if the text is as it was."""


Redact = Callable[[str], Redacted]
"""A redactor: a text to what is left of it."""
