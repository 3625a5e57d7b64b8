"""Whether the inbox holds anything to interpret: asked every few seconds, so by index and no more than needed."""

from __future__ import annotations

from datetime import date

import psycopg

MOST = 1_000
DUE = """
select (d.received_at at time zone 'UTC')::date, count(*) from (
  (select received_at from public.wa_inbox where state = 'new' order by id limit %(most)s)
  union all
  (select received_at from public.wa_inbox
   where held_for && (select coalesce(array_agg(wa_group_id), '{}') from public.groups where monitor)
     and payload is not null limit %(most)s)
  union all
  (select received_at from public.wa_inbox i
   where state = 'waiting' and payload is not null
     and exists (select from public.messages m where m.wa_msg_id = any(i.waits_for)) limit %(most)s)
) d group by 1
"""


def due_days(conn: psycopg.Connection) -> dict[date, int]:
    """Deliveries due by the UTC day they came, each kind counted up to MOST; empty where there is nothing to do."""
    return {day: int(rows) for day, rows in conn.execute(DUE, {"most": MOST}).fetchall()}
