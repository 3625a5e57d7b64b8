"""Whether a live database is what the migrations make: compared with a scratch copy built from the files."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Identifier

from wa_pipeline.archive.grants import discovery_excess, residual_grants
from wa_pipeline.archive.migrations import catalog, history
from wa_pipeline.archive.migrations.connection import connect
from wa_pipeline.archive.migrations.files import FOLDER, MigrationFile, load
from wa_pipeline.archive.migrations.runner import migrate, run_file
from wa_pipeline.errors import (
    DatabaseNewer,
    DatabaseOlder,
    DatabaseRefuses,
    DatabaseUnreachable,
    MigrationEdited,
    MigrationFailed,
)

PREFIX = "wa_verify_"
STALE_AFTER = 3600
OURS = re.compile(r"\bpublic\.")


@dataclass(frozen=True)
class VerifyReport:
    """`findings` holds a sentence for each thing that is not as the migrations make it; `compared_with` is database
    or schema, whichever the scratch copy was."""

    ok: bool
    findings: list[str]
    compared_with: str = "database"


@dataclass(frozen=True)
class _Wanted:
    names: list[str]
    facts: catalog.Facts
    where: str


def verify(url: str, *, folder: Path = FOLDER) -> VerifyReport:
    """Compares the live catalog with one built from the files, and looks for invalid indexes and open grants.

    The scratch copy is a database of its own, or, where the role may not create one, a schema inside a transaction
    that is rolled back; neither is there afterwards. Raises `DatabaseUnreachable`,
    `DatabaseRefuses`, `BadDatabaseUrl`.
    """
    files = load(folder)
    with connect(url) as conn, history.refusals():
        try:
            had = history.applied(conn)
            history.check_known(had, files)
            if missing := [file.file for file in files if file.version not in had]:
                raise DatabaseOlder(missing="the archive's tables" if not had else ", ".join(missing))
        except (DatabaseOlder, DatabaseNewer, MigrationEdited) as error:
            return VerifyReport(False, [str(error)], "nothing")
        wanted = _wanted(conn, url, files, folder)
        findings = catalog.differences(wanted.facts, catalog.facts(conn, wanted.names))
        findings += catalog.invalid_indexes(conn, wanted.names)
        findings += residual_grants(conn, wanted.names)
        findings += discovery_excess(conn)
        findings += catalog.text_findings(conn)
    return VerifyReport(not findings, findings, wanted.where)


def _wanted(conn: psycopg.Connection, url: str, files: list[MigrationFile], folder: Path) -> _Wanted:
    try:
        with scratch_database(conn, url) as scratch_url:
            migrate(scratch_url, supabase_history=False, folder=folder)
            with connect(scratch_url) as scratch:
                names = catalog.tables(scratch)
                return _Wanted(names, catalog.facts(scratch, names), "database")
    except (InsufficientPrivilege, DatabaseUnreachable, DatabaseRefuses, MigrationFailed):
        return _in_schema(conn, files)


@contextmanager
def scratch_database(conn: psycopg.Connection, url: str) -> Iterator[str]:
    """The address of an empty database beside the live one, dropped on leaving, whatever ends it.

    Its name carries the time, so that one left by a killed process is known and dropped by the next call.
    """
    _drop_stale(conn)
    name = Identifier(scratch := f"{PREFIX}{int(time.time())}_{uuid4().hex[:8]}")
    try:
        conn.execute(SQL("create database {} template template0").format(name))
        yield make_conninfo(url, dbname=scratch)
    finally:
        conn.execute(SQL("drop database if exists {} with (force)").format(name))


def _drop_stale(conn: psycopg.Connection) -> None:
    names = conn.execute(
        """
        select datname::text from pg_database
        where datname ~ %s and pg_has_role(datdba, 'usage') and split_part(datname, '_', 3)::bigint < %s
        """,
        (f"^{PREFIX}[0-9]+_[0-9a-f]+$", int(time.time()) - STALE_AFTER),
    ).fetchall()
    for (name,) in names:
        conn.execute(SQL("drop database if exists {} with (force)").format(Identifier(name)))


def _in_schema(conn: psycopg.Connection, files: list[MigrationFile]) -> _Wanted:
    """The same from a scratch schema: each `public.` of the files names it instead, and all is rolled back."""
    schema = f"{PREFIX}{uuid4().hex[:8]}"
    with conn.transaction(force_rollback=True):
        conn.execute(SQL("create schema {}").format(Identifier(schema)))
        for statement in history.SCRIPT:
            conn.execute(_moved(statement, schema).encode())
        for file in files:
            run_file(conn, file, lambda sql: _moved(sql, schema))
        names = catalog.tables(conn, schema)
        return _Wanted(names, catalog.facts(conn, names, schema), "schema")


def _moved(sql: str, schema: str) -> str:
    return OURS.sub(f"{schema}.", sql)
