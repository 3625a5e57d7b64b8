"""Which files a database has had, and whether that fits this program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from wa_pipeline.archive.migrations.files import MigrationFile, load
from wa_pipeline.errors import DatabaseNewer, DatabaseOlder, DatabaseRefuses, MigrationEdited

CREATE = """
create table if not exists public.wa_migrations (
  version text primary key,
  name text not null,
  sha256 char(64) not null,
  applied_at timestamptz not null default now(),
  duration_ms int not null
)
"""
COMMENTS = """
comment on table public.wa_migrations is 'Files of db/migrations this database has had, written by wa migrate.';
comment on column public.wa_migrations.version is 'number the file name begins with';
comment on column public.wa_migrations.name is 'rest of the file name';
comment on column public.wa_migrations.sha256 is 'hash of the file as it was applied';
comment on column public.wa_migrations.applied_at is 'when';
comment on column public.wa_migrations.duration_ms is 'how long it took';
"""
REVOKE = """
do $$
declare
  client text;
begin
  foreach client in array array['anon', 'authenticated'] loop
    if to_regrole(client) is not null then
      execute format('revoke all on table public.wa_migrations from %I', client);
    end if;
  end loop;
end$$
"""
SCRIPT = (CREATE, COMMENTS, REVOKE)


def create(conn: psycopg.Connection) -> None:
    """Makes the history table where it is not there, closed to Supabase's public roles like every other table."""
    if not _exists(conn):
        for statement in SCRIPT:
            conn.execute(statement)


def applied(conn: psycopg.Connection) -> dict[str, str]:
    """Version → sha256 of each file this database has had; empty where `wa migrate` never ran."""
    if not _exists(conn):
        return {}
    rows = conn.execute("select version, sha256 from public.wa_migrations order by version").fetchall()
    return {str(version): str(sha256) for version, sha256 in rows}


def record(conn: psycopg.Connection, file: MigrationFile, duration_ms: int) -> None:
    """Remembers a file as applied, in the transaction that applied it."""
    conn.execute(
        """
        insert into public.wa_migrations (version, name, sha256, duration_ms) values (%s, %s, %s, %s)
        on conflict (version) do update set applied_at = now(), duration_ms = excluded.duration_ms
        """,
        (file.version, file.name, file.sha256, duration_ms),
    )


def check_known(had: dict[str, str], files: list[MigrationFile]) -> None:
    """Raises `DatabaseNewer` for a file this program does not have, `MigrationEdited` for one that was changed."""
    ours = {file.version: file for file in files}
    if unknown := sorted(had.keys() - ours.keys()):
        raise DatabaseNewer(unknown=", ".join(unknown))
    for version, sha256 in had.items():
        if ours[version].sha256 != sha256:
            raise MigrationEdited(file=ours[version].file)


def check_version(conn: psycopg.Connection) -> None:
    """Whether the database is the one this program was written for; cheap, called at the start of every command.

    Raises `DatabaseOlder`, `DatabaseNewer` or `DatabaseRefuses`. A transaction the caller has open stays open.
    """
    files = load()
    with refusals(), conn.transaction():
        had = applied(conn)
    if unknown := sorted(had.keys() - {file.version for file in files}):
        raise DatabaseNewer(unknown=", ".join(unknown))
    if missing := [file.file for file in files if file.version not in had]:
        raise DatabaseOlder(missing="the archive's tables" if not had else ", ".join(missing))


@contextmanager
def refusals() -> Iterator[None]:
    """Turns what PostgreSQL says, of a database it set read-only or a right that is lacking, into one sentence."""
    try:
        yield
    except psycopg.Error as error:
        raise DatabaseRefuses(reason=reason(error)) from error


def reason(error: psycopg.Error) -> str:
    """PostgreSQL's own sentence, with its detail where it gives one."""
    said = error.diag.message_primary or str(error).strip().split("\n")[0]
    return f"{said} ({error.diag.message_detail.rstrip('.')})" if error.diag.message_detail else said


def _exists(conn: psycopg.Connection) -> bool:
    # Not to_regclass: a session that asked once remembers "no such table" until it locks a table, and so would miss
    # the one another migrator made while this one waited for its turn.
    row = conn.execute(
        """
        select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                       where n.nspname = 'public' and c.relname = 'wa_migrations')
        """
    ).fetchone()
    return bool(row and row[0])
