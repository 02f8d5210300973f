"""Logs of Inspect AI, `.json` and `.eval`: each epoch of a sample is a trace, its events are spans, its scores signals.

An `.eval` file is a zip with one member a sample, which is read one at a time; a member that cannot be read costs that
sample. What the log says of itself is kept on the trace of its first sample. A score that says right or wrong (C, P, I,
N, true, false) is the sample's `outcome`; any other score, and one given on the way, is an `evaluation`.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.archives import is_zip
from workbench.loaders.batch import Batch, Context, Rows
from workbench.loaders.inspect_log.log import Log, log_of
from workbench.loaders.inspect_log.members import cut_samples, opened_log
from workbench.loaders.inspect_log.samples import add_sample
from workbench.loaders.reading.pieces import Piece, load_pieces
from workbench.loaders.reading.strict import samples
from workbench.loaders.source import Source

BATCH_RECORDS = 2_000
"""Fewer than for other formats: a model call of an agent holds its whole chat."""
_ZIPPED = (b"_journal/", b"samples/", b"header.json", b"summaries.json", b"reductions.json")
"""Names with which the first member of an `.eval` file begins."""
_NAME_STARTS = 30
"""Byte of a zip archive at which the name of its first member begins."""


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of a log of Inspect AI.

    >>> recognises(b'{"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}, "samples": []}')
    True
    """
    if is_zip(head):
        return head.startswith(_ZIPPED, _NAME_STARTS)
    return any(
        {"version", "eval"} <= sample.keys() and {"task", "model"} <= _keys(sample["eval"]) for sample in samples(head)
    )


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the spans and scores of all samples in the log."""
    small = replace(context, batch_records=min(context.batch_records, BATCH_RECORDS))
    if not is_zip(source.head()):
        yield from load_pieces(source, small, _add_log)
        return
    with opened_log(source) as opened:
        read = partial(_add_sample_of, opened.log)
        yield from load_pieces(source, small, read, cut=partial(cut_samples, opened))


def _add_log(piece: Piece, rows: Rows) -> None:
    piece.require_single_keys(piece.value, besides=frozenset({"samples"}))
    log = log_of(piece.value)
    samples_of_log = piece.value.get("samples")
    if not isinstance(samples_of_log, list) or not samples_of_log:
        raise RecordError("the log holds no samples", reason="no_sample")
    part = 0
    for place, sample in enumerate(samples_of_log):
        part = add_sample(piece, sample, log.of_sample(place), rows, at=("samples", place), first_part=part)


def _add_sample_of(log: Log, piece: Piece, rows: Rows) -> None:
    add_sample(piece, piece.value, log.of_sample(piece.place), rows, at=(), first_part=0)


def _keys(value: Any) -> set[str]:
    return set(value) if isinstance(value, dict) else set()
