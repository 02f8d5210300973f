"""Step 1, feed: telemetry files into the store, every record accounted for.

A file may come twice, renamed, grown, or cut short by a kill: what is in the store afterwards is the same.
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench import loaders
from workbench.ids import digest, key_user
from workbench.loaders.batch import Batch, Context, Load, Refused
from workbench.loaders.source import Source
from workbench.records import LoadReport
from workbench.schemas import QUARANTINE, SIGNALS, SPANS, Table
from workbench.store import Workspace
from workbench.store.sources import Progress

Hashes = NDArray[np.uint64]
CACHED_USERS = 100_000
"""User keys held while a file is read: a key costs 2 us, a look-up 0.1."""


class Watch(Protocol):
    """Is told how an ingest gets on."""

    def __call__(self, path: Path, n_records: int, share: float | None) -> None:
        """Take the file being read, its records so far, and the share read, 0 to 1; None where that is not known."""


def feed(
    workspace: Workspace,
    paths: Sequence[Path],
    *,
    now: datetime,
    mapping: Path | None = None,
    progress: Watch | None = None,
) -> tuple[LoadReport, ...]:
    """Ingest the files and return what became of each; durable and exactly-once when it returns.

    Parameters
    ----------
    workspace
        Where the records go.
    paths
        Files, and folders that are searched for files.
    now
        The time of this ingest, UTC.
    mapping
        TOML file that says how a chat log of your own maps to spans; only files of no known format need one.
    progress
        Called after each batch.

    Raises
    ------
    FormatError
        If no loader knows a file that is named; one that lies in a named folder is refused, and the rest is read.
    ConfigError
        If there is no secret to key user ids with, or the mapping does not fit.
    """
    key = lru_cache(CACHED_USERS)(partial(key_user, workspace.secret()))
    reports = []
    for path in loaders.expand(paths):
        is_named = path in paths
        chosen = loaders.choose(Source(path), mapping) if is_named else loaders.choose_or_refuse(Source(path), mapping)
        report = _feed_file(workspace, Source(path), chosen, key_user=key, now=now, progress=progress)
        workspace.sources.add_load(report, now=now)
        reports.append(report)
    workspace.telemetry.compact()
    return tuple(reports)


def _feed_file(
    workspace: Workspace,
    source: Source,
    chosen: tuple[str, Load],
    *,
    key_user: Callable[[str], str],
    now: datetime,
    progress: Watch | None,
) -> LoadReport:
    name, load = chosen
    source_id = source.id()
    account = _Account(str(source.path), source_id, name)
    start = account.resume(source, workspace.sources.progress(source_id))
    if start is None:
        return account.report()
    context = Context(source_id, now.astimezone(UTC).date(), key_user, start)
    with _collector_off():
        for batch in load(source, context):
            _store(workspace, batch, account, now=now)
            if progress is not None:
                progress(source.path, account.n_in, source.share_read(batch.end_offset))
    if (prefix := source.prefix_digest(account.end_offset)) is not None:
        workspace.sources.note(Progress(account.end_offset, prefix, account.report()))
    return account.report()


def _store(workspace: Workspace, batch: Batch, account: "_Account", *, now: datetime) -> None:
    """Append one batch: refused records first, spans last, so that a re-run completes what a kill left."""

    def append(table: Table, rows: pl.DataFrame) -> int:
        if rows.is_empty():
            return 0
        return workspace.telemetry.append(table, rows, source=account.source, offset=batch.end_offset)

    workspace.keep_refused({_refused_digest(refused): refused.raw for refused in batch.refused})
    append(QUARANTINE, _quarantine_rows(batch.refused, account, now))
    n_stored = append(SIGNALS, batch.signals)
    n_stored += append(SPANS, batch.spans)
    account.add(batch, n_stored)


def _quarantine_rows(refused: Sequence[Refused], account: "_Account", now: datetime) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "source": account.source,
                "path": account.path,
                "offset": record.offset,
                "piece": record.piece,
                "n_bytes": len(record.raw),
                "reason": record.reason,
                "detail": record.detail,
                "digest": _refused_digest(record),
                "day": now.astimezone(UTC).date(),
            }
            for record in refused
        ],
        schema=QUARANTINE.schema,
    )


def _refused_digest(refused: Refused) -> str:
    return digest(refused.raw)


class _Account:
    """What became of the records of one file so far."""

    def __init__(self, path: str, source: str, format_name: str) -> None:
        self.path, self.source, self.format = path, source, format_name
        self.n_in = self.n_stored = self.n_quarantined = 0
        self.end_offset = 0
        self._n_known_spans = self._n_known_traces = self._n_known_signals = 0
        self._spans: list[Hashes] = []
        self._traces: list[Hashes] = []
        self._signals: list[Hashes] = []
        self.refused: Counter[str] = Counter()
        self.mapped: Counter[str] = Counter()
        self.guessed: Counter[str] = Counter()
        self.left: Counter[str] = Counter()

    def resume(self, source: Source, known: Progress | None) -> int | None:
        """Take over what is known of the source's beginning; return the byte to go on from, None if nothing is left."""
        if known is None or source.prefix_digest(known.end_offset) != known.prefix_digest:
            return 0
        earlier = known.report
        self.n_in, self.n_quarantined, self.end_offset = earlier.n_in, earlier.n_quarantined, known.end_offset
        self._n_known_spans, self._n_known_traces = earlier.n_spans, earlier.n_traces
        self._n_known_signals = earlier.n_signals
        self.refused.update(earlier.refused)
        self.mapped.update(earlier.mapped)
        self.guessed.update(earlier.guessed)
        self.left.update(earlier.left)
        return known.end_offset if source.has_more(known.end_offset) else None

    def add(self, batch: Batch, n_stored: int) -> None:
        self.n_in += batch.n_records
        self.n_stored += n_stored
        self.n_quarantined += len(batch.refused)
        self.end_offset = max(self.end_offset, batch.end_offset)
        self._spans.append(_hashes(batch.spans["content_digest"]))
        self._traces.append(_hashes(batch.spans["trace_id"]))
        self._signals.append(_hashes(batch.signals["signal_id"]))
        self.refused.update(refused.reason for refused in batch.refused)
        self.mapped.update(batch.mapped)
        self.guessed.update(batch.guessed)
        self.left.update(batch.left)

    def report(self) -> LoadReport:
        return LoadReport(
            path=self.path,
            source=self.source,
            format=self.format,
            n_in=self.n_in,
            n_stored=self.n_stored,
            n_duplicate=self.n_in - self.n_stored - self.n_quarantined,
            n_quarantined=self.n_quarantined,
            n_spans=self._n_known_spans + _n_distinct(self._spans),
            n_traces=self._n_known_traces + _n_distinct(self._traces),
            n_signals=self._n_known_signals + _n_distinct(self._signals),
            refused=dict(self.refused),
            mapped=dict(self.mapped),
            guessed=dict(self.guessed),
            left=dict(self.left),
        )


def _hashes(values: pl.Series) -> Hashes:
    """Return the distinct values of one batch as 64-bit hashes, which is all that counting needs."""
    return values.unique().hash().to_numpy()


def _n_distinct(hashes: Iterable[Hashes]) -> int:
    parts = list(hashes)
    return int(np.unique(np.concatenate(parts)).size) if parts else 0


@contextmanager
def _collector_off() -> Iterator[None]:
    """Keep the garbage collector from walking the rows of a batch: it halves the speed and frees nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
