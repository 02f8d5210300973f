"""Commands of step 6, validate: what two recorded result sets come to."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from workbench.boundaries.display import shorten, visible
from workbench.cli.app import NOT_SHIP, JsonOption, app
from workbench.cli.output import answer_with, new_table, print_out
from workbench.experiments.comparison import Comparison, changed_cases, pass_powers, sentence_of
from workbench.experiments.estimate import Estimate
from workbench.experiments.kinds import FailureKind, gone_kinds, new_kinds
from workbench.experiments.recorded import Wanted
from workbench.loop.compare.comparing import compare as compare_files
from workbench.loop.compare.recorded_runs import Choice

SHOWN_CASES = 20
"""Cases that a line of the terminal names; --json has all."""
SHOWN_CHARACTERS = 16
"""Of a case's id in such a line."""
SHOWN_KINDS = 10
"""Kinds of failure that are listed, new or gone; --json has all."""


@app.command()
def compare(
    baseline: Annotated[Path, typer.Argument(metavar="BASELINE", help="Scores or runs of what is live.")],
    candidate: Annotated[Path, typer.Argument(metavar="CANDIDATE", help="Scores or runs of what would replace it.")],
    case: Annotated[str | None, typer.Option("--case", metavar="COL", help="The column that names the case.")] = None,
    score: Annotated[
        str | None, typer.Option("--score", metavar="COL", help="The column of scores; of runs, an outcome's name.")
    ] = None,
    candidate_score: Annotated[
        str | None, typer.Option("--candidate-score", metavar="COL", help="The candidate's, if called otherwise.")
    ] = None,
    trial: Annotated[
        str | None, typer.Option("--trial", metavar="COL", help="The column that tells runs of a case apart.")
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="COL", help="Whose case it is: users are the unit then.")
    ] = None,
    margin: Annotated[
        float | None, typer.Option(metavar="M", help="The loss that would be accepted, in the score's unit.")
    ] = None,
    mwe: Annotated[float, typer.Option(metavar="M", help="The least gain that is worth a change.")] = 0.0,
    is_lower_better: Annotated[bool, typer.Option("--lower-is-better", help="A lower score is better.")] = False,
    is_gate: Annotated[bool, typer.Option("--gate", help="Exit with 1 unless the decision is ship.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare two recorded result sets case by case, and say whether the candidate is better, worse, or neither shown.

    Files are JSON lines, CSV or Parquet with a row a run, or results of tau-bench, tau2-bench or Inspect; of whole runs
    the kinds of failure are compared too. Of a score that is 0 or 1, `p` is McNemar's exact two-sided one; the decision
    goes by one-sided tests at 5 %, and intervals are 90 %. A done comparison exits with 0, whatever it decides.

    Example: `workbench compare gpt-4o.json.gz sonnet.json.gz --mwe 0.02 --json`
    """
    found = compare_files(
        baseline,
        candidate,
        choice=Choice(case, score, trial, user),
        candidate_score=candidate_score,
        wanted=Wanted(margin, mwe, -1 if is_lower_better else 1),
        now=datetime.now(UTC),
    )
    answer_with(_answer(found), _table(found), as_json=as_json)
    if not as_json:
        print_out("\n".join(_lines(found)))
    if is_gate and found.ruling.decision != "ship":
        raise typer.Exit(NOT_SHIP)


def _answer(found: Comparison) -> dict[str, Any]:
    counts = found.counts
    arms = ("baseline", "candidate")
    return {
        "decision": found.ruling.decision,
        "reasons": list(found.ruling.reasons),
        "settle": [one._asdict() for one in found.ruling.settle],
        "metrics": {one.metric: _figures(one, found) for one in found.analysis.estimates},
        "rows": dict(zip(arms, counts.n_rows, strict=True)),
        "repeated_rows": dict(zip(arms, counts.n_repeated, strict=True)),
        "cases": dict(zip(arms, counts.n_cases, strict=True)),
        "cases_in_one_only": {arm: list(cases) for arm, cases in zip(arms, counts.only, strict=True)},
        "new_findings": None if found.kinds is None else [_kind(kind) for kind in new_kinds(found.kinds)],
        "gone_findings": None if found.kinds is None else [_kind(kind) for kind in gone_kinds(found.kinds)],
        "notes": list(found.notes),
    }


def _figures(estimate: Estimate, found: Comparison) -> dict[str, Any]:
    changed = [one for one in changed_cases(found) if one.metric == estimate.metric]
    powers = pass_powers(found, estimate.metric)
    return {
        **{name: value for name, value in asdict(estimate).items() if name != "metric"},
        "fixed": [one.case_id for one in changed if one.is_fixed],
        "broken": [one.case_id for one in changed if not one.is_fixed],
        "pass_k": None if powers is None else powers._asdict(),
    }


def _kind(kind: FailureKind) -> dict[str, Any]:
    return {**kind._asdict(), "case_ids": list(kind.case_ids)}


def _table(found: Comparison) -> Table:
    names = ("score", "baseline", "candidate", "difference", "90 % interval", "p", "cases", "trials", "fixed", "broken")
    shown = new_table(names, n_text=1)
    for one in found.analysis.estimates:
        shown.add_row(
            escape(visible(one.metric)),
            f"{one.baseline:.3f}",
            f"{one.candidate:.3f}",
            f"{one.difference:+.3f}",
            f"{one.low:+.3f} to {one.high:+.3f}",
            f"{one.p:.2g}",
            *(f"{n:,}" for n in (one.n_cases, one.n_trials, one.n_fixed, one.n_broken)),
        )
    return shown


def _lines(found: Comparison) -> list[str]:
    """Return what stands below the table: the decision, why, what would settle it, which cases, what is odd."""
    changed = changed_cases(found)
    lines = ["", sentence_of(found.ruling)]
    lines += [f"  {reason}" for reason in found.ruling.reasons]
    lines += [f"  to settle it: {one.words}" for one in found.ruling.settle]
    for word, is_fixed in (("broken", False), ("fixed", True)):
        cases = list(dict.fromkeys(one.case_id for one in changed if one.is_fixed is is_fixed))
        if cases:
            named = ", ".join(shorten(case, SHOWN_CHARACTERS) for case in cases[:SHOWN_CASES])
            lines.append(f"{word}: {named}{_more(len(cases) - SHOWN_CASES)}")
    for one in found.analysis.estimates:
        if (powers := pass_powers(found, one.metric)) is not None:
            said = (" ".join(f"{share:.3f}" for share in arm) for arm in powers)
            lines.append(f"{one.metric}, pass^1 to pass^{len(powers.baseline)}: {' -> '.join(said)}")
    for word, kinds in (("new", new_kinds(found.kinds or ())), ("gone", gone_kinds(found.kinds or ()))):
        lines += [f"{word}: {_kind_line(kind)}" for kind in kinds[:SHOWN_KINDS]]
        lines += [f"{word}: {len(kinds) - SHOWN_KINDS:,} more; --json has them"] if len(kinds) > SHOWN_KINDS else []
    return lines + [f"note: {note}" for note in found.notes]


def _kind_line(kind: FailureKind) -> str:
    n_runs = kind.n_candidate or kind.n_baseline
    return f"{kind.words}: {n_runs:,} run{'s' if n_runs > 1 else ''}, case {', '.join(kind.case_ids)}"


def _more(n: int) -> str:
    return f" and {n:,} more" if n > 0 else ""
