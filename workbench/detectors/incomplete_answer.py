"""An answer of the model that says nothing, or that breaks off at a token limit.

The user reads half a sentence or none; the cause is a limit, a prompt that grew, or a model that has nothing to say.
"""

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.mask import label
from workbench.detectors.reading import MODELS
from workbench.detectors.recorded import says_nothing
from workbench.detectors.together import Asking
from workbench.detectors.units import KEY, answer, first_of

CUT_OFF = r"(?i)\b(?:length|max_tokens|max_output_tokens|model_length|model_context_window_exceeded|token_limit)\b"
"""What providers call the token limit as a reason to stop: OpenAI, Anthropic, Google, Mistral."""

FACTS = (
    *(pl.col(name) for name in ("agent", "model", "finish_reason", "output_tokens")),
    pl.col("output").is_not_null().alias("is_recorded"),
    pl.col("finish_reason").str.contains(CUT_OFF).fill_null(value=False).alias("is_cut_off"),
    says_nothing(pl.col("output")).fill_null(value=False).alias("is_empty"),
)
"""What is asked of each answer."""
_COLUMNS = (*KEY, "kind", "agent", "model", "output", "finish_reason", "output_tokens")


def judge(spans: pl.LazyFrame, calls: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row an LLM span.

    An output that was not recorded is not empty: recording content is opt-in. A call of a tool is an answer.
    """
    del spans
    # An empty answer at the token limit has spent its tokens elsewhere: the limit is the problem.
    problem = pl.when("is_cut_off").then(pl.lit("answer cut off at the token limit")).otherwise(pl.lit("empty answer"))
    return answer(
        calls,
        is_found=pl.col("is_cut_off") | pl.col("is_empty"),
        reason=first_of((~pl.col("is_recorded"), "output not recorded")),
        text=pl.concat_str(label(pl.col("agent")), problem, separator=": ", ignore_nulls=True),
        evidence=pl.struct(
            "is_cut_off", "is_empty", label(pl.col("finish_reason")), "output_tokens", label(pl.col("model"))
        ),
    )


DETECTOR = Detector(
    code="incomplete_answer",
    version=1,
    unit="span",
    severity="medium",
    question="Is this answer of the model empty, or cut off at a token limit?",
    detect=Asking(MODELS, FACTS, judge, _COLUMNS),
    decided_by=("finish_reason",),
    reads="trace",
)
