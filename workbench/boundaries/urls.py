"""From a URL that a person or a setting names to an address that may be asked: http(s) only, and no key in it."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from workbench.errors import ConfigError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """The base of a server's paths."""

    origin: str
    """Scheme, host and port: what a key belongs to."""
    path: str
    """What the server's own paths are below: empty, or begins with a slash and ends without."""
    is_loopback: bool
    """True if the server is on this machine."""

    def __str__(self) -> str:
        return f"{self.origin}{self.path}"

    def url(self, path: str) -> str:
        """Return the URL of a path of this server; ids in it must have been through `segment`."""
        return f"{self.origin}{self.path}/{path.lstrip('/')}"


def read_address(url: str) -> Address:
    """Return the address that a URL names.

    Raises
    ------
    ConfigError
        If it is no http(s) URL, or holds a user, a password, a query or a fragment.

    >>> read_address("HTTP://Localhost:6006/phoenix/").url("v1/projects")
    'http://localhost:6006/phoenix/v1/projects'
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(f"is no URL: {error}", where="URL") from error
    if parts.scheme not in _PORTS or not host:
        raise ConfigError("is no http or https URL with a host", where="URL", fix="write https://host:port")
    if parts.username is not None or parts.password is not None:
        raise ConfigError("holds a user or password", where="URL", fix="put the key into the environment instead")
    if parts.query or parts.fragment:
        raise ConfigError("has a query or a fragment", where="URL", fix="leave out all from `?` or `#` on")
    if not host.isprintable() or any(letter in host for letter in " /\\@"):
        raise ConfigError("has a host that is none", where="URL")
    return Address(_origin(parts.scheme, host, port), parts.path.rstrip("/"), _is_loopback(host))


def origin_of(url: str) -> str | None:
    """Return the origin of a URL, of whatever source it is; None if it is no http(s) URL.

    >>> origin_of("https://Example.org:443/a?b"), origin_of("javascript:alert(1)")
    ('https://example.org', None)
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return _origin(parts.scheme, host, port) if parts.scheme in _PORTS and host else None


def segment(text: str) -> str:
    """Return a name or id as one segment of a path, whatever is in it.

    >>> segment("../a b?")
    '..%2Fa%20b%3F'
    """
    quoted = quote(text, safe="")
    return quoted if quoted.strip(".") else quoted.replace(".", "%2E")


def _origin(scheme: str, host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" + ("" if port in (None, _PORTS[scheme]) else f":{port}")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
