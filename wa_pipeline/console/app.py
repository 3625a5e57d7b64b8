"""The console: one application over one open context."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from wa_pipeline import __version__
from wa_pipeline.archive.db import open_pool
from wa_pipeline.console import api, failures, page
from wa_pipeline.console.access import Access
from wa_pipeline.console.guard import Guard
from wa_pipeline.console.objects import signed_objects
from wa_pipeline.console.reading import Reader
from wa_pipeline.steps.context import Context
from wa_pipeline.storage import LocalStore


def build(ctx: Context) -> FastAPI:
    """The application. Its pool of connections is open while it is served."""
    store = ctx.store

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pool = open_pool(ctx.archive_url)
        app.state.reader = Reader(pool, store, ctx.settings.signed_url_ttl)
        try:
            yield
        finally:
            pool.close()

    app = FastAPI(title="wa_pipeline console", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(Guard, access=Access.from_settings(ctx.settings))
    failures.register(app)
    app.include_router(api.router)
    app.include_router(page.pages(ctx.settings))
    if isinstance(store, LocalStore):
        app.include_router(signed_objects(store))
    return app
