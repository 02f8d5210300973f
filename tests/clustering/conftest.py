"""Findings to group, built in the test."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import polars as pl
import pytest

from workbench.schemas import FINDINGS

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)

Findings = Callable[..., pl.DataFrame]


@pytest.fixture
def findings_of() -> Findings:
    """Return a function from texts to findings: fnd_000, fnd_001, ... each in a trace of its own at noon."""

    def make(texts: Sequence[str | None], detector: str = "tool_error", first: int = 0) -> pl.DataFrame:
        ids = range(first, first + len(texts))
        return pl.DataFrame(
            {
                "run_id": "run_1",
                "finding_id": [f"fnd_{place:03d}" for place in ids],
                "detector": detector,
                "detector_version": 1,
                "severity": "high",
                "unit": "span",
                "trace_id": [f"trace_{place}" for place in ids],
                "text": texts,
                "evidence": "{}",
                "at": NOON,
                "day": NOON.date(),
            },
            schema_overrides={"text": pl.String},
        ).select(
            (pl.col(name) if name in _MADE else pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in FINDINGS.schema.items()
        )

    return make


_MADE = frozenset(
    "run_id finding_id detector detector_version severity unit trace_id text evidence at day".split()  # noqa: SIM905
)
