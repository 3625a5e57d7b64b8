"""Whatever was changed by hand is told in one sentence, and looking for it leaves nothing behind."""

from __future__ import annotations

import time

import psycopg
import pytest

from tests.postgres import TemporaryServer
from wa_pipeline.archive.migrations import migrate, verify
from wa_pipeline.archive.migrations.connection import connect
from wa_pipeline.archive.migrations.verify import PREFIX, scratch_database

CHANGES = [
    ("drop index messages_ts_idx", "index messages.messages_ts_idx is missing"),
    ("drop index wa_sessions_single_row_idx", "index wa_sessions.wa_sessions_single_row_idx is missing"),
    (
        "alter table media alter column width type bigint",
        "column media.width differs: it is bigint, the migrations make integer",
    ),
    ("alter table messages alter column ts drop not null", "column messages.ts differs"),
    ("alter table groups alter column monitor set default true", "column groups.monitor differs"),
    ("alter table messages add column extra text", "column messages.extra is not made by any migration"),
    ("drop table message_tags", "table message_tags is missing"),
    ("alter table messages drop constraint messages_kind_check", "constraint messages.messages_kind_check is missing"),
    ("alter view messages_latest_per_group reset (security_invoker)", "view messages_latest_per_group differs"),
    ("create trigger t before insert on messages for each row execute function suppress_redundant_updates_trigger()",
     "trigger messages.t is not made by any migration"),
    ("grant update (monitor) on groups to wa_discovery", "wa_discovery may update groups.monitor"),
    ("grant select on messages to public", "every role may SELECT on messages"),
    ("grant select (mime) on media_fetch to public", "every role may SELECT on media_fetch"),
]  # fmt: skip


def scratch_databases(url: str) -> list[tuple[object, ...]]:
    with connect(url) as conn:
        return conn.execute("select datname from pg_database where datname like %s", (PREFIX + "%",)).fetchall()


def test_an_untouched_database_has_no_findings(database_url: str) -> None:
    report = verify(database_url)
    assert report.ok
    assert report.findings == []
    assert report.compared_with == "database"
    assert scratch_databases(database_url) == []


def test_every_change_by_hand_is_found(database_url: str) -> None:
    with connect(database_url) as conn:
        for change, _ in CHANGES:
            conn.execute(change.encode())
    findings = verify(database_url).findings
    for _, finding in CHANGES:
        assert [line for line in findings if line.startswith(finding)], (finding, findings)
    assert len(findings) == len(CHANGES)


def test_what_was_dropped_comes_back_by_running_the_files_again(
    database_url: str,
) -> None:
    with connect(database_url) as conn:
        conn.execute("drop index messages_ts_idx; drop table message_tags; drop view messages_latest_per_group")
    assert len(verify(database_url).findings) == 3
    migrate(database_url, again=True)
    assert verify(database_url).findings == []


def test_an_invalid_index_is_found_and_the_advice_heals_it(database_url: str) -> None:
    with connect(database_url) as conn:
        conn.execute("drop index messages_sender_ts_idx")
        conn.execute("set statement_timeout = '300ms'")
        with psycopg.connect(database_url) as writer:
            writer.execute("lock table messages in row exclusive mode")
            with pytest.raises(psycopg.errors.QueryCanceled):
                conn.execute("create index concurrently messages_sender_ts_idx on messages (sender, ts desc)")
    migrate(database_url, again=True)
    advice = "index messages_sender_ts_idx on messages is invalid: run `reindex index public.messages_sender_ts_idx`"
    assert advice in verify(database_url).findings
    with connect(database_url) as conn:
        conn.execute("reindex index public.messages_sender_ts_idx")
    assert verify(database_url).findings == []


def test_tables_of_others_are_left_alone(database_url: str) -> None:
    with connect(database_url) as conn:
        conn.execute("create table somebody_elses (id int)")
        conn.execute("comment on table groups is 'a note of mine'")
    assert verify(database_url).findings == []


def test_an_empty_database_is_told_in_one_sentence(empty_database_url: str) -> None:
    report = verify(empty_database_url)
    assert len(report.findings) == 1
    assert "wa migrate" in report.findings[0]


def test_a_value_that_broke_the_hash_rule_before_is_told_not_lost(
    empty_database_url: str,
) -> None:
    migrate(empty_database_url)
    insert = "insert into media (sha256, mime, bytes, storage_path) values (%s, 'a/b', 1, 'x')"
    with connect(empty_database_url) as conn:
        conn.execute("alter table media drop constraint media_sha256_hex_chk")
        conn.execute(insert, ("ABCDEF" + "0" * 58,))
        conn.execute(insert, ("short",))
        told: list[str] = []
        migrate(empty_database_url, again=True, progress=told.append)
        assert any(line.startswith("warning: media holds rows whose sha256") for line in told)
        assert conn.execute(
            "select count(*) from media where sha256 = %s::bpchar",
            ("abcdef" + "0" * 58,),
        ).fetchone() == (1,)
        with pytest.raises(psycopg.errors.CheckViolation):
            conn.execute(insert, ("also short",))
        assert "(not validated)" in " ".join(verify(empty_database_url).findings)
        conn.execute("delete from media where length(sha256) < 64")
    migrate(empty_database_url, again=True)
    assert verify(empty_database_url).findings == []


def test_a_database_whose_letters_end_at_ascii_is_told(
    pg_server: TemporaryServer,
) -> None:
    with psycopg.connect(pg_server.url("postgres"), autocommit=True) as admin:
        admin.execute("create database t_ctype_c template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'")
        try:
            migrate(pg_server.url("t_ctype_c"))
            findings = verify(pg_server.url("t_ctype_c")).findings
            assert len(findings) == 1
            assert "ctype" in findings[0]
        finally:
            admin.execute("drop database t_ctype_c with (force)")


def test_the_scratch_database_goes_also_when_interrupted(database_url: str) -> None:
    with connect(database_url) as conn:
        with pytest.raises(KeyboardInterrupt), scratch_database(conn, database_url) as scratch:  # noqa: PT012
            migrate(scratch)
            raise KeyboardInterrupt
        assert scratch_databases(database_url) == []


def test_one_left_by_a_killed_process_goes_with_the_next_call_but_not_one_in_use(
    database_url: str,
) -> None:
    old, fresh = (
        f"{PREFIX}{int(time.time()) - 7200}_aa",
        f"{PREFIX}{int(time.time())}_bb",
    )
    with connect(database_url) as conn:
        try:
            for name in (old, fresh):
                conn.execute(f"create database {name} template template0".encode())
            verify(database_url)
            assert scratch_databases(database_url) == [(fresh,)]
        finally:
            for name in (old, fresh):
                conn.execute(f"drop database if exists {name}".encode())
