"""What became of every record that came in: stored, there already, or refused; and what was assumed of the stored ones.

The counts of each file add up, and are shown adding up; a file that is loaded again counts once.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePath

import polars as pl

from workbench.report import formats
from workbench.report.blocks import Block, numbers, sentences, table, words
from workbench.report.markup import join, said, strong
from workbench.report.source_files import source_files
from workbench.report.telemetry import Telemetry

_KIND = "kind "
_SHOWN = (
    ("input", "input"),
    ("output", "output"),
    ("model", "model"),
    ("tokens", "output_tokens"),
    ("cost", "cost_usd"),
    ("tool name", "tool_name"),
    ("session", "session_id"),
    ("user", "user_key"),
    ("prompt name", "prompt_name"),
    ("prompt version", "prompt_version"),
    ("time", "started_at"),
    ("error", "status ERROR"),
)
"""Heading of a column, and what is counted in it."""


def accounts(telemetry: Telemetry) -> Block:
    """Return one sentence on all files: what came in, and what became of it; a second load of a file adds nothing."""
    files_in = source_files(telemetry.loads)
    n_in, stored, duplicate, refused = (
        sum(getattr(file, name) for file in files_in) for name in ("n_in", "n_stored", "n_duplicate", "n_refused")
    )
    first = (
        f"{formats.counted(n_in, 'record')} came in with {formats.counted(len(files_in), 'file')}: "
        f"{formats.count(n_in)} = {formats.count(stored)} stored + {formats.count(duplicate)} already there "
        f"+ {formats.count(refused)} refused."
    )
    n_whose = sum(file.n_refused > 0 for file in files_in)
    second = (
        f"{formats.counted(n_whose, 'file')} had records that could not be read; they are kept in quarantine."
        if refused
        else "No record was refused."
    )
    return sentences(join([strong(first), " ", second]))


def files(telemetry: Telemetry, *, top_n: int) -> Block:
    """Return what became of the records of each file, newest first; the identity holds in each row."""
    rows = (
        (
            said(PurePath(file.path).name),
            file.format,
            formats.moment(file.at),
            formats.counted(file.n_loads, "time"),
            formats.count(file.n_in),
            formats.count(file.n_stored),
            formats.count(file.n_duplicate),
            formats.count(file.n_refused),
            formats.count(file.n_traces),
            formats.count(file.n_signals),
        )
        for file in source_files(telemetry.loads)
    )
    return table(
        (
            *words("file", "format", "brought something"),
            *numbers("loaded", "in", "= stored", "+ duplicate", "+ refused", "traces", "signals"),
        ),
        rows,
        caption="What became of every record, file by file",
        top_n=top_n,
        of="file",
        note="A record is a span, a signal, or a piece that could not be read. A file that was loaded again, renamed "
        "or grown is one row. Duplicates are in it twice, or came with another file.",
    )


def filled(telemetry: Telemetry, *, top_n: int) -> Block:
    """Return for each file how many of its spans have what a question needs: model, tokens, tool, session, error."""
    rows = (
        (
            said(PurePath(file.path).name),
            ", ".join(f"{formats.count(n)} {kind}" for kind, n in _kinds(file.filled)),
            *_counts(file.filled, *(column for _, column in _SHOWN)),
        )
        for file in source_files(telemetry.loads)
        if file.filled
    )
    return table(
        (*words("file", "spans by kind"), *numbers(*(name for name, _ in _SHOWN))),
        rows,
        caption="What does each file tell of its spans?",
        top_n=top_n,
        of="file",
        note="Numbers are spans that have it. A column of zeros is a question that this file cannot answer.",
    )


def refusals(telemetry: Telemetry, *, top_n: int) -> Block:
    """Return the refused records by reason and file, most frequent first; a sentence where there are none."""
    if telemetry.quarantine.is_empty():
        return sentences("Nothing is in quarantine.")
    by_reason = (
        telemetry.quarantine.group_by("reason", "path", "detail")
        .agg(pl.len().alias("n"), pl.col("offset").min())
        .sort(["n", "path", "offset"], descending=[True, False, False])
    )
    rows = (
        (
            formats.words(row["reason"]),
            said(row["detail"]),
            said(PurePath(row["path"]).name),
            *_counts(row, "n", "offset"),
        )
        for row in by_reason.iter_rows(named=True)
    )
    return table(
        (*words("reason", "fault", "file"), *numbers("records", "first at byte")),
        rows,
        caption="What was refused, and why",
        top_n=top_n,
        of="kind of refusal",
    )


def guesses(telemetry: Telemetry, *, top_n: int) -> Block:
    """Return what the loaders assumed, and for how many records; a sentence where they assumed nothing."""
    total = _total(file.guessed for file in source_files(telemetry.loads))
    if not total:
        return sentences("Nothing was guessed.")
    return table(
        (*words("assumption"), *numbers("records")),
        ((what, formats.count(n)) for what, n in total.most_common()),
        caption="What was guessed?",
        top_n=top_n,
        of="assumption",
        note="Of all records that came in, those that were there already among them.",
    )


def left_over(telemetry: Telemetry, *, top_n: int) -> Block:
    """Return the source fields that have no column and stay in `attributes`; a sentence where there are none."""
    total = _total(file.left for file in source_files(telemetry.loads))
    if not total:
        return sentences("Every field has a column of its own.")
    return table(
        (*words("field"), *numbers("records")),
        ((said(name), formats.count(n)) for name, n in total.most_common()),
        caption="What has no column, and stays in attributes?",
        top_n=top_n,
        of="field",
    )


def redacted(telemetry: Telemetry, *, top_n: int) -> Block:
    """Return how many places with personal data were replaced in texts, by kind; a sentence where there are none."""
    total = _total(file.redacted for file in source_files(telemetry.loads))
    if not total:
        return sentences("Nothing was redacted: no text showed personal data by its form. Names are not seen.")
    return table(
        (*words("kind"), *numbers("places")),
        ((said(kind), formats.count(n)) for kind, n in total.most_common()),
        caption="Which personal data was replaced in the texts?",
        top_n=top_n,
        of="kind",
        note="Found by form, before anything was stored: this reduces personal data, it does not remove all of it.",
    )


def _counts(row: Mapping[str, int], *names: str) -> tuple[str, ...]:
    return tuple(formats.count(row[name]) for name in names)


def _kinds(filled: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the kinds of spans and how many there are of each, most frequent first."""
    kinds = [(name.removeprefix(_KIND), n) for name, n in filled.items() if name.startswith(_KIND)]
    return sorted(kinds, key=lambda kind: (-kind[1], kind[0]))


def _total(counters: Iterable[Counter[str]]) -> Counter[str]:
    return sum(counters, Counter())
