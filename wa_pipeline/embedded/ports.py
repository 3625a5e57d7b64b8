"""Ports on the loopback interface."""

from __future__ import annotations

import random
import socket

# Below the range from which systems take ports for outgoing connections, so that a kept port stays ours.
LOWEST, HIGHEST = 20_000, 29_999


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` at this moment."""
    with socket.socket() as probe:
        # As PostgreSQL does: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port nobody listens on, chosen at random so that two homes seldom meet."""
    for _ in range(200):
        port = random.randint(LOWEST, HIGHEST)
        if is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
