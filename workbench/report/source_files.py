"""What became of each file over all of its loads: a file that is loaded every night is one file, and counts once.

A file is known again by its path, or by its source where it was renamed or copied.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from workbench.records import LoadReport

Load = tuple[datetime, LoadReport]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file with all of its loads; n_in is n_stored, n_duplicate and n_refused together."""

    path: str
    """Where it was at its newest load."""
    format: str
    at: datetime
    """Its newest load that stored something, else its first one, UTC."""
    n_loads: int
    n_in: int
    """Distinct records that came in with it."""
    n_stored: int
    """Records that its loads added."""
    n_duplicate: int
    """Records that are in it twice, or came with another file before."""
    n_refused: int
    n_traces: int
    n_signals: int
    guessed: Counter[str]
    """What was assumed, in words, and for how many records."""
    left: Counter[str]
    """Fields without a column, and of how many records."""
    filled: Counter[str]
    """Of its newest load: how many spans have a value in a column, or are of a kind."""
    redacted: Counter[str]
    """Places with personal data that were replaced, by kind."""


def source_files(loads: Sequence[Load]) -> tuple[SourceFile, ...]:
    """Return one entry a file, the newest first.

    Parameters
    ----------
    loads
        When each file was ingested and what became of it, oldest first.
    """
    return tuple(sorted(map(_whole, _by_file(loads)), key=lambda file: file.at, reverse=True))


def _by_file(loads: Iterable[Load]) -> list[list[Load]]:
    """Return the loads of each file, oldest first."""
    files: list[list[Load]] = []
    of_source: dict[str, list[Load]] = {}
    of_path: dict[str, list[Load]] = {}
    for load in loads:
        report = load[1]
        file = of_source.get(report.source, of_path.get(report.path))
        if file is None:
            files.append(file := [])
        file.append(load)
        of_source[report.source] = of_path[report.path] = file
    return files


def _whole(loads: Sequence[Load]) -> SourceFile:
    newest = loads[-1][1]
    # A report speaks of all that is read of its source by then, but for what was stored: the newest of each counts.
    of_sources = list({report.source: report for _, report in loads}.values())
    n_stored = sum(report.n_stored for _, report in loads)
    n_refused = sum(report.n_quarantined for report in of_sources)
    n_in = max(newest.n_in, n_stored + n_refused)  # larger where a file of the same name has other content now
    return SourceFile(
        path=newest.path,
        format=newest.format,
        at=next((at for at, report in reversed(loads) if report.n_stored), loads[0][0]),
        n_loads=len(loads),
        n_in=n_in,
        n_stored=n_stored,
        n_duplicate=n_in - n_stored - n_refused,
        n_refused=n_refused,
        n_traces=newest.n_traces,
        n_signals=newest.n_signals,
        guessed=sum((Counter(report.guessed) for report in of_sources), Counter()),
        left=sum((Counter(report.left) for report in of_sources), Counter()),
        filled=Counter(newest.filled),
        redacted=sum((Counter(report.redacted) for report in of_sources), Counter()),
    )
