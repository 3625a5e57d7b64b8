"""Serving the doors until told to stop; what is in flight is written first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wa_pipeline.doors.app import create_app
from wa_pipeline.errors import ListenAddressTaken
from wa_pipeline.serving import serve_app
from wa_pipeline.steps.context import Context

CONNECTIONS: Final = 512
"""At once; who comes beyond them is answered 503."""


def serve(ctx: Context, *, ready: Callable[[], None]) -> None:
    """Listens where the settings say, calls `ready`, and serves until SIGINT or SIGTERM."""
    serve_app(
        create_app(ctx),
        ctx.settings.listen_host,
        ctx.settings.listen_port,
        taken=ListenAddressTaken,
        ready=ready,
        timeout_graceful_shutdown=10,
        limit_concurrency=CONNECTIONS,
    )
