"""Which URLs may be asked, and that a name in a path stays a name."""

import pytest

from workbench.boundaries.urls import origin_of, read_address, segment
from workbench.errors import ConfigError


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org",
        "javascript:alert(1)",
        "localhost:6006",
        "//example.org",
        "http://",
        "http://user:password@example.org",
        "http://key@example.org",
        "http://example.org/?api_key=1",
        "http://example.org/#top",
        "http://example.org:port",
        "http://[::1",
        "",
    ],
)
def test_what_is_no_plain_http_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        read_address(url)


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("http://localhost:6006", "http://localhost:6006", ""),
        ("https://Example.ORG:443/base/", "https://example.org", "/base"),
        ("http://[::1]:80/", "http://[::1]", ""),
    ],
)
def test_an_address_is_origin_and_path(url: str, origin: str, path: str) -> None:
    address = read_address(url)
    assert (address.origin, address.path) == (origin, path)


@pytest.mark.parametrize(
    ("url", "is_loopback"),
    [("http://localhost:1", True), ("http://127.0.0.2", True), ("http://[::1]", True), ("http://example.org", False)],
)
def test_this_machine_is_told_from_others(url: str, is_loopback: bool) -> None:
    assert read_address(url).is_loopback == is_loopback


def test_other_ports_and_schemes_are_other_origins() -> None:
    urls = ("http://a.org", "https://a.org", "http://a.org:8080", "http://b.a.org")
    assert len({origin_of(url) for url in urls}) == len(urls)


@pytest.mark.parametrize("name", ["..", ".", "a/../b", "a?b=c", "a#b", "ü", "a%2Fb", "\x00"])
def test_a_name_stays_one_segment(name: str) -> None:
    quoted = segment(name)
    assert not set(quoted) & set("/?#\x00")
    assert quoted.strip(".")
