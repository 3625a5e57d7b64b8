"""The index says what the messages say, whatever is done to them, in whatever order, by however many at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.search.conftest import NOON, Archive
from wa_pipeline.archive import search_index
from wa_pipeline.archive.db import connect
from wa_pipeline.archive.groups import join_groups
from wa_pipeline.archive.migrations.files import load
from wa_pipeline.archive.search import SearchQuery, search

MANY = """
insert into public.messages (wa_msg_id, ts, chat_id, sender, kind, text)
select %(mark)s || n, timestamptz '2024-01-01' + n * interval '1 minute', 'many@g.us', 'ann', 'text',
  %(mark)s || ' ' || n
from generate_series(1, %(count)s) n
"""


WAITS = "select 1 from pg_stat_activity where query like 'reindex%' and wait_event_type = 'Lock'"


def state(conn: psycopg.Connection) -> search_index.IndexState:
    found = search_index.state(conn)
    assert found.ok, found
    return found


def found(archive: Archive, term: str) -> list[UUID]:
    return [item.id for item in archive.find(term)]


def test_what_is_done_to_a_message_or_its_media_is_found_at_once(archive: Archive) -> None:
    run = archive.conn.execute
    picture = archive.picture()
    key = archive.say("ferry", media=picture, group="Rowing")
    assert found(archive, "ferry") == [key]
    run("update public.messages set text = 'bus' where id = %s", (key,))
    assert (found(archive, "ferry"), found(archive, "bus")) == ([], [key])
    run("update public.media set ocr_text = 'Timetable', asr_text = 'at nine' where id = %s", (picture,))
    assert (found(archive, "timetable"), found(archive, "nine")) == ([key], [key])
    run("update public.media set ocr_text = '' where id = %s", (picture,))
    assert found(archive, "timetable") == []
    run("update public.messages set sender = 'bob', kind = 'image', chat_id = 'c@g.us' where id = %s", (key,))
    assert [item.id for item in archive.find("bus", sender="bob", kind="image", chat_id="c@g.us")] == [key]
    run("update public.messages set ts = %s where id = %s", (NOON, key))
    assert archive.find("bus", until=NOON) == []
    run("delete from public.media where id = %s", (picture,))
    assert found(archive, "nine") == []
    assert archive.find("bus", has_media=True) == []
    run("delete from public.messages where id = %s", (key,))
    assert found(archive, "bus") == []
    assert state(archive.conn).indexed == 0


def test_an_upsert_is_one_row(archive: Archive) -> None:
    key = archive.say("ferry")
    archive.conn.execute(
        "insert into public.messages (wa_msg_id, ts, chat_id, sender, kind, text) "
        " values (%s, now(), 'c', 's', 'text', 'x') on conflict (wa_msg_id) do update set text = 'bus'",
        (str(key),),
    )
    assert (found(archive, "ferry"), found(archive, "bus")) == ([], [key])
    assert state(archive.conn).indexed == 1


@pytest.mark.parametrize("count", [1_000, 1_001, 6_000])
def test_what_comes_by_the_thousand_is_found_before_and_after_it_is_indexed(archive: Archive, count: int) -> None:
    older = archive.say("parsnip 17")
    archive.conn.execute(MANY, {"mark": "parsnip", "count": count})
    waiting = state(archive.conn).waiting
    assert waiting == (count if count > 1_000 else 0)
    asked = [SearchQuery(term, limit=70) for term in ("parsnip", "17", "p", "nip 17", "absent", '"parsnip" -9')]
    asked += [SearchQuery("parsnib", mode="typo", limit=70), SearchQuery("7", chat_id="many@g.us", limit=70)]
    before = [ids(archive, query) for query in asked]
    assert older in before[1]
    while search_index.fill_batch(archive.conn):
        pass
    assert state(archive.conn).waiting == 0
    assert [ids(archive, query) for query in asked] == before


def ids(archive: Archive, query: SearchQuery) -> list[UUID]:
    return [item.id for item in search(archive.conn, query).items]


def test_a_whole_chat_that_moves_is_found_where_it_went(archive: Archive) -> None:
    archive.conn.execute(MANY, {"mark": "parsnip", "count": 1_200})
    while search_index.fill_batch(archive.conn):
        pass
    join_groups(archive.conn, "many@g.us", "live@g.us", "Live")
    assert state(archive.conn).waiting == 1_200
    assert len(archive.find("parsnip", chat_id="live@g.us", limit=500)) == 500
    assert archive.find("parsnip", chat_id="many@g.us") == []
    # One of those that wait is written again: it is in both, as it is, and comes once.
    archive.conn.execute("update public.messages set text = 'radish' where wa_msg_id = 'parsnip7'")
    assert len(archive.find("radish")) == 1
    while search_index.fill_batch(archive.conn):
        pass
    assert state(archive.conn).indexed == 1_200


def test_what_another_hand_spoilt_is_told_and_put_right(archive: Archive) -> None:
    keys = [archive.say(f"ferry {number}") for number in range(4)]
    run = archive.conn.execute
    run("delete from public.message_search where message_id = %s", (keys[0],))
    run("update public.message_search set norm = 'bus' where message_id = %s", (keys[1],))
    run("update public.message_search set message_id = %s where message_id = %s", (uuid4(), keys[2]))
    wrong = search_index.state(archive.conn)
    assert (wrong.ok, wrong.missing, wrong.stale, wrong.orphans) == (False, 2, 1, 1)
    assert search_index.set_right(archive.conn) == 4
    assert found(archive, "ferry") == keys[::-1]
    while search_index.fill_batch(archive.conn):
        pass
    assert state(archive.conn).indexed == 4


def test_words_of_what_is_gone_are_forgotten_and_none_is_missed(database_url: str) -> None:
    with connect(database_url, autocommit=True) as conn:
        conn.execute(MANY, {"mark": "parsnip", "count": 2})
        conn.execute(MANY, {"mark": "radish", "count": 1})
        assert words(conn) == ["parsnip", "radish"]
        conn.execute("delete from public.messages where text like 'radish%'")
        conn.execute("delete from public.message_search_words where word = 'parsnip'")
        lacking = search_index.state(conn)
        assert (lacking.ok, lacking.unknown) == (False, 1)
        conn.execute("insert into public.message_search_words values ('radish')")
        search_index.reindex(conn)
        assert words(conn) == ["parsnip"]
        assert state(conn).indexed == 2


def test_a_word_that_is_forgotten_while_somebody_writes_it_is_known(database_url: str) -> None:
    """Who has seen a word in the list does not write it there; then it is taken out before their message is."""
    with connect(database_url, autocommit=True) as conn, connect(database_url) as writer:
        conn.execute(MANY, {"mark": "parsnip", "count": 1})
        conn.execute("delete from public.messages")
        writer.execute(MANY, {"mark": "parsnip", "count": 1})
        with ThreadPoolExecutor(1) as pool, connect(database_url, autocommit=True) as watch:
            building = pool.submit(search_index.reindex, conn)
            while not watch.execute(WAITS).fetchone():
                assert not building.done()
            writer.commit()
            building.result(timeout=60)
        assert words(conn) == ["parsnip"]
        assert state(conn).indexed == 1


def words(conn: psycopg.Connection) -> list[str]:
    return [row[0] for row in conn.execute("select word from public.message_search_words order by 1").fetchall()]


def test_emptied_tables_leave_nothing_to_be_found(archive: Archive) -> None:
    archive.say("ferry")
    archive.conn.execute("truncate public.messages cascade")
    assert found(archive, "ferry") == []
    assert state(archive.conn).indexed == 0
    assert words(archive.conn) == []


def test_what_was_looked_up_by_two_signs_is_looked_up_by_three(archive: Archive) -> None:
    """An archive from before 0009, and that file run twice over it."""
    files = {file.version: file for file in load()}
    for statement in files["0006"].statements:
        if statement.sql.startswith("create or replace function public.search_grams("):
            archive.conn.execute(statement.sql.encode())
    keys = [archive.say("b c x"), archive.say("b x"), archive.say("ab xy 🎉")]
    for statement in [*files["0009"].statements, *files["0009"].statements]:
        archive.conn.execute(statement.sql.encode())
    wanted = "select count(*) from public.message_search where public.search_grams(norm) @> public.search_wanted('b x')"
    archive.conn.execute("set local enable_seqscan = off")
    assert archive.conn.execute(wanted.encode()).fetchone() == (2,)
    assert found(archive, "b x") == [keys[2], keys[1]]


def test_writers_readers_and_the_filling_at_once(database_url: str) -> None:
    """Imports by the thousand, edits, deletions, words read from media: no search misses what was committed before it,
    and in the end the index is true."""
    with connect(database_url, autocommit=True) as conn:
        conn.execute(MANY, {"mark": "steady", "count": 1_500})
        conn.execute(
            "insert into public.media (sha256, mime, bytes, storage_path)"
            " select encode(sha256(n::text::bytea), 'hex'), 'image/png', 1, 'x' from generate_series(1, 40) n"
        )
        conn.execute(
            "insert into public.messages (wa_msg_id, ts, chat_id, sender, kind, media_id)"
            " select 'picture' || row_number() over (), now(), 'c', 'ann', 'image', id from public.media"
        )
    done = threading.Event()

    def importing(number: int) -> None:
        with connect(database_url, autocommit=True) as conn:
            for each in range(3):
                conn.execute(MANY, {"mark": f"import{number}x{each}", "count": 1_100})

    def editing() -> None:
        with connect(database_url, autocommit=True) as conn:
            for number in range(60):
                conn.execute(
                    "update public.messages set text = text || ' again' where wa_msg_id = %s", (f"steady{number}",)
                )
                conn.execute("delete from public.messages where wa_msg_id = %s", (f"import0x0{number + 1}",))

    def reading_pictures() -> None:
        with connect(database_url, autocommit=True) as conn:
            for (key,) in conn.execute("select id from public.media").fetchall():
                conn.execute("update public.media set ocr_text = 'pictured' where id = %s", (key,))
                conn.execute("update public.messages set raw = '{}', text = 'shown' where media_id = %s", (key,))

    def filling() -> None:
        with connect(database_url, autocommit=True) as conn:
            while not done.is_set():
                search_index.fill_batch(conn)

    def searching() -> None:
        with connect(database_url) as conn:
            while not done.is_set():
                assert len(search(conn, SearchQuery("steady", chat_id="many@g.us", limit=500)).items) == 500
                assert len(search(conn, SearchQuery("steady 1499")).items) == 1

    with ThreadPoolExecutor(7) as pool:
        aside = [pool.submit(filling), pool.submit(filling), pool.submit(searching)]
        work = [
            pool.submit(importing, 0),
            pool.submit(importing, 1),
            pool.submit(editing),
            pool.submit(reading_pictures),
        ]
        try:
            for each in work:
                each.result(timeout=120)
        finally:
            done.set()
        for each in aside:
            each.result(timeout=60)
    with connect(database_url, autocommit=True) as conn:
        while search_index.fill_batch(conn):
            pass
        assert state(conn).waiting == 0
        assert len(search(conn, SearchQuery("pictured", limit=100)).items) == 40
        assert len(search(conn, SearchQuery("again", limit=100)).items) == 59
        assert len(search(conn, SearchQuery("picturde", mode="typo", limit=100)).items) == 40
