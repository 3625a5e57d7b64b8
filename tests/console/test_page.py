"""The search page as a browser gets it."""

from __future__ import annotations

import re
from html import unescape

import psycopg

from tests.console.conftest import PICTURE, Console

PAGES = [
    "/", "/gallery", "/gallery?kind=audio", "/groups", "/exports", "/session", "/failures", "/activity", "/statistics",
    "/blocks", "/status", "/chat?id=1@g.us", "/chat?id=nothing",
]  # fmt: skip


def test_a_picture_is_found_by_its_words_and_shown(console: Console) -> None:
    answer = console.http.get("/", params={"q": "rechnung"})
    assert answer.status_code == 200
    assert "<mark>RECHNUNG</mark> Nr. 4711" in answer.text
    (source,) = re.findall(r'<a class="picture" href="([^"]+)"', answer.text)
    assert source.startswith("/storage/v1/object/sign/wa-media/")
    assert console.stranger.get(unescape(source)).content == PICTURE
    assert f'<img src="/media/{console.media["picture"]}/thumbnail"' in answer.text


def test_a_voice_note_is_found_by_its_words_and_can_be_played(console: Console) -> None:
    page = console.http.get("/", params={"q": "leuchtturm"}).text
    assert "<audio controls" in page
    assert "<mark>Leuchtturm</mark>" in page


def test_a_name_that_is_typed_leads_to_what_was_said_there(console: Console) -> None:
    page = console.http.get("/", params={"q": "ana leuchtturm", "kind": "audio"}).text
    (link,) = re.findall(r'<a class="button" href="([^"]+)">From <bdi>Ana</bdi>: <bdi>leuchtturm</bdi></a>', page)
    assert "<mark>Leuchtturm</mark>" in console.http.get(unescape(link)).text
    (link,) = re.findall(r'href="([^"]+)">In <bdi>Ruderclub</bdi>', console.http.get("/", params={"q": "ruder"}).text)
    narrowed = console.http.get(unescape(link)).text
    assert "Leuchtturm" in narrowed
    assert '<nav class="meant"' not in narrowed


def test_text_is_shown_as_text(console: Console) -> None:
    page = console.http.get("/", params={"q": "<b>"}).text
    assert "erste Nachricht <mark>&lt;b&gt;</mark>fett&lt;/b&gt;" in page
    assert 'value="&lt;b&gt;"' in page
    assert "<b>fett" not in page


def test_what_could_run_is_a_link_and_what_is_gone_is_said(console: Console) -> None:
    page = console.http.get("/").text
    assert re.search(r'<a href="/storage[^"]+\.svg[^"]+" title="image/svg\+xml">SVG drawing, \d+ bytes</a>', page)
    assert "Picture, 12 bytes: its file is not in the store." in page


def test_nothing_comes_from_elsewhere_and_nothing_runs(console: Console) -> None:
    answer = console.http.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    for page in PAGES:
        html = console.http.get(page).text
        # Scripts are files of ours; nothing stands inside the page that could run or be styled.
        assert not re.search(r"<script(?! src=\"/static/[a-z]+\.js\?v=[0-9a-f]{10}\" defer></script>)", html), page
        assert not re.search(r"<[^>]+\s(?:style|on[a-z]+)=", html), page
        outside = re.findall(r'(?:src|href|action)="(?![/#])([^"]*)"', html)
        assert all(link.startswith(console.settings.dagster_link) for link in outside), page
    for name, mime in (
        ("console.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
        ("keys.js", "text/javascript; charset=utf-8"),
    ):
        assert console.http.get(f"/static/{name}").headers["content-type"] == mime


def test_older_and_newer_messages_are_a_link_away(own_console: Console) -> None:
    with psycopg.connect(own_console.ctx.archive_url) as conn:
        conn.execute(
            "insert into public.messages (wa_msg_id, ts, chat_id, sender, kind, text)"
            " select 'bulk' || n, '2023-01-01'::timestamptz + n * interval '1 minute', 'c', 'Ana', 'text', 'bulk ' || n"
            " from generate_series(1, 60) n"
        )
    first = own_console.http.get("/", params={"q": "bulk"}).text
    (older,) = re.findall(r'<a class="button" href="([^"]+)" rel="next"', first)
    second = own_console.http.get(unescape(older)).text
    assert (first.count("<article"), second.count("<article")) == (30, 30)
    assert 'rel="next"' not in second
    (newer,) = re.findall(r'<a class="button" href="([^"]+)" rel="prev"', second)
    again = own_console.http.get(unescape(newer)).text
    assert re.findall(r"<mark>bulk</mark> (\d+)", again) == re.findall(r"<mark>bulk</mark> (\d+)", first)


def test_what_is_marked_is_what_was_found(console: Console) -> None:
    for typed, mode, found in (
        ('"erste" -leuchtturm', "", "<mark>erste</mark> Nachricht"),
        ("Nachricht erste", "words", "<mark>erste</mark> <mark>Nachricht</mark>"),
        ("nachrict", "typo", "erste <mark>Nachricht</mark>"),
    ):
        assert found in console.http.get("/", params={"q": typed, "mode": mode}).text
    assert "mode=typo" in console.http.get("/", params={"q": "zzzz"}).text
    assert console.http.get("/", params={"q": "x", "mode": "nonsense"}).status_code == 400


def test_a_malformed_filter_is_one_sentence_on_the_page(console: Console) -> None:
    answer = console.http.get("/", params={"since": "yesterday"})
    assert answer.status_code == 400
    assert "since: a time such as" in answer.text
    assert 'value="yesterday"' in answer.text


def test_both_directions_of_writing_are_shown_as_they_are(console: Console) -> None:
    page = console.http.get("/", params={"q": "שלום"}).text
    assert '<p class="text" dir="auto"><mark>שלום</mark> לכולם</p>' in page
