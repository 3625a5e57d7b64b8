"""Serving the console until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable

from wa_pipeline.console import create_app
from wa_pipeline.errors import ConsoleAddressTaken
from wa_pipeline.serving import serve_app
from wa_pipeline.steps.context import Context

# Pages ask again every few seconds: a connection that is closed just then loses what was asked.
KEEP_ALIVE_S = 75


def serve(ctx: Context, *, ready: Callable[[], None]) -> None:
    """Listens where the settings say, calls `ready`, and serves until SIGINT or SIGTERM."""
    serve_app(
        create_app(ctx),
        ctx.settings.console_host,
        ctx.settings.console_port,
        taken=ConsoleAddressTaken,
        ready=ready,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=3,
    )
