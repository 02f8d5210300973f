"""An `.eval` file taken apart: its header, and its samples one at a time.

A log of a run that was broken off has no header; what was to be run is then in its journal.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import NamedTuple

from workbench.errors import FormatError, RecordError
from workbench.loaders.archives import BETWEEN, zip_files
from workbench.loaders.batch import Rows
from workbench.loaders.inspect_log.log import Log, log_of
from workbench.loaders.reading.pieces import Piece
from workbench.loaders.reading.strict import parse, read
from workbench.loaders.reading.written import Written
from workbench.loaders.source import MAX_DOCUMENT_BYTES, MAX_LINE_BYTES, Source

_HEADERS = ("header.json", "_journal/start.json")
_IN_ONE = re.compile(r"samples/.*_epoch_\d+\.json", re.DOTALL)
_IN_CHUNKS = re.compile(r"samples/.*_epoch_\d+/sample\.json", re.DOTALL)
_BESIDE = "reductions.json"
"""A member that says something of the log as a whole, which a `.json` log has in a field."""


class Opened(NamedTuple):
    """An `.eval` file while it is read."""

    log: Log
    header: bytes
    """What the log was read from."""
    samples: list[Source]
    end: int
    """The bytes of the file."""


@contextmanager
def opened_log(source: Source) -> Iterator[Opened]:
    """Give the header of an `.eval` file and its samples.

    Raises
    ------
    FormatError
        If it is no such file, or its header cannot be read.
    """
    with ExitStack() as stack:
        try:
            _, end = stack.enter_context(source.open_anywhere())
            files = stack.enter_context(zip_files(source))
            header, log = _header_of(dict(files))
        except RecordError as error:
            raise FormatError(error.what, where=str(source.path), fix="copy or export it again") from error
        yield Opened(log, header, [member for name, member in files if _is_sample(name)], end)


def cut_samples(opened: Opened, source: Source, rows: Rows) -> Iterator[Piece]:
    """Yield the samples of an `.eval` file; one that cannot be read is a piece without a value."""
    if opened.end <= rows.context.start:
        return
    if not opened.samples:
        error = RecordError("the log holds no samples", reason="no_sample")
        yield Piece(None, 0, 0, opened.end, Written(opened.header), error=error)
    for place, member in enumerate(opened.samples):
        raw = b""
        try:
            raw = _content(member)
            parsed = read(raw, max_bytes=MAX_DOCUMENT_BYTES)
        except RecordError as error:
            original = Written(raw or member.packed(MAX_LINE_BYTES))
            yield Piece(None, 0, place, opened.end, original, error=error)
            continue
        rows.guessed.update(parsed.repairs)
        yield Piece(parsed.value, 0, place, opened.end, Written(raw), (), parsed.has_repeated_keys)


def _is_sample(name: str) -> bool:
    return bool(_IN_ONE.fullmatch(name) or _IN_CHUNKS.fullmatch(name))


def _content(member: Source) -> bytes:
    if member.fault is not None:
        raise member.fault
    if _IN_CHUNKS.fullmatch(str(member.path).rpartition(BETWEEN)[2]):
        raise RecordError("the sample is written in chunks, which is not read yet", reason="unsupported")
    try:
        return member.document()
    except FormatError as error:
        raise RecordError(error.what, reason="damaged") from error


def _header_of(files: Mapping[str, Source]) -> tuple[bytes, Log]:
    found = next((files[name] for name in _HEADERS if name in files), None)
    if found is None:
        raise RecordError("the archive has no header of an Inspect log")
    header = _content(found)
    value = parse(header, max_bytes=MAX_DOCUMENT_BYTES)
    log = log_of(value)
    if _BESIDE not in files:
        return header, log
    reductions = parse(_content(files[_BESIDE]), max_bytes=MAX_DOCUMENT_BYTES)
    return header, replace(log, beside={**log.beside, "reductions": reductions})
