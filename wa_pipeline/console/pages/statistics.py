"""The statistics page, its plots drawn as SVG."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from wa_pipeline.archive.views.statistics import statistics
from wa_pipeline.console.dependencies import ReaderHere
from wa_pipeline.console.pages.plots import columns
from wa_pipeline.console.pages.render import Pages
from wa_pipeline.console.routes.statistics import CACHED_S


def routes(pages: Pages) -> APIRouter:
    """`/statistics`."""
    router = APIRouter()

    @router.get("/statistics")
    def statistics_page(reader: ReaderHere) -> HTMLResponse:
        found = reader.cached("statistics", CACHED_S, statistics)
        return pages.page(
            "statistics.html",
            found=found,
            by_day=columns(found.by_day, "%Y-%m-%d", tick="%-d %b"),
            by_month=columns(found.by_month, "%Y-%m", tick="%b %Y"),
            most=max((number for _, _, number in found.by_group), default=1),
        )

    return router
