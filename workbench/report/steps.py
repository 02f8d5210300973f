"""A trace on a page, step by step: what the transcript of a notebook shows, where there is no kernel to ask."""

from collections.abc import Sequence

import polars as pl

from workbench.report import formats
from workbench.report.blocks import Block, sentences, stack
from workbench.report.markup import Html, badge, folded, join, muted, paragraph, quote, said, strong
from workbench.report.transcript import Step, transcript

MAX_STEPS = 30
"""Steps on a page: a long run is read in the notebook."""


def folded_trace(spans: pl.DataFrame, *, limit: int, found: str | None = None) -> Block:
    """Return the steps of a trace, which the reader opens; none where the store has no span of it.

    Parameters
    ----------
    spans
        Frame in schemas.SPANS, one row a span of the trace.
    limit
        Longest text of a step, characters.
    found
        The span that a finding is about; its steps are marked.
    """
    steps = transcript(spans)
    if not steps:
        return Block(Html(""))
    first = _first(steps, found)
    shown = steps[first : first + MAX_STEPS]
    left_out = len(steps) - len(shown)
    note = f"{formats.counted(left_out, 'step')} before and after these are not shown."
    parts = [*(_step(step, limit=limit, found=found) for step in shown), *([sentences(note)] if left_out else [])]
    failed = next((place for place, step in enumerate(steps, 1) if step.is_first_failure), None)
    where = f", failing first at step {failed}" if failed else ""
    return Block(folded(f"The whole trace: {formats.counted(len(steps), 'step')}{where}", stack(*parts).html))


def _first(steps: Sequence[Step], found: str | None) -> int:
    """Return the first step to show: of a long trace a few before the one that matters."""
    matters = next((at for at, step in enumerate(steps) if found is not None and step.span_id == found), None)
    if matters is None:
        matters = next((at for at, step in enumerate(steps) if step.is_first_failure), 0)
    return max(0, min(matters - 2, len(steps) - MAX_STEPS)) if len(steps) > MAX_STEPS else 0


def _step(step: Step, *, limit: int, found: str | None) -> Block:
    head: list[Html | str] = [strong(step.role)]
    if step.name:
        head.append(said(step.name, limit=60))
    if step.is_first_failure or step.is_error:
        head.append(badge("first failure" if step.is_first_failure else "failed"))
    if found is not None and step.span_id == found:
        head.append(badge("found here"))
    if step.duration_ms is not None:
        head.append(muted(formats.duration(step.duration_ms)))
    quotes = [quote(label, text, limit=limit) for label, text in step.parts]
    return Block(join([paragraph(join(head, " ")), *quotes]))
