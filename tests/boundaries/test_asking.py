"""Servers that are asked many things at once: one attempt, and what became of it. They are real ones, on loopback."""

import asyncio
import gzip
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from workbench.boundaries.asking import Line, Told
from workbench.boundaries.keys import Key
from workbench.boundaries.loopback import free_port
from workbench.boundaries.urls import read_address
from workbench.errors import ConfigError
from workbench.experiments.to_end import to_end

Serve = Callable[..., Any]
KEY = Key({"Authorization": "Bearer k"}, "THE_KEY")


class Reply:
    """An answer in the shape that the server of the tests takes."""

    def __init__(self, status: int = 200, body: bytes = b"{}", raw: Any = None, **headers: str) -> None:
        self.status, self.body, self.raw = status, body, raw
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def told(url: str, key: Key = KEY, **bounds: Any) -> Told:
    async def ask() -> Told:
        async with Line(read_address(url), key, **bounds) as line:
            return await line.post("v1/x", b'{"a":1}', work_id="w1")

    return to_end(ask())


def drip(write: Callable[[bytes], object], is_over: threading.Event) -> None:
    write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not is_over.wait(0.01):
        write(b" ")


def silence(write: Callable[[bytes], object], is_over: threading.Event) -> None:
    is_over.wait(20)


def test_a_question_is_posted_once_with_its_key_and_the_id_of_its_work(serve: Serve) -> None:
    served = serve(lambda _: Reply(body=b'{"b":2}'))
    got = told(f"{served.url}/base")
    assert (got.body, got.fault) == (b'{"b":2}', None)
    assert got.took_ms > 0
    (asked,) = served.asked
    assert (asked.method, asked.path, json.loads(asked.body)) == ("POST", "/base/v1/x", {"a": 1})
    assert (asked.headers["authorization"], asked.headers["idempotency-key"]) == ("Bearer k", "w1")


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(429, Retry_After="7"), "rate_limited"),
        (Reply(500), "server_error"),
        (Reply(503), "server_error"),
        (Reply(504), "timeout"),
        (Reply(400, b"context too long"), "refused"),
        (Reply(404), "refused"),
        (Reply(raw=drip), "timeout"),
        (Reply(raw=silence), "timeout"),
        (Reply(raw=lambda write, _: write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab")), "broken_off"),
        (Reply(raw=lambda write, _: write(b"no http at all\r\n\r\n")), "broken_off"),
        (Reply(raw=lambda write, _: None), "broken_off"),
        (Reply(body=b" " * 2_000_000), "too_large"),
        (Reply(body=b"{}", Content_Length=str(1 << 30)), "too_large"),
        (Reply(body=gzip.compress(b" " * 50_000_000), Content_Encoding="gzip"), "too_large"),
        (Reply(body=b"x", Content_Encoding="br"), "refused"),
    ],
)
def test_what_fails_is_told_and_not_repeated(serve: Serve, reply: Reply, fault: str) -> None:
    served = serve(lambda _: reply)
    began = time.monotonic()
    got = told(served.url, answer_s=0.5 if reply.raw in (drip, silence) else 20, max_bytes=1 << 20)
    assert (got.fault, got.body, len(served.asked)) == (fault, b"", 1)
    assert got.retry_after_s == (7 if fault == "rate_limited" else None)
    assert time.monotonic() - began < 19


def test_a_server_that_is_not_there_was_sent_nothing() -> None:
    assert told(f"http://127.0.0.1:{free_port()}").fault == "unreachable"


def test_a_redirect_takes_the_key_nowhere(serve: Serve) -> None:
    other = serve(lambda _: Reply())
    got = told(serve(lambda _: Reply(307, Location=f"{other.url}/v1/x")).url)
    assert (got.fault, other.asked) == ("redirected", [])


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_not_taken_is_a_fault_of_the_settings(serve: Serve, status: int) -> None:
    with pytest.raises(ConfigError, match="THE_KEY"):
        told(serve(lambda _: Reply(status)).url)


def test_a_key_of_another_server_is_not_sent(serve: Serve) -> None:
    served = serve(lambda _: Reply())
    with pytest.raises(ConfigError, match="belongs to"):
        told(served.url, Key({"Authorization": "k"}, "THE_KEY", "https://other.example"))
    assert served.asked == []


def test_many_questions_are_under_way_at_once(serve: Serve) -> None:
    """The server answers none of them before all have come."""
    all_came = threading.Barrier(20)

    def answer(_: Any) -> Reply:
        all_came.wait(30)
        return Reply()

    served = serve(answer)

    async def ask() -> list[Told]:
        async with Line(read_address(served.url), KEY) as line:
            return await asyncio.gather(*(line.post("", b"{}", work_id=str(number)) for number in range(20)))

    assert [got.fault for got in to_end(ask())] == [None] * 20
