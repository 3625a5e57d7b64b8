"""Groups as the console lists them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg

from wa_pipeline.archive.groups import SAMPLE

LIST = """
select g.id, g.wa_group_id, g.name, g.monitor, coalesce(c.messages, 0), g.last_seen_ts,
  (select count(*) from public.wa_inbox i where i.held_for is not null and i.held_for @> array[g.wa_group_id]),
  exists (select from public.block_groups b where b.wa_group_id = g.wa_group_id)
from public.groups g
left join (select group_id, count(*) as messages from public.messages group by group_id) c on c.group_id = g.id
order by g.monitor desc, g.last_seen_ts desc nulls last, g.name, g.id
"""


@dataclass(frozen=True)
class GroupView:
    """A group. `held`: deliveries that wait for it to be switched on. `blocked`: nothing of it is taken in any case."""

    id: UUID
    wa_group_id: str
    name: str
    monitor: bool
    messages: int
    last_seen_ts: datetime | None
    held: int
    blocked: bool

    @property
    def sample(self) -> bool:
        return self.wa_group_id == SAMPLE


def all_groups(conn: psycopg.Connection) -> list[GroupView]:
    """Every group, the monitored ones first, then by when something was last said."""
    return [GroupView(*row) for row in conn.execute(LIST).fetchall()]


def jid_of(conn: psycopg.Connection, group_id: UUID) -> str | None:
    """`wa_group_id` of a group's row."""
    row = conn.execute("select wa_group_id from public.groups where id = %s", (group_id,)).fetchone()
    return str(row[0]) if row else None


__all__ = ["SAMPLE", "GroupView", "all_groups", "jid_of"]
