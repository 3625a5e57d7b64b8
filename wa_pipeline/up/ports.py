"""Ports: the wanted one, or the next that is free."""

from __future__ import annotations

import socket

from wa_pipeline.errors import PortTaken

TRIES = 20


def free_port(host: str, wanted: int, *, what: str, variable: str, exactly: bool = False) -> int:
    """`wanted`, or the next port that nobody listens on. Raises `PortTaken` where there is none, or `exactly` that one
    is needed because other people know it."""
    for port in range(wanted, min(wanted + (1 if exactly else TRIES), 65536)):
        if _is_free(host, port):
            return port
    raise PortTaken(port=wanted, what=what, variable=variable)


def _is_free(host: str, port: int) -> bool:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError:
        return False
    return True
