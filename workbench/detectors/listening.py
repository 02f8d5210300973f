"""Detectors that go by what users said listen together: what all of them want to know is asked of the inputs once.

Inputs are most of what a trace weighs, and each of these detectors would read them anew to learn where users spoke.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import NamedTuple

import polars as pl

from workbench.detectors.conversation import COLUMNS, Heard, listen
from workbench.detectors.detector import Detector
from workbench.schemas import require


class Listening(NamedTuple):
    """The judgement of a detector that goes by what users said."""

    facts: tuple[pl.Expr, ...]
    """What it wants to know of each place where a user said something, as `listen` takes it."""
    judge: Callable[[pl.LazyFrame, Heard], pl.LazyFrame]
    """From spans, and where users said something in them, to schemas.UNITS."""
    columns: tuple[str, ...] = COLUMNS
    """What it reads of schemas.SPANS."""

    def __call__(self, spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
        """Return schemas.UNITS; signals are not read."""
        del signals
        require(spans, self.columns, of="a detector that listens")
        return self.judge(spans, listen(spans, *self.facts))


def listen_once(detectors: Sequence[Detector], spans: pl.LazyFrame) -> list[Detector]:
    """Return the detectors in their order; those that listen know already what was heard, and judge these spans alone.

    They answer as they would have by themselves. Where what they ask together cannot be answered, each is left to ask
    for itself, so that none fails by another's question.

    Parameters
    ----------
    detectors
        Any detectors.
    spans
        schemas.SPANS of the window that they will be given.
    """
    facts = [one.detect.facts for one in detectors if isinstance(one.detect, Listening)]
    try:
        heard = listen(spans, *chain.from_iterable(facts)) if len(facts) > 1 else None
    except (Exception, pl.exceptions.PanicException):  # noqa: BLE001  (a detector may be anyone's, and ask anything)
        heard = None
    return [one if heard is None else _told(one, heard) for one in detectors]


def _told(detector: Detector, heard: Heard) -> Detector:
    if not isinstance(detector.detect, Listening):
        return detector
    facts = [fact.meta.output_name() for fact in detector.detect.facts]
    turns = heard.turns.select("talk", "trace_id", "span_id", "is_followed", "last_words", *facts)
    return replace(detector, detect=partial(_judged, judge=detector.detect.judge, heard=heard._replace(turns=turns)))


def _judged(
    spans: pl.LazyFrame,
    signals: pl.LazyFrame,
    *,
    judge: Callable[[pl.LazyFrame, Heard], pl.LazyFrame],
    heard: Heard,
) -> pl.LazyFrame:
    del signals
    return judge(spans, heard)
