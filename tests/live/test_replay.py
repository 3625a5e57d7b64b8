"""A day interpreted again puts right what was wrong, and touches nothing that is right."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import psycopg

from tests.data.baileys_expected import GROUP
from tests.live.conftest import monitor
from tests.live.deliveries import edits, info, put, reacts, replies, revokes, says, state, upsert
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.interpret import interpret

TODAY = datetime.now(UTC).date()
XMINS = "select wa_msg_id, xmin::text from public.messages order by 1"


def talk(conn: psycopg.Connection) -> None:
    """Forty messages, some answering one another, one edited, one deleted."""
    put(conn, *[says(f"M{n}", f"message {n}", at=1731000000 + n) for n in range(30)])
    put(conn, *[replies(f"R{n}", f"answer {n}", f"M{n}", at=1731001000 + n) for n in range(10)])
    put(conn, edits("M3", "message 3, better", at=1731002000), revokes("M4", at=1731002000))
    put(conn, reacts("M5", "👍", at=1731002000))


def test_what_was_altered_by_hand_is_restored_and_nothing_else_is_touched(
    ctx: Context, conn: psycopg.Connection
) -> None:
    talk(conn)
    interpret(ctx)
    right, before = state(conn), dict(conn.execute(XMINS).fetchall())
    wrong = [f"{GROUP}|{name}" for name in ("M1", "M3", "R2", "M7")]
    conn.execute(
        "update messages set text = 'wrong', kind = 'other', parent_id = (select id from messages where wa_msg_id = %s)"
        " where wa_msg_id = any(%s)",
        (f"{GROUP}|M9", wrong),
    )
    report = interpret(ctx, day=TODAY)
    assert state(conn) == right
    assert report.messages == 0
    touched = {name for name, xmin in conn.execute(XMINS).fetchall() if before[name] != xmin}
    assert touched == set(wrong)


def test_a_further_replay_changes_nothing_at_all(ctx: Context, conn: psycopg.Connection) -> None:
    talk(conn)
    interpret(ctx)
    interpret(ctx, day=TODAY)
    inbox = "select id, xmin::text from public.wa_inbox order by 1"
    before = conn.execute(XMINS).fetchall(), conn.execute(inbox).fetchall()
    report = interpret(ctx, day=TODAY)
    assert (conn.execute(XMINS).fetchall(), conn.execute(inbox).fetchall()) == before
    assert (report.messages, report.changed, report.edits, report.deletes, report.reactions) == (0, 0, 0, 0, 0)


def test_an_edit_of_another_day_outlives_the_replay_of_the_first(ctx: Context, conn: psycopg.Connection) -> None:
    put(conn, says("A", "first"))
    conn.execute("update wa_inbox set received_at = now() - interval '3 days'")
    put(conn, edits("A", "second", at=1731002000))
    interpret(ctx)
    earlier = datetime.now(UTC).date().fromordinal(TODAY.toordinal() - 3)
    for _ in range(2):
        interpret(ctx, day=earlier)
        assert conn.execute("select text from messages").fetchone() == ("second",)
        assert conn.execute("select text from message_versions").fetchall() == [("first",)]


def test_messages_of_a_group_come_in_once_it_is_switched_on_whoever_wrote_the_switch(
    ctx: Context, conn: psycopg.Connection
) -> None:
    other = "99-1@g.us"
    put(conn, upsert(info("A", {"conversation": "hi"}, chat=other), info("B", {"conversation": "here"})))
    first = interpret(ctx)
    assert (first.messages, first.skipped) == (1, {"not monitored": 1})
    assert interpret(ctx).rows == 0
    conn.execute("update groups set monitor = true where wa_group_id = %s", (other,))
    assert interpret(ctx).messages == 1
    assert conn.execute("select count(*) from wa_inbox where held_for is not null").fetchone() == (0,)


def test_status_broadcasts_newsletters_and_direct_chats_are_left_out(ctx: Context, conn: psycopg.Connection) -> None:
    chats = ["status@broadcast", "1@newsletter", "447700900001@s.whatsapp.net", "77@lid", "nobody knows"]
    put(conn, *[upsert(info(f"A{n}", {"conversation": "hi"}, chat=chat)) for n, chat in enumerate(chats)])
    report = interpret(ctx)
    assert report.messages == 0
    assert report.skipped == {"status broadcast": 1, "newsletter": 1, "direct chat": 2, "unknown kind of chat": 1}


def test_blocked_groups_senders_and_keywords_never_come_in(ctx: Context, conn: psycopg.Connection) -> None:
    monitor(conn, "5@g.us")
    conn.execute("insert into block_groups (wa_group_id) values ('5@g.us')")
    conn.execute("insert into block_senders (sender) values ('447700900066'), ('Mallory')")
    conn.execute("insert into block_keywords (keyword) values ('casino')")
    put(
        conn,
        says("A", "hello", chat="5@g.us"),
        says("B", "hello", sender="447700900066@s.whatsapp.net"),
        upsert({**info("C", {"conversation": "hello"}), "pushName": "mallory"}),
        says("D", "The CASINO is open"),
        says("E", "hello"),
    )
    report = interpret(ctx)
    assert report.messages == 1
    assert report.skipped == {"blocked group": 1, "blocked sender": 2, "blocked keyword": 1}


def test_the_same_id_in_two_chats_is_two_messages_and_a_parent_elsewhere_is_none(
    ctx: Context, conn: psycopg.Connection
) -> None:
    monitor(conn, "5@g.us")
    context = {"stanzaId": "A", "remoteJid": "5@g.us", "quotedMessage": {"conversation": "there"}}
    far = {"extendedTextMessage": {"text": "about that", "contextInfo": context}}
    put(conn, says("A", "here"), says("A", "there", chat="5@g.us"), upsert(info("B", far)))
    interpret(ctx)
    rows = conn.execute("select wa_msg_id, parent_id, raw->'quoted'->>'chat' from messages order by 1").fetchall()
    assert rows == [(f"{GROUP}|A", None, None), (f"{GROUP}|B", None, "5@g.us"), ("5@g.us|A", None, None)]


def test_times_that_cannot_be_are_those_of_arrival(ctx: Context, conn: psycopg.Connection) -> None:
    put(conn, *[says(f"T{n}", "when?", at=at) for n, at in enumerate((-5, 0, 4_102_444_800, 1731000000000))])
    interpret(ctx)
    rows = conn.execute(
        "select right(wa_msg_id, 2), abs(extract(epoch from now() - ts)) < 60, raw->>'ts_from' from messages order by 1"
    ).fetchall()
    assert rows == [("T0", True, "arrival"), ("T1", True, "arrival"), ("T2", True, "arrival"), ("T3", False, None)]


def test_two_interpreters_share_the_work_and_lose_none(ctx: Context, conn: psycopg.Connection) -> None:
    put(conn, *[says(f"M{n}", f"message {n}") for n in range(6_000)])
    reports = []
    threads = [threading.Thread(target=lambda: reports.append(interpret(ctx))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(report.messages for report in reports) == 6_000
    assert conn.execute("select count(*), count(*) filter (where state = 'done') from wa_inbox").fetchone() == (
        6000,
        6000,
    )


def test_keys_leave_the_inbox_sealed_and_nothing_else_keeps_them(ctx: Context, conn: psycopg.Connection) -> None:
    image = {"mimetype": "image/jpeg", "url": "https://mmg.whatsapp.net/secret", "mediaKey": "a2V5a2V5a2V5a2V5a2V5a2V5"}
    put(conn, upsert(info("A", {"imageMessage": image})))
    interpret(ctx)
    kept = conn.execute("select payload::text from wa_inbox").fetchall()
    kept += conn.execute("select raw::text from messages").fetchall()
    kept += conn.execute("select detail::text from audit_log").fetchall()
    assert not any("a2V5" in text or "secret" in text for (text,) in kept)
    [(sealed,)] = conn.execute("select locator_enc from media_fetch").fetchall()
    assert b"a2V5" in ctx.sealer.open(sealed)
    interpret(ctx, day=TODAY)
    assert conn.execute("select locator_enc from media_fetch").fetchone() == (sealed,)
