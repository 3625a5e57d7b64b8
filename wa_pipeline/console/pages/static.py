"""The files pages are made of."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from wa_pipeline.console.pages.render import HERE, Pages

STATIC = {
    "console.css": "text/css",
    "icon.svg": "image/svg+xml",
    "actions.js": "text/javascript",
    "keys.js": "text/javascript",
    "live.js": "text/javascript",
    "player.js": "text/javascript",
    "upload.js": "text/javascript",
}


def routes(pages: Pages) -> APIRouter:
    """`/static/{name}`."""
    router = APIRouter()

    @router.get("/static/{name}")
    def static(name: str, v: str = "") -> FileResponse:
        if name not in STATIC:
            raise HTTPException(404)
        kept = "private, max-age=31536000, immutable" if v else "private, max-age=300"
        return FileResponse(HERE / "static" / name, media_type=STATIC[name], headers={"cache-control": kept})

    return router
