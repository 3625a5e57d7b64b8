"""runtime_flags: requests that people leave for Dagster's sensors, and what became of them.

A request is its time, `at`. The run that serves it adds `handled_at`, or `error` and `failed_at`; a request made anew
replaces all of it.
"""

from __future__ import annotations

from typing import NamedTuple

import psycopg

FETCH_GROUPS = "fetch_groups_requested"
REFRESH_QR = "wa_refresh_qr_requested"

REQUEST = """
insert into public.runtime_flags as f (key, value) values (%(key)s, jsonb_build_object('at',
  to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))
on conflict (key) do update set value = excluded.value, updated_at = now()
returning f.value->>'at'
"""
# Whatever anybody wrote there is one of three: a request, one that was served, or none.
STATE = """
select case when jsonb_typeof(value) = 'object' and jsonb_typeof(value->'at') in ('string', 'number')
         then nullif(left(value->>'at', 200), '') end,
       jsonb_typeof(value) = 'object' and value->>'handled_at' is not null,
       case when jsonb_typeof(value) = 'object' then left(value->>'error', 500) end
from public.runtime_flags where key = %s
"""
# Only under the request's own time: one that was made meanwhile stays open.
HANDLED = """
update public.runtime_flags set updated_at = now(),
  value = (value - array['error', 'failed_at']) || jsonb_build_object('handled_at', now())
where key = %(key)s and jsonb_typeof(value) = 'object' and left(value->>'at', 200) = %(at)s
  and value->>'handled_at' is null
"""
FAILED = """
update public.runtime_flags set updated_at = now(),
  value = value || jsonb_build_object('error', %(error)s::text, 'failed_at', now())
where key = %(key)s and jsonb_typeof(value) = 'object' and left(value->>'at', 200) = %(at)s
  and value->>'handled_at' is null
"""


class Flag(NamedTuple):
    """A flag as it stands. `at`: the request's time as it was written, None where the value is no request. `error`: why
    the last run could not serve it."""

    at: str | None
    handled: bool
    error: str | None = None

    @property
    def pending(self) -> str | None:
        return None if self.handled else self.at


def request(conn: psycopg.Connection, key: str) -> str:
    """Leave a request; its time, RFC 3339 UTC, which is also what tells one request from the next."""
    row = conn.execute(REQUEST, {"key": key}).fetchone()
    assert row is not None
    return str(row[0])


def requested(conn: psycopg.Connection, key: str) -> str | None:
    """When the last request was made, as it was written; None where there was none."""
    found = state(conn, key)
    return found.at if found else None


def state(conn: psycopg.Connection, key: str) -> Flag | None:
    """The flag; None where nobody ever wrote it."""
    row = conn.execute(STATE, (key,)).fetchone()
    return Flag(row[0], bool(row[1]), row[2]) if row else None


def handled(conn: psycopg.Connection, key: str, at: str) -> bool:
    """Note that the request of `at` is served, in the caller's transaction. False where another has replaced it."""
    return bool(conn.execute(HANDLED, {"key": key, "at": at}).rowcount)


def failed(conn: psycopg.Connection, key: str, at: str, error: str) -> None:
    """Note why the request of `at` is not served yet; it stays open."""
    conn.execute(FAILED, {"key": key, "at": at, "error": error})


__all__ = ["FETCH_GROUPS", "REFRESH_QR", "Flag", "failed", "handled", "request", "requested", "state"]
