"""Messages and undecryptable placeholders, a batch at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import psycopg

from wa_pipeline.archive.live import texts

CREATE = """
create temp table told (
  wa_msg_id text primary key, ts timestamptz, chat_id text, sender text, kind text, text text, group_id uuid, raw jsonb,
  media_sha256 char(64)
) on commit drop
"""
COPY = "copy pg_temp.told (wa_msg_id, ts, chat_id, sender, kind, text, group_id, raw, media_sha256) from stdin"
# What later events and imports have added to a row outlives a telling. The order by keeps two batches from a deadlock.
KEPT = """jsonb_strip_nulls(jsonb_build_object('edited', m.raw->'edited', 'deleted', m.raw->'deleted',
  'export', m.raw->'export'))"""
TS = "case when excluded.raw ? 'ts_from' and m.raw ? 'ts_from' then least(m.ts, excluded.ts) else excluded.ts end"
TEXT = "case when m.raw ? 'edited' then m.text else excluded.text end"
# A parent is what bears the id told, never the message itself; none told or none there means none.
PARENT = "left join public.messages p on p.wa_msg_id = t.raw->>'quoted_wa_msg_id' and p.wa_msg_id <> t.wa_msg_id"
MERGE = f"""
with merged as (
  insert into public.messages as m (wa_msg_id, ts, chat_id, sender, kind, text, group_id, raw, parent_id)
  select t.wa_msg_id, t.ts, t.chat_id, t.sender, t.kind, t.text, t.group_id, t.raw, p.id
  from pg_temp.told t {PARENT} order by t.wa_msg_id
  on conflict (wa_msg_id) do update set ts = {TS}, chat_id = excluded.chat_id, sender = excluded.sender,
    kind = excluded.kind, text = {TEXT}, group_id = excluded.group_id, raw = excluded.raw || {KEPT},
    parent_id = excluded.parent_id
  where excluded.raw->>'told' >= coalesce(m.raw->>'told', '') and
    (m.ts, m.chat_id, m.sender, m.kind, m.text, m.group_id, m.raw, m.parent_id) is distinct from
    ({TS}, excluded.chat_id, excluded.sender, excluded.kind, {TEXT}, excluded.group_id, excluded.raw || {KEPT},
     excluded.parent_id)
  returning (m.xmax = 0) as added
)
select count(*) filter (where added), count(*) filter (where not added) from merged
"""
# What the telling in force calls the first text of a message that has been edited.
FIRST_TEXTS = """
select m.wa_msg_id, t.text from pg_temp.told t
join public.messages m on m.wa_msg_id = t.wa_msg_id and m.raw->>'told' = t.raw->>'told' and m.raw ? 'edited'
"""
# Of those whose parent came with the same tellings.
PARENTS = f"""
update public.messages m set parent_id = p.id
from pg_temp.told t {PARENT}
where t.raw ? 'quoted_wa_msg_id' and p.id is not null and m.wa_msg_id = t.wa_msg_id
  and m.raw->>'told' = t.raw->>'told' and m.parent_id is distinct from p.id
"""
CHILDREN = """
update public.messages c set parent_id = p.id
from pg_temp.told t join public.messages p on p.wa_msg_id = t.wa_msg_id
where c.raw->>'quoted_wa_msg_id' = t.wa_msg_id and c.raw ? 'quoted_wa_msg_id' and c.parent_id is null and c.id <> p.id
"""
MEDIA = """
update public.messages m set media_id = d.id
from pg_temp.told t join public.media d on d.sha256 = t.media_sha256
where m.wa_msg_id = t.wa_msg_id and m.raw->>'told' = t.raw->>'told' and m.media_id is distinct from d.id
"""
WITHOUT_MEDIA = """
select m.wa_msg_id, m.id from public.messages m where m.wa_msg_id = any(%(ids)s) and m.media_id is null
"""
REACTIONS = """
update public.message_reactions r set message_id = m.id
from pg_temp.told t join public.messages m on m.wa_msg_id = t.wa_msg_id
where r.target_wa_msg_id = t.wa_msg_id and r.message_id is null
"""
LAST_SEEN = """
update public.groups g set last_seen_ts = n.ts
from (select group_id, max(ts) as ts from pg_temp.told where group_id is not null group by group_id) n
where g.id = n.group_id and (g.last_seen_ts is null or g.last_seen_ts < n.ts)
"""


class Told(NamedTuple):
    """A message as one delivery tells it. `raw` holds `told`, the rank of this telling."""

    wa_msg_id: str
    ts: datetime
    chat_id: str
    sender: str
    kind: str
    text: str | None
    group_id: UUID | None
    raw: dict[str, object]
    media_sha256: str | None

    @property
    def rank(self) -> str:
        return str(self.raw["told"])


class Merged(NamedTuple):
    """Rows added, and rows that a telling changed."""

    added: int
    changed: int


def merge(
    conn: psycopg.Connection, tellings: Sequence[Told], *, meanwhile: Callable[[], object] = lambda: None
) -> Merged:
    """Merge tellings, one a message, into the archive. Repeating it touches no row. `meanwhile` is called while the
    database writes them."""
    conn.execute("drop table if exists pg_temp.told")
    conn.execute(CREATE)
    with conn.cursor() as cursor, cursor.copy(COPY) as copy:
        for telling in tellings:
            copy.write_row((*telling[:7], json.dumps(telling.raw, ensure_ascii=False), telling.media_sha256))
    conn.execute("analyze pg_temp.told (wa_msg_id, group_id, media_sha256)")
    with conn.pipeline():
        merging = conn.execute(MERGE)
        meanwhile()
    row = merging.fetchone()
    assert row is not None
    firsts: dict[str, str | None] = dict(conn.execute(FIRST_TEXTS).fetchall())
    if firsts:
        texts.settle(conn, firsts=firsts)
    for statement in (PARENTS, CHILDREN, MEDIA, REACTIONS, LAST_SEEN):
        conn.execute(statement)
    return Merged(int(row[0]), int(row[1]))


def without_media(conn: psycopg.Connection, ids: Sequence[str]) -> dict[str, UUID]:
    """The rows, by wa_msg_id, of those of these messages that have no media yet."""
    rows = conn.execute(WITHOUT_MEDIA, {"ids": list(ids)}).fetchall()
    return {str(wa_msg_id): UUID(str(message_id)) for wa_msg_id, message_id in rows}


def there(conn: psycopg.Connection, ids: Sequence[str]) -> set[str]:
    """Those of the messages that are in the archive."""
    rows = conn.execute("select wa_msg_id from public.messages where wa_msg_id = any(%s)", (list(ids),)).fetchall()
    return {str(row[0]) for row in rows}
