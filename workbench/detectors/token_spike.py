"""A call of the model that took or gave far more tokens than calls with this prompt and model usually do.

Whoever put a whole document into the prompt, or let the model talk on, pays for it in money, in time and in attention
lost. A prompt that always is long is no spike: each prompt and model is its own baseline.
"""

import polars as pl

from workbench.detectors.baselines import (
    MIN_BASELINE,
    MIN_RATIO,
    NEARLY_ALL,
    asks_for_tool,
    baselines,
    is_spike,
    operation_words,
)
from workbench.detectors.detector import Detector
from workbench.detectors.mask import label
from workbench.detectors.units import KEY, answer, first_of
from workbench.schemas import require

MIN_EXCESS_TOKENS = 1_000.0
"""Some 750 words: a page and a half that nobody meant to send or to read; at common prices under a cent."""

_OPERATION = ("operation", "name", "agent", "model", "prompt_name")
COLUMNS = (*KEY, "kind", "tool_name", "finish_reason", *_OPERATION, "input_tokens", "output_tokens")
"""What is read of spans."""
_WAYS = ("input", "output")


def detect(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row an LLM span; signals are not read.

    Tokens in and tokens out are judged apart, by the bound of `baselines`.
    """
    del signals
    require(spans, COLUMNS, of="token_spike")
    judged = _compared(spans)
    no_baseline = pl.all_horizontal((pl.col(f"n_baseline_{way}").fill_null(0) < MIN_BASELINE) for way in _WAYS)
    return answer(
        judged,
        is_found=pl.any_horizontal(_is_found(way) for way in _WAYS),
        reason=first_of(
            (pl.col("input_tokens").is_null() & pl.col("output_tokens").is_null(), "tokens not recorded"),
            (no_baseline, f"fewer than {MIN_BASELINE} calls with this prompt and model"),
        ),
        text=pl.concat_str(
            label(pl.col("what")),
            pl.when(_is_found("output")).then(pl.lit("tokens out")).otherwise(pl.lit("tokens in")),
            separator=": ",
        ),
        evidence=pl.struct(
            *("input_tokens", "output_tokens"),
            *(pl.col(f"{what}_{way}") for way in _WAYS for what in ("median", "bound")),
            n_baseline=pl.max_horizontal("n_baseline_input", "n_baseline_output"),
            model=label(pl.col("model")),
        ),
    )


def long_calls(spans: pl.LazyFrame) -> pl.LazyFrame:
    """Return the trace_id and span_id of every LLM span with three times its baseline's median tokens, or more."""
    is_long = pl.any_horizontal(
        (pl.col(f"n_baseline_{way}") >= MIN_BASELINE) & (pl.col(f"{way}_tokens") >= MIN_RATIO * pl.col(f"median_{way}"))
        for way in _WAYS
    )
    return _compared(spans).filter(is_long).select("trace_id", "span_id")


def _compared(spans: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row an LLM span with its tokens, and the median, bound and size of its baseline for each way."""
    calls = spans.filter(pl.col("kind") == "LLM").select(
        *(*KEY, "model"),
        pl.coalesce("prompt_name", "agent", operation_words(), pl.lit("model call")).alias("what"),
        *(pl.when(pl.col(f"{way}_tokens") >= 0).then(f"{way}_tokens").alias(f"{way}_tokens") for way in _WAYS),
        pl.struct(*_OPERATION, asks_for_tool()).hash().alias("group"),
    )
    for way in _WAYS:
        values = calls.select("group", value=pl.col(f"{way}_tokens").cast(pl.Float64))
        usual = baselines(values, least=1.0, min_excess=MIN_EXCESS_TOKENS, usual_share=NEARLY_ALL)
        named = usual.select("group", pl.exclude("group").name.suffix(f"_{way}"))
        calls = calls.join(named, on="group", how="left")
    return calls


def _is_found(way: str) -> pl.Expr:
    return is_spike(pl.col(f"{way}_tokens"), suffix=f"_{way}").fill_null(value=False)


DETECTOR = Detector(
    code="token_spike",
    version=1,
    unit="span",
    severity="low",
    question="Did this call take or give far more tokens than calls with this prompt and model usually do?",
    detect=detect,
)
