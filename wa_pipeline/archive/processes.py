"""run_processes: which process carries which Dagster run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import psycopg


@dataclass(frozen=True)
class ProcessMark:
    """One process, told apart from every other: ids are used again, so its host's boot and its start count too."""

    host: str
    boot_id: str
    pid: int
    started: str


def record(conn: psycopg.Connection, run_id: str, mark: ProcessMark) -> bool:
    """Note that `mark` carries the run. False where the table is not there yet: the first migration is a run too."""
    row = conn.execute("select to_regclass('public.run_processes') is not null").fetchone()
    if not row or not row[0]:
        return False
    conn.execute(
        "insert into public.run_processes (run_id, host, boot_id, pid, process_started) values (%s, %s, %s, %s, %s)"
        " on conflict (run_id) do update set host = excluded.host, boot_id = excluded.boot_id, pid = excluded.pid,"
        " process_started = excluded.process_started, started_at = now()",
        (run_id, mark.host, mark.boot_id, mark.pid, mark.started),
    )
    return True


def marks(conn: psycopg.Connection, run_ids: Collection[str]) -> dict[str, ProcessMark]:
    """The recorded process of each of the runs; runs never recorded are absent, as is everything before 0004."""
    row = conn.execute("select to_regclass('public.run_processes') is not null").fetchone()
    if not row or not row[0]:
        return {}
    rows = conn.execute(
        "select run_id, host, boot_id, pid, process_started from public.run_processes where run_id = any(%s)",
        (list(run_ids),),
    ).fetchall()
    return {run_id: ProcessMark(host, boot, pid, started) for run_id, host, boot, pid, started in rows}


def forget(conn: psycopg.Connection, *, older_than_days: int) -> int:
    """Drop the marks of runs that began before then; a run lasts hours, so none of them can still be going."""
    return conn.execute(
        "delete from public.run_processes where started_at < now() - make_interval(days => %s)", (older_than_days,)
    ).rowcount
