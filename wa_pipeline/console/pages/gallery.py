"""The gallery: media by sort, newest first."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from wa_pipeline.archive.search import BadCursor, BadQuery
from wa_pipeline.archive.views.groups import all_groups
from wa_pipeline.console.dependencies import ReaderHere
from wa_pipeline.console.models import MessagePage
from wa_pipeline.console.pages.render import Pages, terms_of
from wa_pipeline.console.pages.search import beside, said_about
from wa_pipeline.console.parameters import search_query
from wa_pipeline.errors import BadParameter

SORTS = {"image": "Pictures", "video": "Films", "audio": "Recordings", "doc": "Documents"}
FIELDS = ("kind", "q", "chat_id")


def routes(pages: Pages) -> APIRouter:
    """`/gallery`."""
    router = APIRouter()

    @router.get("/gallery")
    def gallery_page(request: Request, reader: ReaderHere) -> HTMLResponse:
        asked = {name: request.query_params.get(name, "").strip() for name in FIELDS}
        if asked["kind"] not in SORTS:
            asked["kind"] = "image"
        found, problem = MessagePage(items=[], next_cursor=None), None
        try:
            found = reader.messages(search_query(**asked, limit="60", cursor=request.query_params.get("cursor")))
        except (BadParameter, BadQuery, BadCursor) as error:
            problem = str(error)
        found.items = [item for item in found.items if item.media]
        groups = [group for group in reader.cached("groups", 10, all_groups) if group.messages]
        return pages.page(
            "gallery.html",
            400 if problem else 200,
            asked=asked,
            sorts=SORTS,
            page=found,
            problem=problem,
            groups=groups,
            older=beside(asked, found.next_cursor, "/gallery"),
            newer=beside(asked, found.prev_cursor, "/gallery"),
            terms=terms_of(asked["q"]) if asked["q"] else [],
            **said_about(found.items, reader),
        )

    return router
