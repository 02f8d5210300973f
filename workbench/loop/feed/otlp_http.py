"""What the receiver answers: OTLP over HTTP, acknowledged once it is on the disk and no sooner.

A request is taken apart by the loaders' own reader before it is answered, so that the sender learns how many of its
records are refused; those are kept in quarantine all the same.
"""

import asyncio
import hmac
import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from workbench.boundaries.inflate import ENCODINGS, DamagedError, TooLargeError, inflate
from workbench.boundaries.listen import Head, Response
from workbench.counted import counted
from workbench.loaders.compression import ZSTD_MAGIC
from workbench.loaders.otlp.protobuf.messages import MessageReader, is_json
from workbench.loaders.source import MAX_LINE_BYTES
from workbench.store.spool import Spool

Signal = Literal["traces", "logs"]
PATHS: dict[str, Signal] = {"/v1/traces": "traces", "/v1/logs": "logs"}
PROTOBUF, JSON = "application/x-protobuf", "application/json"
MAX_BODY_BYTES = MAX_LINE_BYTES
"""Of a request, compressed or not: a longer one would be refused when it is read from the spool, once acknowledged."""
MAX_OBJECTS = 2_000_000
"""Of a body in JSON: more than the largest body of real spans has, and what fits into memory when it is read."""
RETRY_S = 5
"""When a sender may try again: the spool is stored every few seconds."""
_REJECTED: dict[Signal, str] = {"traces": "rejectedSpans", "logs": "rejectedLogRecords"}


class _Checked(NamedTuple):
    """What a request holds."""

    message: bytes
    n_records: int
    refused: Counter[str]
    """Records that will be refused, by reason."""


class _BadRequestError(Exception):
    """A request that cannot be taken, and will not be the next time either."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status, self.what = status, what


@dataclass(slots=True)
class OtlpDoor:
    """Decides on the requests of one session, and counts them."""

    spool: Spool
    has_room: Callable[[], bool]
    """Whether what waits in the spool is little enough to take more."""
    token: str | None = None
    """What a sender has to show as bearer token; None asks for nothing."""
    statuses: Counter[int] = field(default_factory=Counter)
    """Answers given, by status."""
    n_acknowledged: int = 0
    """Records of acknowledged requests, refused ones among them."""
    _checker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "check"))
    _reader: MessageReader = field(default_factory=lambda: MessageReader(_as_it_is))
    """Used by that one thread only; nothing of what it reads is kept."""

    def admit(self, head: Head) -> Response | None:
        """Return the answer to a request that is not even read; None if it is."""
        media_type, encoding = _media_type(head), _encoding(head)
        if _path(head) not in PATHS:
            return self.fault(404, f"only {' and '.join(PATHS)} are here", head)
        if head.method != "POST":
            return self.fault(405, "telemetry is sent with POST", head, ("allow", "POST"))
        if "origin" in head.headers:
            return self.fault(403, "requests of web pages are not taken", head)
        if self.token is not None and not _is_authorised(head, self.token):
            return self.fault(401, "the bearer token is missing or wrong", head, ("www-authenticate", "Bearer"))
        if media_type not in {PROTOBUF, JSON}:
            return self.fault(415, f"the content type must be {PROTOBUF} or {JSON}", head)
        if encoding not in ENCODINGS:
            return self.fault(415, f"the content encoding must be one of {', '.join(ENCODINGS)}", head)
        return None if self.has_room() else self.fault(503, "too much is waiting to be stored", head)

    async def answer(self, head: Head, body: bytes) -> Response:
        """Return the answer to a whole request; what it acknowledges is on the disk."""
        run = asyncio.get_running_loop().run_in_executor
        try:
            checked = await run(self._checker, _check, self._reader, head, body)
            if checked.n_records:
                await asyncio.wrap_future(self.spool.append(checked.message))
        except _BadRequestError as error:
            return self.fault(error.status, error.what, head)
        except OSError as error:
            return self.fault(503, f"the disk does not take it: {error.strerror}", head)
        self.n_acknowledged += checked.n_records
        return self._counted(Response(200, _success(head, checked), _media_type(head)))

    def fault(self, status: int, what: str, head: Head | None, *headers: tuple[str, str]) -> Response:
        """Return an answer that refuses a request, in the encoding that it came in."""
        if status in {429, 503}:
            headers = (*headers, ("retry-after", str(RETRY_S)))
        media_type = PROTOBUF if head is not None and _media_type(head) == PROTOBUF else JSON
        return self._counted(Response(status, _status(what, media_type), media_type, headers))

    def close(self) -> None:
        """Let go of the thread that reads requests."""
        self._checker.shutdown()

    def _counted(self, response: Response) -> Response:
        self.statuses[response.status] += 1
        return response


def _as_it_is(user_id: str) -> str:
    return user_id


def _check(reader: MessageReader, head: Head, body: bytes) -> _Checked:
    """Return what a request holds, read as it will be read from the spool.

    Raises
    ------
    _BadRequestError
        If it cannot be decoded, or is too large.
    """
    message = _message(head, body)
    n_records, refused, whole = 0, Counter[str](), ""
    for harvest, faults in reader.read(message, offset=0) if message else ():
        n_records += harvest.n_spans + len(harvest.signals) + len(faults)
        refused.update(fault.reason for fault in faults)
        whole = next((fault.detail for fault in faults if fault.piece == -1), whole)
    if whole and n_records == 1:
        raise _BadRequestError(413 if refused["too_large"] else 400, f"this is no OTLP: {whole}")
    return _Checked(message, n_records, refused)


def _message(head: Head, body: bytes) -> bytes:
    try:
        content = inflate(body, encoding=_encoding(head), max_bytes=MAX_BODY_BYTES)
    except TooLargeError:
        raise _BadRequestError(413, f"a body of more than {MAX_BODY_BYTES >> 20} MB") from None
    except DamagedError:
        raise _BadRequestError(400, f"the body is no {_encoding(head)}") from None
    if _media_type(head) == PROTOBUF:
        if is_json(content) or content.startswith(ZSTD_MAGIC):
            raise _BadRequestError(400, "the body is no protobuf")
        return content
    content = content.strip()
    if content and not is_json(content):
        raise _BadRequestError(400, "the body is no JSON object")
    if content.count(b"{") > MAX_OBJECTS:
        raise _BadRequestError(413, f"a body of more than {MAX_OBJECTS:,} objects")
    return b"" if content == b"{}" else content


def _success(head: Head, checked: _Checked) -> bytes:
    """Return the body of an acknowledgement: empty, or how many records were refused and why."""
    n_refused = checked.refused.total()
    is_protobuf = _media_type(head) == PROTOBUF
    if not n_refused:
        return b"" if is_protobuf else b"{}"
    reasons = ", ".join(f"{reason} {n}" for reason, n in checked.refused.most_common())
    of = counted(checked.n_records, "record is", "records are")
    what = f"{n_refused} of {of} refused and kept in quarantine: {reasons}"
    if is_protobuf:
        partial = b"\x08" + _varint(n_refused) + b"\x12" + _counted_bytes(what)
        return b"\x0a" + _varint(len(partial)) + partial
    rejected = _REJECTED[PATHS[_path(head)]]
    return json.dumps({"partialSuccess": {rejected: str(n_refused), "errorMessage": what}}).encode()


def _status(what: str, media_type: str) -> bytes:
    """Return a `google.rpc.Status` with a message, as the protocol wants it of every refusal."""
    return b"\x12" + _counted_bytes(what) if media_type == PROTOBUF else json.dumps({"message": what}).encode()


def _counted_bytes(text: str) -> bytes:
    content = text.encode()
    return _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """Return an integer as protobuf writes it: 7 bits a byte, the lowest first."""
    written = bytearray()
    while number >= 0x80:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])


def _path(head: Head) -> str:
    return head.path.partition("?")[0]


def _media_type(head: Head) -> str:
    return head.headers.get("content-type", "").partition(";")[0].strip().lower()


def _encoding(head: Head) -> str:
    return head.headers.get("content-encoding", "").strip().lower() or "identity"


def _is_authorised(head: Head, token: str) -> bool:
    shown = head.headers.get("authorization", "")
    return hmac.compare_digest(shown.encode("utf-8", "replace"), f"Bearer {token}".encode())
