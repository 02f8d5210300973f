"""Detectors that go by calls, of tools or of the model, read them together: each text is read once for all of them.

Texts are most of what a call weighs, and what a detector asks of most of them is answered by yes, no or a number. Those
few whose words it wants it reads again.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Literal, NamedTuple, TypeAlias

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.units import KEY
from workbench.schemas import require

Kind: TypeAlias = Literal["TOOL", "LLM"]
_KINDS: tuple[Kind, ...] = ("TOOL", "LLM")


class Reading(NamedTuple):
    """The judgement of a detector that goes by each call of a tool, or each of the model."""

    kind: Kind
    """The kind of the spans that are such calls."""
    facts: tuple[pl.Expr, ...]
    """What it wants to know of each of them; two detectors that name a fact alike mean the same."""
    judge: Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame]
    """From spans, and those of the kind with trace_id, span_id, session_id and the facts, to schemas.UNITS."""
    columns: tuple[str, ...]
    """What it reads of schemas.SPANS."""

    def __call__(self, spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
        """Return schemas.UNITS; signals are not read."""
        del signals
        require(spans, self.columns, of="a detector that reads calls")
        return self.judge(spans, _read(spans, self.kind, self.facts).lazy())


def read_once(detectors: Sequence[Detector], spans: pl.LazyFrame) -> list[Detector]:
    """Return the detectors in their order; those that read calls know already what they hold, and judge these alone.

    They answer as they would have by themselves. Where what they ask together cannot be answered, each is left to ask
    for itself, so that none fails by another's question.

    Parameters
    ----------
    detectors
        Any detectors.
    spans
        schemas.SPANS of the window that they will be given.
    """
    known: dict[Kind, pl.DataFrame | None] = {kind: _known(detectors, spans, kind) for kind in _KINDS}
    return [_told(one, known) for one in detectors]


def of_traces(spans: pl.LazyFrame, chosen: pl.LazyFrame) -> pl.LazyFrame:
    """Return the spans of the traces that `chosen` names; nothing is read where it names none."""
    traces = chosen.select("trace_id").unique().collect(engine="streaming")["trace_id"]
    return spans.filter(pl.col("trace_id").is_in(traces.implode())) if len(traces) else spans.head(0)


def _known(detectors: Sequence[Detector], spans: pl.LazyFrame, kind: Kind) -> pl.DataFrame | None:
    """Return the calls with all that several detectors want to know of them; None where fewer ask, or it fails."""
    asking = [one.detect for one in detectors if isinstance(one.detect, Reading) and one.detect.kind == kind]
    try:
        require(spans, sorted({*chain.from_iterable(one.columns for one in asking)}), of="detectors that read calls")
        return _read(spans, kind, [*chain.from_iterable(one.facts for one in asking)]) if len(asking) > 1 else None
    except (Exception, pl.exceptions.PanicException):  # noqa: BLE001  (a detector may be anyone's, and ask anything)
        return None


def _read(spans: pl.LazyFrame, kind: Kind, facts: Sequence[pl.Expr]) -> pl.DataFrame:
    asked: dict[str, pl.Expr] = {}
    for fact in facts:
        if not asked.setdefault(name := fact.meta.output_name(), fact).meta.eq(fact):
            raise ValueError(f"two detectors mean something else by {name}")
    return spans.filter(pl.col("kind") == kind).select(*KEY, *asked.values()).collect(engine="streaming")


def _told(detector: Detector, known: dict[Kind, pl.DataFrame | None]) -> Detector:
    reading = detector.detect
    if not isinstance(reading, Reading) or (calls := known[reading.kind]) is None:
        return detector
    calls = calls.select(*KEY, *(fact.meta.output_name() for fact in reading.facts))
    return replace(detector, detect=partial(_judged, judge=reading.judge, calls=calls))


def _judged(
    spans: pl.LazyFrame,
    signals: pl.LazyFrame,
    *,
    judge: Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame],
    calls: pl.DataFrame,
) -> pl.LazyFrame:
    del signals
    return judge(spans, calls.lazy())
