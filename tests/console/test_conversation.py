"""A conversation around a message: order, replies, edits, deletions, reactions, and hostile words in it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import psycopg

from tests.console.conftest import Console

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)> \"'&\u202egnp.exe\u2066"


WITHOUT_THEM = {"/statistics", "/status", "/gallery", "/session", "/"}


class _Tags(HTMLParser):
    """Every tag a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, {name: value or "" for name, value in attrs}))


def _talk(console: Console) -> dict[str, str]:
    """A chat of a hundred lines, all in one minute, with something said about some of them; ids by number."""
    with psycopg.connect(console.ctx.archive_url) as conn:
        conn.execute(
            "insert into public.messages (wa_msg_id, ts, chat_id, sender, kind, text, raw)"
            " select 't' || n, '2024-05-01 10:00+00'::timestamptz + (n / 50) * interval '1 minute', 'talk@g.us',"
            " '4917' || n % 3 || '@s.whatsapp.net', 'text', 'line ' || n,"
            " jsonb_build_object('seq', n, 'sender_name', 'Name ' || n % 3) from generate_series(0, 99) n"
        )
        conn.execute(
            "update public.messages m set parent_id = p.id from public.messages p"
            " where m.wa_msg_id = 't60' and p.wa_msg_id = 't55'"
        )
        conn.execute(
            "update public.messages set raw = raw || jsonb_build_object('edited', jsonb_build_object('at',"
            " '2024-05-01T10:05:00.000000Z')) where wa_msg_id = 't61'"
        )
        conn.execute(
            "insert into public.message_versions (message_id, text) select id, 'what it said before' from"
            " public.messages where wa_msg_id = 't61'"
        )
        conn.execute("""update public.messages set raw = raw || '{"deleted": true}' where wa_msg_id = 't62'""")
        conn.execute(
            "insert into public.message_reactions (chat_id, target_wa_msg_id, sender, emoji, ts, message_id)"
            " select 'talk@g.us', 't63', s, e, now(), id from public.messages,"
            " (values ('49170@s.whatsapp.net', '👍'), ('49171@s.whatsapp.net', '')) as v(s, e) where wa_msg_id = 't63'"
        )
        rows = conn.execute("select wa_msg_id, id from public.messages where chat_id = 'talk@g.us'").fetchall()
    return {wa_msg_id: str(row_id) for wa_msg_id, row_id in rows}


def _context(console: Console, message_id: str, **asked: int) -> dict[str, Any]:
    answer = console.http.get(f"/api/messages/{message_id}/context", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_context_is_what_was_said_before_and_after(own_console: Console) -> None:
    ids = _talk(own_console)
    whole = _context(own_console, ids["t60"], before=200, after=200)
    assert [item["text"] for item in whole["items"]] == [f"line {n}" for n in range(100)]
    assert (whole["older"], whole["newer"]) == (None, None)
    part = _context(own_console, ids["t60"], before=3, after=2)
    assert len(part["items"]) == 6
    assert {part["older"], part["newer"]} <= {item["id"] for item in part["items"]}
    alone = _context(own_console, ids["t60"], before=0, after=0)
    assert [item["id"] for item in alone["items"]] == [ids["t60"]]


def test_going_on_from_either_end_reaches_every_message(own_console: Console) -> None:
    ids = _talk(own_console)
    seen = {item["id"] for item in _context(own_console, ids["t60"], before=5, after=5)["items"]}
    for way in ("older", "newer"):
        here: str | None = ids["t60"]
        while here:
            part = _context(own_console, here, before=5, after=5)
            seen |= {item["id"] for item in part["items"]}
            here = part[way]
    assert seen == set(ids.values())


def test_what_was_said_about_a_message_stands_with_it(own_console: Console) -> None:
    ids = _talk(own_console)
    said = {item["id"]: item for item in _context(own_console, ids["t60"], before=200, after=200)["items"]}
    assert said[ids["t60"]]["answers"]["text"] == "line 55"
    assert said[ids["t61"]]["edited_at"] == "2024-05-01T10:05:00.000000Z"
    assert [version["text"] for version in said[ids["t61"]]["versions"]] == ["what it said before"]
    assert said[ids["t62"]]["deleted"] is True
    (reaction,) = said[ids["t63"]]["reactions"]
    assert (reaction["emoji"], reaction["sender_name"]) == ("👍", "Name 0")
    page = own_console.http.get(f"/messages/{ids['t60']}").text
    for words in ("line 55", "what it said before", "Deleted by its sender", "👍 from Name 0", "Name 1"):
        assert words in page


def test_a_chat_leads_to_its_newest_message(own_console: Console) -> None:
    _talk(own_console)
    answer = own_console.http.get("/chat", params={"id": "talk@g.us"})
    assert answer.status_code == 303
    assert "line 99" in own_console.http.get(answer.headers["location"]).text
    assert own_console.http.get("/chat", params={"id": "nothing"}).status_code == 404


def test_hostile_words_are_words_on_every_page(own_console: Console) -> None:
    with psycopg.connect(own_console.ctx.archive_url) as conn:
        conn.execute("update public.groups set name = %s where wa_group_id = '1@g.us'", [HOSTILE])
        conn.execute("update public.messages set sender = %s, text = %s where wa_msg_id = 'm1'", [HOSTILE, HOSTILE])
        conn.execute("update public.media set ocr_text = %s where mime = 'image/png'", [HOSTILE])
        conn.execute("update public.media set asr_text = %s where mime = 'audio/ogg'", [HOSTILE])
        conn.execute(
            "insert into public.media_enrichment (media_id, step, state, segments) select id, 'asr', 'done',"
            " jsonb_build_array(jsonb_build_object('start', 0.5, 'end', 2, 'text', %s::text)) from public.media"
            " where mime = 'audio/ogg'",
            [HOSTILE],
        )
        conn.execute(
            "insert into public.media_enrichment (media_id, step, state, error) select id, 'ocr', 'failed', %s"
            " from public.media where mime = 'image/png'",
            [HOSTILE],
        )
        conn.execute(
            "insert into public.audit_log (kind, detail) values ('error', jsonb_build_object(%s::text, %s::text))",
            [HOSTILE, HOSTILE],
        )
        conn.execute("update public.wa_sessions set wa_name = %s, wa_number = %s", [HOSTILE, HOSTILE])
        conn.execute("insert into public.block_senders (sender, reason) values (%s, %s)", [HOSTILE, HOSTILE])
        conn.execute(
            "insert into public.import_runs (export_key, file, path, sha256, state, reason)"
            " values ('k', %s, '/', repeat('a', 64), 'failed', %s)",
            [HOSTILE, HOSTILE],
        )
        row = conn.execute("select id from public.messages where wa_msg_id = 'm1'").fetchone()
    assert row
    pages = [
        "/", "/?q=script", "/?q=%3Cscript%3E", "/gallery", "/gallery?kind=audio", "/groups", "/exports", "/session",
        "/failures", "/activity", "/statistics", "/blocks", "/status", f"/messages/{row[0]}",
        f"/messages/{row[0]}/text", f"/messages/{row[0]}?q=%22%3E%3Cscript%3E",
    ]  # fmt: skip
    for page in pages:
        html = own_console.http.get(page).text
        tags = _Tags()
        tags.feed(html)
        assert "alert(1)" in html.replace("<mark>script</mark>", "script") or page in WITHOUT_THEM, page
        assert not [
            tag for tag, given in tags.seen if tag == "script" and not given.get("src", "").startswith("/static/")
        ]
        assert not [
            tag for tag, given in tags.seen if given.get("src") == "x" or any(name[:2] == "on" for name in given)
        ]


def test_a_text_of_a_megabyte_is_cut_and_the_whole_is_a_link_away(own_console: Console) -> None:
    with psycopg.connect(own_console.ctx.archive_url) as conn:
        row = conn.execute(
            "update public.messages set text = repeat('long words ', 100000) || 'the end'"
            " where wa_msg_id = 'm1' returning id"
        ).fetchone()
    assert row
    for page in ("/?q=long+words", "/", f"/messages/{row[0]}"):
        html = own_console.http.get(page).text
        assert len(html) < 100_000, page
        assert f'href="/messages/{row[0]}/text"' in html
    assert "the end" in own_console.http.get(f"/messages/{row[0]}/text").text
