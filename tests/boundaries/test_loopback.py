"""Ports of this machine: a free one can be taken; where a program listens is told from where none does."""

import socket

from workbench.boundaries.loopback import HOST, free_port, is_listening


def test_a_free_port_can_be_taken_and_is_then_listened_at() -> None:
    port = free_port()
    assert not is_listening(port)
    with socket.create_server((HOST, port)):
        assert is_listening(port)
    assert not is_listening(port)
