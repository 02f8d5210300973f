"""The door to servers: retries, bounds, and that a key goes nowhere else. The servers are real ones, on loopback."""

import gzip
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from workbench.boundaries.http import FIRST_PAUSE_S, MAX_ATTEMPTS, Server, states_more
from workbench.boundaries.keys import Key
from workbench.boundaries.urls import read_address
from workbench.errors import ConfigError, ServerError

SECRET = "sk-secret-of-a-test"
KEY = Key({"Authorization": f"Bearer {SECRET}"}, "THE_KEY")
Write = Callable[[bytes], object]
Serve = Callable[..., Any]


class Reply:
    """An answer in the shape that the server of the tests takes."""

    def __init__(self, status: int = 200, body: bytes = b"{}", raw: Any = None, **headers: str) -> None:
        self.status, self.body, self.raw = status, body, raw
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def client(url: str, pauses: list[float] | None = None, **bounds: Any) -> Server:
    """Return a client that notes its pauses instead of making them."""
    noted = [] if pauses is None else pauses
    return Server(read_address(url), KEY, pause=noted.append, rng=random.Random(0), **bounds)


def in_turn(*replies: Reply) -> Callable[[Any], Reply]:
    """Return a function that gives the replies in turn, the last one for ever."""
    left = list(replies)
    return lambda asked: left.pop(0) if len(left) > 1 else left[0]


def test_the_key_and_the_parameters_are_sent(serve: Serve) -> None:
    served = serve(lambda asked: Reply(body=b'{"a": 1}'))
    with client(f"{served.url}/base/") as server:
        assert server.get("v1/spans", {"limit": 3, "id": ["x", "y z"]}) == b'{"a": 1}'
    (asked,) = served.asked
    assert (asked.method, asked.path, dict(asked.query)) == (
        "GET",
        "/base/v1/spans",
        {"limit": ["3"], "id": ["x", "y z"]},
    )
    assert asked.headers["authorization"] == f"Bearer {SECRET}"


def test_a_question_may_be_posted(serve: Serve) -> None:
    served = serve(lambda asked: Reply())
    with client(served.url) as server:
        server.post("search", {"a": [1]})
    assert (served.asked[0].method, served.asked[0].body) == ("POST", b'{"a":[1]}')
    assert served.asked[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_takes_no_key_along(serve: Serve, status: int) -> None:
    """A server that sends its callers elsewhere must not get them to hand their key over."""
    other = serve(lambda asked: Reply())
    served = serve(lambda asked: Reply(status, Location=f"{other.url}/v1/spans"))
    with client(served.url) as server, pytest.raises(ServerError, match=other.url):
        server.get("v1/spans")
    assert other.asked == []
    assert len(served.asked) == 1


def test_a_redirect_within_the_origin_is_not_followed_either(serve: Serve) -> None:
    served = serve(lambda asked: Reply(307, Location="/elsewhere"))
    with client(served.url) as server, pytest.raises(ServerError):
        server.get("v1/spans")
    assert [asked.path for asked in served.asked] == ["/v1/spans"]


def test_a_key_of_another_origin_is_not_sent(serve: Serve) -> None:
    served = serve(lambda asked: Reply())
    with pytest.raises(ConfigError, match=r"belongs to https://cloud\.example\.org"):
        Server(read_address(served.url), Key(KEY.headers, "THE_KEY", "https://cloud.example.org"))
    assert served.asked == []


def test_a_server_that_is_busy_is_asked_again_when_it_says(serve: Serve) -> None:
    served = serve(in_turn(Reply(429, Retry_After="7"), Reply(503, Retry_After="0"), Reply(body=b"[]")))
    pauses: list[float] = []
    with client(served.url, pauses) as server:
        assert server.get("x") == b"[]"
    assert pauses == [7.0, 0.0]


def test_a_pause_may_be_a_date(serve: Serve) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    served = serve(in_turn(Reply(429, Retry_After=at), Reply()))
    pauses: list[float] = []
    with client(served.url, pauses) as server:
        server.get("x")
    assert 50 < pauses[0] <= 60


def test_a_pause_that_is_too_long_ends_the_call(serve: Serve) -> None:
    served = serve(lambda asked: Reply(429, Retry_After="3600"))
    pauses: list[float] = []
    with client(served.url, pauses) as server, pytest.raises(ServerError, match="3,600 s"):
        server.get("x")
    assert (pauses, len(served.asked)) == ([], 1)


def test_pauses_grow_and_are_spread(serve: Serve) -> None:
    served = serve(in_turn(Reply(500), Reply(502), Reply(504), Reply()))
    pauses: list[float] = []
    with client(served.url, pauses) as server:
        server.get("x")
    bounds = [(FIRST_PAUSE_S * 2**attempt / 2, FIRST_PAUSE_S * 2**attempt) for attempt in (1, 2, 3)]
    assert all(low <= pause <= high for pause, (low, high) in zip(pauses, bounds, strict=True))
    assert len(set(pauses)) == 3


def test_a_server_that_stays_broken_is_given_up(serve: Serve) -> None:
    served = serve(lambda asked: Reply(500))
    with client(served.url) as server, pytest.raises(ServerError, match="answers 500, 6 times") as caught:
        server.get("x")
    assert caught.value.status == 500
    assert len(served.asked) == MAX_ATTEMPTS


def test_a_server_that_is_not_there_is_given_up(serve: Serve) -> None:
    pauses: list[float] = []
    with client("http://127.0.0.1:9", pauses) as server, pytest.raises(ServerError, match="cannot be reached"):
        server.get("x")
    assert len(pauses) == MAX_ATTEMPTS - 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_not_taken_is_named_but_not_shown(serve: Serve, status: int) -> None:
    served = serve(lambda asked: Reply(status, body=b"no"))
    with client(served.url) as server, pytest.raises(ConfigError, match="THE_KEY") as caught:
        server.get("x")
    assert SECRET not in str(caught.value)
    assert len(served.asked) == 1


def test_a_key_is_not_part_of_what_is_printed() -> None:
    assert SECRET not in repr(KEY)


def test_what_a_server_says_about_an_error_is_kept_short(serve: Serve) -> None:
    served = serve(lambda asked: Reply(422, body=b"bad cursor " * 1000))
    with client(served.url) as server, pytest.raises(ServerError, match="422: bad cursor") as caught:
        server.get("x")
    assert len(str(caught.value)) < 500


def test_a_body_that_drips_is_cut_off(serve: Serve) -> None:
    def drip(write: Write, is_over: threading.Event) -> None:
        write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not is_over.wait(0.02):
            write(b" ")

    served = serve(lambda asked: Reply(raw=drip))
    with client(served.url, answer_s=0.4) as server, pytest.raises(ServerError, match=r"within 0\.4 s"):
        server.get("x")


def test_a_head_that_drips_is_cut_off(serve: Serve) -> None:
    def drip(write: Write, is_over: threading.Event) -> None:
        write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not is_over.wait(0.02):
            write(b"x")

    served = serve(lambda asked: Reply(raw=drip))
    with client(served.url, answer_s=0.4) as server, pytest.raises(ServerError, match=r"within 0\.4 s"):
        server.get("x")


def test_a_length_that_is_a_gigabyte_is_not_read(serve: Serve) -> None:
    def lie(write: Write, is_over: threading.Event) -> None:
        write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n{")
        is_over.wait(30)

    served = serve(lambda asked: Reply(raw=lie))
    with client(served.url, max_bytes=1 << 20) as server, pytest.raises(ServerError, match="more than 1 MB"):
        server.get("x")


def test_a_body_without_an_end_is_not_read_on(serve: Serve) -> None:
    def pour(write: Write, is_over: threading.Event) -> None:
        write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while not is_over.is_set():
            write(b" " * 65536)

    served = serve(lambda asked: Reply(raw=pour))
    with client(served.url, max_bytes=1 << 20) as server, pytest.raises(ServerError, match="more than 1 MB"):
        server.get("x")


def test_a_small_body_that_unpacks_to_a_large_one_is_refused(serve: Serve) -> None:
    bomb = gzip.compress(b" " * (8 << 20))
    served = serve(lambda asked: Reply(body=bomb, Content_Encoding="gzip"))
    assert len(bomb) < 10_000
    with client(served.url, max_bytes=1 << 20) as server, pytest.raises(ServerError, match="more than 1 MB"):
        server.get("x")


@pytest.mark.parametrize("encoding", ["zstd", "gzip, gzip", "br"])
def test_an_encoding_that_was_not_asked_for_is_never_unpacked(serve: Serve, encoding: str) -> None:
    """64 kB of zstd, which is unpacked in one go, become 2 GB of memory before any bound is looked at."""
    served = serve(lambda asked: Reply(body=gzip.compress(gzip.compress(b"{}")), Content_Encoding=encoding))
    with client(served.url) as server, pytest.raises(ServerError, match="not asked for"):
        server.get("x")
    assert served.asked[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        b"hello\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_breaks_off_or_is_none_is_asked_for_again(serve: Serve, raw: bytes) -> None:
    served = serve(in_turn(Reply(raw=lambda write, is_over: write(raw)), Reply(body=b"whole")))
    pauses: list[float] = []
    with client(served.url, pauses) as server:
        assert server.get("x") == b"whole"
    assert len(pauses) == 1


@pytest.mark.parametrize(("stated", "is_more"), [("9" * 5_000, True), ("11", True), ("10", False), ("0010", False)])
def test_a_length_that_no_integer_holds_is_more_than_any_bound(stated: str, is_more: bool) -> None:
    """Python refuses to read an integer of thousands of digits: the answer broke the pull instead of being refused."""
    assert states_more(httpx.Response(200, headers={"content-length": stated}), than=10) is is_more
