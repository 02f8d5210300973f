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
from workbench.report.markup import Html, badge, dot, join, muted, said
from workbench.store import Workspace

MAX_RUNS = 10
"""Runs whose agreement is shown beside each other: what a reader compares."""

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
        _row(agreement, current.get(agreement.detector), report.run)
        for agreement in sorted(report.run.agreements, key=lambda one: (-one.n_found, one.detector))
    ]
    block = complete_table(
        (*words("detector"), *numbers(*_SHARES), *words("reviewers confirm", "standing")),
        rows,
        caption="How far can each detector be trusted?",
        of="detector",
        note="Traces, of those in the window and of those found. Others say clear: another detector of the same "
        "category judged it and found nothing. Reviewers confirm: with its 95 % interval, of verdicts on this version.",
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


def agreement_by_run(runs: Sequence[DetectionRun], *, detector: str) -> Block:
    """Return how coverage, overlap and conflict of one detector went over the last runs, newest first."""
    newest = sorted(runs, key=lambda run: (run.at, run.id), reverse=True)
    of_runs = [(run, one) for run in newest for one in run.agreements if one.detector == detector][:MAX_RUNS]
    rows = ((formats.moment(run.at), *_shares(one)) for run, one in of_runs)
    return table(
        (*words("run"), *numbers(*_SHARES)),
        rows,
        caption=f"What did {formats.words(detector)} see, run by run?",
        of="run",
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


def _row(agreement: Agreement, score: Mapping[str, Any] | None, run: DetectionRun) -> tuple[Html | str, ...]:
    why = run.demoted.get(agreement.detector)
    standing = join([badge("ranks last"), " ", muted(why)]) if why else muted("as its severity")
    precision = _precision(score) if score else muted("no verdict")
    return _detector(agreement.detector), *_shares(agreement), precision, standing


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
