"""A user erased: every trace of theirs, what was found in it, said of it and quoted from it, for good.

Two steps: what is to go is found and shown, then it goes, spans last. A run that was killed is completed by the next,
because what is left leads to the rest, and old files and log entries go at the end in any case. Others who write wait
meanwhile. What comes in again is refused (`store.erasures`). Only ids of traces stay, where a chained entry of the
ledger names them as evidence: they lead to nothing any more.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
import polars as pl

from workbench.detectors.trained_file import TRAINED
from workbench.errors import StoreError
from workbench.ids import key_user
from workbench.loop.erase.left_of_clusters import Left, left_of
from workbench.loop.erase.left_of_drafts import drafts_that_quote, drop_drafts
from workbench.loop.erase.left_of_reviews import drafts_of
from workbench.loop.erase.left_of_texts import LEAST_LETTERS, judged_of, open_codes_only_in, said_only_in, texts_of
from workbench.loop.holdouts.erased import HeldLines, drop_held_lines, held_lines
from workbench.loop.validate.erased import OfRuns, erase_of_runs, of_runs
from workbench.records import LoadReport
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS, QUARANTINE, SIGNALS, SPANS
from workbench.store import (
    ASIDE,
    Belongings,
    Names,
    Workspace,
    belongings,
    drop_open_codes,
    mark,
    open_codes_in,
)
from workbench.store.durability import lock
from workbench.store.seats import Draft
from workbench.store.spool import RECEIVER, SPOOL, SUFFIX
from workbench.store.telemetry import Telemetry
from workbench.taxonomy import TAXONOMY

Quoting = Callable[[Collection[str]], Sequence[Path]]
"""The files of executed reports that hold one of some words."""
_OWN_FILES = (
    "telemetry",
    "reports",
    "holdouts",
    "experiments",
    "quarantine",
    "spool",
    ASIDE,
    "workspace.toml",
    "ledger.db",
    ".writing",
)
_DIGEST = re.compile("[0-9a-f]{64}")
"""The name of a refused record's bytes; what a kill left half written has another one."""


class Found(NamedTuple):
    """What of a workspace is a user's."""

    user_key: str
    rows: Belongings
    left: Left
    """What remains of the clusters that their findings are in."""
    texts: tuple[str, ...]
    """Digests of texts in the ledger that are their words."""
    refused: tuple[Path, ...]
    """Refused records that name them or one of their traces, and pieces that were set aside."""
    sources: tuple[str, ...]
    """Files that are named after them and of which records were refused."""
    drafts: tuple[Draft, ...]
    """Notes of reviewers on what is theirs, or that name them."""
    edits: tuple[Path, ...]
    """Folders of changes that are being edited, which quote them."""
    holdouts: tuple[HeldLines, ...]
    """Cases of theirs in holdouts."""
    runs: OfRuns
    """Results of experiments on cases of theirs, and the answers to these."""
    n_review_items: int
    """Items of reviews that are a trace of theirs."""
    reports: tuple[Path, ...]
    """Files of executed reports that quote them."""
    codes: frozenset[str]
    """Open codes of the taxonomy that reviewers gave to their traces and to no others."""
    n_loads: int
    """Load reports that name them."""
    others: tuple[Path, ...]
    """Other files of the workspace that name them, which are left."""

    def counts(self) -> Mapping[str, int]:
        """Return how much there is of each."""
        return {
            "traces": len(self.rows.traces),
            "spans": len(self.rows.spans),
            "sessions": len(self.rows.sessions),
            "shared_sessions": len(self.rows.shared_sessions),
            "signals": len(self.rows.signals),
            "findings": len(self.rows.findings),
            "clusters": len(self.rows.clusters),
            "quoted_texts": len(self.texts),
            "review_items": self.n_review_items,
            "review_notes": len(self.drafts),
            "drafts_of_changes": len(self.edits),
            "holdout_cases": sum(len(one.case_ids) for one in self.holdouts),
            "results": self.runs.n_results,
            "experiment_answers": self.runs.n_answers,
            "cached_answers": self.runs.n_cached,
            "refused_records": len(self.refused),
            "report_files": len(self.reports),
            "open_codes": len(self.codes),
            "load_reports": self.n_loads,
            "other_files": len(self.others),
        }


def find_user(workspace: Workspace, user_key: str, *, quoting: Quoting) -> Found:
    """Return what of the workspace is the user's; read-only.

    Parameters
    ----------
    workspace
        The workspace.
    user_key
        The user, keyed.
    quoting
        Gives the files of executed reports that hold one of some words.

    Raises
    ------
    ConfigError
        If the secret that user ids are keyed with is not on this machine.
    """
    key = partial(key_user, workspace.secret())
    rows = belongings(workspace.telemetry, user_key)
    names = Names(frozenset({user_key}), frozenset(mark(one, key) for one in (*rows.traces, *rows.sessions)), key)
    left = left_of(workspace.telemetry, rows)
    told = workspace.ledger.quoted()
    judged = judged_of(workspace)
    going = texts_of(told, left, rows, names, judged=judged)
    drafts = drafts_of(workspace, left, rows, names, judged=judged)
    sources, digests = _sources(workspace.telemetry, names)
    loads = [report for _, report in workspace.loads.all() if _is_named(report, names)]
    said = said_only_in(going, told)
    edits = drafts_that_quote(workspace, rows, names, said=said)
    taxonomy = workspace.root / TAXONOMY
    listed = open_codes_in(workspace.root, open_codes_only_in(going, told))
    return Found(
        user_key,
        rows,
        left,
        tuple(quoted.digest for quoted in going),
        tuple(_refused(workspace, names, digests)),
        sources,
        drafts,
        tuple(edits),
        held_lines(workspace, rows, names),
        of_runs(workspace, rows.traces, user_key=user_key),
        sum(map(len, workspace.review_items.places(rows.traces).values())),
        tuple(quoting(_words(rows, user_key) | _files(loads) | said)),
        listed.codes,
        len(loads),
        tuple(
            path
            for path in dict.fromkeys([*_others(workspace.root, names), *([taxonomy] if listed.is_elsewhere else [])])
            if not any(path.is_relative_to(folder) for folder in edits)
        ),
    )


def erase_user(workspace: Workspace, user_key: str, *, now: datetime, quoting: Quoting) -> Found:
    """Erase the user, and return what went; when this returns, no byte of it is left in the workspace.

    Nothing goes from other files, which are told, nor from what was committed to the app's git. What an earlier
    receiver left in the spool is stored first. A run that was killed is completed by the next one.
    Parameters and errors as of `find_user`.

    Raises
    ------
    StoreError
        If another process receives or is compacting, or the ledger is locked.
    """
    with lock(workspace.root / RECEIVER) as is_mine:
        if not is_mine:
            what = "another process receives, and what it holds may be the user's"
            raise StoreError(what, where=str(workspace.root), fix="stop it, erase, and start it again")
        if any((workspace.root / SPOOL).glob(f"*{SUFFIX}")):
            from workbench.loop.feed.receive import (
                store_what_is_left,  # h11 and all that listens: only where it is needed
            )

            store_what_is_left(workspace, now=now)
        return _erase(workspace, user_key, now=now, quoting=quoting)


def _erase(workspace: Workspace, user_key: str, *, now: datetime, quoting: Quoting) -> Found:
    with workspace.alone():
        found = find_user(workspace, user_key, quoting=quoting)
        workspace.erasures.begin(user_key, [*found.rows.traces, *found.rows.sessions], now=now)
        for path in found.reports:
            path.unlink(missing_ok=True)
        drop_open_codes(workspace.root, found.codes)  # before the texts that lead to them
        drop_held_lines(workspace, found.holdouts, now=now)
        erase_of_runs(workspace, found.runs)
        drop_drafts(found.edits)
        for digest in found.texts:
            workspace.ledger.erase_text(digest)
        workspace.reservations.erase(found.drafts)
        workspace.review_items.erase(found.rows.traces)  # what leads to drafts goes after them
        _erase_refused(workspace, found)
        if found.rows.traces:  # their words may have taught it; `workbench train` teaches it anew
            (workspace.root / TRAINED).unlink(missing_ok=True)
        key = partial(key_user, workspace.secret())
        workspace.loads.forget(partial(_is_named, names=Names(frozenset({user_key}), frozenset(), key)))
        _erase_rows(workspace, found)
        workspace.telemetry.scrub()
        workspace.ledger.scrub()
        workspace.erasures.finish(user_key, now=now)
    return found


def _erase_rows(workspace: Workspace, found: Found) -> None:
    """Erase the rows: what is found by others first, spans last, so that a re-run finds what a kill left."""
    telemetry, rows = workspace.telemetry, found.rows
    telemetry.replace(CLUSTERS, "cluster_id", rows.clusters, rows=found.left.clusters)
    telemetry.delete(MEMBERSHIPS, "finding_id", rows.findings)
    telemetry.delete(FINDINGS, "finding_id", rows.findings)
    telemetry.delete(SIGNALS, "signal_id", rows.signals)
    telemetry.delete(SPANS, "content_digest", rows.spans)


def _erase_refused(workspace: Workspace, found: Found) -> None:
    """Erase refused records: rows before bytes that lead to them, and rows last that lead to bytes."""
    workspace.telemetry.delete(QUARANTINE, "digest", [path.name for path in found.refused if _is_record(path)])
    for path in found.refused:
        path.unlink(missing_ok=True)
    workspace.telemetry.delete(QUARANTINE, "source", found.sources)


def _is_record(path: Path) -> bool:
    return path.parent.name == "quarantine" and _DIGEST.fullmatch(path.name) is not None


def _sources(telemetry: Telemetry, names: Names) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the files named after the user of which records were refused, and the digests of what only they hold."""
    rows = telemetry.scan(QUARANTINE).select("source", "path", "digest").unique().collect()
    paths = [path for path in rows["path"].unique() if names.are_in_path(path)]
    theirs = rows.filter(pl.col("path").is_in(paths))["source"].unique().sort()
    of_others = rows.filter(~pl.col("source").is_in(theirs.to_list()))["digest"]
    of_them = rows.filter(pl.col("source").is_in(theirs.to_list()))["digest"]
    return tuple(theirs), frozenset(of_them) - frozenset(of_others)


def _refused(workspace: Workspace, names: Names, digests: Collection[str]) -> Iterator[Path]:
    """Yield raw bytes that name the user, and tables' pieces set aside: damaged, they cannot be searched."""
    for path in sorted(workspace.quarantine.iterdir()):
        if path.name in digests or names.are_in(path.read_bytes()):
            yield path
    aside = workspace.root / ASIDE
    yield from (path for path in sorted(aside.rglob("*")) if path.is_file())


def _others(root: Path, names: Names) -> Iterator[Path]:
    for entry in sorted(root.iterdir()):
        if entry.name in _OWN_FILES:
            continue
        for path in [entry] if entry.is_file() else sorted(entry.rglob("*")):
            if path.is_file() and names.are_in(path.read_bytes()):
                yield path


def _is_named(report: LoadReport, names: Names) -> bool:
    return names.are_in(msgspec.json.encode(report)) or names.are_in_path(report.path)


def _files(loads: Collection[LoadReport]) -> frozenset[str]:
    """Return the names of files that are named after the user, as reports show them."""
    return frozenset(name for name in (Path(report.path).name for report in loads) if len(name) >= LEAST_LETTERS)


def _words(rows: Belongings, user_key: str) -> frozenset[str]:
    """Return what a report that quotes the user shows beside the quote."""
    ids = (one for one in (*rows.traces, *rows.sessions) if len(one) >= LEAST_LETTERS)
    return frozenset({user_key, *rows.findings, *ids})
