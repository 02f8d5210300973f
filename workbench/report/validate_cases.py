"""Cases that came out otherwise, both answers side by side: what a figure means, and what it does not say.

Broken cases come first. What differs between two answers is marked, so that a reader finds it without reading twice.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl

from workbench.boundaries.display import shorten
from workbench.changes.diff_words import diff_words
from workbench.changes.difference import Piece
from workbench.experiments.comparison import ChangedCase
from workbench.experiments.likeness import text_of
from workbench.experiments.outcome import Outcome
from workbench.experiments.result_rows import trace_of
from workbench.experiments.validation import Validation, answers_of, changed_by_case
from workbench.report import amounts, formats
from workbench.report.blocks import Block, check_top_n, sentences, stack
from workbench.report.markup import (
    Html,
    added,
    badge,
    beside,
    folded,
    join,
    muted,
    paragraph,
    quote,
    quoted,
    removed,
    said,
    strong,
    text,
)
from workbench.report.steps import folded_trace
from workbench.report.transcript import shown

_ANSWER_CHARACTERS = 1_500
"""Of an answer: what stands beside the other one on a screen."""
_STEP_CHARACTERS = 600
_LEAST_SHARED = 0.3
"""Of the words of two answers: where they share less, marks would cover everything and tell nothing."""


def fixed_and_broken(validation: Validation, *, top_n: int) -> Block:
    """Return the cases that came out otherwise with both answers, the broken ones first.

    Parameters
    ----------
    validation
        The experiment.
    top_n
        Cases to show of each, 1 to 20.

    Raises
    ------
    ValueError
        If `top_n` is out of its bounds.
    """
    most = check_top_n(top_n)
    if not validation.is_run:
        return sentences("Nothing ran to its end yet, so that no case came out at all.")
    changed = changed_by_case(validation)
    if not changed:
        return sentences("No case came out otherwise, by any metric that says of a case whether it is right.")
    broken = [case_id for case_id, ones in changed.items() if any(not one.is_fixed for one in ones)]
    fixed = [case_id for case_id in changed if case_id not in set(broken)]
    return stack(
        _some(validation, broken, word="broken", top_n=most),
        _some(validation, fixed, word="fixed", top_n=most),
        name="cases",
    )


def both_versions(validation: Validation) -> list[dict[str, Any]]:
    """Return the cases that came out otherwise for a view, the broken ones first: title, and both transcripts."""
    return [
        {"title": _title(validation, case_id, changed), **_transcripts(validation, case_id)}
        for case_id, changed in changed_by_case(validation).items()
    ]


def how_to_go_through(validation: Validation) -> Block:
    """Return how a person goes through all cases, where the page has no view."""
    n = formats.counted(len(changed_by_case(validation)), "case")
    return sentences(muted(f"In JupyterLab this is a list of {n} with both versions step by step."))


def _title(validation: Validation, case_id: str, changed: Sequence[ChangedCase]) -> str:
    case = validation.cases.get(case_id)
    word = "fixed" if all(one.is_fixed for one in changed) else "broken"
    return f"{word}: {text_of(case) if case else case_id}"


def _transcripts(validation: Validation, case_id: str) -> dict[str, Any]:
    answers = answers_of(validation, case_id)
    return {
        arm: _shown(validation, outcomes[0], arm) if outcomes else {"title": arm, "note": "Not asked."}
        for arm, outcomes in answers._asdict().items()
    }


def _shown(validation: Validation, outcome: Outcome, arm: str) -> dict[str, Any]:
    answer = outcome.answer
    spans = validation.spans.filter(pl.col("trace_id") == pl.lit(trace_of(answer), dtype=pl.String))
    if not spans.is_empty():
        return shown(spans, title=arm)
    part = {"label": "" if answer.output else "error", "text": answer.output or answer.error_message}
    return {"title": arm, "steps": [{"role": "assistant", "parts": [part]}], "note": "It recorded no steps."}


def _some(validation: Validation, case_ids: Sequence[str], *, word: str, top_n: int) -> Block:
    if not case_ids:
        return sentences(f"No case was {word}.")
    n = formats.counted(len(case_ids), "case was", "cases were")
    blocks = [_case(validation, case_id) for case_id in case_ids[:top_n]]
    rest = len(case_ids) - len(blocks)
    more = [sentences(muted(f"{formats.count(rest)} more; top_n shows more, the record of this run has all."))]
    first, others = blocks[0], blocks[1:]
    folds = [Block(folded(f"{formats.counted(len(others), f'more {word} case')}", stack(*others).html))]
    head = sentences(strong(f"{n} {word}."))
    return stack(head, first, *(folds if others else []), *(more if rest else []), name="some")


def _case(validation: Validation, case_id: str) -> Block:
    changed = changed_by_case(validation)[case_id]
    case = validation.cases.get(case_id)
    is_broken = any(not one.is_fixed for one in changed)
    head = join(
        [
            badge("broken" if is_broken else "fixed"),
            " ",
            *_by(changed),
            " ",
            muted(case_id),
            *_where(validation, case_id),
        ]
    )
    asked = [quote("what was asked", text_of(case))] if case else [paragraph(muted("The case cannot be read."))]
    expected = [quote("what people expect", str(case.expected))] if case and case.expected is not None else []
    must = (
        [quote("what must hold", "\n".join(f"{one.kind}: {one.value}" for one in case.assertions))]
        if case and case.assertions
        else []
    )
    both = _answers(validation, case_id, changed)
    return stack(Block(join([paragraph(head), *asked, *expected, *must, both])), name="example")


def _by(changed: Sequence[ChangedCase]) -> list[Html | str]:
    return [
        join(
            [said(one.metric), f" {amounts.number(one.baseline)} → {amounts.number(one.candidate)} "]
            + ([] if one.is_fixed else [muted("worse ")])
        )
        for one in changed
    ]


def _where(validation: Validation, case_id: str) -> list[Html | str]:
    if len(validation.held) < 2:
        return []
    kinds = [held.record.kind for held in validation.held if any(case.case_id == case_id for case in held.cases)]
    return [muted(f", {' and '.join(kinds)}")]


def _answers(validation: Validation, case_id: str, changed: Sequence[ChangedCase]) -> Html:
    """Return both answers of one trial, the first in which they differ most."""
    answers = answers_of(validation, case_id)
    trial = _trial(validation, case_id, changed[0].metric)
    one, other = (next((each for each in arm if each.trial == trial), None) for arm in answers)
    if one is None and other is None:
        return paragraph(muted("What was answered is not kept any more."))
    n_trials = max(map(len, answers))
    of = f", trial {trial + 1} of {n_trials}" if n_trials > 1 else ""
    marked = _marked(one, other)
    return beside(
        _arm(validation, one, f"baseline{of}", marked[0] if marked else None),
        _arm(validation, other, f"candidate{of}", marked[1] if marked else None),
    )


def _arm(validation: Validation, outcome: Outcome | None, name: str, marked: Html | None) -> Html:
    if outcome is None:
        return paragraph(muted(f"{name}: not asked"))
    answer = outcome.answer
    if answer.output is None:
        words = f"{formats.words(answer.error_kind or 'error')}: {answer.error_message or 'no more is known'}"
        said_by = quote(f"{name}: no answer", words, limit=_ANSWER_CHARACTERS)
    elif marked is not None:
        said_by = quoted(f"{name} answered", marked)
    else:
        said_by = quote(f"{name} answered", answer.output, limit=_ANSWER_CHARACTERS)
    spans = validation.spans.filter(pl.col("trace_id") == pl.lit(trace_of(answer), dtype=pl.String))
    return join([said_by, folded_trace(spans, limit=_STEP_CHARACTERS).html])


def _marked(one: Outcome | None, other: Outcome | None) -> tuple[Html, Html] | None:
    """Return both answers with what they do not share marked; None where they share too little."""
    if one is None or other is None or one.answer.output is None or other.answer.output is None:
        return None
    before, after = (shorten(each.answer.output or "", _ANSWER_CHARACTERS) for each in (one, other))
    pieces = diff_words(before, after)
    n_same = sum(len(piece.text) for piece in pieces if piece.op == "same")
    if n_same < _LEAST_SHARED * max(len(before), len(after)):
        return None
    return _side(pieces, "removed"), _side(pieces, "added")


def _side(pieces: Sequence[Piece], op: str) -> Html:
    mark = removed if op == "removed" else added
    return join(
        mark(piece.text) if piece.op == op else text(piece.text) for piece in pieces if piece.op in (op, "same")
    )


def _trial(validation: Validation, case_id: str, metric: str) -> int:
    rows = validation.results.filter(pl.col("case_id") == case_id, pl.col("metric") == metric)
    values = {(arm, trial): value for arm, trial, value in rows.select("arm", "trial", "value").iter_rows()}
    trials = sorted({trial for _, trial in values})
    differences = {
        trial: abs((values.get(("candidate", trial)) or 0.0) - (values.get(("baseline", trial)) or 0.0))
        for trial in trials
    }
    return max(trials, key=lambda trial: (differences[trial], -trial), default=0)
