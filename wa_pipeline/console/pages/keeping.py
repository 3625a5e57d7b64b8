"""What is kept and what is not: groups and their switches, block lists, exports."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from wa_pipeline.archive import flags
from wa_pipeline.archive.views.exports import exports as export_rows
from wa_pipeline.archive.views.groups import all_groups
from wa_pipeline.archive.views.queues import waiting
from wa_pipeline.console.dependencies import ContextHere, ReaderHere
from wa_pipeline.console.pages.render import Pages
from wa_pipeline.console.routes.blocks import blocks
from wa_pipeline.console.routes.exports import shown


def routes(pages: Pages) -> APIRouter:
    """`/groups`, `/blocks`, `/exports`."""
    router = APIRouter()

    @router.get("/groups")
    def groups_page(reader: ReaderHere) -> HTMLResponse:
        return pages.page(
            "groups.html",
            groups=[group for group in reader.read(all_groups) if not group.sample],
            asked_at=reader.read(lambda conn: flags.requested(conn, flags.FETCH_GROUPS)),
            queues=reader.read(waiting),
        )

    @router.get("/blocks")
    def blocks_page(reader: ReaderHere) -> HTMLResponse:
        return pages.page("blocks.html", lists=blocks(reader))

    @router.get("/exports")
    def exports_page(ctx: ContextHere, reader: ReaderHere) -> HTMLResponse:
        return pages.page(
            "exports.html",
            exports=[shown(row, ctx.settings) for row in reader.read(export_rows)],
            zones=zones(),
            zone=ctx.settings.export_tz,
            most_mb=ctx.settings.upload_max_mb,
            folder=ctx.settings.exports_folder,
        )

    return router


@cache
def zones() -> list[str]:
    """Names of time zones to choose from: those of places, which is how people know theirs."""
    return [*sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")), "UTC"]
