"""Step 1, feed, live: telemetry that applications send by OTLP/HTTP goes into a spool at once, and into the store soon.

A request is acknowledged when it is on the disk in the spool. Every few seconds what is new there goes into the tables,
as a file that grows would (tail.py), and a file of the spool is deleted once all of it is stored. So a kill costs
nothing that was acknowledged: the next start reads the spool again, and the tables take what they do not have.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from workbench.boundaries.listen import Handler, Limits, Listener
from workbench.counted import counted
from workbench.errors import ConfigError, WorkbenchError
from workbench.loaders.otlp import protobuf
from workbench.loop.feed.files import redaction_of, user_keys
from workbench.loop.feed.otlp_http import MAX_BODY_BYTES, OtlpDoor
from workbench.loop.feed.tail import Tail
from workbench.records import LoadReport
from workbench.store import Workspace, check_version
from workbench.store.durability import lock
from workbench.store.spool import LENGTH_BYTES, RECEIVER, SPOOL, Spool

DRAIN_S = 5.0
"""Between two looks at the spool: a commit to the tables costs tens of milliseconds, and nobody reads by the second."""
SEGMENT_BYTES = 256 << 20
"""Of a file of the spool: after a kill this much is read again, some ten seconds."""
SEGMENT_AGE = timedelta(hours=1)
"""After which a file of the spool is finished, so that its load report is written."""
MAX_WAITING_BYTES = 2 << 30
"""In the spool and not in the tables: beyond it senders are told to come back later."""
COMPACT_EVERY = 60
"""Looks at the spool that stored something: some 200 files, after which appends slow down."""


class Received(NamedTuple):
    """What became of one session of the receiver."""

    reports: tuple[LoadReport, ...]
    """One a file of the spool, those that an earlier session left among them."""
    statuses: Counter[int]
    """Answers given, by HTTP status."""
    n_acknowledged: int
    """Records of the requests that were acknowledged in this session."""


class ListenAddress(NamedTuple):
    """Where to listen, and for whom."""

    host: str = "127.0.0.1"
    port: int = 4318
    """OTLP's port over HTTP; 0 takes a free one."""
    token: str | None = None
    """Bearer token that senders must show."""
    is_remote_allowed: bool = False
    """Whether another address than this machine's own may be listened on."""


def receive(
    workspace: Workspace,
    address: ListenAddress,
    *,
    now: Callable[[], datetime],
    told: Callable[[str], None],
    limits: Limits | None = None,
    drain_s: float = DRAIN_S,
) -> Received:
    """Listen until SIGTERM or SIGINT, and return what became of all that came; everything is stored by then.

    Parameters
    ----------
    workspace
        Where the records go.
    address
        Where to listen.
    now
        The time, UTC.
    told
        Takes one line about what happens.
    limits
        What one client may take.
    drain_s
        Seconds between two looks at the spool.

    Raises
    ------
    ConfigError
        If the address is not this machine's own and that is not allowed or has no token, or cannot be listened on; if
        another process receives for this workspace; if there is no secret.
    StoreError
        If the store did not take what is in the spool: it stays there for the next start.
    """
    _check_address(address)
    check_version(workspace.policy, where=str(workspace.root))
    redaction_of(workspace.policy)  # what is wrong with it is said before anything is acknowledged
    with lock(workspace.root / RECEIVER) as is_mine:
        if not is_mine:
            what = "another process receives for this workspace, or erases a user"
            raise ConfigError(what, where=str(workspace.root))
        spool = Spool(workspace.root / SPOOL, now=now, segment_bytes=SEGMENT_BYTES)
        drain = _Drain(workspace, spool, now=now, told=told)
        door = OtlpDoor(spool, lambda: drain.n_waiting_bytes() < MAX_WAITING_BYTES, address.token)
        limits = limits or Limits(body_bytes=MAX_BODY_BYTES)
        listener = Listener(Handler(door.admit, door.answer, door.fault), limits)
        try:
            asyncio.run(_serve(listener, address, drain, drain_s=drain_s))
        finally:
            door.close()
            spool.close()
        drain.run()
        workspace.telemetry.compact()
        workspace.telemetry.settle()
        return Received(tuple(drain.reports), door.statuses, door.n_acknowledged)


def store_what_is_left(workspace: Workspace, *, now: datetime) -> None:
    """Store what an earlier session left in the spool, and delete it there; for whoever holds the receiver's lock.

    Raises
    ------
    StoreError
        If the store did not take it: it stays there.
    """
    spool = Spool(workspace.root / SPOOL, now=lambda: now, segment_bytes=SEGMENT_BYTES)
    try:
        _Drain(workspace, spool, now=lambda: now, told=lambda _line: None).run()
    finally:
        spool.close()


async def _serve(listener: Listener, address: ListenAddress, drain: "_Drain", *, drain_s: float) -> None:
    """Listen, and look at the spool from time to time, until a signal says that it is enough."""
    enough = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, enough.set)
    try:
        port = await listener.start(address.host, address.port)
    except OSError as error:
        where = f"{address.host}:{address.port}"
        raise ConfigError(f"cannot listen: {error.strerror}", where=where, fix="name a free --port") from error
    host = f"[{address.host}]" if ":" in address.host else address.host
    drain.told(f"listening on http://{host}:{port} for /v1/traces and /v1/logs; Ctrl-C or SIGTERM ends it")
    storing = asyncio.create_task(_store_from_time_to_time(drain, enough, drain_s))
    try:
        await asyncio.wait({storing, asyncio.create_task(enough.wait())}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await listener.stop()
        await storing


async def _store_from_time_to_time(drain: "_Drain", enough: asyncio.Event, drain_s: float) -> None:
    while not enough.is_set():
        await asyncio.to_thread(drain.try_to_run)
        with suppress(TimeoutError):
            async with asyncio.timeout(drain_s):
                await enough.wait()


class _Drain:
    """Brings what is in the spool into the tables."""

    def __init__(
        self, workspace: Workspace, spool: Spool, *, now: Callable[[], datetime], told: Callable[[str], None]
    ) -> None:
        self._workspace, self._spool, self._now = workspace, spool, now
        self.told = told
        self.reports: list[LoadReport] = []
        self._key = user_keys(workspace)
        self._tails: dict[Path, Tail] = {}
        self._begun_at: dict[Path, datetime] = {}
        self._n_stores = 0

    def n_waiting_bytes(self) -> int:
        """Return how many bytes are in the spool and not in the tables."""
        return self._spool.n_bytes() - sum(tail.offset for tail in list(self._tails.values()))

    def try_to_run(self) -> None:
        """Store what is new; a fault is told, and tried again the next time."""
        try:
            self.run()
        except (WorkbenchError, OSError) as error:
            self.told(f"what was received waits in the spool: {error}")

    def run(self) -> None:
        """Store what is new, and finish with the files that are finished."""
        for segment in self._spool.segments():
            is_finished = segment != self._spool.writing
            tail = self._tails.get(segment)
            if tail is None and _has_whole_message(segment):
                tail = self._tails[segment] = Tail.begin(
                    self._workspace, segment, ("otlp", protobuf.load), key_user=self._key
                )
                self._begun_at[segment] = self._now()
            if tail is not None and segment.stat().st_size > tail.offset:
                tail.advance(now=self._now())
                self._count_store()
            if is_finished:
                self._finish(segment, tail)
            elif tail is not None and self._now() - self._begun_at[segment] > SEGMENT_AGE:
                self._spool.finish()  # the next look finds it finished

    def _finish(self, segment: Path, tail: Tail | None) -> None:
        """Account for a file to which nothing is added any more, and delete it."""
        if n_torn := segment.stat().st_size - (tail.offset if tail is not None else 0):
            self.told(f"{segment.name}: {counted(n_torn, 'byte')} at its end never acknowledged")
        if tail is not None:
            report = tail.report()
            self._workspace.keep_load_report(report, now=self._now().astimezone(UTC))
            self.reports.append(report)
            if report.n_duplicate:
                self._workspace.telemetry.settle()  # what a killed process stored may not be on the disk yet
        self._spool.remove(segment)
        self._tails.pop(segment, None)
        self._begun_at.pop(segment, None)

    def _count_store(self) -> None:
        self._n_stores += 1
        if self._n_stores % COMPACT_EVERY == 0:
            self._workspace.telemetry.compact()


def _has_whole_message(segment: Path) -> bool:
    with segment.open("rb") as file:
        header = file.read(LENGTH_BYTES)
    return len(header) == LENGTH_BYTES and segment.stat().st_size >= LENGTH_BYTES + int.from_bytes(header, "big")


def _check_address(address: ListenAddress) -> None:
    if address.host == "localhost":
        return
    try:
        is_loopback = ip_address(address.host).is_loopback
    except ValueError:
        is_loopback = False
    if is_loopback:
        return
    if not address.is_remote_allowed:
        raise ConfigError(
            "other machines could send there", where=address.host, fix="keep to 127.0.0.1, or say --allow-remote"
        )
    if not address.token:
        raise ConfigError(
            "other machines could send there without showing a token",
            where=address.host,
            fix="set WORKBENCH_RECEIVE_TOKEN, and give it to the senders",
        )
