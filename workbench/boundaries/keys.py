"""The keys of servers: each belongs to one origin, and goes to no other.

Whoever could change the address that a key is sent to would have the key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.boundaries.urls import Address, origin_of
from workbench.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Key:
    """What opens a server: headers that are sent to one origin and to no other."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Empty for a server that asks for none."""
    variables: str = ""
    """The environment variables that it comes from, for errors."""
    origin: str | None = None
    """The origin that the environment says it belongs to; None where it says nothing."""


def bearer_key(environment: Mapping[str, str], *, key: str, url: str) -> Key:
    """Return the key in one variable, bound to the origin of the address in another; empty headers where none is set.

    Raises
    ------
    ConfigError
        If a key is set and not whose it is: it would be sent to whatever address is given.
    """
    secret = environment.get(key, "")
    if not secret:
        return Key({}, key)
    origin = origin_of(environment.get(url, ""))
    if origin is None:
        raise ConfigError("is set, and not which server it belongs to", where=key, fix=f"set {url} to its address")
    return Key({"Authorization": f"Bearer {secret}"}, key, origin)


def require_origin(key: Key, address: Address) -> None:
    """Check that a key is sent to the server that it belongs to.

    Raises
    ------
    ConfigError
        If it belongs to another origin.
    """
    if key.origin not in (None, address.origin):
        raise ConfigError(
            f"the key in {key.variables} belongs to {key.origin}, and is sent to no other server",
            where=address.origin,
            fix=f"set {key.variables} and the server's address in the environment to the same server",
        )


def not_taken(key: Key, *, status: int, where: str) -> ConfigError:
    """Return what a server says that answers 401 or 403: its key is wrong, or it wants one."""
    given = "does not take the key in" if key.headers else "wants a key: set"
    return ConfigError(f"answers {status}: it {given} {key.variables}", where=where)
