"""The traces that show a problem best: what was found, asked and answered, and the whole of the first, step by step."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from workbench.report import formats
from workbench.report.blocks import Block, stack
from workbench.report.detection import DetectionReport, Problem
from workbench.report.markup import folded, join, muted, paragraph, quote, said
from workbench.report.own_words import own_words, read_units
from workbench.report.quotes import Quote, quote_traces
from workbench.report.remarks import Remark
from workbench.report.steps import folded_trace

N_EXAMPLES = 3
"""Examples of a problem: one may be odd, three show what they share."""


class Example(NamedTuple):
    """One typical finding of a problem."""

    finding: Mapping[str, Any]
    """Its row."""
    words: str
    """What was found, as it was recorded."""
    quoted: Quote | None
    """What its trace was asked and answered."""
    spans: pl.DataFrame | None
    """The spans of its trace; None where it is not the first."""
    remarks: tuple[Remark, ...]
    """What users said of its trace or session."""


def read_examples(report: DetectionReport, problems: Sequence[Problem]) -> dict[str, list[Example]]:
    """Return the most typical findings of each problem by cluster id, best first; of the first with its spans."""
    wanted = {problem.cluster_id: problem.exemplars[:N_EXAMPLES] for problem in problems}
    every = [one for exemplars in wanted.values() for one in exemplars]
    mine = report.findings.filter(pl.col("finding_id").is_in(every))
    rows = {row["finding_id"]: row for row in mine.to_dicts()}
    spans, remarks = read_units(report, mine)
    words = own_words(rows.values(), spans, remarks)
    of_each = {cluster: [rows[one] for one in exemplars if one in rows] for cluster, exemplars in wanted.items()}
    quotes = quote_traces(report.spans, [row["trace_id"] for row in rows.values() if row["trace_id"]])
    of_trace = {str(trace_id): rows for (trace_id,), rows in spans.partition_by("trace_id", as_dict=True).items()}
    return {
        cluster: [
            Example(
                row,
                words[row["finding_id"]],
                quotes.get(row["trace_id"]),
                of_trace.get(row["trace_id"]) if place == 0 else None,
                tuple(one for one in remarks if one.unit in {row["trace_id"], row["session_id"]}),
            )
            for place, row in enumerate(mine)
        ]
        for cluster, mine in of_each.items()
    }


def example_blocks(examples: Sequence[Example], *, limit: int) -> list[Block]:
    """Return the first example, and the others as one block that the reader opens, so that the page stays short.

    Parameters
    ----------
    examples
        As of `read_examples`.
    limit
        Longest quote of a trace, characters.
    """
    shown = [_example(place, example, limit=limit) for place, example in enumerate(examples, 1)]
    if len(shown) < 2:
        return shown
    return [shown[0], Block(folded(formats.counted(len(shown) - 1, "more example"), stack(*shown[1:]).html))]


def _example(place: int, example: Example, *, limit: int) -> Block:
    finding, quoted = example.finding, example.quoted
    unit = finding["trace_id"] or finding["session_id"] or ""
    what = {"session": "session", "trace": "trace"}.get(finding["unit"], "span of trace")
    parts = [paragraph(join([muted(f"Example {place}: {what} "), said(unit, limit=64)]))]
    if example.words:
        parts.append(quote("what was found", example.words, limit=limit))
    if quoted and quoted.asked:
        parts.append(quote("what the trace was asked", quoted.asked, limit=limit))
    if quoted and quoted.answered:
        parts.append(quote("what it answered last", quoted.answered, limit=limit))
    for one in example.remarks:
        parts.append(quote("what was said of it afterwards", f"{one.stated}\n{one.comment}".strip(), limit=limit))
    if example.spans is not None:
        parts.append(folded_trace(example.spans, limit=limit, found=finding["span_id"]).html)
    return stack(Block(join(parts)), name="example")
