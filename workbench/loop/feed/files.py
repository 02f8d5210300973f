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
from workbench.boundaries.redact import others
from workbench.errors import FormatError
from workbench.ids import digest, key_user
from workbench.loaders import inputs
from workbench.loaders.batch import Batch, Context, Load, Refused
from workbench.loaders.personal import Redaction, redaction
from workbench.loaders.source import Source
from workbench.records import LoadReport
from workbench.schemas import QUARANTINE, SIGNALS, SPANS
from workbench.store import Policy, Refusal, Workspace, check_version

Hashes = NDArray[np.uint64]
ERASED_USER = "erased"
"""The reason for which a record of an erased user is refused; it alone is not kept in quarantine."""
CACHED_USERS = 100_000
"""User keys held while a file is read: a key costs 2 us, a look-up 0.1."""


class IngestProgress(Protocol):
    """Is told how an ingest gets on."""

    def __call__(self, name: str, n_records: int, share: float | None) -> None:
        """Take the file being read, its records so far, and the share read, 0 to 1; None where that is not known."""


def feed(
    workspace: Workspace,
    paths: Sequence[Path | str],
    *,
    now: datetime,
    mapping: Path | None = None,
    progress: IngestProgress | None = None,
) -> tuple[LoadReport, ...]:
    """Ingest the files and return what became of each; durable and exactly-once when it returns.

    Parameters
    ----------
    workspace
        Where the records go.
    paths
        Files, folders that are searched for files, and as text also URLs and `-`; archives are read file by file.
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
    key = user_keys(workspace)
    check_version(workspace.policy, where=str(workspace.root))
    named = frozenset(map(inputs.place_of, paths))
    reports: list[LoadReport] = []
    for place in inputs.expand(paths):
        n_before = len(reports)
        for source in inputs.sources(place):
            read = partial(_feed_file, workspace, source, key_user=key, now=now, progress=progress)
            try:
                report = read(loaders.choose(source, mapping))
            except FormatError as error:
                if place in named and str(source.path) == inputs.shown(place):
                    raise
                report = read((loaders.UNKNOWN, loaders.refusal(error.what)))
            workspace.keep_load_report(report, now=now)
            reports.append(report)
        if place in named and len(reports) == n_before:
            raise FormatError("there is no file of records in it", where=inputs.shown(place), fix="see what it holds")
    workspace.telemetry.compact()
    workspace.telemetry.settle()
    return tuple(reports)


def _feed_file(
    workspace: Workspace,
    source: Source,
    chosen: tuple[str, Load],
    *,
    key_user: Callable[[str], str],
    now: datetime,
    progress: IngestProgress | None,
) -> LoadReport:
    """Read a file from its beginning, whatever was read of it before: the tables alone decide what is new."""
    name, load = chosen
    account = Account(str(source.path), source.id(), name)
    context = context_of(workspace, account, key_user=key_user, now=now)
    with collector_off():
        for batch in load(source, context):
            store_batch(workspace, batch, account, now=now)
            if progress is not None:
                progress(source.name, account.n_in, source.share_read(batch.end_offset))
    return account.report(n_bytes_waiting=source.n_bytes_after(account.end_offset))


def user_keys(workspace: Workspace) -> Callable[[str], str]:
    """Return the function from a raw user id to its key in a workspace; it remembers those that it has met.

    Raises
    ------
    ConfigError
        If the workspace's secret is not there.
    """
    return lru_cache(CACHED_USERS)(partial(key_user, workspace.secret()))


@lru_cache
def redaction_of(policy: Policy) -> Redaction:
    """Return what a workspace redacts; made once a process.

    Raises
    ------
    ConfigError
        If it names a redactor that no installed package offers.
    """
    return redaction(policy.keep, also=others.load(policy.also))


def context_of(
    workspace: Workspace, account: "Account", *, key_user: Callable[[str], str], now: datetime, start: int = 0
) -> Context:
    """Return what a loader needs to know to read a source for a workspace, from a byte on."""
    day = now.astimezone(UTC).date()
    return Context(account.source, day, key_user, start, redaction=redaction_of(workspace.policy))


def store_batch(workspace: Workspace, batch: Batch, account: "Account", *, now: datetime) -> None:
    """Append one batch: refused records first, spans last, so that a re-run completes what a kill left."""
    append = partial(workspace.telemetry.append, source=account.source, offset=batch.end_offset)
    with workspace.writing() as refusal:
        n_records, batch = batch.n_records, _admitted(batch, refusal)
        store_refused(
            workspace, batch.refused, account.source, path=refusal.path(account.path), now=now, offset=batch.end_offset
        )
        signals, spans = append(SIGNALS, batch.signals), append(SPANS, batch.spans)
    n_stored, n_duplicate = signals.n_new + spans.n_new, signals.n_held + spans.n_held
    account.add(batch, n_stored=n_stored, n_duplicate=n_duplicate, n_erased=n_records - batch.n_records)


def store_refused(
    workspace: Workspace, refused: Sequence[Refused], source: str, *, path: str, now: datetime, offset: int
) -> None:
    """Keep refused records, their bytes before the rows that name them.

    Parameters
    ----------
    workspace, now
        Where, and when.
    refused
        The records, without those that name somebody who was erased.
    source, path, offset
        The file that they are of, what it is called, and the byte up to which it is dealt with.
    """
    workspace.keep_refused({digest(one.raw): one.raw for one in refused})
    workspace.telemetry.append(QUARANTINE, _quarantine_rows(refused, source, path, now), source=source, offset=offset)


def _admitted(batch: Batch, refusal: Refusal) -> Batch:
    """Return the batch without what is of users who were erased: nothing of that is kept, not even in quarantine."""
    return batch._replace(
        spans=refusal.admitted(SPANS, batch.spans),
        signals=refusal.admitted(SIGNALS, batch.signals),
        refused=[refused for refused in batch.refused if refusal.is_admitted(refused.raw)],
    )


def _quarantine_rows(refused: Sequence[Refused], source: str, path: str, now: datetime) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "source": source,
                "path": path,
                "offset": record.offset,
                "piece": record.piece,
                "n_bytes": len(record.raw),
                "reason": record.reason,
                "detail": record.detail,
                "digest": digest(record.raw),
                "day": now.astimezone(UTC).date(),
            }
            for record in refused
        ],
        schema=QUARANTINE.schema,
    )


class Account:
    """What became of the records of one file so far: read, stored, duplicate and refused, each counted for itself."""

    def __init__(self, path: str, source: str, format_name: str) -> None:
        self.path, self.source, self.format = path, source, format_name
        self.n_in = self.n_stored = self.n_duplicate = self.end_offset = 0
        self._spans: list[Hashes] = []
        self._traces: list[Hashes] = []
        self._signals: list[Hashes] = []
        self._refused: Counter[str] = Counter()
        self._mapped: Counter[str] = Counter()
        self._guessed: Counter[str] = Counter()
        self._left: Counter[str] = Counter()
        self._filled: Counter[str] = Counter()
        self._redacted: Counter[str] = Counter()

    def add(self, batch: Batch, *, n_stored: int, n_duplicate: int, n_erased: int) -> None:
        """Count a batch that is stored, and the records that were left out of it."""
        self.n_in += batch.n_records + n_erased
        self.end_offset = batch.end_offset
        self.n_stored += n_stored
        self.n_duplicate += n_duplicate
        self._spans.append(_hashes(batch.spans["content_digest"]))
        self._traces.append(_hashes(batch.spans["trace_id"]))
        self._signals.append(_hashes(batch.signals["signal_id"]))
        self._refused.update(refused.reason for refused in batch.refused)
        self._refused.update({ERASED_USER: n_erased} if n_erased else {})
        self._mapped.update(batch.mapped)
        self._guessed.update(batch.guessed)
        self._left.update(batch.left)
        self._filled.update(_filled(batch.spans))
        self._redacted.update(batch.redacted)

    def report(self, *, n_bytes_waiting: int) -> LoadReport:
        """Return what became of all records so far."""
        return LoadReport(
            path=self.path,
            source=self.source,
            format=self.format,
            n_in=self.n_in,
            n_stored=self.n_stored,
            n_duplicate=self.n_duplicate,
            n_quarantined=self._refused.total(),
            n_spans=_n_distinct(self._spans),
            n_traces=_n_distinct(self._traces),
            n_signals=_n_distinct(self._signals),
            refused=dict(self._refused),
            mapped=dict(self._mapped),
            guessed=dict(self._guessed),
            left=dict(self._left),
            filled=dict(self._filled),
            redacted=dict(self._redacted),
            n_bytes_waiting=n_bytes_waiting,
        )


def _filled(spans: pl.DataFrame) -> dict[str, int]:
    """Return how many spans have a value in each column, are of each kind, and ended in an error."""
    filled = {column.name: spans.height - column.null_count() for column in spans.iter_columns()}
    kinds = {f"kind {kind}": n for kind, n in spans["kind"].value_counts().iter_rows()}
    return {**filled, **kinds, "status ERROR": int((spans["status"] == "ERROR").sum())}


def _hashes(values: pl.Series) -> Hashes:
    """Return the values of one batch as 64-bit hashes, which is all that counting needs."""
    return values.hash().to_numpy()


def _n_distinct(hashes: Iterable[Hashes]) -> int:
    parts = list(hashes)
    if not parts:
        return 0
    ordered = np.concatenate(parts)
    ordered.sort()
    return int(np.count_nonzero(np.diff(ordered))) + min(1, ordered.size)


@contextmanager
def collector_off() -> Iterator[None]:
    """Keep the garbage collector from walking the rows of a batch: it halves the speed and frees nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
