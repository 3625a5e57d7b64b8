"""What is kept and what is not: groups and their switches, block lists, exports."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from wa_pipeline.archive import flags
from wa_pipeline.archive.views.activity import activity
from wa_pipeline.archive.views.exports import exports as export_rows
from wa_pipeline.archive.views.groups import GroupView, all_groups
from wa_pipeline.console.dependencies import ContextHere, ReaderHere
from wa_pipeline.console.pages.render import Pages
from wa_pipeline.console.reading import Reader
from wa_pipeline.console.routes.blocks import blocks
from wa_pipeline.console.routes.exports import shown


def routes(pages: Pages) -> APIRouter:
    """`/groups`, `/blocks`, `/exports`."""
    router = APIRouter()

    @router.get("/groups")
    def groups_page(reader: ReaderHere, part: str = "") -> HTMLResponse:
        if part == "list":
            return pages.page("groups_list.html", groups=_listed(reader))
        asked = reader.read(lambda conn: flags.state(conn, flags.FETCH_GROUPS))
        fetched, _ = reader.read(lambda conn: activity(conn, kind="discovery", limit=1))
        latest = fetched[0] if fetched else None
        if part == "asked":
            return pages.page("groups_asked.html", asked=asked, fetched=latest)
        return pages.page("groups.html", groups=_listed(reader), asked=asked, fetched=latest)

    @router.get("/blocks")
    def blocks_page(reader: ReaderHere) -> HTMLResponse:
        return pages.page("blocks.html", lists=blocks(reader))

    @router.get("/exports")
    def exports_page(ctx: ContextHere, reader: ReaderHere, part: str = "") -> HTMLResponse:
        return pages.page(
            "exports_known.html" if part == "known" else "exports.html",
            exports=[shown(row, ctx.settings) for row in reader.read(export_rows)],
            zones=zones(),
            zone=ctx.settings.export_tz,
            most_mb=ctx.settings.upload_max_mb,
            folder=ctx.settings.exports_folder,
        )

    return router


def _listed(reader: Reader) -> list[GroupView]:
    return [group for group in reader.read(all_groups) if not group.sample]


@cache
def zones() -> list[str]:
    """Names of time zones to choose from: those of places, which is how people know theirs."""
    return [*sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")), "UTC"]
