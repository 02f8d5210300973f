"""Rows collected from records, and the frames that they become: what every loader hands to the store.

A loader adds plain values by the name of their column; types, digests and partitions are made here, in one place.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, Protocol

import msgspec
import orjson
import polars as pl

from workbench.ids import content_id
from workbench.loaders.personal import EVERYTHING, Redaction, cleaned_frame, cleaned_names, cleaned_signal
from workbench.loaders.source import Source
from workbench.schemas import SIGNALS, SPANS

BATCH_RECORDS = 35_000
"""Records between two commits: as fast as 50,000, with which an ingest of 2 kB spans came close to 1 GB of memory."""
BATCH_BYTES = 48 << 20
"""Bytes of records between two commits, 24,000 spans of 2 kB: an ingest of 300 chats of 1 MB takes 662 MB of memory,
and 1,010 MB with twice as many."""
FRAME_ROWS = 1024
"""Rows that become a frame at once: few enough to be in cache still, and to free their objects early; an eighth fewer
pages of memory are touched than with 4,096."""

SPAN_FIELDS = tuple(column.name for column in SPANS.columns[:-3])
"""What a loader gives of a span, in this order; times are integer microseconds since 1970, UTC, or None."""
SIGNAL_FIELDS = tuple(column.name for column in SIGNALS.columns[1:-2])
"""What a loader gives of a signal, in this order; `at` is integer microseconds since 1970, UTC, or None."""

_KNOWN_OF_SPANS, _KNOWN_OF_SIGNALS = frozenset(SPAN_FIELDS), frozenset(SIGNAL_FIELDS)
_ENCODER = msgspec.msgpack.Encoder()
_SPAN_FRAME_SCHEMA = {
    name: pl.Int64 if name in {"started_at", "ended_at"} else SPANS.schema[name] for name in SPAN_FIELDS
}


class Refused(NamedTuple):
    """One record that cannot be read, with its bytes: they go to the quarantine folder and nowhere else."""

    offset: int
    """Byte at which its line or document starts, after decompression."""
    piece: int
    """Its place in that line or document; -1 is the whole of it."""
    reason: str
    """One word: not_json, not_utf8, wrong_type, no_id, bad_time, too_large, too_deep."""
    detail: str
    """The fault in a sentence, without the record's own text."""
    raw: bytes
    """The record as it came."""


class Batch(NamedTuple):
    """What was read between two commits: `n_records` is spans, signals and refused together."""

    spans: pl.DataFrame
    """schemas.SPANS, one row a span read."""
    signals: pl.DataFrame
    """schemas.SIGNALS, one row a signal read."""
    refused: Sequence[Refused]
    """Records that could not be read."""
    end_offset: int
    """Bytes of the source that are dealt with after this batch."""
    mapped: Counter[str]
    """`source field -> column`, and for how many records."""
    guessed: Counter[str]
    """What was assumed, in words, and for how many records."""
    left: Counter[str]
    """Source fields that went into `attributes`, and for how many records."""
    redacted: Counter[str]
    """Places with personal data that were replaced, by kind."""

    @property
    def n_records(self) -> int:
        """Records read."""
        return self.spans.height + self.signals.height + len(self.refused)


@dataclass(frozen=True, slots=True)
class Context:
    """What a loader needs to know besides the file."""

    source_id: str
    """src_..., of the file that is being read."""
    ingest_day: date
    """The partition of records without a time."""
    key_user: Callable[[str], str]
    """Raw user id to keyed user id; loaders let no raw id through."""
    start: int = 0
    """Byte to start at, after decompression: 0, or the end of an earlier batch."""
    batch_records: int = BATCH_RECORDS
    """Records after which a batch is handed over."""
    redaction: Redaction = EVERYTHING
    """What of personal data is replaced before a record is stored."""


class Load(Protocol):
    """A loader: the records of one source, in batches."""

    def __call__(self, source: Source, context: Context) -> Iterator[Batch]:
        """Yield batches whose records are all of the source from `context.start` on, in order."""


@dataclass(slots=True)
class Rows:
    """Records collected for the next batch."""

    context: Context
    columns: list[list[Any]] = field(default_factory=lambda: [[] for _ in SPAN_FIELDS])
    """Of spans, in the order of SPAN_FIELDS, as far as they are in no frame yet."""
    digests: list[str] = field(default_factory=list)
    """Of these spans, each taken while its values are at hand."""
    frames: list[pl.DataFrame] = field(default_factory=list)
    """SPAN_FIELDS and digests, FRAME_ROWS rows or more each."""
    signals: list[tuple[Any, ...]] = field(default_factory=list)
    """Tuples in the order of SIGNAL_FIELDS."""
    refused: list[Refused] = field(default_factory=list)
    n_bytes: int = 0
    """Of the spans and signals, and of those refused records that were weighed."""
    n_weighed: int = 0
    """Refused records whose bytes were counted."""
    mapped: Counter[str] = field(default_factory=Counter)
    guessed: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    redacted: Counter[str] = field(default_factory=Counter)

    @property
    def is_full(self) -> bool:
        """True when a batch is due: of so many records, or of so many bytes."""
        self.n_bytes += sum(len(refused.raw) for refused in self.refused[self.n_weighed :])
        self.n_weighed = len(self.refused)
        n_spans = len(self.digests) + sum(frame.height for frame in self.frames)
        n_records = n_spans + len(self.signals) + len(self.refused)
        return n_records >= self.context.batch_records or self.n_bytes >= BATCH_BYTES

    def add_span(self, fields: Mapping[str, Any]) -> None:
        """Add one span given as `column: value`; columns that are not named are null."""
        _require_known(fields, _KNOWN_OF_SPANS)
        self._add(list(zip(map(fields.get, SPAN_FIELDS))))

    def add_spans(self, columns: Mapping[str, Sequence[Any]], *, n: int) -> None:
        """Add `n` spans given as `column: values`; columns that are not named are null. personal.py cleans a batch."""
        _require_known(columns, _KNOWN_OF_SPANS)
        nothing = (None,) * n
        self._add([columns.get(name, nothing) for name in SPAN_FIELDS])

    def add_signal(self, fields: Mapping[str, Any]) -> None:
        """Add one signal given as `column: value`, without its personal data; columns that are not named are null."""
        cleaned = cleaned_signal(fields, self.context.key_user, self.context.redaction, self.redacted)
        _require_known(cleaned, _KNOWN_OF_SIGNALS)
        self.signals.append(tuple(cleaned.get(name) for name in SIGNAL_FIELDS))
        self.n_bytes += sum(len(value) for value in cleaned.values() if isinstance(value, str))

    def take(self, end_offset: int) -> Batch:
        """Return what was collected as a batch and start anew."""
        self._make_frame()
        batch = Batch(
            self._spans(),
            _signal_frame(self.signals, self.context),
            self.refused,
            end_offset,
            self.mapped,
            self.guessed,
            cleaned_names(self.left, self.context.redaction),
            self.redacted,
        )
        self.frames, self.signals, self.refused, self.n_bytes, self.n_weighed = [], [], [], 0, 0
        self.mapped, self.guessed, self.left, self.redacted = Counter(), Counter(), Counter(), Counter()
        return batch

    def _add(self, columns: list[Sequence[Any]]) -> None:
        """Add spans given as columns in the order of SPAN_FIELDS."""
        digests, n_bytes = _digested(zip(*columns, strict=True))
        self.digests += digests
        self.n_bytes += n_bytes
        for own, values in zip(self.columns, columns, strict=True):
            own += values
        if len(self.digests) >= FRAME_ROWS:
            self._make_frame()

    def _make_frame(self) -> None:
        if self.digests:
            self.frames.append(_span_frame(self.columns, self.digests))
            self.columns, self.digests = [[] for _ in SPAN_FIELDS], []

    def _spans(self) -> pl.DataFrame:
        """Return the spans of the batch; the digest of one that was cleaned is that of what is stored."""
        if not self.frames:
            return SPANS.empty()
        cleaned = cleaned_frame(pl.concat(self.frames), self.context.key_user, self.context.redaction)
        self.redacted.update(cleaned.counts)
        return _finished_spans(_renewed(cleaned.frame, cleaned.changed), self.context)


def microseconds(moment: datetime) -> int:
    """Return integer microseconds since 1970; a moment without a zone is UTC, which the loader says in `guessed`."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    elapsed = aware - datetime(1970, 1, 1, tzinfo=UTC)
    return (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds


def _require_known(columns: Mapping[str, Any], known: frozenset[str]) -> None:
    if not columns.keys() <= known:
        raise ValueError(f"no such column: {', '.join(sorted(columns.keys() - known))}")


def _span_frame(columns: Sequence[list[Any]], digests: list[str]) -> pl.DataFrame:
    given = zip(_SPAN_FRAME_SCHEMA.items(), columns, strict=True)
    series = [pl.Series(name, values, dtype=dtype, strict=True) for (name, dtype), values in given]
    return pl.DataFrame([*series, pl.Series("content_digest", digests)])


def _renewed(spans: pl.DataFrame, places: Sequence[int]) -> pl.DataFrame:
    """Return the spans, the digests of some taken anew: no digest tells what was in a text before."""
    if not places:
        return spans
    rows = spans.select(SPAN_FIELDS)[list(places)].rows()
    return spans.with_columns(spans["content_digest"].scatter(places, _digested(rows)[0]))


def _finished_spans(spans: pl.DataFrame, context: Context) -> pl.DataFrame:
    times = pl.col("started_at", "ended_at").cast(pl.Datetime("us", "UTC"))
    return _finish(
        spans.with_columns(times, pl.lit(context.source_id).alias("source")), "started_at", context, SPANS.schema
    )


def _signal_frame(rows: list[tuple[Any, ...]], context: Context) -> pl.DataFrame:
    if not rows:
        return SIGNALS.empty()
    columns = dict(zip(SIGNAL_FIELDS, zip(*rows, strict=True), strict=True))
    frame = pl.DataFrame(
        [
            pl.Series(name, values, dtype=pl.Int64 if name == "at" else SIGNALS.schema[name], strict=True)
            for name, values in columns.items()
        ]
    )
    return _finish(
        frame.with_columns(
            pl.Series("signal_id", [content_id("sig", orjson.dumps(row)) for row in rows]),
            pl.col("at").cast(pl.Datetime("us", "UTC")),
            pl.lit(context.source_id).alias("source"),
        ),
        "at",
        context,
        SIGNALS.schema,
    )


def _finish(frame: pl.DataFrame, time: str, context: Context, schema: pl.Schema) -> pl.DataFrame:
    day = pl.col(time).dt.date().fill_null(context.ingest_day).alias("day")
    return frame.with_columns(day).select(schema.names())


def _digested(rows: Iterable[tuple[Any, ...]]) -> tuple[list[str], int]:
    """Return the digest of each row and the bytes of all; MessagePack into one buffer takes a third of JSON's time."""
    encode_into, buffer, digest = _ENCODER.encode_into, bytearray(), hashlib.sha256
    digests, n_bytes = [], 0
    for row in rows:
        encode_into(row, buffer)
        digests.append(digest(buffer).hexdigest()[:32])
        n_bytes += len(buffer)
    return digests, n_bytes
