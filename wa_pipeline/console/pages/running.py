"""How it runs: the WhatsApp session, what failed, what happened, and whether all is well."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from wa_pipeline.archive.search import BadCursor
from wa_pipeline.archive.views.activity import KINDS, activity
from wa_pipeline.console.dependencies import ContextHere, ReaderHere
from wa_pipeline.console.health import look
from wa_pipeline.console.pages.render import Pages
from wa_pipeline.console.pages.search import older
from wa_pipeline.console.routes.failures import failures
from wa_pipeline.console.routes.session import session

KIND_WORDS = {
    "connect": "Connected",
    "disconnect": "Disconnected",
    "reconnect": "Connected again",
    "qr_generated": "QR code made",
    "discovery": "Groups fetched",
    "group_rename": "Group renamed",
    "ingest": "Taken in",
    "error": "Failed",
}


def routes(pages: Pages) -> APIRouter:
    """`/session`, `/failures`, `/activity`, `/status`."""
    router = APIRouter()

    @router.get("/session")
    def session_page(request: Request, reader: ReaderHere) -> HTMLResponse:
        part = request.query_params.get("part") == "session"
        return pages.page("session_now.html" if part else "session.html", session=session(reader))

    @router.get("/failures")
    def failures_page(ctx: ContextHere) -> HTMLResponse:
        return pages.page("failures.html", found=failures(ctx))

    @router.get("/activity")
    def activity_page(request: Request, reader: ReaderHere) -> HTMLResponse:
        kind = request.query_params.get("kind", "")
        kind = kind if kind in KINDS else ""
        cursor = request.query_params.get("cursor") or None
        try:
            items, after = reader.read(lambda conn: activity(conn, kind=kind or None, cursor=cursor))
        except BadCursor:
            items, after = reader.read(lambda conn: activity(conn, kind=kind or None))
        return pages.page(
            "activity.html",
            items=items,
            kinds=KIND_WORDS,
            kind=kind,
            older=older({"kind": kind}, after, "/activity"),
        )

    @router.get("/status")
    def status_page(ctx: ContextHere, reader: ReaderHere) -> HTMLResponse:
        findings = look(ctx, reader)
        return pages.page("status.html", findings=findings, ok=all(each.ok is not False for each in findings))

    return router
