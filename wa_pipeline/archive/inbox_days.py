"""What a day's deliveries have become, for Dagster's partitions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import psycopg

STATES = """
select count(*),
  count(*) filter (where state = 'new'), count(*) filter (where state = 'done'),
  count(*) filter (where state = 'waiting'), count(*) filter (where state = 'skipped'),
  count(*) filter (where state = 'dead'), count(*) filter (where payload is null and body is null)
from public.wa_inbox
where received_at >= %(day)s::date::timestamp at time zone 'UTC'
  and received_at < (%(day)s::date + 1)::timestamp at time zone 'UTC'
"""


@dataclass(frozen=True)
class DayOfInbox:
    """Deliveries of one UTC day by state; `expired` are those whose contents retention has removed."""

    deliveries: int
    new: int
    done: int
    waiting: int
    skipped: int
    dead: int
    expired: int

    @property
    def can_be_replayed(self) -> bool:
        return self.expired < self.deliveries


def day_of_inbox(conn: psycopg.Connection, day: date) -> DayOfInbox:
    row = conn.execute(STATES, {"day": day}).fetchone()
    assert row is not None
    return DayOfInbox(*row)
