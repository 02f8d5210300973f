"""How good the detectors are: what each can see, how far they agree, and how often reviewers confirm them."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from workbench.detectors import scorecard as scores
from workbench.detectors import suspect_check
from workbench.records import Agreement, DetectionRun, Verdict
from workbench.report import formats
from workbench.report.blocks import Block, complete_table, numbers, sentences, stack, table, words
from workbench.report.detection import DetectionReport
from workbench.report.look import colour_of
from workbench.report.markup import Html, badge, dot, join, muted, said, spark
from workbench.store import Workspace

MAX_RUNS = 10
"""Runs whose agreement is drawn side by side: what a reader compares."""

_SHARES = ("can judge", "finds", "found by others too", "others say clear")


def read_verdicts(workspace: Workspace) -> pl.DataFrame:
    """Return what reviewers said of each finding, one row a finding judged, as of `scorecard.settled`; read-only."""
    return scores.settled(scores.verdict_frame(workspace.ledger.latest(Verdict)))


def detector_scorecard(report: DetectionReport, settled: pl.DataFrame) -> Block:
    """Return one row a detector of the run: coverage, overlap, conflict, precision with its interval, and standing.

    Parameters
    ----------
    report
        The run.
    settled
        As of `read_verdicts`.
    """
    versions = {tally.detector: tally.version for tally in report.run.tallies}
    current = {
        row["detector"]: row
        for row in scores.precision(settled).iter_rows(named=True)
        if versions.get(row["detector"]) == row["detector_version"]
    }
    rows = [
        _row(agreement, current.get(agreement.detector), report)
        for agreement in sorted(report.run.agreements, key=lambda one: (-one.n_found, one.detector))
    ]
    block = complete_table(
        (*words("detector"), *numbers(*_SHARES), *words("run by run", "reviewers confirm", "standing")),
        rows,
        caption="How far can each detector be trusted?",
        of="detector",
        note="Traces, of those in the window and of those found. Others say clear: another detector of the same "
        "category judged it and found nothing. Run by run: the share found by others too, oldest first, of at most "
        f"{MAX_RUNS} runs. Reviewers confirm: with its 95 % interval, of verdicts on this version.",
    )
    if not current:
        return stack(block, sentences("No finding of these detectors has a verdict yet: precision is not known."))
    return block


def precision_by_week(settled: pl.DataFrame) -> Block:
    """Return how the precision of each detector went, one row a week and detector, newest first.

    Parameters
    ----------
    settled
        As of `read_verdicts`.
    """
    weekly = scores.precision(settled, every=scores.PERIOD).sort("period", "detector", descending=[True, False])
    if weekly.is_empty():
        return sentences("No finding has a verdict yet.")
    rows = (
        (f"{row['period']:%Y-%m-%d}", _detector(row["detector"]), *_verdicts(row), _precision(row))
        for row in weekly.iter_rows(named=True)
    )
    return table(
        (*words("week of", "detector"), *numbers("confirmed", "rejected", "uncertain"), *words("precision")),
        rows,
        caption="Do reviewers agree with the detectors more, or less?",
        of="week",
    )


def suspect_tasks(report: DetectionReport) -> Block:
    """Return one row a task whose check is in doubt: who failed it, and what chance makes of that."""
    found = report.findings.filter(pl.col("detector") == suspect_check.CODE)
    if found.is_empty():
        return sentences("No check is in doubt: no task fails for every model more often than chance makes.")
    tasks = found["evidence"].str.json_decode(_EVIDENCE).struct.unnest().unique().sort("chance", "task")
    first = tasks.row(0, named=True)
    rows = (
        (
            said(row["task"] or ""),
            formats.count(row["n_runs"]),
            formats.count(row["n_models"]),
            formats.share(row["best_rate"]),
            formats.share(row["chance"]),
        )
        for row in tasks.iter_rows(named=True)
    )
    return table(
        (*words("task"), *numbers("runs, all failed", "models", "best one passes elsewhere", "ordinary task fails so")),
        rows,
        caption="Which checks may be wrong?",
        of="task",
        note=f"{formats.count(first['n_failing'])} tasks fail for every model; if all tasks were alike, "
        f"{first['n_expected']:.1f} would, and so many with p {formats.probability(first['p_value'])}. A hard task "
        "looks the same: a person has to look at the check. Until then its runs are no failed outcomes.",
    )


_EVIDENCE = pl.Struct(
    {
        "task": pl.String(),
        **dict.fromkeys(("n_runs", "n_models", "n_failing"), pl.Int64()),
        **dict.fromkeys(("best_rate", "chance", "n_expected", "p_value"), pl.Float64()),
    }
)


def _row(agreement: Agreement, score: Mapping[str, Any] | None, report: DetectionReport) -> tuple[Html | str, ...]:
    code = agreement.detector
    why = report.run.demoted.get(code)
    standing = join([badge("ranks last"), " ", muted(why)]) if why else muted("as its severity")
    precision = _precision(score) if score else muted("no verdict")
    return _detector(code), *_shares(agreement), _run_by_run(code, report.runs), precision, standing


def _run_by_run(code: str, runs: Sequence[DetectionRun]) -> Html:
    seen = [one for run in runs for one in run.agreements if one.detector == code and one.n_found][-MAX_RUNS:]
    if len(seen) < 2:
        return muted("–")
    shares = ", ".join(formats.share_of(one.n_overlap, one.n_found) for one in seen)
    drawn = [round(100 * one.n_overlap / one.n_found) for one in seen]
    return spark(drawn, words=f"found by others too, oldest run first: {shares}", colour=colour_of(code))


def _detector(code: str) -> Html:
    return dot(colour_of(code), formats.words(code))


def _shares(agreement: Agreement) -> tuple[Html | str, ...]:
    shares = (
        (agreement.n_judged, agreement.n_window),
        (agreement.n_found, agreement.n_judged),
        (agreement.n_overlap, agreement.n_found),
        (agreement.n_conflict, agreement.n_found),
    )
    return tuple(formats.share_of(n, of) if of else muted("–") for n, of in shares)


def _verdicts(row: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(formats.count(row[f"n_{label}"]) for label in ("confirmed", "rejected", "uncertain"))


def _precision(row: Mapping[str, Any]) -> Html | str:
    n_sure = row["n_confirmed"] + row["n_rejected"]
    if not n_sure:
        return muted("nobody is sure")
    return f"{formats.share_of(row['n_confirmed'], n_sure)}, {formats.ends(row['low'], row['high'])} %"
