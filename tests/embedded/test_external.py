"""DATABASE_URL: what people paste works, what cannot work is one sentence without the password."""

from __future__ import annotations

import uuid

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from wa_pipeline.embedded import running
from wa_pipeline.embedded.external import normalise, place
from wa_pipeline.embedded.uuid_ossp import SCRIPT
from wa_pipeline.errors import BadDatabaseUrl, DagsterDatabaseMissing, DatabaseUnreachable
from wa_pipeline.settings import Settings


def settings_for(url: str, **more: str) -> Settings:
    return Settings(_env_file=None, DATABASE_URL=url, **more)


def test_a_database_that_answers_gets_one_for_dagster_beside_it(empty_database_url: str) -> None:
    for _ in range(2):
        with running(settings_for(empty_database_url)) as server:
            assert (server.kind, server.started_here, server.dagster_trouble) == ("external", False, None)
            assert place(server.dagster_url).endswith("/wa_dagster")
            psycopg.connect(server.dagster_url).close()
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute("drop database wa_dagster")


def test_dagsters_own_address_is_left_alone(empty_database_url: str) -> None:
    with running(settings_for(empty_database_url, DAGSTER_PG_URL="postgresql://elsewhere/runs")) as server:
        assert server.dagster_url == "postgresql://elsewhere/runs"
    with psycopg.connect(empty_database_url) as conn:
        assert conn.execute("select 1 from pg_database where datname = 'wa_dagster'").fetchone() is None


def test_a_user_who_may_not_create_databases_can_still_search(empty_database_url: str) -> None:
    role = f"modest_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
        try:
            parts = conninfo_to_dict(empty_database_url)
            with running(
                settings_for(f"postgresql://{role}@{parts['host']}:{parts['port']}/{parts['dbname']}")
            ) as server:
                assert isinstance(server.dagster_trouble, DagsterDatabaseMissing)
                assert "DAGSTER_PG_URL" in str(server.dagster_trouble)
        finally:
            conn.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@127.0.0.1:1/db",
        "postgres://me:hunter2@127.0.0.1:1/db",
        "postgresql+psycopg2://me:hunter2@127.0.0.1:1/db?pgbouncer=true",
        "host=127.0.0.1 port=1 user=me password=hunter2 dbname=db",
    ],
)
def test_nobody_there(url: str) -> None:
    with pytest.raises(DatabaseUnreachable) as caught, running(settings_for(url)):
        pass
    assert "127.0.0.1:1/db cannot be reached" in str(caught.value)
    assert "refused" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "hello",
        "postgresql://me:hun@hunter2@host:5432/db",
        "postgresql://me:hun/hunter2@host/db",
        "mysql://me:hunter2@host/db",
        "postgresql://postgres:[YOUR-PASSWORD]@db.example.supabase.co:5432/postgres",
        "postgresql://me:hunter2@host/db?no_such_option=1",
    ],
)
def test_not_an_address(url: str) -> None:
    with pytest.raises(BadDatabaseUrl) as caught, running(settings_for(url)):
        pass
    assert "hunter2" not in str(caught.value)


def test_tls_is_asked_for_beyond_this_machine() -> None:
    def sslmode(url: str) -> object:
        return conninfo_to_dict(normalise(url)).get("sslmode")

    assert sslmode("postgresql://u:p@db.example.supabase.co:5432/postgres") == "require"
    assert sslmode("postgresql://u:p@10.0.0.5/db") == "require"
    assert sslmode("postgresql://u:p@db.example.supabase.co/postgres?sslmode=verify-full") == "verify-full"
    for here in ("localhost", "127.0.0.1", "[::1]", ""):
        assert sslmode(f"postgresql://u:p@{here}/db") is None
    assert sslmode("postgresql:///db?host=/var/run/postgresql") is None


@given(
    user=st.text(min_size=1).filter(lambda text: "\0" not in text),
    password=st.text(min_size=1).filter(lambda text: "\0" not in text),
    name=st.text(min_size=1).filter(lambda text: "\0" not in text),
)
def test_any_name_and_password_survive(user: str, password: str, name: str) -> None:
    from psycopg.conninfo import make_conninfo

    try:
        given_parts = {"user": user, "password": password, "dbname": name, "host": "127.0.0.1", "port": "5"}
        text = make_conninfo(**given_parts)
    except (UnicodeEncodeError, psycopg.ProgrammingError):
        return
    parts = conninfo_to_dict(normalise(text))
    assert parts == given_parts


def test_the_stand_in_for_uuid_ossp_agrees_with_the_standard(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as conn:
        conn.execute(SCRIPT.encode())
        row = conn.execute(
            "select uuid_nil(), uuid_ns_dns(), uuid_ns_url(), uuid_ns_oid(), uuid_ns_x500(), uuid_generate_v4(),"
            " uuid_generate_v3(uuid_ns_url(), 'שלום')"
        ).fetchone()
    assert row is not None
    *constants, random, named = row
    assert constants == [
        uuid.UUID(int=0),
        uuid.NAMESPACE_DNS,
        uuid.NAMESPACE_URL,
        uuid.NAMESPACE_OID,
        uuid.NAMESPACE_X500,
    ]
    assert random.version == 4
    assert named == uuid.uuid3(uuid.NAMESPACE_URL, "שלום")
