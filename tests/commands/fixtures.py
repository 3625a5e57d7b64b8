"""An archive for commands to work in, and Dagster's database beside it; for the conftest of those who need it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.postgres import TemporaryServer
from wa_pipeline.settings import Settings
from wa_pipeline.steps.context import Context


@pytest.fixture(scope="module")
def beside(pg_server: TemporaryServer) -> Iterator[None]:
    """Drops, at the end of a module, the database that commands make for Dagster beside the archive."""
    yield
    with psycopg.connect(pg_server.url("postgres"), autocommit=True) as conn:
        conn.execute("drop database if exists wa_dagster with (force)")


@pytest.fixture
def archive(wa_home: Path, database_url: str, beside: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    """A migrated archive that DATABASE_URL names for every command of the test; the context looks into it."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    ctx = Context(Settings(database_url=database_url, home=wa_home), database_url, database_url)
    yield ctx
    ctx.close()


def everything(ctx: Context, *, but: tuple[str, ...] = ()) -> dict[str, str]:
    """A hash of every row of every table of the archive, but for the tables named."""
    with ctx.connect() as conn:
        tables = conn.execute("select tablename from pg_tables where schemaname = 'public' order by 1").fetchall()
        return {
            name: hashlib.sha256(
                repr(conn.execute(f'select t::text from public."{name}" t order by 1').fetchall()).encode()
            ).hexdigest()
            for (name,) in tables
            if name not in but
        }


def files_under(folder: Path) -> list[Path]:
    """Every file below a folder that holds work in progress or media."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
