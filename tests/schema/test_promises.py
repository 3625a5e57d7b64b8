"""What the tables promise whoever writes to them, held by the database itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.errors import CheckViolation, UniqueViolation

from wa_pipeline.archive.migrations.connection import connect

SHA = "ab" * 32
MESSAGE = "insert into messages (wa_msg_id, ts, chat_id, sender, kind) values (%s, %s, %s, 's', %s)"
MEDIA = "insert into media (sha256, mime, bytes, storage_path) values (%s, 'image/png', 1, 'wa-media/x')"


def test_a_message_id_and_a_content_hash_come_once(database_url: str) -> None:
    with connect(database_url) as conn:
        conn.execute(MESSAGE, ("a", "2025-01-01", "c", "text"))
        conn.execute(MEDIA, (SHA,))
        with pytest.raises(UniqueViolation):
            conn.execute(MESSAGE, ("a", "2025-01-02", "c", "text"))
        with pytest.raises(UniqueViolation):
            conn.execute(MEDIA, (SHA,))


@pytest.mark.parametrize("sha256", ["", "ab", SHA.upper(), "g" * 64, SHA[:-1] + " "])
def test_a_content_hash_is_64_lower_case_hex_digits(database_url: str, sha256: str) -> None:
    with connect(database_url) as conn, pytest.raises(CheckViolation):
        conn.execute(MEDIA, (sha256,))


def test_a_message_kind_is_one_of_six(database_url: str) -> None:
    with connect(database_url) as conn:
        for number, kind in enumerate(("text", "image", "video", "audio", "doc", "other")):
            conn.execute(MESSAGE, (str(number), "2025-01-01", "c", kind))
        with pytest.raises(CheckViolation):
            conn.execute(MESSAGE, ("x", "2025-01-01", "c", "sticker"))


def test_twenty_at_once_leave_one_session_row(database_url: str, empty_database_url: str) -> None:
    def insert(number: int) -> bool:
        with connect(database_url) as conn:
            try:
                conn.execute("insert into wa_sessions (status, wa_name) values ('connecting', %s)", (str(number),))
            except UniqueViolation:
                return False
            return True

    with connect(database_url) as conn:
        conn.execute("delete from wa_sessions")
        with ThreadPoolExecutor(20) as pool:
            assert sum(pool.map(insert, range(20))) == 1
        assert conn.execute("select count(*) from wa_sessions").fetchone() == (1,)
        conn.execute("insert into wa_sessions (status) values ('disconnected') on conflict do nothing")
        assert conn.execute("select count(*) from wa_sessions").fetchone() == (1,)


def test_the_latest_message_of_a_chat_is_one_and_the_same_when_times_are_equal(database_url: str) -> None:
    with connect(database_url) as conn:
        for number in range(50):
            conn.execute(MESSAGE, (str(number), "2025-01-01", "c", "text"))
        latest = "select id from messages_latest_per_group"
        before = conn.execute(latest).fetchall()
        assert before == conn.execute("select id from messages order by id desc limit 1").fetchall()
        conn.execute("update messages set text = 'moved in the table' where random() < 0.5")
        assert conn.execute(latest).fetchall() == before


def test_the_view_shows_nobody_more_than_its_tables_do(database_url: str) -> None:
    with connect(database_url) as conn:
        options = conn.execute("select reloptions from pg_class where relname = 'messages_latest_per_group'").fetchone()
    assert options == (["security_invoker=true"],)


@pytest.fixture
def many(database_url: str) -> psycopg.Connection:
    """A connection to 20,000 messages of 400 chats, one in ten with media."""
    conn = connect(database_url)
    conn.execute("""
        insert into media (sha256, mime, bytes, storage_path)
        select encode(sha256(i::text::bytea), 'hex'), 'image/png', 1, 'x' from generate_series(1, 2000) i
    """)
    conn.execute("""
        with m as (select id, row_number() over () n from media)
        insert into messages (wa_msg_id, ts, chat_id, sender, kind, media_id)
        select i::text, timestamptz '2025-01-01' + i * interval '1 minute', 'chat ' || i % 400, 'sender ' || i % 300,
               case when i % 10 = 0 then (array['image', 'audio', 'video'])[1 + i / 10 % 3] else 'text' end, m.id
        from generate_series(1, 20000) i left join m on i % 10 = 0 and m.n = i / 10
    """)
    conn.execute("analyze")
    return conn


def test_the_questions_people_ask_are_answered_from_an_index(many: psycopg.Connection) -> None:
    questions = [
        ("select * from messages where chat_id = 'chat 7' order by ts desc limit 50", "messages_chat_ts"),
        (
            "select * from messages where chat_id = 'chat 7' order by ts desc, id desc limit 50",
            "messages_chat_ts_id_idx",
        ),
        ("select * from messages where kind = 'video' order by ts desc limit 50", "messages_kind_ts_idx"),
        ("select * from messages where kind = 'image' order by ts desc, id desc limit 50", "messages_kind_ts_idx"),
        ("select * from messages where sender = 'sender 9' order by ts desc limit 50", "messages_sender_ts_idx"),
        ("select * from messages where media_id = gen_random_uuid()", "messages_media_idx"),
        ("select * from messages where parent_id = gen_random_uuid()", "messages_parent_idx"),
        ("select * from messages where text ilike '%zebra%'", "messages_text_trgm"),
        ("select * from media where ocr_text ilike '%zebra%'", "media_ocr_trgm"),
    ]
    with many:
        for query, index in questions:
            # The table is too small for the planner to prefer an index where nothing is found.
            small = "ilike" in query or "random" in query
            many.execute("set enable_seqscan = off" if small else "set enable_seqscan = on")
            plan = "\n".join(str(line) for (line,) in many.execute(f"explain {query}".encode()).fetchall())
            assert index in plan, f"{query}\n{plan}"


def test_every_column_of_the_added_tables_says_what_it_holds(database_url: str) -> None:
    seed = ["groups", "media", "messages", "message_tags", "block_groups", "block_senders", "block_keywords",
            "audit_log", "wa_sessions", "google_tokens", "runtime_flags"]  # fmt: skip
    with connect(database_url) as conn:
        silent = conn.execute(
            """
            select relname::text, attname::text from pg_class c
            join pg_attribute a on attrelid = c.oid and attnum > 0 and not attisdropped
            where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> all(%s)
              and (col_description(c.oid, attnum) is null or obj_description(c.oid) is null)
            """,
            (seed,),
        ).fetchall()
    assert silent == []
