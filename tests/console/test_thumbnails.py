"""Small pictures: of pictures only, made in a process of their own, and never of what could run."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from PIL import Image

from tests.console.conftest import Console
from wa_pipeline.extract.thumbnailer import Thumbnailer
from wa_pipeline.storage import object_key, storage_path


def _picture(form: str = "JPEG", mode: str = "RGB", size: tuple[int, int] = (1600, 900)) -> bytes:
    body = io.BytesIO()
    Image.new(mode, size, 90).save(body, form)
    return body.getvalue()


def _store(console: Console, body: bytes, mime: str, ext: str, folder: Path) -> UUID:
    sha256 = hashlib.sha256(body).hexdigest()
    path = folder / sha256
    path.write_bytes(body)
    console.ctx.store.put(object_key(sha256, ext), path, mime=mime)
    with psycopg.connect(console.ctx.archive_url) as conn:
        row = conn.execute(
            "insert into public.media (sha256, mime, bytes, storage_path) values (%s, %s, %s, %s) returning id",
            [sha256, mime, len(body), storage_path(object_key(sha256, ext))],
        ).fetchone()
    assert row
    return UUID(str(row[0]))


@pytest.mark.parametrize(("form", "mode"), [("JPEG", "RGB"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "LA"),
                                            ("GIF", "P"), ("WEBP", "RGB"), ("BMP", "RGB")])  # fmt: skip
def test_a_picture_gets_a_small_one(own_console: Console, tmp_path: Path, form: str, mode: str) -> None:
    mime = {"JPEG": "image/jpeg"}.get(form, f"image/{form.lower()}")
    media = _store(own_console, _picture(form, "L" if mode == "P" else mode), mime, form.lower(), tmp_path)
    for _ in range(2):
        answer = own_console.http.get(f"/media/{media}/thumbnail")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/webp"
        assert answer.headers["x-content-type-options"] == "nosniff"
        with Image.open(io.BytesIO(answer.content)) as small:
            assert small.size == (480, 270)
    assert own_console.stranger.get(f"/media/{media}/thumbnail").status_code == 401


def test_no_picture_is_made_of_what_is_none(own_console: Console, tmp_path: Path) -> None:
    bomb = _picture("PNG", "1", (12_000, 12_000))
    for body, mime, ext in (
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", "svg"),
        (b"<html>", "text/html", "html"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "image/png", "png"),
        (_picture()[:500], "image/jpeg", "jpg"),
        (bomb, "image/png", "png"),
        (b"%PDF-1.7", "application/pdf", "pdf"),
    ):
        media = _store(own_console, body, mime, ext, tmp_path)
        for _ in range(2):
            answer = own_console.http.get(f"/media/{media}/thumbnail")
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_thumbnail"), mime
    assert own_console.http.get(f"/media/{own_console.media['gone']}/thumbnail").status_code == 404


def test_a_worker_that_was_killed_is_replaced(tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    source.write_bytes(_picture())
    maker = Thumbnailer()
    try:
        assert maker.make(source, tmp_path / "a.webp") is None
        child = maker._child
        assert child is not None
        child.kill()
        child.wait()
        assert maker.make(source, tmp_path / "b.webp") is None
        assert (tmp_path / "b.webp").is_file()
    finally:
        maker.close()
