"""Step 3, review, from elsewhere: verdicts of a file into the ledger, from another workspace or another tool.

An import counts for what its file says and for no more. Its annotators' names are `typed`, whatever the file says of
how they were obtained, and those of programs stay programs'; its entries in the chain are by the import and by no
person; what somebody judged in this workspace it never revises, and it is of no time to come. So nobody can put words
into a reviewer's mouth by a file that names them. At the gate of an issue it counts as a typed name's verdict does.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
import polars as pl

from workbench.errors import RecordError
from workbench.ids import content_id
from workbench.loaders import verdicts as files
from workbench.loaders.batch import Refused
from workbench.loaders.reading.pieces import PARTS
from workbench.loaders.source import Source
from workbench.loaders.streams import CHUNK_BYTES
from workbench.loaders.verdicts import Book, Given, Reading
from workbench.loop.feed.files import ERASED_USER, Account, context_of, store_refused, user_keys
from workbench.loop.review.targets import on_what_is_there
from workbench.loop.settle import settle
from workbench.records import Actor, Issue, LoadReport, Verdict
from workbench.review import n_against, standing
from workbench.schemas import SPANS
from workbench.store import Refusal, Workspace
from workbench.store.ledger import MovedError

IMPORTER = Actor(kind="CODE", name="verdicts import", identity="program")
"""Who appended what came in by a file."""
TAKEN, OUTDATED = "taken", "outdated"
MOST_TOLD = 5
"""Refused records that are told one by one."""
MAX_ATTEMPTS = 10
"""Others who judge at the same time move the ledger on; that many times in a row they hardly do."""


class Imported(NamedTuple):
    """What became of a file of verdicts."""

    report: LoadReport
    """Every record is stored, duplicate or quarantined."""
    settled: tuple[Issue, ...]
    """Issues that the gate has brought elsewhere, as they stand now."""
    rests_on: Mapping[str, tuple[str, ...]] = {}
    """By these issues: who has judged them, as the verdicts say that the gate goes by."""
    faults: tuple[str, ...] = ()
    """The first records that were refused: where each stands, and what is wrong with it."""
    against: Mapping[str, int] = {}
    """By issue of which the file says something: how many of its traces people judged, where it is confirmed and they
    rejected each."""


class _Decided(NamedTuple):
    stored: list[Verdict]
    n_duplicate: int
    refused: list[Refused]
    n_erased: int


def import_verdicts(
    workspace: Workspace, path: Path, *, now: datetime, form: str | None = None, reading: Reading | None = None
) -> Imported:
    """Store the verdicts of a file, all at once, and return what became of each; a file that comes again adds nothing.

    What is about nothing in the store is refused, and comes in with the file once that is there.

    Parameters
    ----------
    workspace
        Where they go.
    path
        JSON lines, an array, or Parquet, plain, gzip or zstd; of Langfuse also CSV.
    now
        The time of the import, UTC: it stands for the time of verdicts that have none.
    form
        A name in `loaders.verdicts.FORMATS`; told by the content if None.
    reading
        How labels of another tool are read.

    Raises
    ------
    FormatError
        If the file cannot be read, or its format is not known.
    ConfigError
        If nothing in it answers the question that holds the label, or the workspace's secret is not there.
    StoreError
        If others append to the ledger all the time.
    """
    source = Source(path)
    chosen = files.choose(source, form)
    account = Account(str(path), content_id("src", "verdicts", source.id()), _named(chosen.name))
    context = context_of(workspace, account, key_user=user_keys(workspace), now=now)
    book = files.read(source, context, chosen, reading=reading or Reading(), now=now)
    book.place(_traces_of(workspace, [said.span_id for said, _ in book.of_spans if said.span_id]))
    book.given, unplaced = on_what_is_there(workspace, book.given)
    book.refused += unplaced
    with workspace.writing() as refusal:
        decided = _store(workspace, book, refusal, now=now)
        admitted = [one for one in (*book.refused, *decided.refused) if refusal.is_admitted(one.raw)]
        store_refused(workspace, admitted, account.source, path=refusal.path(account.path), now=now, offset=0)
    n_erased = decided.n_erased + len(book.refused) + len(decided.refused) - len(admitted)
    refused = Counter(one.reason for one in admitted) + Counter({ERASED_USER: n_erased})
    report = _report(account, book, decided, refused)
    workspace.keep_load_report(report, now=now)
    is_of_issues = any(one.target_kind == "issue" for one in decided.stored)
    settled = settle(workspace, now=now) if is_of_issues else []
    faults = tuple(_faults(source, [*book.refused, *decided.refused]))
    rests_on, against = _rests_on(workspace, settled), _against(workspace, decided.stored)
    return Imported(report, tuple(settled), rests_on, faults, against)


def _rests_on(workspace: Workspace, settled: Sequence[Issue]) -> dict[str, tuple[str, ...]]:
    """Return who judged each issue that the gate has moved, by the verdicts that it moved on."""
    said = {one.id: one.annotator for one in workspace.ledger.latest(Verdict, target_kind="issue")}
    return {issue.id: tuple(sorted(said[one] for one in issue.evidence if one in said)) for issue in settled}


def _against(workspace: Workspace, stored: Sequence[Verdict]) -> dict[str, int]:
    """Return the confirmed issues of which new verdicts tell while people rejected all that they saw of them."""
    told = {one.target_id if one.target_kind == "issue" else one.cluster_id for one in stored}
    if not told - {None}:
        return {}
    shown: defaultdict[str, set[str]] = defaultdict(set)  # an issue goes on from run to run under new clusters
    for issue in workspace.ledger.revisions(Issue):
        shown[issue.id].add(issue.cluster_id)
    said = standing(workspace.ledger.latest(Verdict, target_kind="trace"))
    found: dict[str, int] = {}
    for issue in workspace.ledger.latest(Issue):
        if issue.state == "confirmed" and issue.split_from is None and told & {issue.id, *shown[issue.id]}:
            of_issue = [replace(one, cluster_id=issue.id) for one in said if one.cluster_id in shown[issue.id]]
            found[issue.id] = n_against(of_issue, issue.id)
    return {issue_id: n for issue_id, n in found.items() if n}


def _faults(source: Source, refused: Sequence[Refused]) -> Iterator[str]:
    """Yield where the first refused records stand, by line and place in it, and why they were refused."""
    first = sorted(refused, key=lambda one: (one.offset, one.piece))[:MOST_TOLD]
    if not first:
        return
    with source.open() as stream:
        at, line = 0, 1
        for one in first:
            while at < one.offset and (chunk := stream.read(min(CHUNK_BYTES, one.offset - at))):
                at, line = at + len(chunk), line + chunk.count(b"\n")
            place = max(one.piece, 0) // PARTS  # in an array, of which all records lie at its beginning
            yield f"line {line}{f', record {place + 1}' if place else ''}: {one.detail}"


def _store(workspace: Workspace, book: Book, refusal: Refusal, *, now: datetime) -> _Decided:
    """Append what is new; where somebody judged meanwhile, what is new is told anew."""
    for attempt in range(1, MAX_ATTEMPTS + 1):
        head = workspace.ledger.head()
        decided = _decide(workspace, book, refusal)
        try:
            workspace.ledger.append(decided.stored, now=now, actor=IMPORTER, after=head)
        except MovedError:
            if attempt == MAX_ATTEMPTS:
                raise
        else:
            return decided
    raise AssertionError


def _decide(workspace: Workspace, book: Book, refusal: Refusal) -> _Decided:
    """Return what becomes of each verdict, the oldest first: known, refused, or stored."""
    known, local = _known(workspace, book)
    stored: list[Verdict] = []
    refused: list[Refused] = []
    n_duplicate = n_erased = 0
    for one in sorted(book.given, key=lambda given: given.verdict.at):
        verdict, revisions = one.verdict, known[one.verdict.id]
        if any(_is_same(one, other) for other in revisions) or _repeats(verdict, revisions):
            n_duplicate += 1
        elif not refusal.is_admitted(msgspec.json.encode(verdict)):
            n_erased += 1
        elif verdict.id in local:
            said = "this annotator judged this in this workspace, which no file revises"
            refused.append(one.refuse(RecordError(said, reason=TAKEN)))
        elif one.is_timed and revisions and verdict.at < revisions[-1].at:
            refused.append(one.refuse(RecordError("a later one by this annotator is there", reason=OUTDATED)))
        else:
            stored.append(verdict)
            revisions.append(verdict)
    return _Decided(stored, n_duplicate, refused, n_erased)


def _known(workspace: Workspace, book: Book) -> tuple[defaultdict[str, list[Verdict]], frozenset[str]]:
    """Return the revisions that the ledger has of the file's verdicts, and those of them that were given in it.

    The revisions are as an import would have made them.
    """
    ids = {one.verdict.id for one in book.given}
    known: defaultdict[str, list[Verdict]] = defaultdict(list)
    for verdict in workspace.ledger.revisions(Verdict):
        if verdict.id in ids:
            made = files.cleaned_verdict(verdict, book.context.key_user, book.context.redaction, Counter())
            known[verdict.id].append(files.unproven(made))
    entries = (entry for entry in workspace.ledger.entries() if entry.kind == Verdict.KIND and entry.id in ids)
    return known, frozenset(entry.id for entry in entries if msgspec.json.decode(entry.actor, type=Actor) != IMPORTER)


def _is_same(given: Given, other: Verdict) -> bool:
    return given.verdict == (other if given.is_timed else replace(other, at=given.verdict.at))


def _repeats(verdict: Verdict, revisions: Sequence[Verdict]) -> bool:
    """Return whether the newest revision says the same at another time, which the ledger passes over."""
    return bool(revisions) and replace(revisions[-1], at=verdict.at) == verdict


def _traces_of(workspace: Workspace, span_ids: Sequence[str]) -> dict[str, str]:
    """Return the trace of each span that is in the store, once."""
    if not span_ids:
        return {}
    pairs = workspace.telemetry.scan(SPANS).filter(pl.col("span_id").is_in(span_ids)).select("span_id", "trace_id")
    found = pairs.unique().filter(pl.len().over("span_id") == 1).collect()
    return dict(found.iter_rows())


def _report(account: Account, book: Book, decided: _Decided, refused: Counter[str]) -> LoadReport:
    return LoadReport(
        path=account.path,
        source=account.source,
        format=account.format,
        n_in=len(book.given) + len(book.refused),
        n_stored=len(decided.stored),
        n_duplicate=decided.n_duplicate,
        n_quarantined=refused.total(),
        n_spans=0,
        n_traces=0,
        n_signals=0,
        refused=dict(refused),
        mapped=dict(book.mapped),
        guessed=dict(book.guessed),
        left=dict(book.left),
        redacted=dict(book.redacted),
    )


def _named(form: str) -> str:
    return form if form == "verdicts" else f"{form} verdicts"
