"""Files written for a test, and what a loader makes of them."""

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import polars as pl
import pytest

from workbench.boundaries.redact import NAMES
from workbench.ids import key_user
from workbench.loaders.batch import Context, Load, Refused
from workbench.loaders.personal import Redaction, redaction
from workbench.loaders.source import Source

MARK = "a remarkable word"
Place = tuple[Any, ...]
"""The names and numbers that lead to a place in a document."""
INGEST_DAY = date(2026, 2, 1)
NOTHING = redaction(NAMES)
"""Random numbers of a property test may be a card's: what a loader makes of a record is looked at unredacted."""


class Loaded(NamedTuple):
    """All batches of one file together."""

    spans: pl.DataFrame
    signals: pl.DataFrame
    refused: list[Refused]
    mapped: Counter[str]
    guessed: Counter[str]
    left: Counter[str]
    end: int


@pytest.fixture(scope="session")
def key() -> Callable[[str], str]:
    """Return the keying of users that the tests load with."""
    return lambda user_id: key_user(b"a secret for tests", user_id)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes bytes, or a value as JSON, to a file."""

    def write_content(content: Any, name: str = "file.json") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
        return path

    return write_content


@pytest.fixture
def read(write: Callable[..., Path], key: Callable[[str], str]) -> Callable[..., Loaded]:
    """Return a function that reads a file, or content, with a loader."""

    def read_content(
        load: Load, content: Any, *, start: int = 0, batch_records: int = 50_000, redaction: Redaction = NOTHING
    ) -> Loaded:
        source = Source(content if isinstance(content, Path) else write(content))
        context = Context(source.id(), INGEST_DAY, key, start, batch_records, redaction)
        batches = list(load(source, context))
        counts: dict[str, Counter[str]] = {name: Counter() for name in ("mapped", "guessed", "left")}
        for batch in batches:
            for name, counted in counts.items():
                counted.update(getattr(batch, name))
        return Loaded(
            pl.concat(batch.spans for batch in batches),
            pl.concat(batch.signals for batch in batches),
            [refused for batch in batches for refused in batch.refused],
            counts["mapped"],
            counts["guessed"],
            counts["left"],
            batches[-1].end_offset,
        )

    return read_content


@pytest.fixture
def lost(tmp_path: Path) -> Callable[[Load, Any], list[Place]]:
    """Return a function that puts a word into each place of a document in turn, and says where it was not found again.

    Columns, attributes and refused records are searched. The word takes the place of a text, or is one more field of
    an object.
    """

    def find_lost(load: Load, document: Any) -> list[Place]:
        path = tmp_path / "marked.json"
        missing = []
        for place in _places(document):
            path.write_bytes(orjson.dumps(_marked(document, place)))
            if not any(MARK in text for text in _all_of(load, path)):
                missing.append(place)
        return missing

    return find_lost


def _places(value: Any, path: Place = ()) -> Iterator[Place]:
    """Yield the places of all objects and texts, but for the names of empty values, which say nothing."""
    if isinstance(value, dict | str):
        yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, entry in entries:
        if not (name == "key" and isinstance(value, dict) and value.get("value") == {}):
            yield from _places(entry, (*path, name))


def _marked(document: Any, path: Place) -> Any:
    changed = deepcopy(document)
    inner = changed
    for name in path[:-1]:
        inner = inner[name]
    value = inner[path[-1]] if path else inner
    if isinstance(value, dict):
        value["more"] = MARK
    else:
        inner[path[-1]] = MARK
    return changed


def _all_of(load: Load, path: Path) -> Iterator[str]:
    for batch in load(Source(path), Context("src_x", INGEST_DAY, str)):
        for frame in (batch.spans, batch.signals):
            yield from (str(row) for row in frame.select(pl.all().cast(pl.String)).rows())
        yield from (refused.raw.decode() for refused in batch.refused)
