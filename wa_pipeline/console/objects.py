"""The local store's signed links: the signature alone lets in, and nothing served can run in the console's name."""

from __future__ import annotations

import time
from pathlib import PurePosixPath

from fastapi import APIRouter
from fastapi.responses import FileResponse

from wa_pipeline.errors import ObjectMissing
from wa_pipeline.storage import SIGN_PATH, LocalStore

# Shown in the browser: pictures, sound, film and PDF, which cannot run a script in our origin. All else (SVG and HTML
# above all) is bytes to save. The store names extensions by what the content was found to be.
INLINE = {
    "avif": "image/avif", "bmp": "image/bmp", "gif": "image/gif", "heic": "image/heic", "jpeg": "image/jpeg",
    "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp",
    "3gp": "video/3gpp", "mov": "video/quicktime", "mp4": "video/mp4", "webm": "video/webm",
    "aac": "audio/aac", "amr": "audio/amr", "flac": "audio/flac", "m4a": "audio/mp4", "mp3": "audio/mpeg",
    "oga": "audio/ogg", "ogg": "audio/ogg", "opus": "audio/ogg", "wav": "audio/wav",
    "pdf": "application/pdf",
}  # fmt: skip
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
# Browsers refuse to show a PDF in a sandboxed document; its own viewer keeps it apart from our origin.
PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def signed_objects(store: LocalStore) -> APIRouter:
    """Serves `GET|HEAD /storage/v1/object/sign/{bucket}/{key}?token=…`, ranges included."""
    router = APIRouter()

    @router.api_route(SIGN_PATH + "/{bucket}/{key:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def signed_object(bucket: str, key: str, token: str = "") -> FileResponse:
        if bucket != store.bucket:
            raise ObjectMissing(key=f"{bucket}/{key}")
        left_s = int(store.verify(key, token).timestamp() - time.time())
        path = store.path_of(key)
        ext = PurePosixPath(key).suffix.lstrip(".")
        mime = INLINE.get(ext)
        return FileResponse(
            path,
            media_type=mime or "application/octet-stream",
            filename=f"{PurePosixPath(key).parent.name[:12] or 'media'}.{ext or 'bin'}",
            content_disposition_type="inline" if mime else "attachment",
            headers={
                "content-security-policy": PDF_POLICY if ext == "pdf" else POLICY,
                # The link is the authority, whichever page shows it; its bytes can never change.
                "cross-origin-resource-policy": "cross-origin",
                "cache-control": f"private, max-age={max(0, left_s)}, immutable",
            },
        )

    return router
