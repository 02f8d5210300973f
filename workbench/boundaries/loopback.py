"""Ports of this machine alone: one that is free, and whether a program listens at one."""

import socket

HOST = "127.0.0.1"
"""Nobody reaches it from another machine."""
_PATIENCE_S = 0.2


def free_port() -> int:
    """Return a port at which nothing listens now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    """Return whether something takes connections at a port."""
    try:
        socket.create_connection((HOST, port), timeout=_PATIENCE_S).close()
    except OSError:
        return False
    return True
