"""The door to servers on the network: one origin, the key that belongs to it, and bounds on all that may come back.

A server may be slow, broken, hostile, or not the one that was meant. No redirect is followed, so that a key reaches no
other origin; an answer has a largest size and a latest moment, whatever the server claims about either.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, NoReturn, Self
from urllib.parse import urljoin

import httpx
import msgspec

from workbench import __version__
from workbench.boundaries.keys import Key, not_taken, require_origin
from workbench.boundaries.urls import Address, origin_of
from workbench.errors import ServerError

MAX_ANSWER_BYTES = 256 << 20
"""After decompression: four times the longest line that any loader reads."""
CONNECT_S = 10.0
SILENCE_S = 60.0
"""A server that sends nothing for so long is given up; a page of 1,000 long spans took Phoenix 4 s to begin."""
ANSWER_S = 300.0
"""The latest moment of a whole answer: a server that drips is given up."""
MAX_ATTEMPTS = 6
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 120.0
"""A server that wants a longer pause is left alone: the pull stops, and the next one continues."""
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_SAID_CHARACTERS = 200
"""Of what a server says about an error: enough to know it by."""

ENCODINGS = frozenset({"", "identity", "gzip", "deflate"})
"""A read of 64 kB becomes at most 66 MB; of zstd, or of one encoding in another, it could become gigabytes."""
HEADERS = {
    "User-Agent": f"feedback-workbench/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
}
"""Of every question."""
TOO_LARGE = 413
"""The status under which an answer beyond the largest size is reported: a smaller page may pass."""
_LATER = "try again later: what was read is stored, and the next call continues"

Parameters = Mapping[str, str | int | list[str]]


class Server:
    """An open connection to one server; use it in a `with` statement.

    Parameters
    ----------
    address
        Where it is.
    key
        What opens it.
    pause
        Waits the seconds that it is given.
    rng
        Spreads the pauses of clients that fail together.
    answer_s
        Seconds within which a whole answer must have come.
    silence_s
        Seconds without a byte after which it is given up, and asked again.
    max_bytes
        The largest answer, after decompression.

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
        pause: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
        answer_s: float = ANSWER_S,
        silence_s: float = SILENCE_S,
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        require_origin(key, address)
        self.address = address
        self._key, self._pause, self._rng = key, pause, rng or random.Random()  # noqa: S311  (pauses, no secret)
        self._answer_s, self._max_bytes = answer_s, max_bytes
        self._socket: Any = None
        self._client = httpx.Client(
            headers=HEADERS,
            timeout=httpx.Timeout(min(silence_s, answer_s), connect=CONNECT_S),
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            follow_redirects=False,
            trust_env=not address.is_loopback,  # a proxy knows nothing of this machine's own servers
        )

    def __enter__(self) -> Self:
        """Return this server."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._client.close()

    def get(self, path: str, parameters: Parameters | None = None) -> bytes:
        """Return the answer to a GET of a path below the address; tried again where that may help.

        Raises
        ------
        ServerError
            If there is none within the bounds.
        ConfigError
            If the server does not take the key.
        """
        return self._ask("GET", path, parameters, None)

    def post(self, path: str, body: Any, parameters: Parameters | None = None) -> bytes:
        """Return the answer to a POST of JSON; for what changes nothing, or nothing more when it comes twice.

        Raises
        ------
        ServerError
            If there is none within the bounds.
        ConfigError
            If the server does not take the key.
        """
        return self._ask("POST", path, parameters, msgspec.json.encode(body))

    def send(self, path: str, body: Any, *, has_arrived: Callable[[], bool]) -> None:
        """Have the server take what must come to it once: before it is sent again, it is asked whether it has arrived.

        Parameters
        ----------
        path, body
            Where and what, as JSON.
        has_arrived
            Whether the server has it: an answer may be lost where the request was not.

        Raises
        ------
        ServerError
            If it does not take it within the bounds.
        ConfigError
            If the server does not take the key.
        """
        self._ask("POST", path, None, msgspec.json.encode(body), has_arrived)

    def _ask(
        self,
        method: str,
        path: str,
        parameters: Parameters | None,
        body: bytes | None,
        has_arrived: Callable[[], bool] | None = None,
    ) -> bytes:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            if attempt > 1 and has_arrived is not None and has_arrived():
                return b""
            try:
                return self._answer(method, path, parameters, body)
            except _PassingError as again:
                wait = again.after_s
                if wait is None:
                    wait = min(FIRST_PAUSE_S * 2**attempt, LONGEST_PAUSE_S) * self._rng.uniform(0.5, 1.0)
                if attempt == MAX_ATTEMPTS or wait > LONGEST_PAUSE_S:
                    said = f"{again.what}, {attempt} times in a row"
                    if wait > LONGEST_PAUSE_S:
                        said = f"{again.what}, and asks for a pause of {wait:,.0f} s"
                    raise ServerError(said, where=self._where(path), status=again.status, fix=_LATER) from again
                self._pause(wait)
        raise AssertionError

    def _answer(self, method: str, path: str, parameters: Parameters | None, body: bytes | None) -> bytes:
        watch = threading.Timer(self._answer_s, self._cut_off)
        watch.daemon = True
        request = self._client.build_request(
            method,
            self.address.url(path),
            params=dict(parameters or {}),
            content=body,
            headers={**self._key.headers, **({"Content-Type": "application/json"} if body is not None else {})},
            extensions={"trace": self._notice},
        )
        started = time.monotonic()
        watch.start()
        try:
            response = self._client.send(request, stream=True)
            try:
                return self._read(response, path)
            finally:
                response.close()
        except (httpx.RequestError, OSError) as error:
            if time.monotonic() - started >= self._answer_s:
                said = f"sends no whole answer within {self._answer_s:g} s"
                raise ServerError(said, where=self._where(path), fix=_LATER) from error
            raise _PassingError(f"cannot be reached ({type(error).__name__})") from error
        finally:
            watch.cancel()

    def _read(self, response: httpx.Response, path: str) -> bytes:
        if response.is_success:
            return self._whole(response, path)
        status, where = response.status_code, self._where(path)
        if status in _RETRIED:
            raise _PassingError(f"answers {status}", status=status, after_s=retry_after(response))
        if response.has_redirect_location or 300 <= status < 400:
            raise ServerError(
                f"sends us to {target_of(response)} ({status}); no redirect is followed, a key stays here",
                where=where,
                fix="name that address instead, if you trust it",
                status=status,
            )
        if status in (401, 403):
            raise not_taken(self._key, status=status, where=where)
        said = self._whole(response, path)[:_SAID_CHARACTERS].decode("utf-8", "replace")
        raise ServerError(f"answers {status}: {said}", where=where, status=status)

    def _whole(self, response: httpx.Response, path: str) -> bytes:
        encoding = response.headers.get("content-encoding", "").strip().lower()
        if encoding not in ENCODINGS:
            said = f"sends its answer as {encoding}, which was not asked for"
            raise ServerError(said, where=self._where(path), status=response.status_code)
        if states_more(response, than=self._max_bytes):
            self._refuse_size(path)
        parts, n_bytes = [], 0
        for part in response.iter_bytes():
            parts.append(part)
            n_bytes += len(part)
            if n_bytes > self._max_bytes:
                self._refuse_size(path)
        return b"".join(parts)

    def _refuse_size(self, path: str) -> NoReturn:
        raise ServerError(
            f"sends more than {self._max_bytes >> 20} MB in one answer", where=self._where(path), status=TOO_LARGE
        )

    def _notice(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember the socket of a new connection, so that an answer that drips can be cut off."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")

    def _cut_off(self) -> None:
        if self._socket is not None:
            try:
                self._socket.shutdown(2)
            except OSError:
                return

    def _where(self, path: str) -> str:
        return self.address.url(path)


class _PassingError(Exception):
    """An answer that may be another one in a moment."""

    def __init__(self, what: str, *, status: int | None = None, after_s: float | None = None) -> None:
        self.what, self.status, self.after_s = what, status, after_s
        super().__init__(what)


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds that the server asks us to wait, if it says so: a number, or a date."""
    said = response.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdecimal():
        return float(said[:9])
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def target_of(response: httpx.Response) -> str:
    """Return the origin that a redirect leads to, in words where it has none."""
    return origin_of(urljoin(str(response.url), response.headers.get("location", ""))) or "another address"


def states_more(response: httpx.Response, *, than: int) -> bool:
    """Return whether an answer says itself that it has more bytes; a number of any length is no trouble."""
    stated = response.headers.get("content-length", "").lstrip("0")
    return stated.isdecimal() and (len(stated) > len(str(than)) or int(stated) > than)
