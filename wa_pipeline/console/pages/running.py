"""How it runs: the WhatsApp session, what failed, what happened, and whether all is well."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from wa_pipeline.archive.search import BadCursor
from wa_pipeline.archive.views.activity import KINDS, activity
from wa_pipeline.archive.views.groups import all_groups
from wa_pipeline.console.dependencies import ContextHere, ReaderHere
from wa_pipeline.console.health import look
from wa_pipeline.console.pages.failing import places
from wa_pipeline.console.pages.happenings import KIND_WORDS, told
from wa_pipeline.console.pages.render import Pages
from wa_pipeline.console.pages.search import beside
from wa_pipeline.console.routes.failures import failures
from wa_pipeline.console.routes.session import session


def routes(pages: Pages) -> APIRouter:
    """`/session`, `/failures`, `/activity`, `/status`."""
    router = APIRouter()

    @router.get("/session")
    def session_page(request: Request, reader: ReaderHere) -> HTMLResponse:
        part = request.query_params.get("part") == "session"
        return pages.page("session_now.html" if part else "session.html", session=session(reader))

    @router.get("/failures")
    def failures_page(ctx: ContextHere, reader: ReaderHere) -> HTMLResponse:
        found = failures(ctx)
        return pages.page("failures.html", found=found, places=places(found.failures, reader, pages.dagster))

    @router.get("/activity")
    def activity_page(request: Request, reader: ReaderHere) -> HTMLResponse:
        kind = request.query_params.get("kind", "")
        kind = kind if kind in KINDS else ""
        cursor = request.query_params.get("cursor") or None
        try:
            items, after = reader.read(lambda conn: activity(conn, kind=kind or None, cursor=cursor))
        except BadCursor:
            items, after = reader.read(lambda conn: activity(conn, kind=kind or None))
        names = {group.wa_group_id: group.name for group in reader.cached("groups", 10, all_groups)}
        return pages.page(
            "activity.html",
            items=[told(item, pages.dagster, names) for item in items],
            kinds=KIND_WORDS,
            kind=kind,
            older=beside({"kind": kind}, after, "/activity"),
        )

    @router.get("/status")
    def status_page(ctx: ContextHere, reader: ReaderHere) -> HTMLResponse:
        findings = look(ctx, reader)
        return pages.page("status.html", findings=findings, ok=all(each.ok is not False for each in findings))

    return router
