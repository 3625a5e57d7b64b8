"""import_runs: one row an export file, from the moment it is seen to what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

COUNTERS = ("duplicates", "linked", "media", "system", "edited", "deleted", "messages", "senders")


@dataclass(frozen=True)
class ImportRun:
    """A registered export: its key, where it lies, the options it was given (tz, date_order, group), its state."""

    export_key: str
    file: str
    path: Path
    options: dict[str, str]
    state: str
    reason: str | None
    report: dict[str, object] | None


def register(
    conn: psycopg.Connection, export_key: str, path: Path, sha256: str, options: dict[str, str | None]
) -> None:
    """Note an export as waiting. One that is known keeps its counts; its path and options become the given ones."""
    given = {name: value for name, value in options.items() if value is not None}
    conn.execute(
        "insert into public.import_runs (export_key, file, path, sha256, options) values (%s, %s, %s, %s, %s)"
        " on conflict (export_key) do update set path = excluded.path, file = excluded.file,"
        " options = import_runs.options || excluded.options",
        (export_key, path.name, str(path), sha256, Jsonb(given)),
    )


def get(conn: psycopg.Connection, export_key: str) -> ImportRun | None:
    row = conn.execute(
        "select export_key, file, path, options, state, reason, report from public.import_runs where export_key = %s",
        (export_key,),
    ).fetchone()
    return ImportRun(row[0], row[1], Path(row[2]), row[3], row[4], row[5], row[6]) if row else None


def begin(conn: psycopg.Connection, export_key: str) -> None:
    conn.execute(
        "update public.import_runs set state = 'running', attempts = attempts + 1, started_at = now(),"
        " finished_at = null, reason = null where export_key = %s",
        (export_key,),
    )


def set_chat(
    conn: psycopg.Connection, export_key: str, *, chat_key: str, chat_id: str, tz: str, date_order: str
) -> None:
    conn.execute(
        "update public.import_runs set chat_key = %s, chat_id = %s, tz = %s, date_order = %s where export_key = %s",
        (chat_key, chat_id, tz, date_order, export_key),
    )


def add_inserted(conn: psycopg.Connection, export_key: str, inserted: int) -> None:
    """Count a batch's rows in the batch's own transaction, so that the sum survives a kill and equals the rows."""
    conn.execute("update public.import_runs set inserted = inserted + %s where export_key = %s", (inserted, export_key))


def finish(conn: psycopg.Connection, export_key: str, report: dict[str, object]) -> None:
    """Close a run as done with its report (the object `wa import --json` prints for the file)."""
    values = {name: report[name] for name in COUNTERS}
    conn.execute(
        "update public.import_runs set state = 'done', finished_at = now(), reason = null, skipped = %(skipped)s,"
        " first_ts = %(first_ts)s, last_ts = %(last_ts)s, report = %(report)s, "
        + ", ".join(f"{name} = %({name})s" for name in COUNTERS)
        + " where export_key = %(export_key)s",
        {
            **values,
            "export_key": export_key,
            "skipped": Jsonb(report["skipped"]),
            "first_ts": report["first_ts"],
            "last_ts": report["last_ts"],
            "report": Jsonb(report),
        },
    )


def fail(conn: psycopg.Connection, export_key: str, reason: str) -> None:
    conn.execute(
        "update public.import_runs set state = 'failed', reason = %s, finished_at = now() where export_key = %s",
        (reason, export_key),
    )


def known_files(conn: psycopg.Connection) -> dict[str, tuple[str, str | None, str | None]]:
    """State, reason and the time zone asked for of every registered export, by export_key."""
    rows = conn.execute("select export_key, state, reason, options->>'tz' from public.import_runs").fetchall()
    return {key: (state, reason, tz) for key, state, reason, tz in rows}


def timestamp(epoch: int | None) -> str | None:
    """RFC 3339 UTC of epoch seconds."""
    if epoch is None:
        return None
    return datetime.fromtimestamp(epoch, UTC).isoformat().replace("+00:00", "Z")
