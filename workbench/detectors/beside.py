"""What else was found in a trace that failed or was rewritten without a word: the nearest thing to a reason it has.

An answer that refuses, breaks off or is not grounded explains why its request came to nothing, and why its reader wrote
it anew. Findings that go with one such finding belong together, and not with those of which nothing is known.
"""

from collections.abc import Sequence

import polars as pl

from workbench.detectors import failed_outcome, heavy_edit
from workbench.detectors.examination import Examination

UNEXPLAINED = {"failed_outcome": failed_outcome.UNEXPLAINED, "heavy_edit": heavy_edit.UNEXPLAINED}
"""The texts of findings of which nothing is known, by detector."""
EXPLAINS = (
    *("premature_end", "repeated_call", "retry_storm", "ignored_result", "invalid_tool_call", "incomplete_answer"),
    *("format_violation", "ungrounded_answer", "refusal", "language_mismatch", "low_evaluation"),
    *("user_corrects", "user_repeats", "asks_for_person"),
)
"""Detectors whose findings say why a request may fail, or its answer be rewritten. A thumb down and a heavy edit say no
more than that it did; what was slow or dear may have served; rates and checks are not about the trace."""


def beside(examinations: Sequence[Examination]) -> list[Examination]:
    """Return the examinations; findings without words of their own say what else was found in their trace or session.

    Of several detectors the one with the fewest findings is named: it is the most particular.
    """
    others = [one for one in examinations if one.tally.detector in EXPLAINS and one.findings.height]
    if not others:
        return list(examinations)
    found = pl.concat(
        one.findings.select("detector", "trace_id", "session_id", n=pl.lit(one.findings.height)) for one in others
    )
    return [_named(one, found) if one.tally.detector in UNEXPLAINED else one for one in examinations]


def _named(bare: Examination, found: pl.DataFrame) -> Examination:
    unexplained = pl.lit(UNEXPLAINED[bare.tally.detector])
    rarest = pl.col("detector").sort_by("n", "detector").first()
    in_trace = found.drop_nulls("trace_id").group_by("trace_id").agg(in_trace=rarest)
    of_session = found.filter(pl.col("trace_id").is_null()).drop_nulls("session_id")
    in_session = of_session.group_by("session_id").agg(in_session=rarest)
    told = bare.findings.join(in_trace, on="trace_id", how="left").join(in_session, on="session_id", how="left")
    beside = pl.coalesce("in_trace", "in_session").str.replace_all("_", " ", literal=True)
    words = pl.concat_str(unexplained, beside, separator=": ")
    text = pl.when(pl.col("text") == unexplained).then(pl.coalesce(words, "text")).otherwise("text")
    findings = told.with_columns(text.alias("text")).select(bare.findings.columns).sort("finding_id")
    return bare._replace(findings=findings)
