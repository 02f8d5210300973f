"""Detectors that want to know the same are answered together: spans are many, and what is asked twice is read twice."""

from collections.abc import Sequence

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.listening import Listening, listen_once
from workbench.detectors.reading import Reading, read_once


def together(detectors: Sequence[Detector], spans: pl.LazyFrame) -> list[Detector]:
    """Return the detectors in their order; what several of them go by is read here, once, and they judge these alone.

    They answer as they would have by themselves.

    Parameters
    ----------
    detectors
        Any detectors.
    spans
        schemas.SPANS of the window that they will be given.
    """
    return read_once(listen_once(detectors, spans), spans)


def goes_by(detector: Detector) -> str | None:
    """Return what the detector shares with others of the same answer; None where it shares nothing."""
    if isinstance(detector.detect, Reading):
        return detector.detect.kind
    return "talks" if isinstance(detector.detect, Listening) else None
