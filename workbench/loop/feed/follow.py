"""Step 1, feed, from files that are still being written: each is read on as it grows, and through its rotation.

The paths are looked at again and again, so that a file that appears later is found too. Where a file was renamed, or
copied and emptied, its end is looked for beside it: the file that has the same bytes before the place where reading
stopped. How far each file was read is kept in memory only; a new start reads them again, and the tables take what is
new.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from workbench import loaders
from workbench.errors import ConfigError, FormatError
from workbench.loaders import inputs
from workbench.loaders.otlp import protobuf
from workbench.loaders.source import HEAD_BYTES, MAX_LINE_BYTES, Source
from workbench.loop.feed.files import feed, user_keys
from workbench.loop.feed.tail import Tail
from workbench.records import LoadReport
from workbench.store import Workspace, check_version

POLL_S = 1.0
"""Between two looks, by default."""
STILL_LOOKS = 5
"""Looks without a change after which a file counts as finished: one that is no log, or was rotated away."""
REPORT_EVERY = timedelta(minutes=15)
"""Between two load reports of a file that goes on growing."""
COMPACT_EVERY = 60
"""Looks that stored something: after some 200 files of a table appends slow down."""

_OPENING = (b"{", b"[", b",")
_Signature = tuple[int, int, int]
"""Of a file: its number, size and time of change. Where they stay the same there is nothing new."""


def follow(
    workspace: Workspace,
    paths: Sequence[Path | str],
    *,
    now: Callable[[], datetime],
    wait: Callable[[], bool],
    told: Callable[[str], None],
    mapping: Path | None = None,
) -> tuple[LoadReport, ...]:
    """Ingest what the files have and get until it is enough; return what became of each, durable and exactly-once.

    Parameters
    ----------
    workspace
        Where the records go.
    paths
        Files, folders and patterns. One that names nothing yet is waited for. What is no log (a document, an archive)
        is read when it has stood still for a while, and whenever it has changed.
    now
        The time, UTC.
    wait
        Waits until the next look is due, and returns whether there shall be one after that.
    told
        Takes one line about what happens.
    mapping
        As in `feed`.

    Raises
    ------
    ConfigError
        If there is no secret to key user ids with, the mapping does not fit, a path lies in a workspace, or it is no
        path: a URL and standard input are not followed.
    """
    for name in paths:
        if not isinstance(inputs.place_of(name), Path):
            raise ConfigError("only files can be followed", where=inputs.shown(str(name)), fix="leave out --follow")
    check_version(workspace.policy, where=str(workspace.root))
    follower = _Follower(workspace, paths, now, told, mapping)
    is_going_on = True
    while is_going_on:
        follower.look()
        is_going_on = wait()
    follower.look()
    return follower.end()


@dataclass(slots=True)
class _File:
    """A path that is looked at."""

    signature: _Signature | None = None
    n_still: int = 0
    """Looks since it changed."""
    tail: Tail | None = None
    """None where it is no log, or not known to be one yet."""
    reported_at: datetime | None = None
    is_rotated: bool = False
    is_unknown: bool = False
    """True if no loader knows it, which was told."""


@dataclass(slots=True)
class _Follower:
    """All files that are followed, by path."""

    workspace: Workspace
    paths: Sequence[Path | str]
    now: Callable[[], datetime]
    told: Callable[[str], None]
    mapping: Path | None
    files: dict[Path, _File] = field(default_factory=dict)
    found: frozenset[Path] = frozenset()
    """What the paths name at this look."""
    reports: dict[str, LoadReport] = field(default_factory=dict)
    """The newest of each file."""
    n_stores: int = 0
    key_user: Callable[[str], str] = field(init=False)

    def __post_init__(self) -> None:
        self.key_user = user_keys(self.workspace)

    def look(self) -> None:
        """Store what is new in all files."""
        self.found = frozenset(self._find())
        known = [path for path, file in self.files.items() if file.tail is not None]
        for path in known:  # first, so that a file that was renamed is not taken for a new one
            self._look_at(path)
        for path in sorted((self.found | self.files.keys()) - set(known)):
            self._look_at(path)

    def end(self) -> tuple[LoadReport, ...]:
        """Return what became of every file."""
        for file in self.files.values():
            self._report(file)
        self.workspace.telemetry.compact()
        self.workspace.telemetry.settle()
        return tuple(self.reports.values())

    def _find(self) -> list[Path]:
        found: list[Path] = []
        for name in self.paths:
            try:
                found += [place for place in inputs.expand([name]) if isinstance(place, Path)]
            except FormatError:
                continue  # there is nothing yet
        return found

    def _look_at(self, path: Path) -> None:
        """Store what is new in one file; a fault of the file is told, and tried again when it changes."""
        file = self.files.setdefault(path, _File())
        signature = _signature(path)
        if signature == file.signature:
            file.n_still += 1
        else:
            file.n_still = 0
        try:
            if file.n_still:
                self._look_at_still(path, file)
            else:
                self._look_at_changed(path, file, signature)
        except (FormatError, OSError) as error:
            self.told(str(error))

    def _look_at_changed(self, path: Path, file: _File, signature: _Signature | None) -> None:
        if file.tail is not None and not file.tail.is_at(path):
            self._follow_away(path, file)
            file = self.files[path] = _File()
        file.signature = signature
        if signature is None:
            del self.files[path]
            return
        if file.tail is None and _is_log(path):
            self._begin(path, file)
        self._advance(file)

    def _look_at_still(self, path: Path, file: _File) -> None:
        """Deal with a file that has not changed since the last look."""
        if file.tail is None and file.n_still == STILL_LOOKS and not file.is_unknown and path.stat().st_size:
            for report in feed(self.workspace, [path], now=self.now(), mapping=self.mapping):
                self.reports[f"{report.path} {report.source}"] = report
        elif file.is_rotated and file.n_still > STILL_LOOKS and path not in self.found:
            self._report(file)
            del self.files[path]

    def _follow_away(self, path: Path, file: _File) -> None:
        """Find where a file went that is no longer under its path, and read what was added before it went."""
        assert file.tail is not None
        is_free = {other: known.tail is None for other, known in self.files.items()}
        for other in sorted(path.parent.iterdir()) if file.tail.mark else ():
            if other != path and other.is_file() and is_free.get(other, True) and file.tail.is_at(other):
                file.tail.path = other
                self.files[other] = file
                file.signature, file.is_rotated = _signature(other), True
                self._advance(file)
                return
        self.told(f"{path}: was replaced; what was written to it after byte {file.tail.offset:,} is not beside it")
        self._report(file)

    def _begin(self, path: Path, file: _File) -> None:
        try:
            chosen = loaders.choose(Source(path), self.mapping)
        except FormatError as error:
            if not file.is_unknown:
                self.told(str(error))
            file.is_unknown = True
        else:
            file.tail = Tail.begin(self.workspace, path, chosen, key_user=self.key_user)

    def _advance(self, file: _File) -> None:
        if file.tail is None or not file.tail.advance(now=self.now()):
            return
        self.n_stores += 1
        if self.n_stores % COMPACT_EVERY == 0:
            self.workspace.telemetry.compact()
        if file.reported_at is None or self.now() - file.reported_at >= REPORT_EVERY:
            self._report(file)

    def _report(self, file: _File) -> None:
        """Keep what became of a file so far."""
        if file.tail is None:
            return
        self.workspace.keep_load_report(file.tail.report(), now=self.now().astimezone(UTC))
        whole = file.tail.whole()
        self.reports[f"{whole.path} {whole.source}"] = whole
        file.reported_at = self.now()


def _signature(path: Path) -> _Signature | None:
    """Return what changes when a file does; None if it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _is_log(path: Path) -> bool:
    """Return whether a file begins with a whole record of a log, so that reading may begin before it is finished."""
    with Source(path).open() as stream:
        head = stream.read(HEAD_BYTES)
        stream.seek(0)
        if protobuf.recognises(head):
            length = int.from_bytes(stream.read(protobuf.LENGTH_BYTES), "big")
            return length <= MAX_LINE_BYTES and len(stream.read(length)) == length
        first, second = stream.readline(MAX_LINE_BYTES), stream.readline(MAX_LINE_BYTES)
    # A document over several lines opens something in its first one; a log may begin with a line that is damaged.
    return _is_record(first) or (not first.rstrip().endswith(_OPENING) and _is_record(second))


def _is_record(line: bytes) -> bool:
    try:
        return line.endswith(b"\n") and isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False
