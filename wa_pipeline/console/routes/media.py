"""Media files: links to them, and small pictures of them."""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, RedirectResponse, Response

from wa_pipeline.archive.media_links import media_file
from wa_pipeline.console.dependencies import ERRORS, PathId, ReaderHere, ThumbnailsHere, uuid_of
from wa_pipeline.errors import ObjectMissing

router = APIRouter(prefix="/media", tags=["media"], responses=ERRORS)


@router.get("/{media_id}", status_code=307, response_class=RedirectResponse)
def media(media_id: PathId, reader: ReaderHere) -> RedirectResponse:
    """Signs a link to a media file and leads there."""
    return RedirectResponse(reader.media_link(uuid_of("media_id", media_id)).url, 307)


@router.get("/{media_id}/thumbnail", response_class=Response, responses={200: {"content": {"image/webp": {}}}})
async def thumbnail(media_id: PathId, reader: ReaderHere, thumbnails: ThumbnailsHere) -> Response:
    """A small picture of a picture, at most 480 pixels each way, without metadata."""
    row_id = uuid_of("media_id", media_id)
    file = await run_in_threadpool(reader.read, lambda conn: media_file(conn, row_id))
    if file is None:
        raise ObjectMissing(key=row_id)
    picture = await to_thread.run_sync(thumbnails.of, file, limiter=thumbnails.turn)
    # The bytes behind an id never change.
    headers = {"cache-control": "private, max-age=604800, immutable"}
    return FileResponse(picture, media_type="image/webp", headers=headers)
