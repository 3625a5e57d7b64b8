"""No DATABASE_URL: a PostgreSQL is there when a command needs it, and gone when nobody does."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.embedded.user import User
from wa_pipeline.embedded import Server, process, running
from wa_pipeline.errors import DiskFull, HomeNotUsable, PostgresGone
from wa_pipeline.settings import Settings

StartUser = Callable[..., User]


def data_of(settings: Settings) -> Path:
    (data,) = (settings.home / "pg").glob("*-*/data")
    return data


def postmaster(settings: Settings) -> int:
    found = process.read_postmaster(data_of(settings))
    assert found is not None
    return found.pid


def is_up(settings: Settings) -> bool:
    found = process.read_postmaster(data_of(settings))
    return found is not None and process.serves(found.pid, data_of(settings))


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as conn:
        row = conn.execute(question).fetchone()  # type: ignore[call-overload]
        assert row is not None
        return row[0]


def test_two_databases_in_utf8_with_what_the_archive_needs(fresh_settings: Settings) -> None:
    with running(fresh_settings) as server:
        assert server.started_here
        assert server.kind == fresh_settings.pg
        assert server.version >= 15
        with psycopg.connect(server.archive_url) as conn:
            conn.execute('create extension "uuid-ossp"; create extension pg_trgm')
            row = conn.execute(
                "select uuid_generate_v4() <> uuid_generate_v4(), cardinality(show_trgm('שלום')), datcollate, datctype,"
                " pg_encoding_to_char(encoding) from pg_database where datname = current_database()"
            ).fetchone()
        assert row == (True, 5, "C.UTF-8", "C.UTF-8", "UTF8")
        assert ask(server.dagster_url, "select current_database()") == "wa_dagster"
    assert not is_up(fresh_settings)


def test_what_was_written_is_there_next_time_at_the_same_address(settings: Settings) -> None:
    with running(settings) as first, psycopg.connect(first.archive_url) as conn:
        conn.execute("create table kept as select 'yes' as word")
    with running(settings) as second:
        assert second.archive_url == first.archive_url
        assert ask(second.archive_url, "select word from kept") == "yes"


def test_only_with_the_password_and_only_from_this_machine(fresh_settings: Settings) -> None:
    with running(fresh_settings) as server:
        parts = psycopg.conninfo.conninfo_to_dict(server.archive_url)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.archive_url, password="a guess", passfile="/nonexistent")
        assert ask(server.archive_url, "select current_setting('listen_addresses')") == "127.0.0.1"
        assert str(parts["password"]) not in repr(server)
    password = fresh_settings.secrets_folder / "postgres.password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    assert stat.S_IMODE(fresh_settings.secrets_folder.stat().st_mode) == 0o700


def test_the_log_never_holds_a_message(settings: Settings) -> None:
    with running(settings) as server, psycopg.connect(server.archive_url, autocommit=True) as conn:
        conn.execute("create table messages (text text primary key)")
        for _ in range(2):
            with contextlib.suppress(psycopg.errors.UniqueViolation):
                conn.execute("insert into messages values ('meet me at nine')")
    log = (data_of(settings).parent / "server.log").read_text()
    assert "duplicate key" in log
    assert "meet me" not in log


def test_several_users_share_one_server_and_the_last_stops_it(fresh_settings: Settings, start_user: StartUser) -> None:
    users = [start_user(fresh_settings) for _ in range(3)]
    arrivals = [user.arrived() for user in users]
    assert sum(arrival["started"] for arrival in arrivals) == 1
    assert len({arrival["url"] for arrival in arrivals}) == 1
    users[0].leave()
    users[1].kill()
    assert is_up(fresh_settings)
    assert ask(arrivals[2]["url"], "select 1") == 1
    users[2].leave()
    assert not is_up(fresh_settings)


def test_two_users_in_one_process(settings: Settings) -> None:
    with running(settings) as outer:
        with running(settings) as inner:
            assert (outer.started_here, inner.started_here) == (True, False)
        assert ask(outer.archive_url, "select 1") == 1
    assert not is_up(settings)


def test_a_server_left_by_a_kill_is_adopted(settings: Settings, start_user: StartUser) -> None:
    user = start_user(settings)
    user.arrived()
    user.kill()
    left = postmaster(settings)
    assert is_up(settings)
    with running(settings) as server:
        assert not server.started_here
        assert postmaster(settings) == left
        assert ask(server.archive_url, "select 1") == 1
    assert not is_up(settings)


def test_after_the_postmaster_was_killed_the_archive_recovers(settings: Settings) -> None:
    with running(settings) as server, psycopg.connect(server.archive_url, autocommit=True) as conn:
        conn.execute("create table kept as select 'yes' as word")
        os.kill(postmaster(settings), signal.SIGKILL)
        with running(settings) as second:
            assert second.started_here
            assert ask(second.archive_url, "select word from kept") == "yes"
        with pytest.raises(psycopg.OperationalError):
            conn.execute("select 1")
    assert not is_up(settings)


def test_a_pid_file_that_names_a_stranger_is_no_obstacle(settings: Settings) -> None:
    with running(settings):
        pid_file = data_of(settings) / "postmaster.pid"
        contents = pid_file.read_text().splitlines()
    owner = data_of(settings).stat()
    contents[0] = str(os.getpid())
    pid_file.write_text("\n".join(contents) + "\n")
    os.chown(pid_file, owner.st_uid, owner.st_gid)
    with running(settings) as server:
        assert server.started_here
        assert ask(server.archive_url, "select 1") == 1


def test_an_empty_pid_file_is_no_obstacle(settings: Settings) -> None:
    (data_of(settings) / "postmaster.pid").touch()
    with running(settings) as server:
        assert ask(server.archive_url, "select 1") == 1


def test_coming_and_going_in_any_order(settings: Settings, start_user: StartUser) -> None:
    for _ in range(2):
        users = [start_user(settings) for _ in range(5)]
        for number, user in enumerate(users):
            assert user.arrived()["url"]
            if number % 2:
                user.kill()
            else:
                user.leave()
    with running(settings) as server:
        assert ask(server.archive_url, "select 1") == 1
    assert not is_up(settings)


def test_a_taken_port_is_given_up(settings: Settings) -> None:
    with running(settings) as first:
        port = int(psycopg.conninfo.conninfo_to_dict(first.archive_url)["port"])
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        with running(settings) as second:
            assert f":{port}/" not in second.archive_url
            assert ask(second.archive_url, "select 1") == 1


def test_a_lost_password_file_does_not_lose_the_archive(settings: Settings, start_user: StartUser) -> None:
    with running(settings) as server, psycopg.connect(server.archive_url) as conn:
        conn.execute("create table kept as select 'yes' as word")
    (settings.secrets_folder / "postgres.password").unlink()
    with running(settings) as server:
        assert ask(server.archive_url, "select word from kept") == "yes"
    (settings.secrets_folder / "postgres.password").write_text("another\n")
    with running(settings) as server:
        assert ":another@" in server.archive_url
        assert ask(server.archive_url, "select word from kept") == "yes"


def test_an_interrupted_initdb_is_done_again(settings: Settings) -> None:
    folder = settings.home / "pg"
    with running(settings):
        (name,) = (each.name for each in folder.glob("*-*"))
    data_of(settings).rename(folder / name / "data.unfinished-x")
    with running(settings) as server:
        assert ask(server.archive_url, "select 1") == 1
    assert not list((folder / name).glob("data.unfinished*"))


def test_a_home_moved_elsewhere_works_there(settings: Settings, tmp_path: Path) -> None:
    with running(settings) as server, psycopg.connect(server.archive_url) as conn:
        conn.execute("create table kept as select 'yes' as word")
    moved = settings.model_copy(update={"home": tmp_path / "elsewhere"})
    settings.home.rename(moved.home)
    with running(moved) as server:
        assert ask(server.archive_url, "select word from kept") == "yes"
        assert ask(server.archive_url, """select count(*) from pg_available_extensions where name = 'uuid-ossp'""") == 1
    settings.home.mkdir()


def test_a_home_never_changes_its_kind_of_server_by_itself(wa_home: Path, settings: Settings) -> None:
    with running(settings):
        pass
    with running(settings.model_copy(update={"pg": "auto"})) as server:
        assert server.kind == settings.pg


def test_data_of_a_version_that_is_gone_is_named(fresh_settings: Settings) -> None:
    (fresh_settings.home / "pg" / f"{fresh_settings.pg}-99" / "data").mkdir(parents=True)
    with (
        pytest.raises(PostgresGone, match=r"PostgreSQL 99, which is no longer on this machine"),
        running(fresh_settings),
    ):
        pass


def test_a_folder_in_the_way_is_one_sentence(fresh_settings: Settings) -> None:
    (fresh_settings.home / "pg").write_text("not a folder")
    with pytest.raises(HomeNotUsable, match="not a directory"), running(fresh_settings):
        pass


def test_a_full_disk_is_one_sentence(fresh_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    with pytest.raises(DiskFull, match="no space left"), running(fresh_settings):
        pass


def test_a_server_that_cannot_start_says_why(settings: Settings) -> None:
    from wa_pipeline.errors import PostgresFailed

    with running(settings):
        pass
    local = data_of(settings).parent / "local.conf"
    local.write_text("shared_buffers = 'very large'\n")
    with pytest.raises(PostgresFailed, match=r"local.conf\" contains errors. Its log is"), running(settings):
        pass
    local.unlink()
    with running(settings) as server:
        assert isinstance(server, Server)
