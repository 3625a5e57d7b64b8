"""The console where media are kept in Supabase: its links lead there, and its own routes serve no file."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.console.conftest import PICTURE, running
from tests.storage.standin import KEY, running_standin


def test_links_lead_to_supabase_and_the_key_stays_here(
    database_url: str, wa_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        running_standin() as standin,
        running(database_url, wa_home, monkeypatch, SUPABASE_URL=standin.url, SUPABASE_SECRET_KEY=KEY) as console,
    ):
        (item,) = console.http.get("/api/messages", params={"q": "rechnung"}).json()["items"]
        link = item["media"]["signed_url"]
        assert link.startswith(f"{standin.url}/storage/v1/object/sign/wa-media/")
        assert httpx.get(link).content == PICTURE
        answer = console.http.get(f"/media/{console.media['picture']}")
        assert (answer.status_code, httpx.get(answer.headers["location"]).content) == (307, PICTURE)

        page = console.http.get("/", params={"q": "rechnung"})
        assert f"img-src 'self' {standin.url};" in page.headers["content-security-policy"]
        assert f'<a class="picture" href="{standin.url}/' in page.text
        standin.seen.clear()
        console.http.get("/api/messages")
        assert standin.seen == ["POST /object/sign/wa-media"], "one request signs the whole page"

        for path in ("/", "/api/messages", "/openapi.json", "/healthz", "/static/console.css"):
            answer = console.http.get(path)
            assert KEY not in answer.text + str(answer.headers)
        assert console.http.get("/storage/v1/object/sign/wa-media/x?token=y").status_code == 404


def test_a_store_that_is_down_is_one_sentence(
    database_url: str, wa_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        running_standin() as standin,
        running(database_url, wa_home, monkeypatch, SUPABASE_URL=standin.url, SUPABASE_SECRET_KEY=KEY) as console,
    ):
        standin.fail("402", "POST /object/sign", times=9)
        answer = console.http.get("/api/messages")
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "store_failed"
        assert "quota" in answer.json()["error"]["message"]
