"""Applies what a database has not had: one transaction per file, one migrator at a time, everything remembered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.errors import LockNotAvailable

from wa_pipeline.archive.migrations import history, supabase
from wa_pipeline.archive.migrations.connection import connect
from wa_pipeline.archive.migrations.files import FOLDER, MigrationFile, Statement, load
from wa_pipeline.errors import MigrationBlocked, MigrationBusy, MigrationFailed

LOCK = 0x77615F6D69677261  # "wa_migra"
WAIT_MINUTES = 30

Progress = Callable[[str], None]


@dataclass(frozen=True)
class MigrationReport:
    """What a call of `migrate` did: the files it applied (or would apply), and those the database had already."""

    applied: list[str]
    already: list[str]
    dry_run: bool
    seconds: float


class _RolledBack(Exception):
    """Ends a dry run's transaction."""


def migrate(
    url: str,
    *,
    dry_run: bool = False,
    supabase_history: bool | None = None,
    again: bool = False,
    progress: Progress | None = None,
    folder: Path = FOLDER,
) -> MigrationReport:
    """Brings a database to the schema of this program.

    Each file runs in a transaction of its own, behind a transaction-level advisory lock, which holds through a
    pooler too; several calls at once wait for each other. A dry run executes all of it in one transaction and rolls
    that back. `again` runs every file, to put back what was dropped by hand. `supabase_history` records into
    supabase_migrations.schema_migrations as well: None = where it exists. `progress` gets one line per file and per
    warning.

    Raises `MigrationFailed`, `MigrationBlocked`, `MigrationBusy`, `MigrationEdited`, `DatabaseNewer`,
    `DatabaseRefuses`, `DatabaseUnreachable`, `BadDatabaseUrl`.
    """
    started = time.monotonic()
    files = load(folder)
    done: list[str] = []
    say = progress or _silent
    with connect(url) as conn, history.refusals():
        conn.add_notice_handler(lambda notice: _tell_warning(notice, say))
        had = history.applied(conn)
        history.check_known(had, files)
        pending = [file for file in files if again or file.version not in had]
        if dry_run:
            _rehearse(conn, pending, say)
            done = [file.file for file in pending]
        else:
            for file in pending:
                if _apply(conn, file, files, supabase_history, again, say):
                    done.append(file.file)
    already = [file.file for file in files if file.file not in done]
    return MigrationReport(done, already, dry_run, time.monotonic() - started)


def run_file(
    conn: psycopg.Connection,
    file: MigrationFile,
    rewrite: Callable[[str], str] | None = None,
) -> None:
    """Executes a file's statements in the transaction the caller has open.

    `rewrite` may change each statement first. Raises `MigrationFailed` or `MigrationBlocked` with the file's line.
    """
    for statement in file.statements:
        try:
            conn.execute((rewrite(statement.sql) if rewrite else statement.sql).encode())
        except LockNotAvailable:
            raise MigrationBlocked(file=file.file, line=statement.line) from None
        except psycopg.Error as error:
            line = _line(statement, error)
            raise MigrationFailed(file=file.file, line=line, reason=history.reason(error)) from error


def _apply(
    conn: psycopg.Connection,
    file: MigrationFile,
    files: list[MigrationFile],
    keep: bool | None,
    again: bool,
    say: Progress,
) -> bool:
    """Applies one file; False where another migrator did so while this one waited."""
    with conn.transaction(), _alone(conn):
        had = history.applied(conn)
        history.check_known(had, files)
        if file.version in had and not again:
            return False
        started = time.monotonic()
        history.create(conn)
        run_file(conn, file)
        history.record(conn, file, round((time.monotonic() - started) * 1000))
        if keep or (keep is None and supabase.keeps_history(conn)):
            supabase.record(conn, file)
    say(f"{file.file}: applied in {time.monotonic() - started:.1f} s")
    return True


def _rehearse(conn: psycopg.Connection, pending: list[MigrationFile], say: Progress) -> None:
    try:
        with conn.transaction(), _alone(conn):
            for file in pending:
                started = time.monotonic()
                run_file(conn, file)
                say(f"{file.file}: would be applied, took {time.monotonic() - started:.1f} s")
            raise _RolledBack
    except _RolledBack:
        pass


@contextmanager
def _alone(conn: psycopg.Connection) -> Iterator[None]:
    """Waits until no other migration runs in this database; ends with the transaction.

    Timeouts are local to the transaction: behind a pooler a plain SET would reach other clients.
    """
    conn.execute(f"set local statement_timeout = '{WAIT_MINUTES}min'")
    conn.execute(f"set local lock_timeout = '{WAIT_MINUTES}min'")
    try:
        conn.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
    except (LockNotAvailable, psycopg.errors.QueryCanceled):
        raise MigrationBusy(minutes=WAIT_MINUTES) from None
    conn.execute("set local lock_timeout = '30s'")
    yield


def _line(statement: Statement, error: psycopg.Error) -> int:
    """Where in the file it went wrong: the statement's first line, or nearer where PostgreSQL says."""
    position = error.diag.statement_position
    if not position:
        return statement.line
    return statement.line + statement.sql.count("\n", 0, int(position) - 1)


def _tell_warning(notice: psycopg.errors.Diagnostic, say: Progress) -> None:
    if notice.severity_nonlocalized == "WARNING" and notice.message_primary:
        say(f"warning: {notice.message_primary}")


def _silent(_: str) -> None:
    pass
