"""The HTTP API and the web page. FastAPI is imported when the application is made, not before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wa_pipeline.console.access import console_link, console_token

if TYPE_CHECKING:
    from fastapi import FastAPI

    from wa_pipeline.steps.context import Context


def create_app(ctx: Context) -> FastAPI:
    """The console over an open context; it opens a connection pool of its own while it is served."""
    from wa_pipeline.console.app import build

    return build(ctx)


__all__ = ["console_link", "console_token", "create_app"]
