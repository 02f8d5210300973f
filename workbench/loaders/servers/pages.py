"""What a server gives at once, as the records that a loader reads, and where the next page begins."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import msgspec

from workbench.boundaries.http import TOO_LARGE
from workbench.errors import RecordError, ServerError
from workbench.loaders.reading.strict import parse


class Position(NamedTuple):
    """Where to read on."""

    since: datetime | None
    """What began earlier is not asked for; None asks for everything."""
    cursor: str = ""
    """The server's own mark of the next page; empty for the first one."""


class Payload(NamedTuple):
    """Records of one format, in the bytes that its loader reads."""

    format: str
    """A name in loaders.LOADERS."""
    raw: bytes
    """JSON lines."""


class Page(NamedTuple):
    """What was read at one position."""

    payloads: tuple[Payload, ...]
    cursor: str = ""
    """The mark of the next page; empty on the last one."""
    arrival: str = ""
    """On the last page of a server that lists in order of arrival: where the next pull begins. Else that goes by time,
    with an overlap for what comes late."""


class Stream(NamedTuple):
    """One list of a server, read page by page."""

    name: str
    read: Callable[[Position], Page]
    is_repeat: bool = False
    """True for what another stream read before and may have changed: on the first pull there is nothing of it."""


class Project(NamedTuple):
    """One project of a server."""

    id: str
    """The server's id of it, or its name."""
    streams: tuple[Stream, ...]
    """Its lists, in the order in which they are read."""


Answer = TypeVar("Answer")


def decoded(raw: bytes, kind: type[Answer], *, where: str) -> Answer:
    """Return an answer's outline; the records in it stay as they came where the outline says `Raw`.

    Raises
    ------
    ServerError
        If the answer is no JSON of that outline.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ServerError(
            f"answers with something else than was asked for: {error}",
            where=where,
            fix="check that the URL is the server's own, and its version",
        ) from error


def readable(raw: msgspec.Raw) -> dict[str, Any] | None:
    """Return a record as an object; None if it cannot be read as one, which its loader then says."""
    try:
        value = parse(bytes(raw))
    except RecordError:
        return None
    return value if isinstance(value, dict) else None


def one_line(raw: msgspec.Raw) -> bytes:
    """Return a record as it came; line ends between its parts, where there are any, become spaces."""
    return bytes(raw).replace(b"\r", b" ").replace(b"\n", b" ")


def fewer_at_once(read: Callable[[int], bytes], limit: int) -> bytes:
    """Return what `read` gives of a page, of half as many records as long as the answer is too large."""
    while True:
        try:
            return read(limit)
        except ServerError as error:
            if error.status != TOO_LARGE or limit == 1:
                raise
            limit //= 2


def iso(moment: datetime) -> str:
    """Return a moment as servers take it: UTC, with a Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
