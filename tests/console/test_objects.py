"""The local store's files as the console serves them: shown where that is safe, saved where it is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.console.conftest import PICTURE, SVG, Console


@pytest.fixture
def link(console: Console, tmp_path: Path) -> Callable[[bytes, str], str]:
    """Stores bytes under an extension and signs a link to them."""

    def make(body: bytes, ext: str) -> str:
        path, key = tmp_path / "body", f"0123/original.{ext}"
        path.write_bytes(body)
        console.ctx.store.delete([key])
        console.ctx.store.put(key, path, mime="text/html")
        return console.ctx.store.sign([key], ttl=timedelta(hours=1))[key].url

    return make


@pytest.mark.parametrize(
    ("ext", "mime"),
    [
        ("jpg", "image/jpeg"),
        ("webp", "image/webp"),
        ("opus", "audio/ogg"),
        ("mp4", "video/mp4"),
        ("pdf", "application/pdf"),
    ],
)
def test_pictures_sound_film_and_pdf_are_shown(link: Callable[[bytes, str], str], ext: str, mime: str) -> None:
    answer = httpx.get(link(b"body", ext))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == mime
    assert answer.headers["content-disposition"].startswith("inline")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert 3500 < int(answer.headers["cache-control"].partition("max-age=")[2].partition(",")[0]) <= 3600


@pytest.mark.parametrize("ext", ["svg", "html", "htm", "xml", "xhtml", "js", "txt", "docx", "vcf", "bin", "exe"])
def test_whatever_could_run_is_saved_not_shown(link: Callable[[bytes, str], str], ext: str) -> None:
    answer = httpx.get(link(SVG, ext))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_head_request_has_no_body(link: Callable[[bytes, str], str]) -> None:
    answer = httpx.head(link(PICTURE, "png"))
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", str(len(PICTURE)))


@pytest.mark.parametrize(("asked", "status"), [("bytes=999-", 416), ("bytes=x-y", 400), ("bytes=5-2", 400)])
def test_a_range_that_cannot_be_served_is_an_error_of_our_shape(
    link: Callable[[bytes, str], str], asked: str, status: int
) -> None:
    answer = httpx.get(link(PICTURE, "png"), headers={"range": asked})
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message"}


def test_only_signed_objects_of_our_bucket_are_served(console: Console, link: Callable[[bytes, str], str]) -> None:
    url = link(PICTURE, "png")
    secret = console.settings.secrets_folder / "console.token"
    assert secret.exists()
    for forged in (
        url.replace("/wa-media/", "/other/"),
        url.replace("0123/original.png", "../../secrets/console.token"),
        url.replace("0123/original.png", "..%2f..%2fsecrets%2fconsole.token"),
        url.replace("0123", "0124"),
        url.partition("?")[0],
    ):
        answer = console.stranger.get(forged)
        assert answer.status_code in (401, 403, 404), forged
        assert set(answer.json()["error"]) == {"code", "message"}
        assert console.token not in answer.text


def test_the_console_s_token_is_no_signature(console: Console, link: Callable[[bytes, str], str]) -> None:
    address = link(PICTURE, "png").partition("?")[0]
    assert console.http.get(address, params={"token": console.token}).status_code == 403
