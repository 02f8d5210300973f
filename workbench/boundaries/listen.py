"""An HTTP/1.1 server for requests of bounded size, in bounded time, over a bounded number of connections.

h11 decides what the bytes mean; here is decided how many of them, how slowly, and from how many clients at once.
Whoever drips, floods or sends garbage costs one connection for a bounded time, and nobody else anything.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import h11

READ_BYTES = 1 << 16
LINGER_S = 2.0
"""How long a client may go on sending what nobody reads: closing at once could take the answer away from it."""


class Head(NamedTuple):
    """A request without its body."""

    method: str
    path: str
    """As it was sent, with its query."""
    headers: Mapping[str, str]
    """By lower-case name; of a repeated one the last."""


class Response(NamedTuple):
    """An answer."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


class Handler(NamedTuple):
    """What decides on requests; all of it must return soon and raise nothing."""

    admit: Callable[[Head], Response | None]
    """Answers a request by its head, before its body is read; None to read it."""
    answer: Callable[[Head, bytes], Awaitable[Response]]
    """Answers a whole request."""
    fault: Callable[[int, str, Head | None], Response]
    """Gives the answer for a fault of the transport: its status, in words, and the head if that was read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take; times in seconds."""

    head_bytes: int = 1 << 14
    body_bytes: int = 64 << 20
    pending_bytes: int = 192 << 20
    """Of all bodies that are not answered yet: beyond it, answers are 429."""
    connections: int = 256
    idle_s: float = 75.0
    """Between two requests of one connection."""
    head_s: float = 10.0
    """From the first byte of a head to its last."""
    body_s: float = 60.0
    """From the first byte of a body to its last."""
    grace_s: float = 20.0
    """For requests that are being read or answered when the server stops."""


@dataclass(slots=True)
class Listener:
    """A server on one address."""

    handler: Handler
    limits: Limits = field(default_factory=Limits)
    _server: asyncio.Server | None = field(init=False, default=None)
    _tasks: set["asyncio.Task[None]"] = field(init=False, default_factory=set)
    _idle: set[asyncio.StreamWriter] = field(init=False, default_factory=set)
    _n_pending_bytes: int = field(init=False, default=0)
    _is_stopping: bool = field(init=False, default=False)

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port: the one given, or a free one for 0."""
        self._server = await asyncio.start_server(self._connected, host, port, limit=READ_BYTES)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take no more requests, and return when those that had begun are answered, or their grace is over."""
        self._is_stopping = True
        if self._server is not None:
            self._server.close()
        for writer in self._idle:
            writer.close()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self.limits.grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        conversation = _Conversation(self, reader, writer)
        try:
            if len(self._tasks) > self.limits.connections:
                await conversation.refuse(503, "too many connections")
            else:
                await conversation.run()
        except (OSError, h11.LocalProtocolError):
            pass  # the client is gone
        finally:
            self._n_pending_bytes -= conversation.n_held
            self._tasks.discard(task)
            self._idle.discard(writer)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def has_room(self, n_bytes: int) -> bool:
        """Return whether so many bytes more may be held."""
        return self._n_pending_bytes + n_bytes <= self.limits.pending_bytes

    def hold(self, n_bytes: int) -> None:
        """Count bytes as held; a negative number lets go of them."""
        self._n_pending_bytes += n_bytes

    def set_idle(self, writer: asyncio.StreamWriter, *, is_idle: bool) -> None:
        """Note whether a connection waits for a request: such a one is closed when the server stops."""
        (self._idle.add if is_idle else self._idle.discard)(writer)

    @property
    def is_stopping(self) -> bool:
        """True once `stop` was called."""
        return self._is_stopping


class _RefusedError(Exception):
    """Ends a conversation with an answer of its own."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status, self.what = status, what


class _Conversation:
    """The requests of one connection, one after the other."""

    def __init__(self, listener: Listener, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._listener, self._limits = listener, listener.limits
        self._reader, self._writer = reader, writer
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=self._limits.head_bytes)
        self.n_held = 0
        """Bytes of the present body, counted as pending."""

    async def run(self) -> None:
        head: Head | None = None
        try:
            while (head := await self._head()) is not None:
                refusal = self._listener.handler.admit(head)
                if refusal is not None:
                    await self._send(refusal, is_last=True)
                    return await self._linger()
                response = await self._listener.handler.answer(head, await self._body(head))
                await self._send(response, is_last=self._listener.is_stopping)
                self._hold(-self.n_held)
                if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
                    return None
                self._h11.start_next_cycle()
                head = None
        except _RefusedError as error:
            await self._send(self._listener.handler.fault(error.status, error.what, head), is_last=True)
            await self._linger()
        except h11.RemoteProtocolError as error:
            await self.refuse(error.error_status_hint, "this is no HTTP request", head)
        return None

    async def refuse(self, status: int, what: str, head: Head | None = None) -> None:
        """Answer with a fault of the transport, and end."""
        if self._h11.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            await self._send(self._listener.handler.fault(status, what, head), is_last=True)
            await self._linger()

    async def _head(self) -> Head | None:
        """Return the next request's head; None if there is no other one."""
        event: object = self._h11.next_event()
        if event is h11.NEED_DATA and self._h11.trailing_data[0] == b"":
            self._listener.set_idle(self._writer, is_idle=True)
            try:
                if self._listener.is_stopping:
                    return None
                async with asyncio.timeout(self._limits.idle_s):
                    self._h11.receive_data(await self._reader.read(READ_BYTES))
            except TimeoutError:
                return None
            finally:
                self._listener.set_idle(self._writer, is_idle=False)
            event = self._h11.next_event()
        if event is h11.NEED_DATA:
            event = await self._event(self._deadline(self._limits.head_s))
        if not isinstance(event, h11.Request):
            return None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
        return Head(event.method.decode("latin-1"), event.target.decode("latin-1"), headers)

    async def _body(self, head: Head) -> bytes:
        length = head.headers.get("content-length", "")
        self._require_room(int(length) if length.isdecimal() else 0)
        if self._h11.they_are_waiting_for_100_continue:
            await self._write(self._h11.send(h11.InformationalResponse(status_code=100, headers=[])))
        deadline, parts = self._deadline(self._limits.body_s), []
        while isinstance(event := await self._event(deadline), h11.Data):
            self._require_room(len(event.data))
            self._hold(len(event.data))
            parts.append(bytes(event.data))
        if not isinstance(event, h11.EndOfMessage):
            raise ConnectionResetError
        return b"".join(parts)

    def _require_room(self, n_bytes: int) -> None:
        if self.n_held + n_bytes > self._limits.body_bytes:
            raise _RefusedError(413, f"a body of more than {self._limits.body_bytes >> 20} MB")
        if not self._listener.has_room(n_bytes):
            raise _RefusedError(429, "too much is waiting to be stored")

    def _hold(self, n_bytes: int) -> None:
        self.n_held += n_bytes
        self._listener.hold(n_bytes)

    async def _event(self, deadline: float) -> object:
        """Return what h11 makes of the next bytes."""
        try:
            async with asyncio.timeout_at(deadline):
                while (event := self._h11.next_event()) is h11.NEED_DATA:
                    self._h11.receive_data(await self._reader.read(READ_BYTES))
        except TimeoutError:
            raise _RefusedError(408, "the request took too long") from None
        return event

    def _deadline(self, seconds: float) -> float:
        return asyncio.get_running_loop().time() + seconds

    async def _send(self, response: Response, *, is_last: bool) -> None:
        headers = [
            ("content-type", response.content_type),
            ("content-length", str(len(response.body))),
            *response.headers,
            *([("connection", "close")] if is_last else []),
        ]
        sent = self._h11.send(h11.Response(status_code=response.status, headers=headers)) or b""
        sent += self._h11.send(h11.Data(data=response.body)) or b""
        await self._write(sent + (self._h11.send(h11.EndOfMessage()) or b""))

    async def _write(self, content: bytes | None) -> None:
        self._writer.write(content or b"")
        async with asyncio.timeout(self._limits.head_s):
            await self._writer.drain()

    async def _linger(self) -> None:
        """Read on for a moment and forget what comes, so that the client gets to read the answer."""
        with suppress(TimeoutError, OSError):
            self._writer.write_eof()
            async with asyncio.timeout(LINGER_S):
                while await self._reader.read(READ_BYTES):
                    pass
