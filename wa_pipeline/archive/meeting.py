"""Rows of exports beside live rows of the same chat, and the taking of one into the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg

CHATS = """
select e.chat_id from public.export_chats e where e.chat_id = any(%(chats)s) and e.chat_id not like 'export:%%'
"""
MINUTES_OF = """
select distinct chat_id, extract(epoch from date_trunc('minute', ts))::bigint from public.messages
where wa_msg_id = any(%(ids)s)
"""
EXPORT_MINUTES = """
select distinct extract(epoch from date_trunc('minute', ts))::bigint from public.messages
where chat_id = %(chat)s and wa_msg_id like 'exp|%%' order by 1
"""
ROWS = """
select m.id::text, u.minute, m.sender, array_remove(array(select v.text from public.message_versions v
    where v.message_id = m.id) || m.text, null), extract(epoch from m.ts)::float8, m.wa_msg_id, m.kind,
  coalesce(d.sha256, f.sha256), m.raw
from unnest(%(minutes)s::bigint[]) u(minute)
join public.messages m on m.chat_id = %(chat)s and m.ts >= to_timestamp(u.minute) and m.ts < to_timestamp(u.minute + 60)
left join public.media d on d.id = m.media_id left join public.media_fetch f on f.message_id = m.id
where m.wa_msg_id like 'exp|%%' = %(exported)s and not m.raw ? 'system'
"""
PEOPLE = """
select distinct raw->'export'->>'sender', sender from public.messages
where chat_id = %(chat)s and raw ? 'export' and raw->'export' ? 'sender'
"""
ABSORBED = """
select e.value #>> '{}' from public.messages m cross join lateral jsonb_each(m.raw->'export') e
where m.chat_id = %(chat)s and m.ts >= to_timestamp(%(low)s) and m.ts < to_timestamp(%(high)s)
  and m.raw ? 'export' and e.key like '%%id'
"""
PAIRS = "unnest(%(live)s::uuid[], %(exported)s::uuid[], %(slots)s::text[]) as p(live, exported, slot)"
CHILDREN = f"""
update public.messages c set parent_id = p.live from {PAIRS} where c.parent_id = p.exported and c.id <> p.live
"""
TAGS = f"""
insert into public.message_tags (message_id, tag) select p.live, t.tag from {PAIRS}
join public.message_tags t on t.message_id = p.exported on conflict do nothing
"""
# What the export knew stays: its ids, so that importing it again finds them; its name for the sender; its file; a
# deletion it saw. Several rows may be one message's, each of another day.
ABSORB = f"""
update public.messages m set media_id = coalesce(m.media_id, n.media_id),
  raw = case when n.deleted and not m.raw ? 'deleted' then m.raw || '{{"deleted": {{}}}}' else m.raw end
    || jsonb_build_object('export', coalesce(m.raw->'export', '{{}}') || n.ids)
from (
  select p.live, jsonb_object_agg(p.slot, e.wa_msg_id) || jsonb_build_object('sender', min(e.sender)) as ids,
    (array_agg(e.media_id) filter (where e.media_id is not null))[1] as media_id, bool_or(e.raw ? 'deleted') as deleted
  from {PAIRS} join public.messages e on e.id = p.exported group by p.live
) n where m.id = n.live
"""
DELETE = f"delete from public.messages e using {PAIRS} where e.id = p.exported"


class Row(NamedTuple):
    """A row to be compared; `minute` and `ts` in epoch seconds, `texts` the one it has and those it had."""

    id: str
    minute: int
    sender: str
    texts: list[str]
    ts: float
    wa_msg_id: str
    kind: str
    sha256: str | None
    raw: dict[str, Any]


def chats_with_exports(conn: psycopg.Connection, chats: Sequence[str]) -> set[str]:
    """Those of the chats that an export is bound to."""
    return {str(row[0]) for row in conn.execute(CHATS, {"chats": list(chats)}).fetchall()}


def minutes_of(conn: psycopg.Connection, wa_msg_ids: Sequence[str]) -> dict[str, set[int]]:
    """The minutes these messages stand in, epoch seconds, by chat."""
    found: dict[str, set[int]] = {}
    for chat, minute in conn.execute(MINUTES_OF, {"ids": list(wa_msg_ids)}).fetchall():
        found.setdefault(str(chat), set()).add(int(minute))
    return found


def export_minutes(conn: psycopg.Connection, chat_id: str) -> list[int]:
    """The minutes of the chat's export rows that are no live message's, oldest first."""
    return [int(row[0]) for row in conn.execute(EXPORT_MINUTES, {"chat": chat_id}).fetchall()]


def rows(conn: psycopg.Connection, chat_id: str, minutes: Sequence[int], *, exported: bool) -> list[Row]:
    """The chat's rows of these minutes: an export's, or live ones. System lines are no one's message."""
    found = conn.execute(ROWS, {"chat": chat_id, "minutes": list(minutes), "exported": exported}).fetchall()
    return [Row(*row) for row in found]


def people(conn: psycopg.Connection, chat_id: str) -> list[tuple[str, str]]:
    """(name in exports, JID) of everybody of whom a row has met."""
    return [(str(name), str(jid)) for name, jid in conn.execute(PEOPLE, {"chat": chat_id}).fetchall()]


def absorbed_ids(conn: psycopg.Connection, chat_id: str, low: int, high: int) -> set[str]:
    """The ids, in exports, of live messages between two moments (epoch seconds)."""
    return {str(row[0]) for row in conn.execute(ABSORBED, {"chat": chat_id, "low": low, "high": high}).fetchall()}


def absorb(conn: psycopg.Connection, pairs: Sequence[tuple[str, str, str]]) -> None:
    """Take export rows into live ones, given as (live id, export row's id, what it is to it)."""
    live, exported, slots = (list(column) for column in zip(*pairs, strict=True))
    values = {"live": live, "exported": exported, "slots": slots}
    for statement in (CHILDREN, TAGS, ABSORB, DELETE):
        conn.execute(statement, values)
