"""How far models and programs that judge can be trusted: their verdicts against people's, trace by trace.

A judge that is right nine times in ten where nine traces in ten are right may know nothing; so what it finds of the
problems, and what it leaves alone of the rest, are told apart.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl

from workbench.records import Verdict
from workbench.review.outcomes import label_of
from workbench.stats.intervals import wilson

_SURE = ("confirmed", "rejected")
_SCHEMA = {
    **dict.fromkeys(("annotator", "annotator_kind"), pl.String),
    **dict.fromkeys(("n_confirmed", "n_confirmed_too", "n_rejected", "n_rejected_too", "n_abstained"), pl.Int64),
    **dict.fromkeys(("tpr", "tpr_low", "tpr_high", "tnr", "tnr_low", "tnr_high"), pl.Float64),
}


def judges_against_people(standing: Iterable[Verdict]) -> pl.DataFrame:
    """Return one row a model or program that judged traces of which people are sure, by name.

    Parameters
    ----------
    standing
        The verdicts that stand, of people and of others.

    Returns
    -------
    DataFrame
        annotator, annotator_kind, n_confirmed (traces that people confirm and it is sure of), n_confirmed_too (those
        that it confirms too), n_rejected, n_rejected_too, n_abstained (traces that it is not sure of), tpr and tnr (the
        shares; null without such a trace), each with its 95 % Wilson interval. A trace has a problem if one of its
        findings is confirmed.
    """
    verdicts = [verdict for verdict in standing if verdict.target_kind == "trace"]
    people = _by_trace(one for one in verdicts if one.annotator_kind == "HUMAN")
    rows = []
    for name, kind in sorted({(one.annotator, one.annotator_kind) for one in verdicts} - _people(verdicts)):
        said = _by_trace(one for one in verdicts if (one.annotator, one.annotator_kind) == (name, kind))
        pairs = [(people[trace_id], label) for trace_id, label in said.items() if people.get(trace_id) in _SURE]
        if pairs:
            rows.append({"annotator": name, "annotator_kind": kind, **_counts(pairs)})
    counts = pl.DataFrame(rows, schema={name: dtype for name, dtype in _SCHEMA.items() if dtype != pl.Float64})
    return counts.with_columns(*_rates(counts, "tpr", "n_confirmed"), *_rates(counts, "tnr", "n_rejected"))


def _people(verdicts: Iterable[Verdict]) -> set[tuple[str, str]]:
    return {(one.annotator, one.annotator_kind) for one in verdicts if one.annotator_kind == "HUMAN"}


def _by_trace(verdicts: Iterable[Verdict]) -> Mapping[str, str]:
    """Return what is said of each trace: confirmed if any of its findings is, else rejected if any is."""
    by_finding: dict[tuple[str, str | None], list[Verdict]] = {}
    for verdict in verdicts:
        by_finding.setdefault((verdict.target_id, verdict.cluster_id), []).append(verdict)
    said: dict[str, str] = {}
    for (trace_id, _), of_finding in by_finding.items():
        label = label_of(of_finding) or "uncertain"
        said[trace_id] = min(said.get(trace_id, label), label)  # confirmed, rejected, uncertain: as their letters sort
    return said


def _counts(pairs: list[tuple[str, str]]) -> dict[str, int]:
    sure = [(people, label) for people, label in pairs if label in _SURE]
    counts = {"n_abstained": len(pairs) - len(sure)}
    for truth in _SURE:
        of_truth = [label for people, label in sure if people == truth]
        counts |= {f"n_{truth}": len(of_truth), f"n_{truth}_too": of_truth.count(truth)}
    return counts


def _rates(counts: pl.DataFrame, rate: str, of: str) -> list[pl.Expr]:
    n, hits = counts[of].to_numpy(), counts[f"{of}_too"].to_numpy()
    interval = wilson(hits, n)
    ends = {"low": interval.low, "high": interval.high, "": np.divide(hits, n, where=n > 0, out=np.zeros(len(n)))}
    return [
        pl.when(pl.col(of) > 0).then(pl.Series(values, dtype=pl.Float64)).alias(f"{rate}_{end}".rstrip("_"))
        for end, values in (("", ends[""]), ("low", ends["low"]), ("high", ends["high"]))
    ]
