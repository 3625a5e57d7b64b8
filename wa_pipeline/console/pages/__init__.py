"""The web pages, one subject a module. What they change, they change through the API."""

from __future__ import annotations

from fastapi import APIRouter

from wa_pipeline.console.pages import (
    conversation,
    gallery,
    keeping,
    running,
    search,
    static,
    statistics,
)
from wa_pipeline.console.pages.render import Pages
from wa_pipeline.settings import Settings


def pages(settings: Settings) -> APIRouter:
    """All of them, and the files they are made of."""
    router = APIRouter(include_in_schema=False)
    made = Pages(settings)
    for subject in (search, conversation, gallery, keeping, running, statistics, static):
        router.include_router(subject.routes(made))
    return router


__all__ = ["pages"]
