"""The requests of a transcript as far as it has been read, and how one more line is added to them."""

from collections import defaultdict
from typing import NamedTuple

from workbench.errors import RecordError
from workbench.ids import content_id
from workbench.loaders.batch import Rows
from workbench.loaders.claude.lines import Entry, entry_of
from workbench.loaders.claude.parts import read_answer, read_failure, read_outcome, read_results
from workbench.loaders.claude.runs import Failure, Run
from workbench.loaders.claude.scopes import Scopes
from workbench.loaders.reading.pieces import Piece

READ_ONCE = "a line that comes twice is read once"
INTERRUPTED = "a note that the user interrupted is read as the end of the request"


MAX_WAITING_BYTES = 32 << 20
"""Of lines that came before any request, of all sessions: four times what one request keeps of such lines."""


class Waiting(NamedTuple):
    """A line that came before any request."""

    piece: Piece
    entry: Entry


class Book:
    """A transcript as far as it has been read."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        """For what is counted and refused on the way."""
        self.scopes = Scopes()
        self.waiting: dict[str | None, list[Waiting]] = defaultdict(list)
        """By session."""
        self.n_waiting_bytes = 0
        self.digests: dict[str, int] = {}
        """Of each line that was added, by uuid."""
        self.n_lines = 0
        """Lines that are held."""


def add_line(book: Book, piece: Piece) -> str | None:
    """Add one line, and return its session; of a line that cannot be read nothing is added."""
    piece.require_single_keys(piece.value)
    entry = entry_of(piece.value)
    if _is_repeated(book, piece, entry):
        book.rows.guessed[READ_ONCE] += 1
        return entry.session_id
    if entry.kind == "other":
        _add_other(book, piece, entry)
    else:
        run = _add_part(book, piece, entry)
        _add_waiting(book, run)
        for fields in (entry.fields, entry.message):
            fields.report(book.rows)
    if entry.uuid is not None:
        book.digests[entry.uuid] = _digest(piece)
    book.n_lines += 1
    return entry.session_id


def _is_repeated(book: Book, piece: Piece, entry: Entry) -> bool:
    known = book.digests.get(entry.uuid) if entry.uuid is not None else None
    if known is not None and known != _digest(piece):
        raise RecordError("another line has the same uuid", reason="duplicate_id")
    return known is not None


def _digest(piece: Piece) -> int:
    return hash(piece.original.cut(piece.trail))


def _add_part(book: Book, piece: Piece, entry: Entry) -> Run:
    """Add a line that is part of a span to its run, and return that; what may be wrong is read before."""
    scopes = book.scopes
    place = f"{piece.offset}.{piece.place}" if entry.at is None else ""
    line_id = entry.uuid or content_id("spn", piece.original.cut(piece.trail), place)
    if entry.kind == "answer":
        line = read_answer(entry)
        run = scopes.run_of(entry, line_id)
        run.agent = run.agent or entry.agent
        for call in run.add_answer(entry, line, line.span_id or line_id):
            scopes.add_call(run, call)
    elif entry.kind == "tool_results":
        results = read_results(entry)
        run = scopes.run_of(entry, line_id)
        for result in results:
            run.add_result(entry, result)
            scopes.add_spawned(entry, result.call_id)
        run.hear(entry)
    elif entry.kind == "api_error":
        failure = Failure(line_id, entry.at, read_failure(entry))
        run = scopes.run_of(entry, line_id)
        run.failures.append(failure)
        run.touch(entry)
    elif entry.kind == "outcome":
        ending = read_outcome(entry)
        run = scopes.run_of(entry, line_id)
        run.ending = run.ending | ending.columns
        run.attributes = run.attributes | {"outcome": ending.left}
        run.touch(entry)
        scopes.end(entry)
    else:
        run = scopes.run_of(entry, line_id)
        _add_words(book, piece, entry, run)
    return run


def _add_words(book: Book, piece: Piece, entry: Entry, run: Run) -> None:
    """Add a prompt or an interruption; the first prompt is what the run was asked."""
    if entry.kind == "prompt" and run.input is None and not run.answers:
        run.input = entry.text
        run.attributes = run.attributes | entry.fields.rest()
    else:
        run.keep(piece.value, len(piece.original.cut(piece.trail)))
    if entry.kind == "prompt":
        run.hear(entry)
        return
    run.ending = run.ending | {"finish_reason": "interrupted"}
    run.touch(entry)
    book.rows.guessed[INTERRUPTED] += 1


def _add_other(book: Book, piece: Piece, entry: Entry) -> None:
    run = book.scopes.run_around(entry)
    if run is None:
        _wait(book, piece, entry)
        return
    run.keep(piece.value, len(piece.original.cut(piece.trail)))
    book.rows.left[f"line of type {entry.fields.record['type']}"] += 1


def _wait(book: Book, piece: Piece, entry: Entry) -> None:
    n_bytes = len(piece.original.cut(piece.trail))
    if book.n_waiting_bytes + n_bytes > MAX_WAITING_BYTES:
        raise RecordError("lines before any request fill what is kept of them", reason="too_large")
    book.n_waiting_bytes += n_bytes
    book.waiting[entry.session_id].append(Waiting(piece, entry))


def _add_waiting(book: Book, run: Run) -> None:
    """Give a run the lines of its session, or of none, that came before any request."""
    for session_id in dict.fromkeys((run.session_id, None)):
        for piece, entry in book.waiting.pop(session_id, []):
            book.n_waiting_bytes -= len(piece.original.cut(piece.trail))
            try:
                run.keep(piece.value, len(piece.original.cut(piece.trail)))
            except RecordError as error:
                book.rows.refused.append(piece.refused(error))
            else:
                book.rows.left[f"line of type {entry.fields.record['type']}"] += 1
