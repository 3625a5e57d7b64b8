"""The console handed to those who check it from below."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from wa_pipeline.steps.context import Context


def console_app(ctx: Context) -> tuple[ASGIApp, str]:
    """The console over an open context, and the token that opens it."""
    from wa_pipeline.console import console_token, create_app

    return create_app(ctx), console_token(ctx.settings)
