"""What can be asked of live messages: whether every delivery is interpreted, and whether secrets stayed behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg

SHARE = 10_000
"""Newest rows that are searched for secrets; what an older program left is for a replay to find."""
INBOX = """
select count(*), count(*) filter (where state = 'new'), min(received_at) filter (where state = 'new'),
  count(*) filter (where state = 'waiting'), count(*) filter (where state = 'skipped'),
  count(*) filter (where state = 'dead') from public.wa_inbox
"""
# A name alone is harmless: a value taken out may leave it behind with null.
SECRET = r'"(mediaKey|media_key|directPath|direct_path|fileEncSha256|apikey)"\s*:\s*["{\[]'
LEAKS = """
select
  (select count(*) from (select raw from public.messages where raw->>'source' is distinct from 'export'
     order by ts desc limit %(share)s) m where m.raw::text ~ %(secret)s),
  (select count(*) from (select payload from public.wa_inbox where state in ('done', 'skipped') and held_for is null
     order by id desc limit %(share)s) i where i.payload::text ~ %(secret)s)
"""


@dataclass(frozen=True)
class InboxState:
    """Deliveries by what became of them; `oldest_new` is the arrival of the first one not interpreted."""

    deliveries: int
    new: int
    oldest_new: datetime | None
    waiting: int
    skipped: int
    dead: int


def inbox_state(conn: psycopg.Connection) -> InboxState:
    row = conn.execute(INBOX).fetchone()
    assert row is not None
    return InboxState(*row)


def secrets_left(conn: psycopg.Connection) -> tuple[int, int]:
    """Messages, and interpreted deliveries, that still hold a media key, an address or a gateway's key."""
    row = conn.execute(LEAKS, {"share": SHARE, "secret": SECRET}).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
