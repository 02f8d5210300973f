"""What LangSmith's error text says: the exception's class and its message, with or without a Python traceback.

The text is the exception's `repr`, and after it the traceback, whose last lines name the exception once more.
"""

import re
from typing import NamedTuple

_TRACEBACK = "Traceback (most recent call last)"
_RAISED = re.compile(r"([A-Za-z_]\w{0,99}(?:\.\w{1,100}){0,20})(?:: (.*))?", re.DOTALL)
_SHOWN = re.compile(r"([A-Za-z_]\w{0,99})\((.*)\)", re.DOTALL)


class Error(NamedTuple):
    """An error of a run."""

    type: str | None
    """The exception's class; None where the text does not begin like one."""
    message: str


def read_error(text: str) -> Error:
    r"""Return what an error text says; one that no exception wrote is its own message.

    >>> read_error("Traceback (most recent call last):\n  File 'a.py'\nValueError: no such id")
    Error(type='ValueError', message='no such id')
    >>> read_error("TimeoutError('after 5 s')"), read_error("Rate limit: wait")
    (Error(type='TimeoutError', message="TimeoutError('after 5 s')"), Error(type=None, message='Rate limit: wait'))
    """
    before, mark, after = text.rpartition(_TRACEBACK)
    if mark and (raised := _RAISED.fullmatch(_unindented(after))):
        return Error(raised[1], raised[2] or raised[1])
    said = before.strip() if mark else text
    shown = _SHOWN.fullmatch(said.partition(_TRACEBACK)[0].strip())
    return Error(shown[1] if shown else None, said or text)


def _unindented(trace: str) -> str:
    """Return the end of a traceback from the first line on that is not indented: the exception and its message."""
    lines = trace.splitlines()[1:]
    first = next((place for place, line in enumerate(lines) if line.strip() and not line[0].isspace()), len(lines))
    return "\n".join(lines[first:]).strip()
