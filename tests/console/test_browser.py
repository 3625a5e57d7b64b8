"""What people do on the pages, done by a real browser."""

from __future__ import annotations

import io
import json
import math
import struct
import wave
from pathlib import Path

import psycopg
import pytest
from PIL import Image, ImageDraw

from tests.console.browser import DESKTOP, PHONE, axe, browsing, chromium, until
from tests.console.conftest import Console, store_media

pytest.importorskip("playwright", reason="playwright is not installed: see .ci/browser.lock")
pytestmark = pytest.mark.skipif(chromium() is None, reason="there is no Chromium on this machine")

PAGES = [
    "/", "/?q=word", "/?q=ana", "/gallery", "/gallery?kind=audio", "/groups", "/exports", "/session", "/failures",
    "/activity", "/statistics", "/blocks", "/status", "/chat?id=1@g.us",
]  # fmt: skip


def _sound() -> bytes:
    """Four seconds of a tone."""
    body = io.BytesIO()
    with wave.open(body, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"".join(struct.pack("<h", int(3000 * math.sin(n / 5))) for n in range(32_000)))
    return body.getvalue()


def _picture() -> bytes:
    body = io.BytesIO()
    image = Image.new("RGB", (900, 600), "#cde")
    ImageDraw.Draw(image).ellipse((200, 100, 700, 500), fill="#284")
    image.save(body, "JPEG")
    return body.getvalue()


@pytest.fixture
def lived_in(own_console: Console, tmp_path: Path) -> Console:
    """A console over a chat with a voice note of two sentences, a picture, a failure, and a QR code to scan."""
    with psycopg.connect(own_console.ctx.archive_url) as conn:
        sound = store_media(own_console, conn, _sound(), "audio/wav", "wav", tmp_path)
        picture = store_media(own_console, conn, _picture(), "image/jpeg", "jpg", tmp_path)
        conn.execute("update public.media set asr_text = 'good morning. bring the wheelbarrow' where id = %s", [sound])
        conn.execute(
            "insert into public.media_enrichment (media_id, step, state, segments) values (%s, 'asr', 'done',"
            """ '[{"start": 0, "end": 1.5, "text": "good morning."},"""
            """ {"start": 2.5, "end": 4, "text": "bring the wheelbarrow"}]')""",
            [sound],
        )
        conn.execute(
            "insert into public.media_enrichment (media_id, step, state, attempts, error)"
            " values (%s, 'ocr', 'failed', 3, 'the picture is cut off')",
            [picture],
        )
        conn.execute(
            "insert into public.messages (wa_msg_id, ts, chat_id, sender, kind, text, media_id, group_id)"
            " values ('v', '2024-03-07T10:00:00Z', '1@g.us', 'Cem', 'audio', null, %(sound)s, %(group)s),"
            " ('p', '2024-03-07T10:01:00Z', '1@g.us', 'Cem', 'image', 'a word of it', %(picture)s, %(group)s),"
            " ('w', '2024-03-07T10:02:00Z', '1@g.us', 'Ana', 'text', 'last word', null, %(group)s)",
            {"sound": sound, "picture": picture, "group": own_console.group},
        )
        conn.execute(
            "update public.wa_sessions set status = 'connecting', detail ="
            " jsonb_build_object('qr', '2@abc', 'expiresAt', now() + interval '40 seconds')"
        )
    return own_console


def _link(console: Console) -> str:
    return f"{console.url}/?token={console.token}"


def _value(console: Console, statement: str) -> object:
    with psycopg.connect(console.ctx.archive_url) as conn:
        row = conn.execute(statement.encode()).fetchone()
    return row[0] if row else None


@pytest.mark.parametrize(("width", "dark"), [(DESKTOP, False), (PHONE, True)], ids=["desktop", "phone"])
def test_a_day_with_the_console(lived_in: Console, tmp_path: Path, width: dict[str, int], dark: bool) -> None:
    with browsing(_link(lived_in), width=width, dark=dark) as page:
        assert "token" not in page.url
        # A word that was only spoken is found while it is typed, and played from where it is said.
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        page.keyboard.type("wheelbar")
        page.wait_for_selector("mark:has-text('wheelbar')")
        assert "heard at 0:02" in page.inner_text("#results")
        page.click("button.play")
        until(page, "document.querySelector('audio').currentTime >= 2.5")
        # Its conversation.
        page.click("article a.open")
        page.wait_for_selector(".bubble.here")
        assert "last word" in page.inner_text(".talk")
        # A group is switched on, and groups are asked for.
        page.goto(f"{lived_in.url}/groups")
        page.click("[role=switch]")
        page.wait_for_selector("[role=switch][aria-checked=true]")
        assert _value(lived_in, "select monitor from public.groups where wa_group_id = '1@g.us'") is True
        before = _value(lived_in, "select value->>'at' from public.runtime_flags where key = 'fetch_groups_requested'")
        page.click("text=Fetch groups")
        page.wait_for_selector("#said >> text=Asked")
        after = _value(lived_in, "select value->>'at' from public.runtime_flags where key = 'fetch_groups_requested'")
        assert before != after
        # The QR code is drawn and counted down; a fresh one shows by itself.
        page.goto(f"{lived_in.url}/session")
        page.wait_for_selector("text=/Valid for \\d+ s/")
        drawn = page.get_attribute(".qr", "src")
        assert page.evaluate("document.querySelector('.qr').naturalWidth") > 100
        page.click("text=Refresh the QR code")
        page.wait_for_selector("#said >> text=Asked")
        assert _value(lived_in, "select value->>'at' from public.runtime_flags where key = 'wa_refresh_qr_requested'")
        with psycopg.connect(lived_in.ctx.archive_url) as conn:
            conn.execute(
                "update public.wa_sessions set detail ="
                " jsonb_build_object('qr', '2@fresh', 'expiresAt', now() + interval '70 seconds')"
            )
        until(page, f"document.querySelector('.qr').getAttribute('src') !== {json.dumps(drawn)}")
        # An export is brought in.
        export = tmp_path / "WhatsApp Chat with Elm Lane.txt"
        export.write_text("01/02/2024, 10:00 - Ana: a word\n")
        page.goto(f"{lived_in.url}/exports")
        page.fill("input[name=tz]", "Europe/London")
        page.set_input_files("input[name=files]", str(export))
        page.wait_for_selector("#uploads >> text=Its run in Dagster")
        assert _value(lived_in, "select options->>'tz' from public.import_runs") == "Europe/London"
        page.reload()
        assert "WhatsApp Chat with Elm Lane.txt" in page.inner_text("#known")
        # A failure is tried again.
        page.goto(f"{lived_in.url}/failures")
        page.click("text=Try again")
        page.wait_for_selector("text=Nothing has failed for good")
        assert _value(lived_in, "select state from public.media_enrichment where step = 'ocr'") == "pending"


def test_the_keys_lead_through_the_results(lived_in: Console) -> None:
    with browsing(_link(lived_in)) as page:
        page.keyboard.press("Escape")
        for key, place in (("j", 0), ("j", 1), ("ArrowDown", 2), ("k", 1)):
            page.keyboard.press(key)
            found = page.evaluate("[...document.querySelectorAll('.item')].indexOf(document.activeElement)")
            assert found == place
        page.keyboard.press("Enter")
        page.wait_for_selector(".bubble.here")
        page.goto(f"{lived_in.url}/gallery")
        page.click(".tile[data-message]")
        page.wait_for_selector("#viewer[open]")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Escape")


@pytest.mark.skipif(axe() is None, reason="WA_TEST_AXE does not name axe-core's script")
@pytest.mark.parametrize(("width", "dark"), [(DESKTOP, False), (PHONE, True)], ids=["desktop light", "phone dark"])
def test_every_page_fits_its_window_and_axe_finds_no_serious_fault(
    lived_in: Console, width: dict[str, int], dark: bool
) -> None:
    with browsing(_link(lived_in), width=width, dark=dark, bare=True) as page:
        faults = []
        for address in PAGES:
            page.goto(lived_in.url + address)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, address
            page.add_script_tag(path=str(axe()))
            found = page.evaluate("axe.run({resultTypes: ['violations']}).then(found => found.violations)")
            faults += [
                (address, one["id"], [node["html"][:160] for node in one["nodes"]][:2])
                for one in found
                if one["impact"] in ("serious", "critical")
            ]
        assert faults == []


def test_hostile_media_and_words_run_nowhere(lived_in: Console) -> None:
    with psycopg.connect(lived_in.ctx.archive_url) as conn:
        conn.execute("update public.messages set text = %s", ["<script>alert(1)</script><img src=x onerror=alert(1)>"])
        conn.execute(
            "update public.media set mime = 'text/html', ocr_text = '<script>alert(1)</script>'"
            " where mime = 'image/png'"
        )
    with browsing(_link(lived_in)) as page:
        for address in ("/", "/?q=script", "/gallery", "/chat?id=1@g.us"):
            page.goto(lived_in.url + address)
            page.wait_for_load_state("networkidle")
            assert page.evaluate("document.querySelectorAll('main script, main iframe, main object').length") == 0
