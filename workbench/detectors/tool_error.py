"""A tool call that failed: its span has the status ERROR, says an error, or returned one as its result.

Tools are where an agent meets the world; the same refusal in many traces is a wrong instruction or a broken tool.
"""

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.mask import label, masked
from workbench.detectors.reading import TOOLS
from workbench.detectors.together import Asking
from workbench.detectors.tool_calls import COLUMNS, HAS_FAILED, IS_TOLD, RETURNED, TOOL, words_of_failure
from workbench.detectors.units import KEY, answer, first_of

FACTS = (
    *(TOOL, HAS_FAILED, IS_TOLD, RETURNED, pl.col("status"), pl.col("error_type")),
    masked(pl.when(HAS_FAILED).then(words_of_failure())).alias("failure"),
)
"""What is asked of each call."""


def judge(spans: pl.LazyFrame, calls: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a TOOL span.

    A span that ended with the status UNSET is clear: OpenTelemetry sets no status where nothing went wrong.
    """
    del spans
    return answer(
        calls,
        is_found=pl.col("has_failed"),
        reason=first_of((~pl.col("is_told"), "neither status, result nor end recorded")),
        text=pl.concat_str(label(pl.col("tool")), "failure", separator=": ", ignore_nulls=True),
        evidence=pl.struct("status", "error_type", tool=label(pl.col("tool")), returned_error="returned"),
    )


DETECTOR = Detector(
    code="tool_error",
    version=1,
    unit="span",
    severity="medium",
    question="Did this tool call fail?",
    detect=Asking(TOOLS, FACTS, judge, columns=(*KEY, "kind", *COLUMNS)),
    reads="trace",
    decided_by=("tool_name", "failing_tool"),
)
