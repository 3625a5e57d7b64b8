"""An application served where the settings say, until it is told to stop."""

from __future__ import annotations

import gc
import signal
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from types import FrameType
from typing import TYPE_CHECKING

from wa_pipeline.errors import WaError

if TYPE_CHECKING:
    from fastapi import FastAPI


def serve_app(
    app: FastAPI, host: str, port: int, *, taken: type[WaError], ready: Callable[[], None], **options: int
) -> None:
    """Listens, calls `ready`, and serves until SIGINT or SIGTERM; raises `taken` where the address is. `options` are
    uvicorn's. No request is logged: addresses hold what was searched for, and signed links."""
    import uvicorn

    with closing(_listen(host, port, taken)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                access_log=False,
                log_level="warning",
                server_header=False,
                **options,  # type: ignore[arg-type]
            )
        )
        # uvicorn raises the signal again once it has stopped; as an exception it lets what is open close too.
        signal.signal(signal.SIGTERM, _interrupt)
        # What has been loaded stays: whoever asked at the wrong moment would wait while all of it is looked through.
        gc.freeze()
        ready()
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])


def _listen(host: str, port: int, taken: type[WaError]) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise taken(host=host, port=port, reason=error.strerror) from None
    listening.set_inheritable(False)
    return listening


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
