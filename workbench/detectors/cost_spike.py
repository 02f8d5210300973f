"""A run that cost far more than runs of its kind usually do, though its calls are no longer than others.

Money is lost where an agent goes on and on, or where a price is not what it was. A run that is dear because its calls
took far more tokens is `token_spike`'s to report, or has long input as users bring it, and is not reported here.
"""

import polars as pl

from workbench.detectors import token_spike
from workbench.detectors.baselines import INHERITED_SHARE, MIN_BASELINE, NEARLY_ALL, baselines, is_spike
from workbench.detectors.detector import Detector
from workbench.detectors.mask import label
from workbench.detectors.units import answer, first_of, traces
from workbench.schemas import require

MIN_EXCESS_USD = 0.01
"""A cent: the runs of tau2-airline cost 11 cents in the median, the cheapest in twenty 2 cents."""
LEAST_USD = 1e-6
"""One token of a small model; what is written as 0 counts as this much."""
_DECIMALS = 9
"""What is kept of a sum, USD: its last bits follow from the order of adding, and would decide at the bound."""

_COLUMNS = (*token_spike.COLUMNS, "parent_span_id", "cost_usd")


def detect(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace; signals are not read.

    The cost of a run is that of its LLM spans, or of all spans where no LLM span has any, as in schemas.TRACES. Runs
    are of one kind that have the same root operation, agent, models and prompts (the least and the greatest name).
    """
    del signals
    require(spans, _COLUMNS, of="cost_spike")
    costs = _costs(spans).collect(engine="streaming").lazy()
    usual = baselines(
        costs.select("group", value="cost_usd"), least=LEAST_USD, min_excess=MIN_EXCESS_USD, usual_share=NEARLY_ALL
    )
    compared = costs.join(usual, on="group", how="left").collect(engine="streaming")
    dear = compared.filter(is_spike(pl.col("cost_usd")))
    judged = (
        traces(spans.select("trace_id", "session_id"))
        .join(compared.lazy(), on="trace_id", how="left")
        .join(_explained(spans, dear), on="trace_id", how="left")
    )
    excess = pl.col("cost_usd") - pl.col("median")
    by_tokens = pl.col("explained_usd").fill_null(0.0) > INHERITED_SHARE * excess
    return answer(
        judged,
        is_found=is_spike(pl.col("cost_usd")) & ~by_tokens,
        reason=first_of(
            (pl.col("cost_usd").is_null(), "cost not recorded"),
            (pl.col("n_baseline") < MIN_BASELINE, f"fewer than {MIN_BASELINE} runs of this kind"),
        ),
        text=pl.concat_str(label(pl.col("name").fill_null("run")), pl.lit("cost of the run"), separator=": "),
        evidence=pl.struct(
            *("cost_usd", "n_calls", "n_baseline", "explained_usd"),
            median_usd=pl.col("median"),
            bound_usd=pl.col("bound"),
        ),
    )


def _costs(spans: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a trace with a cost: what it cost, USD, its calls, its root's name, and what runs are its kind."""
    is_root, is_llm = pl.col("parent_span_id").is_null(), pl.col("kind") == "LLM"
    cost = pl.when(pl.col("cost_usd").is_finite() & (pl.col("cost_usd") >= 0)).then("cost_usd")
    needed = spans.select(
        *("trace_id", "model", "prompt_name", "kind"),
        cost.alias("cost_usd"),
        pl.when(is_llm).then(cost).alias("llm_usd"),
        pl.when(is_root).then("name").alias("name"),
        pl.when(is_root).then("agent").alias("agent"),
    )
    with_cost = needed.filter(pl.col("cost_usd").is_not_null()).select("trace_id").unique()
    of_kind = [pl.col(name).min().alias(name) for name in ("name", "agent")] + [
        reach.alias(f"{name}_{end}")
        for name in ("model", "prompt_name")
        for end, reach in (("least", pl.col(name).min()), ("most", pl.col(name).max()))
    ]
    kinds = ["name", "agent", "model_least", "model_most", "prompt_name_least", "prompt_name_most"]
    return (
        needed.join(with_cost, on="trace_id", how="semi")
        .group_by("trace_id")
        .agg(
            pl.col("llm_usd").sum().round(_DECIMALS).alias("llm_total"),
            pl.col("llm_usd").count().alias("n_llm"),
            pl.col("cost_usd").sum().round(_DECIMALS),
            (pl.col("kind") == "LLM").sum().cast(pl.Int64).alias("n_calls"),
            *of_kind,
        )
        .select(
            "trace_id",
            pl.when(pl.col("n_llm") > 0).then("llm_total").otherwise("cost_usd").alias("cost_usd"),
            *("n_calls", "name"),
            pl.struct(kinds).hash().alias("group"),
        )
    )


def _explained(spans: pl.LazyFrame, dear: pl.DataFrame) -> pl.LazyFrame:
    """Return one row a dear trace with calls of many more tokens than usual: what these calls cost, USD."""
    # The usual tokens of all calls are only asked for where a trace is dear.
    paid = (spans if dear.height else spans.head(0)).filter(
        (pl.col("kind") == "LLM") & pl.col("cost_usd").is_not_null()
    )
    return (
        paid.select("trace_id", "span_id", "cost_usd")
        .join(dear.lazy().select("trace_id"), on="trace_id", how="semi")
        .join(token_spike.long_calls(paid), on=["trace_id", "span_id"], how="semi")
        .group_by("trace_id")
        .agg(pl.col("cost_usd").sum().alias("explained_usd"))
    )


DETECTOR = Detector(
    code="cost_spike",
    version=1,
    unit="trace",
    severity="low",
    question="Did this run cost far more than runs of its kind usually do?",
    detect=detect,
)
