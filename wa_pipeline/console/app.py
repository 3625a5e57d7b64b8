"""The console: one application over one open context."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from wa_pipeline import __version__
from wa_pipeline.archive.db import open_pool
from wa_pipeline.console import failures
from wa_pipeline.console.access import Access
from wa_pipeline.console.guard import Guard
from wa_pipeline.console.objects import signed_objects
from wa_pipeline.console.pages import pages
from wa_pipeline.console.reading import Reader
from wa_pipeline.console.routes import routers
from wa_pipeline.console.thumbnails import Thumbnails
from wa_pipeline.steps.context import Context
from wa_pipeline.storage import LocalStore


def build(ctx: Context) -> FastAPI:
    """The application. Its pool of connections is open while it is served."""
    store = ctx.store

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pool = open_pool(ctx.archive_url)
        app.state.ctx = ctx
        app.state.reader = Reader(pool, store, ctx.settings.signed_url_ttl)
        app.state.reader.warm()
        app.state.thumbnails = Thumbnails(store, ctx.settings.home / "cache" / "thumbnails")
        try:
            yield
        finally:
            app.state.thumbnails.close()
            pool.close()

    app = Console(title="wa_pipeline console", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(Guard, access=Access.from_settings(ctx.settings))
    failures.register(app)
    for router in routers():
        app.include_router(router)
    app.include_router(pages(ctx.settings))
    if isinstance(store, LocalStore):
        app.include_router(signed_objects(store))
    return app


class Console(FastAPI):
    """FastAPI, whose description says what is malformed in our way (400) and how one gets in."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        if self.openapi_schema is None:
            document = super().openapi()
            document.setdefault("components", {})["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            for path, methods in document["paths"].items():
                for operation in methods.values():
                    operation["responses"].pop("422", None)
                    operation["security"] = [] if path == "/healthz" else [{"token": []}]
            for unused in ("HTTPValidationError", "ValidationError"):
                document["components"].get("schemas", {}).pop(unused, None)
        assert self.openapi_schema is not None
        return self.openapi_schema
