"""Serving the doors until told to stop; what is in flight is written first."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from types import FrameType
from typing import Final

import uvicorn

from wa_pipeline.doors.app import create_app
from wa_pipeline.errors import ListenAddressTaken
from wa_pipeline.steps.context import Context

CONNECTIONS: Final = 512
"""At once; who comes beyond them is answered 503."""


def serve(ctx: Context, *, ready: Callable[[], None]) -> None:
    """Listens where the settings say, calls `ready`, and serves until SIGINT or SIGTERM. No request is logged."""
    host, port = ctx.settings.listen_host, ctx.settings.listen_port
    with closing(_listen(host, port)) as listening:
        config = uvicorn.Config(
            create_app(ctx),
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=10,
            limit_concurrency=CONNECTIONS,
        )
        server = uvicorn.Server(config)
        signal.signal(signal.SIGTERM, _interrupt)
        ready()
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise ListenAddressTaken(host=host, port=port, reason=error.strerror) from None
    listening.set_inheritable(False)
    return listening


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
