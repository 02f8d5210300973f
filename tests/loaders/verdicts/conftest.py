"""A file of verdicts, and what is read of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workbench.boundaries.redact import NAMES
from workbench.loaders import verdicts
from workbench.loaders.batch import Context
from workbench.loaders.personal import redaction
from workbench.loaders.source import Source
from workbench.loaders.verdicts.book import Book
from workbench.loaders.verdicts.reading import reading_of

NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def book_of(write: Callable[..., Path], key: Callable[[str], str]) -> Callable[..., Book]:
    """Return a function that reads a file, or content, as verdicts; what is told by its content must be its format."""

    def read(content: Any, *, form: str | None = None, is_redacted: bool = False, **mapping: Any) -> Book:
        source = Source(content if isinstance(content, Path) else write(content))
        kept = () if is_redacted else NAMES
        context = Context(source.id(), NOW.date(), key, redaction=redaction(kept))
        chosen = verdicts.choose(source)
        assert form is None or chosen.name == form
        return verdicts.read(source, context, chosen, reading=reading_of(mapping), now=NOW)

    return read


@pytest.fixture
def said_of() -> Callable[[Book], list[tuple[str, str, str, str]]]:
    """Return a function that lists the verdicts of a book: trace, annotator, label, explanation."""

    def say(book: Book) -> list[tuple[str, str, str, str]]:
        given = [one.verdict for one in book.given]
        assert {one.identity for one in given} <= {"typed"}
        assert {one.target_kind for one in given} <= {"trace"}
        return [(one.target_id, one.annotator, one.label, one.explanation) for one in given]

    return say
