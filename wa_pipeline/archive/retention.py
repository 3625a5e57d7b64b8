"""What the inbox forgets: contents whose time is over. Which events were delivered is never forgotten.

A row keeps its source and event id, so an event delivered again years later is still known, and what became of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

BATCH = 5_000
OLD = "received_at < now() - make_interval(days => %(days)s)"
HELD = "payload is not null or body is not null"
# An edit whose message never came is given up together with its contents; what is new stays, whatever its age.
INTERPRETED = f"""
update public.wa_inbox set payload = null, body = null, waits_for = null,
  state = case when state = 'waiting' then 'skipped' else state end,
  reason = case when state = 'waiting' then 'never came' else reason end
where id in (
  select id from public.wa_inbox where state <> 'new' and held_for is null and {OLD} and ({HELD})
  limit %(batch)s for update skip locked)
"""
UNMONITORED = f"""
update public.wa_inbox set held_for = null,
  payload = case when state = 'skipped' then null else payload end,
  body = case when state = 'skipped' then null else body end
where id in (
  select id from public.wa_inbox where held_for is not null and {OLD} limit %(batch)s for update skip locked)
"""


@dataclass(frozen=True)
class Forgotten:
    """Rows whose contents were removed."""

    interpreted: int
    unmonitored: int


def forget(conn: psycopg.Connection, *, inbox_days: int, unmonitored_days: int) -> Forgotten:
    """Remove the contents of rows interpreted `inbox_days` after they came, and of rows left out because no group of
    theirs is monitored after `unmonitored_days`; 0 removes them at once. Commits batch by batch.

    Rows not interpreted yet keep theirs, and so do those that wait for a group or a message until their time is over.
    """
    unmonitored = forget_unmonitored(conn, days=unmonitored_days)
    return Forgotten(_in_batches(conn, INTERPRETED, inbox_days), unmonitored)


def forget_unmonitored(conn: psycopg.Connection, *, days: int) -> int:
    """The second half of `forget`. Of a delivery that also held messages of monitored groups only the mark goes."""
    return _in_batches(conn, UNMONITORED, days)


def _in_batches(conn: psycopg.Connection, statement: str, days: int) -> int:
    total = 0
    while True:
        done = conn.execute(statement, {"days": days, "batch": BATCH}).rowcount
        conn.commit()
        total += done
        if done < BATCH:
            return total
