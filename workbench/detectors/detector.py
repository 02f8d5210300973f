"""What a detector is: a code, a version, and a function that answers for every unit that it looks at.

It finds and never fixes, and it never stays silent: each unit is found, clear or not applicable with a reason.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import polars as pl

from workbench.ids import digest
from workbench.records import Severity, Unit

VERSION_DIGITS = 8
"""Hexadecimal digits of a version that follows from content: 32 bits tell the versions of one rule apart."""


class Detect(Protocol):
    """The judgement of one detector on all units of a window."""

    def __call__(self, spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
        """Return one row a unit examined, in the columns of schemas.UNITS; read-only and deterministic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One detector: what it looks for and how bad it is."""

    code: str
    """Its word in findings and reports: tool_error, repeated_call, ..."""
    version: int
    """Raised whenever the same telemetry may be judged differently."""
    unit: Unit
    """What one row of its answer is about."""
    severity: Severity
    """How much one finding hurts a user, until a person says otherwise."""
    question: str
    """What it asks of each unit, as a sentence for the report."""
    detect: Detect
    """The judgement."""
    decided_by: tuple[str, ...] = ()
    """Attributes of a trace that the judgement itself goes by, such as finish_reason: they can be no cause of it."""
    groups_by: Literal["words", "detector"] = "words"
    """What tells its problems apart: the words of its findings; or nothing but their causes, where it looks for one
    problem and the words are only what the user had come for: topics of the traffic. Then all is one cluster."""
    reads: Literal["trace", "window"] = "window"
    """What the judgement of one unit depends on: its own trace and the signals about it, or anything in the window.
    Only what reads a trace can be examined in parts."""


def version_of(*parts: str) -> int:
    """Return a version that follows from what a detector goes by: a rule that is edited has another one.

    >>> version_of("a rule") == version_of("a rule") != version_of("another rule")
    True
    """
    return int(digest(*parts)[:VERSION_DIGITS], 16)
