"""Serving the console until it is told to stop."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from types import FrameType

import uvicorn

from wa_pipeline.console import create_app
from wa_pipeline.errors import ConsoleAddressTaken
from wa_pipeline.steps.context import Context

# Pages ask again every few seconds: a connection that is closed just then loses what was asked.
KEEP_ALIVE_S = 75


def serve(ctx: Context, *, ready: Callable[[], None]) -> None:
    """Listens where the settings say, calls `ready`, and serves until SIGINT or SIGTERM.

    Requests are not logged: their addresses hold what was searched for, and signed links.
    """
    host, port = ctx.settings.console_host, ctx.settings.console_port
    with closing(_listen(host, port)) as listening:
        config = uvicorn.Config(
            create_app(ctx),
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=3,
        )
        server = uvicorn.Server(config)
        # uvicorn raises the signal again once it has stopped; as an exception it lets the context close too.
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
        raise ConsoleAddressTaken(host=host, port=port, reason=error.strerror) from None
    listening.set_inheritable(False)
    return listening


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
