"""Transcripts of Claude Code and the Claude Agent SDK: each prompt is a trace, with its answers and tools below it.

Reads the files of a session, those of its sub-agents, and the messages that the SDK and `--output-format stream-json`
hand out. Usage of an answer that takes several lines is counted once, as its last line has it. input_tokens are those
that came from no cache and went into none, as the API counts them: `cache_read_input_tokens` and
`cache_creation_input_tokens` are in the attributes.

A line that is part of no span (titles, snapshots, progress, hooks, context that the harness puts in) is kept in the
attributes of the request in whose midst it lies, under `lines`, up to 8 MB; beyond that it is refused as
too_large, and where no request is in the file, as no_request.
"""

from collections.abc import Iterator
from dataclasses import replace

from workbench.errors import RecordError
from workbench.loaders.batch import Batch, Context, Rows
from workbench.loaders.claude.book import Book, add_line
from workbench.loaders.claude.lines import is_transcript_line
from workbench.loaders.claude.runs import Run
from workbench.loaders.claude.spans import add_run
from workbench.loaders.reading.pieces import cut_records
from workbench.loaders.reading.strict import samples
from workbench.loaders.source import Source

HELD_LINES = 20_000
"""Lines from which on sessions that have not just been written to are given away: 20,000 of 1.9 kB take 150 MB."""


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of a transcript."""
    return any(is_transcript_line(sample) for sample in samples(head))


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the spans of all requests in the file.

    What a line belongs to may stand anywhere before it, so that a file that has grown is read from its beginning.
    """
    if context.start and not source.n_bytes_after(context.start):
        yield Rows(context).take(context.start)
        return
    rows, end = Rows(replace(context, start=0)), context.start
    book, limit = Book(rows), HELD_LINES
    for piece in cut_records(source, rows):
        end = piece.end
        try:
            if piece.error is not None:
                raise piece.error
            session_id = add_line(book, piece)
        except RecordError as error:
            rows.refused.append(piece.refused(error))
            continue
        if book.n_lines > limit:
            yield from _give(book, book.scopes.take(session_id), end)
            book.n_lines = sum(run.n_lines for run in book.scopes.runs)
            limit = max(HELD_LINES, 2 * book.n_lines)
    yield from _give(book, book.scopes.runs, end)
    for waiting in (line for lines in book.waiting.values() for line in lines):
        alone = RecordError("the line is part of no request: there is none in the file", reason="no_request")
        rows.refused.append(waiting.piece.refused(alone))
    yield rows.take(end)


def _give(book: Book, runs: list[Run], end: int) -> Iterator[Batch]:
    for run in runs:
        add_run(run, book.rows)
        if book.rows.is_full:
            yield book.rows.take(end)
