"""The same files as Supabase's own command line keeps them, so that `supabase db push` and `wa migrate` agree."""

from __future__ import annotations

from pathlib import Path

import psycopg

from wa_pipeline.archive.migrations.files import FOLDER, MigrationFile, load

CREATE = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
alter table supabase_migrations.schema_migrations add column if not exists statements text[];
alter table supabase_migrations.schema_migrations add column if not exists name text;
"""


def timestamp(file: MigrationFile) -> str:
    """The 14 digits Supabase orders by. Made of the number alone, so that a file has the same ones everywhere."""
    return f"20250101{int(file.version):06d}"


def export_supabase(folder: Path, *, source: Path = FOLDER) -> list[Path]:
    """Writes supabase/migrations/<timestamp>_<name>.sql under `folder` and returns the paths, in order.

    A file already there with the same content is left alone; other files in the directory are not touched.
    """
    target = folder / "supabase" / "migrations"
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for file in load(source):
        path = target / f"{timestamp(file)}_{file.name}.sql"
        if not path.exists() or path.read_text("utf-8") != file.text:
            path.write_text(file.text, "utf-8", newline="\n")
        written.append(path)
    return written


def keeps_history(conn: psycopg.Connection) -> bool:
    """Whether this database has the history of Supabase's command line, and this role may write it."""
    row = conn.execute(
        """
        select coalesce((select has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'insert')
                         from pg_class c join pg_namespace n on n.oid = c.relnamespace
                         where n.nspname = 'supabase_migrations' and c.relname = 'schema_migrations'), false)
        """
    ).fetchone()
    return bool(row and row[0])


def record(conn: psycopg.Connection, file: MigrationFile) -> None:
    """Remembers a file in Supabase's history, which is made where it is not there."""
    if not keeps_history(conn):
        conn.execute(CREATE)
    conn.execute(
        """
        insert into supabase_migrations.schema_migrations (version, statements, name) values (%s, %s, %s)
        on conflict (version) do nothing
        """,
        (timestamp(file), [statement.sql for statement in file.statements], file.name),
    )
