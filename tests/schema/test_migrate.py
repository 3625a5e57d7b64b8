"""A database gets each file once, whoever runs it, in whatever mixture, and remembers which."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.schema.conftest import Psql
from wa_pipeline.archive.migrations import (
    catalog,
    check_version,
    export_supabase,
    load,
    migrate,
    verify,
)
from wa_pipeline.archive.migrations import runner as runner_module
from wa_pipeline.archive.migrations.connection import connect
from wa_pipeline.archive.migrations.files import FOLDER
from wa_pipeline.errors import (
    BadDatabaseUrl,
    DatabaseNewer,
    DatabaseOlder,
    DatabaseRefuses,
    DatabaseUnreachable,
    MigrationBlocked,
    MigrationEdited,
    MigrationFailed,
)

FILES = [file.path for file in load()]
NAMES = [file.file for file in load()]
ROLLBACK = FOLDER.parent / "rollback" / "0001_down.sql"


def facts(url: str) -> catalog.Facts:
    with connect(url) as conn:
        return catalog.facts(conn, [name for name in catalog.tables(conn) if name != "wa_migrations"])


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with connect(url) as conn:
        return conn.execute(query.encode()).fetchall()


def copy_of_files(folder: Path) -> Path:
    folder.mkdir()
    for path in FILES:
        (folder / path.name).write_text(path.read_text())
    return folder


def test_twice_by_the_runner_applies_once(empty_database_url: str) -> None:
    first, second = migrate(empty_database_url), migrate(empty_database_url)
    assert (first.applied, first.already) == (NAMES, [])
    assert (second.applied, second.already) == ([], NAMES)
    history = rows(
        empty_database_url,
        "select version, name, sha256 from wa_migrations order by version",
    )
    assert history == [(file.version, file.name, file.sha256) for file in load()]


def test_three_times_by_psql_is_without_errors_and_leaves_one_session(empty_database_url: str, psql: Psql) -> None:
    for _ in range(3):
        assert psql(empty_database_url, *FILES).stderr == ""
    assert rows(empty_database_url, "select status from wa_sessions") == [("disconnected",)]


def test_the_seed_run_twice_before_the_repairs_still_ends_with_one_session(empty_database_url: str, psql: Psql) -> None:
    psql(empty_database_url, FILES[0], FILES[1], FILES[1])
    with connect(empty_database_url) as conn:
        conn.execute("update wa_sessions set creds_json = '{\"sealed\": \"x\"}', wa_name = 'kept' where id = "
                     "(select id from wa_sessions order by last_status_at limit 1)")  # fmt: skip
        assert conn.execute("select count(*) from wa_sessions").fetchone() == (2,)
    migrate(empty_database_url)
    assert rows(empty_database_url, "select wa_name from wa_sessions") == [("kept",)]


@pytest.mark.parametrize("order", ["psql then runner", "runner then psql", "psql half then runner then psql"])
def test_runner_and_psql_mix_in_any_order(empty_database_url: str, psql: Psql, order: str) -> None:
    if order == "psql then runner":
        psql(empty_database_url, *FILES)
        migrate(empty_database_url)
    elif order == "runner then psql":
        migrate(empty_database_url)
        psql(empty_database_url, *FILES)
    else:
        psql(empty_database_url, *FILES[:2])
        migrate(empty_database_url)
        psql(empty_database_url, *FILES)
    assert migrate(empty_database_url).applied == []
    assert verify(empty_database_url).findings == []


def test_data_survives_running_everything_again(database_url: str, psql: Psql) -> None:
    with connect(database_url) as conn:
        conn.execute("insert into groups (wa_group_id, name, monitor) values ('1@g.us', 'Choir', true)")
        conn.execute(
            "insert into messages (wa_msg_id, ts, chat_id, sender, kind) values ('a', now(), 'c', 's', 'text')"
        )
    before = facts(database_url)
    psql(database_url, *FILES)
    migrate(database_url, again=True)
    assert facts(database_url) == before
    assert rows(database_url, "select name, monitor from groups where wa_group_id = '1@g.us'") == [("Choir", True)]
    assert rows(database_url, "select count(*) from messages") == [(1,)]


def test_a_dry_run_says_what_would_happen_and_leaves_nothing(
    empty_database_url: str,
) -> None:
    told: list[str] = []
    report = migrate(empty_database_url, dry_run=True, progress=told.append)
    assert report.dry_run
    assert report.applied == NAMES
    assert len(told) == len(NAMES)
    assert (
        rows(
            empty_database_url,
            "select relname from pg_class where relnamespace = 'public'::regnamespace",
        )
        == []
    )
    assert (
        rows(
            empty_database_url,
            "select extname from pg_extension where extname <> 'plpgsql'",
        )
        == []
    )
    migrate(empty_database_url)
    assert migrate(empty_database_url, dry_run=True).applied == []


def test_a_file_edited_after_it_landed_is_named(empty_database_url: str, tmp_path: Path) -> None:
    folder = copy_of_files(tmp_path / "migrations")
    migrate(empty_database_url, folder=folder)
    (folder / NAMES[1]).write_text(FILES[1].read_text() + "\nselect 1;\n")
    with pytest.raises(MigrationEdited, match=NAMES[1]):
        migrate(empty_database_url, folder=folder)
    assert verify(empty_database_url, folder=folder).findings == [str(MigrationEdited(file=NAMES[1]))]


def test_a_database_from_the_future_and_one_from_the_past_are_refused(
    empty_database_url: str,
) -> None:
    with connect(empty_database_url) as conn:
        with pytest.raises(DatabaseOlder, match="wa migrate"):
            check_version(conn)
        migrate(empty_database_url)
        check_version(conn)
        conn.execute("update wa_migrations set version = '9001' where version = '0004'")
        with pytest.raises(DatabaseNewer, match="9001"):
            check_version(conn)
        with pytest.raises(DatabaseNewer, match="9001"):
            migrate(empty_database_url)
        conn.execute("delete from wa_migrations where version = '9001'")
        with pytest.raises(DatabaseOlder, match="0004"):
            check_version(conn)


def test_check_version_leaves_the_callers_transaction_open(database_url: str) -> None:
    with psycopg.connect(database_url) as conn:
        conn.execute("insert into block_keywords (keyword) values ('x')")
        check_version(conn)
        conn.rollback()
        assert conn.execute("select count(*) from block_keywords").fetchone() == (0,)


def test_a_failed_file_names_its_line_and_nothing_of_it_is_kept(empty_database_url: str, tmp_path: Path) -> None:
    folder = copy_of_files(tmp_path / "migrations")
    (folder / "9999_breaks.sql").write_text(
        "-- first\ncreate table public.half (id int);\n\ninsert into public.half\nselect 1 / 0;\n"
    )
    with pytest.raises(
        MigrationFailed,
        match=r"9999_breaks.sql, line 4: division by zero; nothing of this file",
    ):
        migrate(empty_database_url, folder=folder)
    assert rows(empty_database_url, "select to_regclass('public.half')") == [(None,)]
    assert rows(empty_database_url, "select max(version) from wa_migrations") == [(load()[-1].version,)]
    (folder / "9999_breaks.sql").write_text("select 1;\nselect\n  2,\n  nosuch;\n")
    with pytest.raises(MigrationFailed, match="line 4"):
        migrate(empty_database_url, folder=folder)


def test_a_locked_table_ends_in_one_sentence(empty_database_url: str, tmp_path: Path) -> None:
    folder = copy_of_files(tmp_path / "migrations")
    migrate(empty_database_url, folder=folder)
    (folder / "9999_waits.sql").write_text(
        "set lock_timeout = '200ms';\nalter table public.groups add column if not exists x int;\n"
    )
    with psycopg.connect(empty_database_url) as holder:
        holder.execute("select * from groups")
        with pytest.raises(MigrationBlocked, match="line 2"):
            migrate(empty_database_url, folder=folder)


def _migrate_quietly(url: str) -> list[str]:
    return migrate(url).applied


def test_four_processes_at_once_apply_each_file_once(empty_database_url: str) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        applied = pool.map(_migrate_quietly, [empty_database_url] * 4)
        pool.close()
        pool.join()
    assert sorted(name for names in applied for name in names) == NAMES
    assert verify(empty_database_url).ok


def test_two_databases_of_one_server_migrate_at_once(empty_database_url: str, database_url: str) -> None:
    """The discovery role belongs to the server, so both reach for it."""
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda url: migrate(url, again=True), (empty_database_url, database_url)))
    assert [report.applied for report in reports] == [NAMES, NAMES]


def test_settings_do_not_stay_in_the_session(empty_database_url: str) -> None:
    """Behind a pooler the session goes on to serve somebody else."""
    with connect(empty_database_url) as conn:
        query = (
            "select name, setting from pg_settings where name in ('statement_timeout', 'lock_timeout', 'search_path')"
        )
        before = conn.execute(query).fetchall()
        for file in load():
            with conn.transaction():
                runner_module.run_file(conn, file)
        assert conn.execute(query).fetchall() == before


def test_supabase_history_is_written_where_it_is_kept_or_asked_for(
    empty_database_url: str,
) -> None:
    migrate(empty_database_url)
    assert rows(empty_database_url, "select to_regnamespace('supabase_migrations')") == [(None,)]
    migrate(empty_database_url, again=True, supabase_history=True)
    query = "select version, name, cardinality(statements) from supabase_migrations.schema_migrations order by 1"
    wanted = [(f"2025010100{int(f.version):04d}", f.name, len(f.statements)) for f in load()]
    assert rows(empty_database_url, query) == wanted
    with connect(empty_database_url) as conn:
        conn.execute("delete from supabase_migrations.schema_migrations where name = 'seed'")
    migrate(empty_database_url, again=True)
    assert rows(empty_database_url, query) == wanted


def test_the_export_for_supabase_makes_the_same_schema(empty_database_url: str, psql: Psql, tmp_path: Path) -> None:
    paths = export_supabase(tmp_path)
    assert [path.parent for path in paths] == [tmp_path / "supabase" / "migrations"] * len(NAMES)
    assert paths == sorted(paths)
    assert all(path.name.split("_")[0].isdigit() for path in paths)
    stamps = [path.stat().st_mtime_ns for path in paths]
    assert export_supabase(tmp_path) == paths
    assert [path.stat().st_mtime_ns for path in paths] == stamps
    psql(empty_database_url, *paths)
    migrate(empty_database_url)
    assert verify(empty_database_url).findings == []


def test_the_rollback_takes_out_everything_and_the_schema_comes_back(database_url: str, psql: Psql) -> None:
    for _ in range(2):
        psql(database_url, ROLLBACK)
    assert (
        rows(
            database_url,
            "select relname from pg_class where relnamespace = 'public'::regnamespace",
        )
        == []
    )
    assert migrate(database_url).applied == NAMES
    assert verify(database_url).findings == []


def test_a_database_set_read_only_is_told_in_one_sentence(empty_database_url: str) -> None:
    """As Supabase does with a project over its quota."""
    with connect(empty_database_url) as conn:
        name = conn.info.dbname
        conn.execute(f"alter database {name} set default_transaction_read_only = on".encode())
    with pytest.raises(DatabaseRefuses, match="read-only transaction"):
        migrate(empty_database_url)


def test_a_history_one_may_not_read_is_told_in_one_sentence(database_url: str) -> None:
    with psycopg.connect(database_url) as conn:
        conn.execute("set role pg_monitor")
        with pytest.raises(DatabaseRefuses, match="permission denied"):
            check_version(conn)


def test_no_message_repeats_a_password(empty_database_url: str) -> None:
    with pytest.raises(BadDatabaseUrl) as malformed:
        migrate("postgres//u:s3cret@host/db")
    with pytest.raises(DatabaseUnreachable) as refused:
        migrate("postgresql://u:s3cret@127.0.0.1:1/db")
    assert "s3cret" not in str(malformed.value) + str(refused.value)
