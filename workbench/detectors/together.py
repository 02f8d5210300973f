"""Detectors that want to know the same are asked together and told once: spans are many, and their texts weigh most.

What a detector asks of most calls, or of most messages of users, is answered by yes, no or a number. That is read once
for all who ask; those few whose words a detector wants it reads again.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import polars as pl

from workbench.detectors.detector import Detector
from workbench.schemas import require


class Source(NamedTuple):
    """What several detectors go by: the calls of tools, those of the model, or what users said."""

    name: str
    """Its word; no two have the same."""
    ask: Callable[[pl.LazyFrame, Sequence[pl.Expr]], Any]
    """From spans and facts to what is known: each fact of each call or message."""
    part: Callable[[Any, Sequence[str]], Any]
    """From what is known, and the names of a detector's own facts, to what its judgement takes."""


class Asking(NamedTuple):
    """The judgement of a detector that goes by a source."""

    source: Source
    """What it goes by."""
    facts: tuple[pl.Expr, ...]
    """What it wants to know; two detectors that name a fact alike mean the same."""
    judge: Callable[[pl.LazyFrame, Any], pl.LazyFrame]
    """From spans, and its part of what is known of them, to schemas.UNITS."""
    columns: tuple[str, ...]
    """What it reads of schemas.SPANS."""

    def __call__(self, spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
        """Return schemas.UNITS; signals are not read."""
        require(spans, self.columns, of=f"a detector that goes by {self.source.name}")
        return _judged(spans, signals, judge=self.judge, part=_part(self, self.source.ask(spans, self.facts)))


def together(detectors: Sequence[Detector], spans: pl.LazyFrame) -> list[Detector]:
    """Return the detectors in their order; what several of them go by is read here, once, and they judge these alone.

    They answer as they would have by themselves. Where what they ask together cannot be answered, each is left to ask
    for itself, so that none fails by another's question.

    Parameters
    ----------
    detectors
        Any detectors.
    spans
        schemas.SPANS of the window that they will be given.
    """
    asking: dict[str, list[Asking]] = {}
    for one in detectors:
        if isinstance(one.detect, Asking):
            asking.setdefault(one.detect.source.name, []).append(one.detect)
    known = {name: _known(of_source, spans) for name, of_source in asking.items() if len(of_source) > 1}
    return [_told(one, known) for one in detectors]


def goes_by(detector: Detector) -> str | None:
    """Return the source that the detector shares with others of the same answer; None where it shares nothing."""
    return detector.detect.source.name if isinstance(detector.detect, Asking) else None


def _known(asking: Sequence[Asking], spans: pl.LazyFrame) -> Any:
    """Return all that detectors of one source want to know; None where that fails."""
    source, facts = asking[0].source, [*chain.from_iterable(one.facts for one in asking)]
    try:
        require(spans, sorted({*chain.from_iterable(one.columns for one in asking)}), of=f"detectors by {source.name}")
        return source.ask(spans, facts)
    except (Exception, pl.exceptions.PanicException):  # noqa: BLE001  (a detector may be anyone's, and ask anything)
        return None


def _told(detector: Detector, known: dict[str, Any]) -> Detector:
    asking = detector.detect
    if not isinstance(asking, Asking) or (told := known.get(asking.source.name)) is None:
        return detector
    return replace(detector, detect=partial(_judged, judge=asking.judge, part=_part(asking, told)))


def _part(asking: Asking, known: Any) -> Any:
    return asking.source.part(known, [fact.meta.output_name() for fact in asking.facts])


def _judged(
    spans: pl.LazyFrame,
    signals: pl.LazyFrame,
    *,
    judge: Callable[[pl.LazyFrame, Any], pl.LazyFrame],
    part: Any,
) -> pl.LazyFrame:
    del signals
    return judge(spans, part)
