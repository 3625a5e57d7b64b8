"""Deletions and reactions: what is said about a message that is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import psycopg

from wa_pipeline.archive.live.texts import said

DELETE = """
update public.messages m set raw = m.raw || jsonb_build_object('deleted', n.mark)
from (
  select o.wa_msg_id, jsonb_strip_nulls(jsonb_build_object('at', least(o.raw->'deleted'->>'at', d.said))) as mark
  from (select wa_msg_id, min(said) as said from unnest(%(ids)s::text[], %(saids)s::text[]) as u(wa_msg_id, said)
        group by wa_msg_id) d
  join public.messages o using (wa_msg_id)
) n where m.wa_msg_id = n.wa_msg_id and m.raw->'deleted' is distinct from n.mark
"""
REACT = """
insert into public.message_reactions as r (chat_id, target_wa_msg_id, sender, emoji, ts, message_id)
select distinct on (n.target, n.sender) n.chat, n.target, n.sender, n.emoji, n.ts, m.id
from unnest(%(chats)s::text[], %(targets)s::text[], %(senders)s::text[], %(emojis)s::text[], %(ats)s::timestamptz[])
  as n(chat, target, sender, emoji, ts)
left join public.messages m on m.wa_msg_id = n.target
order by n.target, n.sender, n.ts desc, n.emoji desc
on conflict (chat_id, target_wa_msg_id, sender) do update
set emoji = excluded.emoji, ts = excluded.ts, message_id = coalesce(excluded.message_id, r.message_id)
where (excluded.ts, excluded.emoji) > (r.ts, r.emoji)
"""
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class Deletion(NamedTuple):
    wa_msg_id: str
    at: datetime | None


class Reaction(NamedTuple):
    """`emoji` '' takes it back."""

    chat_id: str
    wa_msg_id: str
    sender: str
    emoji: str
    at: datetime | None


def delete(conn: psycopg.Connection, deletions: Sequence[Deletion]) -> int:
    """Mark messages as deleted, their words left where they are; messages whose mark changed."""
    values = {"ids": [each.wa_msg_id for each in deletions], "saids": [said(each.at) for each in deletions]}
    return conn.execute(DELETE, values).rowcount


def react(conn: psycopg.Connection, reactions: Sequence[Reaction]) -> int:
    """Keep each sender's latest reaction; reactions that changed. The message may still be to come."""
    return conn.execute(
        REACT,
        {
            "chats": [each.chat_id for each in reactions],
            "targets": [each.wa_msg_id for each in reactions],
            "senders": [each.sender for each in reactions],
            "emojis": [each.emoji for each in reactions],
            "ats": [each.at or _NO_TIME for each in reactions],
        },
    ).rowcount
