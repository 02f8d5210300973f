"""The door to servers that are asked many things at once: one question, one attempt, and what became of it.

`http` waits and asks again by itself. Whoever pays for each question has to know whether the server may have done the
work, and decides alone whether it is asked once more; so here nothing is repeated, and what fails is told, not raised.
"""

import asyncio
import socket
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Literal, NamedTuple, Self

import httpx

from workbench.boundaries.http import CONNECT_S, ENCODINGS, HEADERS, retry_after, states_more, target_of
from workbench.boundaries.keys import Key, not_taken, require_origin
from workbench.boundaries.urls import Address

MAX_ANSWER_BYTES = 4 << 20
"""After decompression: an answer of 100,000 tokens has half a megabyte, and its spans a few times that."""
ANSWER_S = 120.0
"""The latest moment of a whole answer."""
_SAID_BYTES = 200
"""Of what a server says about an error: enough to know it by."""

Fault = Literal[
    "timeout", "rate_limited", "server_error", "unreachable", "broken_off", "redirected", "too_large", "refused"
]
_UNDONE: Mapping[int, Fault] = {
    429: "rate_limited",
    500: "server_error",
    502: "server_error",
    503: "server_error",
    408: "timeout",
    504: "timeout",
}
"""What a status says; after 504 somebody behind the server may still be at work."""


class Told(NamedTuple):
    """What became of one question."""

    body: bytes
    """The whole answer; empty if there is none."""
    took_ms: float
    """From the question to the end of the answer."""
    fault: Fault | None = None
    """Why there is none: see `experiments.answer.ErrorKind`."""
    what: str = ""
    """The same in words."""
    retry_after_s: float | None = None
    """The pause that the server asks for."""


class Line:
    """Connections to one server; use it in an `async with` statement.

    Parameters
    ----------
    address
        Where it is.
    key
        What opens it.
    answer_s
        Seconds within which a whole answer must have come.
    max_bytes
        The largest answer, after decompression.
    monotonic
        Gives seconds, for how long an answer took.

    Raises
    ------
    ConfigError
        If the key belongs to another origin.
    """

    def __init__(
        self,
        address: Address,
        key: Key,
        *,
        answer_s: float = ANSWER_S,
        max_bytes: int = MAX_ANSWER_BYTES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        require_origin(key, address)
        self.address = address
        self.answer_s, self.max_bytes = answer_s, max_bytes
        self._key, self._monotonic = key, monotonic
        self._client = httpx.AsyncClient(
            headers=HEADERS,
            timeout=httpx.Timeout(None, connect=min(CONNECT_S, answer_s)),
            # A connection that the server has just closed would be an error that is nobody's.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=not address.is_loopback,
        )

    async def __aenter__(self) -> Self:
        """Return this line."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def post(self, path: str, body: bytes, *, work_id: str) -> Told:
        """Return what becomes of one POST of JSON.

        Parameters
        ----------
        path
            Below the address; the address itself if it is empty.
        body
            JSON.
        work_id
            The same for the same work: a server that knows the header Idempotency-Key does it once.

        Raises
        ------
        ConfigError
            If the server does not take the key.
        """
        url = self.address.url(path) if path else str(self.address)
        headers = {**self._key.headers, "Content-Type": "application/json", "Idempotency-Key": work_id}
        request = self._client.build_request("POST", url, content=body, headers=headers)
        began = self._monotonic()
        try:
            async with asyncio.timeout(self.answer_s):
                response = await self._client.send(request, stream=True)
                try:
                    told = await self._told(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            told = Told(b"", 0, "timeout", f"no whole answer within {self.answer_s:g} s")
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            told = Told(b"", 0, "unreachable", f"cannot be reached ({_why(error)})")
        except (httpx.RequestError, OSError) as error:
            told = Told(b"", 0, "broken_off", f"the connection ended too early ({type(error).__name__})")
        return told._replace(took_ms=(self._monotonic() - began) * 1_000)

    async def _told(self, response: httpx.Response) -> Told:
        status = response.status_code
        if status in (401, 403):
            raise not_taken(self._key, status=status, where=str(self.address))
        if status in _UNDONE:
            return Told(b"", 0, _UNDONE[status], f"answers {status}", retry_after(response))
        if 300 <= status < 400:
            return Told(b"", 0, "redirected", f"sends us to {target_of(response)} ({status}); none is followed")
        whole = await self._whole(response)
        if whole.fault is None and not response.is_success:
            said = whole.body[:_SAID_BYTES].decode("utf-8", "replace")
            return Told(b"", 0, "refused", f"answers {status}: {said}")
        return whole

    async def _whole(self, response: httpx.Response) -> Told:
        encoding = response.headers.get("content-encoding", "").strip().lower()
        if encoding not in ENCODINGS:
            return Told(b"", 0, "refused", "sends its answer in an encoding that was not asked for")
        parts, n_bytes = [], 0
        is_too_large = states_more(response, than=self.max_bytes)
        if not is_too_large:
            async for part in response.aiter_bytes():
                parts.append(part)
                n_bytes += len(part)
                if n_bytes > self.max_bytes:
                    is_too_large = True
                    break
        if is_too_large:
            return Told(b"", 0, "too_large", f"sends more than {self.max_bytes:,} bytes in one answer")
        return Told(b"".join(parts), 0)


def _why(error: BaseException) -> str:
    """Return why no connection came about, in words that name no address."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, ConnectionRefusedError):
            return "connection refused"
        if isinstance(below, socket.gaierror):
            return "no such host"
        below = below.__cause__ or below.__context__
    return "no connection in time" if isinstance(error, httpx.ConnectTimeout) else type(error).__name__
