"""The HTTP server keeps its limits: of size, of time, of connections, of what is held at once."""

import asyncio
import gzip
import re
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from workbench.boundaries.inflate import DamagedError, TooLargeError, inflate
from workbench.boundaries.listen import Handler, Head, Limits, Listener, Response
from workbench.experiments.to_end import to_end

Talk = Callable[[Listener, int], Awaitable[Any]]


def fault(status: int, what: str, head: Head | None) -> Response:
    return Response(status, what.encode())


async def echo(head: Head, body: bytes) -> Response:
    return Response(200, body)


HANDLER = Handler(lambda head: None, echo, fault)


def serve(talk: Talk, limits: Limits, handler: Handler = HANDLER) -> Any:
    """Run a server and what is said to it."""

    async def run() -> Any:
        listener = Listener(handler, limits)
        port = await listener.start("127.0.0.1", 0)
        try:
            return await talk(listener, port)
        finally:
            await listener.stop()

    return to_end(run())


async def say(port: int, *parts: bytes, pause_s: float = 0.0) -> bytes:
    """Send the parts over one connection, and return all that is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(pause_s)
    answer = await reader.read()
    writer.close()
    return answer


def request(body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    head = ["POST / HTTP/1.1", "host: x", f"content-length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", answer)]


def test_requests_of_one_connection_are_answered_in_their_order() -> None:
    async def talk(listener: Listener, port: int) -> bytes:
        return await say(port, request(b"one") + request(b"two"), request(b"three", "connection: close"))

    answer = serve(talk, Limits())
    assert statuses(answer) == [200, 200, 200]
    assert answer.index(b"one") < answer.index(b"two") < answer.index(b"three")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request(b"x" * 101), 413),
        (request(length=101), 413),
        (b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + b"65\r\n" + b"x" * 101 + b"\r\n", 413),
        (b"POST / HTTP/1.1\r\nx: " + b"y" * 5000, 431),
        (b"\x16\x03\x01\x02\x00", 400),
        (b"POST / HTTP/1.1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n", 400),
        (request(b"x" * 10, length=11), 408),
        (b"POST / HT", 408),
    ],
)
def test_what_passes_a_limit_or_is_no_http_is_answered_and_ended(sent: bytes, status: int) -> None:
    async def talk(listener: Listener, port: int) -> bytes:
        return await say(port, sent)

    limits = Limits(head_bytes=2000, body_bytes=100, head_s=1.0, body_s=1.0)
    assert statuses(serve(talk, limits)) == [status]


def test_who_drips_a_body_is_cut_off_though_every_byte_comes_in_time() -> None:
    async def talk(listener: Listener, port: int) -> bytes:
        return await say(port, request(length=50), *[b"x"] * 20, pause_s=0.05)

    assert statuses(serve(talk, Limits(body_s=0.3))) == [408]


def test_who_says_nothing_is_let_go_without_a_word() -> None:
    async def talk(listener: Listener, port: int) -> bytes:
        return await say(port)

    assert serve(talk, Limits(idle_s=0.1)) == b""


def test_more_than_may_be_held_is_put_off_and_room_comes_back() -> None:
    began, enough = asyncio.Event(), asyncio.Event()

    async def slow(head: Head, body: bytes) -> Response:
        began.set()
        await enough.wait()
        return Response(200)

    async def talk(listener: Listener, port: int) -> list[int]:
        first = asyncio.create_task(say(port, request(b"x" * 60, "connection: close")))
        await began.wait()
        second = await say(port, request(b"y" * 60, "connection: close"))
        enough.set()
        answers = [await first, second, await say(port, request(b"z" * 60, "connection: close"))]
        return [status for answer in answers for status in statuses(answer)]

    assert serve(talk, Limits(pending_bytes=100), HANDLER._replace(answer=slow)) == [200, 429, 200]


def test_one_connection_too_many_is_told_so() -> None:
    async def talk(listener: Listener, port: int) -> list[int]:
        others = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        answer = await say(port, request(b""))
        for _, writer in others:
            writer.close()
        return statuses(answer)

    assert serve(talk, Limits(connections=2)) == [503]


def test_stopping_answers_what_has_begun_and_takes_nothing_new() -> None:
    began = asyncio.Event()

    async def slow(head: Head, body: bytes) -> Response:
        began.set()
        await asyncio.sleep(0.2)
        return Response(200, body)

    async def talk(listener: Listener, port: int) -> tuple[bytes, bool]:
        idle = asyncio.create_task(say(port))
        busy = asyncio.create_task(say(port, request(b"kept") + request(b"late")))
        await began.wait()
        await listener.stop()
        with pytest.raises(OSError, match=r"refused|Connect"):
            await asyncio.open_connection("127.0.0.1", port)
        return await busy, await idle == b""

    answer, is_idle_closed = serve(talk, Limits(), HANDLER._replace(answer=slow))
    assert (statuses(answer), b"kept" in answer, b"connection: close" in answer.lower()) == ([200], True, True)
    assert is_idle_closed


def test_a_refusal_by_the_head_reaches_a_sender_that_is_still_sending() -> None:
    async def talk(listener: Listener, port: int) -> bytes:
        return await say(port, request(length=3_000_000), *[b"x" * 1_000_000] * 3)

    refusing = HANDLER._replace(admit=lambda head: Response(401, b"no"))
    answer = serve(talk, Limits(), refusing)
    assert (statuses(answer), answer.endswith(b"no")) == ([401], True)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity"])
def test_content_up_to_the_limit_is_given_back(encoding: str) -> None:
    content = b"spans" * 20
    packed = {"gzip": gzip.compress(content), "deflate": zlib.compress(content), "identity": content}[encoding]
    assert inflate(packed, encoding=encoding, max_bytes=100) == content
    with pytest.raises(TooLargeError):
        inflate(packed, encoding=encoding, max_bytes=99)


def test_raw_deflate_and_gzip_in_several_members_are_read_too() -> None:
    raw = zlib.compressobj(wbits=-15)
    packed = raw.compress(b"spans") + raw.flush()
    assert inflate(packed, encoding="deflate", max_bytes=100) == b"spans"
    assert inflate(gzip.compress(b"a") + gzip.compress(b"b"), encoding="gzip", max_bytes=100) == b"ab"


@pytest.mark.parametrize("packed", [b"no", b"\x1f\x8b\x08", b"\x1f\x8b" + b"\0" * 20])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_damage_is_named(packed: bytes, encoding: str) -> None:
    with pytest.raises(DamagedError):
        inflate(packed, encoding=encoding, max_bytes=100)
