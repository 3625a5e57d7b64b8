"""On a server like Supabase's: an owner that is no superuser, extensions apart, and public keys that open nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from tests.postgres import TemporaryServer
from tests.schema.conftest import HOSTED_DATABASE, Psql
from wa_pipeline.archive.grants import as_discovery, discovery_excess, residual_grants
from wa_pipeline.archive.migrations import catalog, load, migrate, verify
from wa_pipeline.archive.migrations.connection import connect

FILES = [file.path for file in load()]


def test_two_first_migrations_at_once_share_the_discovery_role(
    hosted_server: TemporaryServer,
) -> None:
    urls = []
    with psycopg.connect(hosted_server.url("postgres"), autocommit=True) as conn:
        assert conn.execute("select to_regrole('wa_discovery')").fetchone() == (None,)
        for _ in range(3):
            name = f"t_{uuid4().hex[:12]}"
            conn.execute(f"create database {name} owner owner template template0".encode())
            urls.append(hosted_server.url(name).replace("postgres@", "owner@"))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(migrate, urls))
    for url in urls:
        with connect(url) as conn:
            assert discovery_excess(conn) == []


def test_psql_and_the_runner_work_twice_as_an_owner_that_is_no_superuser(hosted_url: str, psql: Psql) -> None:
    for _ in range(2):
        assert psql(hosted_url, *FILES).stderr == ""
        migrate(hosted_url, again=True)
    with connect(hosted_url) as conn:
        schemas = conn.execute(
            "select extname, extnamespace::regnamespace::text from pg_extension where extname <> 'plpgsql' order by 1"
        ).fetchall()
    assert schemas == [("pg_trgm", "extensions"), ("uuid-ossp", "extensions")]
    assert verify(hosted_url).findings == []


def test_extensions_found_in_public_stay_there(hosted_url: str, hosted_server: TemporaryServer) -> None:
    with connect(hosted_url) as conn:
        conn.execute('create extension "uuid-ossp" with schema public; create extension pg_trgm with schema public')
    migrate(hosted_url)
    assert verify(hosted_url).findings == []


def test_a_search_path_without_the_extensions_does_no_harm(hosted_url: str, psql: Psql) -> None:
    narrow = hosted_url + "?options=-csearch_path%3Dpg_catalog"
    psql(narrow, *FILES)
    migrate(narrow)
    assert verify(narrow).findings == []


def test_public_keys_open_nothing_although_the_project_grants_by_default(
    hosted_url: str,
) -> None:
    migrate(hosted_url)
    admin = hosted_url.replace("owner@", "postgres@")
    with connect(admin) as conn:
        names = catalog.tables(conn)
        conn.execute("insert into google_tokens (google_user_id, email, access_token_enc) values ('1', 'a@b', 'x')")
        for role in ("anon", "authenticated"):
            for table in names:
                for verb in ("select * from", "truncate"):
                    if verb == "truncate" and table == "messages_latest_per_group":
                        continue
                    conn.execute(f"set role {role}".encode())
                    with pytest.raises(InsufficientPrivilege):
                        conn.execute(f"{verb} public.{table}".encode())
        conn.execute("set role service_role")
        assert conn.execute("select count(*) from public.google_tokens").fetchone() == (1,)


def test_a_later_table_is_not_granted_either(hosted_url: str) -> None:
    migrate(hosted_url)
    with connect(hosted_url) as conn:
        conn.execute("create table public.later (id int)")
        assert residual_grants(conn, ["later"]) == []


def test_a_grant_that_is_left_is_found_and_its_advice_closes_it(hosted_url: str) -> None:
    migrate(hosted_url)
    openings = [
        ("grant select on public.google_tokens to anon", "anon may SELECT on google_tokens"),
        ("grant delete on public.wa_sessions to authenticated", "authenticated may DELETE on wa_sessions"),
        ("grant update (monitor) on public.groups to anon", "anon may UPDATE on groups"),
        ("grant usage on sequence public.wa_inbox_id_seq to anon", "anon may use the sequence wa_inbox_id_seq"),
        (
            "alter default privileges in schema public grant select on tables to anon",
            "anon gets rights on tables made later",
        ),
    ]
    with connect(hosted_url) as conn:
        for opened, _ in openings:
            conn.execute(opened.encode())
        findings = verify(hosted_url).findings
        assert len(findings) == len(openings)
        for _, finding in openings:
            advice = next(line for line in findings if line.startswith(finding))
            conn.execute(advice.split("`")[1].encode())
    assert verify(hosted_url).findings == []


def test_other_tables_of_the_project_keep_their_grants(hosted_url: str) -> None:
    with connect(hosted_url) as conn:
        conn.execute("create table public.somebody_elses (id int)")
        migrate(hosted_url)
        assert conn.execute("select has_table_privilege('anon', 'public.somebody_elses', 'select')").fetchone() == (
            True,
        )


def test_without_the_right_to_create_databases_a_scratch_schema_serves(
    hosted_url: str, hosted_server: TemporaryServer
) -> None:
    migrate(hosted_url)
    with psycopg.connect(hosted_server.url("postgres"), autocommit=True) as admin:
        admin.execute("alter role owner nocreatedb")
        try:
            report = verify(hosted_url)
            with connect(hosted_url) as conn:
                conn.execute("drop index public.messages_ts_idx")
            changed = verify(hosted_url)
        finally:
            admin.execute("alter role owner createdb")
    assert report.findings == []
    assert report.compared_with == "schema"
    assert changed.findings == ["index messages.messages_ts_idx is missing"]
    with connect(hosted_url) as conn:
        assert conn.execute("select nspname from pg_namespace where nspname like 'wa_verify%'").fetchall() == []


def test_an_owner_that_may_not_create_roles_gets_the_schema_and_is_told(
    hosted_server: TemporaryServer,
) -> None:
    with psycopg.connect(hosted_server.url("postgres"), autocommit=True) as admin:
        admin.execute("create role plain login")
        admin.execute("create database t_plain owner plain template template0")
        told: list[str] = []
        url = hosted_server.url("t_plain").replace("postgres@", "plain@")
        migrate(url, progress=told.append)
        assert any("wa_discovery" in line for line in told)
        findings = verify(url).findings
        assert len(findings) == 1
        assert "wa_discovery" in findings[0]
        with connect(url) as conn, as_discovery(conn):
            conn.execute("insert into public.groups (wa_group_id, name) values ('1@g.us', 'x')")
        admin.execute("drop database t_plain with (force)")
        admin.execute("drop role plain")


def test_discovery_cannot_write_monitor_nor_last_seen_nor_read_what_is_private(hosted_url: str) -> None:
    migrate(hosted_url)
    forbidden = [
        "update public.groups set monitor = true",
        "update public.groups set last_seen_ts = now()",
        "insert into public.groups (wa_group_id, name, monitor) values ('2@g.us', 'x', true)",
        "insert into public.groups (wa_group_id, name, last_seen_ts) values ('2@g.us', 'x', now())",
        """insert into public.groups (wa_group_id, name) values ('1@g.us', 'x')
           on conflict (wa_group_id) do update set monitor = true""",
        "delete from public.groups",
        "truncate public.groups",
        "select * from public.messages",
        "select * from public.wa_sessions",
        "select * from public.google_tokens",
    ]
    with connect(hosted_url) as conn:
        conn.execute("insert into public.groups (wa_group_id, name, monitor) values ('1@g.us', 'Choir', true)")
        for statement in forbidden:
            with pytest.raises(InsufficientPrivilege), as_discovery(conn):
                conn.execute(statement.encode())


def test_discovery_can_do_its_work_and_the_connection_is_itself_again(
    hosted_url: str,
) -> None:
    migrate(hosted_url)
    with connect(hosted_url) as conn:
        conn.execute("insert into public.groups (wa_group_id, name, monitor) values ('1@g.us', 'Choir', true)")
        with as_discovery(conn):
            conn.execute(
                "insert into public.groups (wa_group_id, name) values ('1@g.us', 'Big choir'), ('2@g.us', 'Band') "
                "on conflict (wa_group_id) do update set name = excluded.name returning id"
            )
            conn.execute("insert into public.group_names (wa_group_id, name, at) values ('1@g.us', 'Big choir', now())")
            conn.execute("insert into public.audit_log (kind, detail) values ('group_rename', '{}') returning id")
        wanted = [("Big choir", True), ("Band", False)]
        query = "select name, monitor from public.groups where wa_group_id in ('1@g.us', '2@g.us') order by wa_group_id"
        assert conn.execute(query).fetchall() == wanted
        conn.execute("update public.groups set monitor = false")


def test_hosted_default_grants_are_really_there_before_we_close_them(
    hosted_url: str,
) -> None:
    """Else the tests above would prove nothing."""
    assert "grant all on tables" in HOSTED_DATABASE
    with connect(hosted_url) as conn:
        conn.execute("create table public.before (id int)")
        assert conn.execute("select has_table_privilege('anon', 'public.before', 'delete')").fetchone() == (True,)
