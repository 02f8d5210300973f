"""What can be answered to each kind of item, and by which key; words that a person understands who is no engineer."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Answer(NamedTuple):
    """One possible answer."""

    label: str
    """The verdict's label."""
    key: str
    """A letter that gives it."""
    words: str
    """What it means."""


_CANNOT_TELL = Answer("uncertain", "d", "cannot tell")

ANSWERS: Mapping[str, tuple[Answer, ...]] = MappingProxyType(
    {
        "trace": (
            Answer("confirmed", "c", "there is a problem"),
            Answer("rejected", "r", "there is none"),
            _CANNOT_TELL,
        ),
        "cause": (
            Answer("confirmed", "c", "this is why"),
            Answer("rejected", "r", "this is not why"),
            _CANNOT_TELL,
            Answer("edited", "e", "it should read otherwise"),
            Answer("split", "s", "these are several causes"),
            Answer("merge", "m", "it is the same as another one"),
        ),
        "issue": (
            Answer("confirmed", "c", "deserves a change"),
            Answer("rejected", "r", "does not"),
            _CANNOT_TELL,
        ),
    }
)
"""By kind of item; a trace that no detector had found is answered like the others, and nothing says that none had."""
