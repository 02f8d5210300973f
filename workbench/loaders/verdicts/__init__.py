"""Files of verdicts: what people and programs have judged, from here or from another tool.

A verdict file is chosen by what it holds, like any other; unlike telemetry it is read only where somebody asks for its
verdicts, as it decides what teaches detectors and what becomes an issue. Names of annotators stay as the file has them:
a verdict counts for who said it. They are typed names at most: that a file says more of them proves nothing here.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import NamedTuple

from workbench.errors import ConfigError, FormatError
from workbench.loaders.batch import Context, Rows
from workbench.loaders.reading.parquet import is_parquet, sample_of
from workbench.loaders.reading.pieces import Piece, load_pieces
from workbench.loaders.reading.records import csv_sample, cut_any, is_csv
from workbench.loaders.source import Source
from workbench.loaders.verdicts import argilla, label_studio, langfuse, openinference, own
from workbench.loaders.verdicts.book import Book, Given, cleaned_verdict, unproven
from workbench.loaders.verdicts.openinference import annotation_frame, annotation_of
from workbench.loaders.verdicts.own import FIELDS, frame_of, row_of
from workbench.loaders.verdicts.reading import Reading, read_reading

__all__ = [
    "FIELDS",
    "FORMATS",
    "Book",
    "Given",
    "Reading",
    "annotation_frame",
    "annotation_of",
    "choose",
    "cleaned_verdict",
    "frame_of",
    "read",
    "read_reading",
    "row_of",
    "unproven",
]


class Format(NamedTuple):
    """A format of verdict files."""

    name: str
    recognises: Callable[[bytes], bool]
    """Whether the head of a file, decompressed, is of this format."""
    read: Callable[[Piece, Rows, Book], None]
    """Adds the verdicts of one record to a book."""
    reads_csv: bool = False
    """Whether it is exported as CSV too."""


FORMATS = (
    Format("verdicts", own.recognises, own.read),
    Format("openinference", openinference.recognises, openinference.read),
    Format("argilla", argilla.recognises, argilla.read),
    Format("label_studio", label_studio.recognises, label_studio.read),
    Format("langfuse", langfuse.recognises, langfuse.read, reads_csv=True),
)
"""In the order in which they are tried."""
_SHOWN, _SHOWN_CHARACTERS = 20, 60
"""Questions that an error names, and how much of each."""


def choose(source: Source, name: str | None = None) -> Format:
    """Return the format of a file of verdicts: the one named, or the one that its content shows.

    Raises
    ------
    FormatError
        If the file is empty or cannot be read, or is of no known format.
    ConfigError
        If there is no format of that name.
    """
    names = ", ".join(known.name for known in FORMATS)
    if name is not None:
        if (named := next((known for known in FORMATS if known.name == name), None)) is None:
            raise ConfigError(f"format == {name!r}, must be one of {names}")
        return named
    head = source.head()
    if not head.strip():
        raise FormatError("is empty", where=str(source.path), fix="export it again, or leave it out")
    if is_parquet(head):
        head = sample_of(source)
    as_table = csv_sample(head) if is_csv(head) else None
    for known in FORMATS:
        if known.recognises(as_table if as_table is not None and known.reads_csv else head):
            return known
    raise FormatError(
        f"holds no verdicts of a known format ({names})",
        where=str(source.path),
        fix="name the format with --format, or export it as one of these",
    )


def read(source: Source, context: Context, form: Format, *, reading: Reading, now: datetime) -> Book:
    """Return what a file of verdicts says, whole.

    Raises
    ------
    ConfigError
        If nothing in it answers the question that holds the label; the error names those that are answered.
    """
    book = Book(reading, context, now)
    add = partial(_add, form=form, book=book)
    for batch in load_pieces(source, context, add, cut=partial(cut_any, recognises=form.recognises)):
        book.refused += batch.refused
        for name in ("mapped", "guessed", "left"):
            getattr(book, name).update(getattr(batch, name))
    if book.questions and not (book.given or book.of_spans or book.refused):
        names = ", ".join(repr(name[:_SHOWN_CHARACTERS]) for name, _ in book.questions.most_common(_SHOWN))
        raise ConfigError(
            f"nothing in it answers {reading.question!r}, but {names}",
            where=str(source.path),
            fix='name the one that holds the label in a TOML file: [read] question = "..."',
        )
    return book


def _add(piece: Piece, rows: Rows, *, form: Format, book: Book) -> None:
    form.read(piece, rows, book)
