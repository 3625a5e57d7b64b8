"""runtime_flags: requests that people leave for Dagster's sensors."""

from __future__ import annotations

import psycopg

FETCH_GROUPS = "fetch_groups_requested"
REFRESH_QR = "wa_refresh_qr_requested"

REQUEST = """
insert into public.runtime_flags as f (key, value) values (%(key)s, jsonb_build_object('at',
  to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))
on conflict (key) do update set value = excluded.value, updated_at = now()
returning f.value->>'at'
"""


def request(conn: psycopg.Connection, key: str) -> str:
    """Leave a request; its time, RFC 3339 UTC, which is also what tells one request from the next."""
    row = conn.execute(REQUEST, {"key": key}).fetchone()
    assert row is not None
    return str(row[0])


def requested(conn: psycopg.Connection, key: str) -> str | None:
    """When the last request was made, as it was written; None where there was none."""
    row = conn.execute("select value->>'at' from public.runtime_flags where key = %s", (key,)).fetchone()
    return str(row[0]) if row and row[0] is not None else None


__all__ = ["FETCH_GROUPS", "REFRESH_QR", "request", "requested"]
