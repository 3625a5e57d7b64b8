"""LIDs and phone numbers of the same people, learnt from events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import psycopg

# Two sources that disagree: the greater number, so that it does not matter who spoke first.
LEARN = """
insert into public.jid_aliases as a (lid, phone, source)
select distinct on (u.lid) u.lid, u.phone, %(source)s from unnest(%(lids)s::text[], %(phones)s::text[]) u(lid, phone)
order by u.lid, u.phone desc
on conflict (lid) do update set phone = excluded.phone, seen_at = now() where excluded.phone > a.phone
returning lid, phone
"""
SENDERS = """
update public.messages m set sender = n.phone, raw = m.raw || jsonb_build_object('sender_lid', n.lid)
from unnest(%(lids)s::text[], %(phones)s::text[]) n(lid, phone) where m.sender = n.lid
returning m.wa_msg_id
"""
# Somebody may have reacted to one message under both addresses.
REACTIONS = """
with moved as (
  delete from public.message_reactions r using unnest(%(lids)s::text[], %(phones)s::text[]) n(lid, phone)
  where r.sender = n.lid returning r.chat_id, r.target_wa_msg_id, n.phone as sender, r.emoji, r.ts, r.message_id
)
insert into public.message_reactions as r (chat_id, target_wa_msg_id, sender, emoji, ts, message_id)
select distinct on (chat_id, target_wa_msg_id, sender) * from moved
order by chat_id, target_wa_msg_id, sender, ts desc, emoji desc
on conflict (chat_id, target_wa_msg_id, sender) do update set emoji = excluded.emoji, ts = excluded.ts
where (excluded.ts, excluded.emoji) > (r.ts, r.emoji)
"""


class Learnt(NamedTuple):
    """Aliases that were news, and the messages (wa_msg_id) whose sender they changed."""

    aliases: int
    messages: set[str]


def learn(conn: psycopg.Connection, aliases: Mapping[str, str], source: str) -> Learnt:
    """Note which phone number each LID belongs to; what stands under the LID moves to the number."""
    pairs = {"lids": list(aliases), "phones": list(aliases.values()), "source": source}
    fresh = conn.execute(LEARN, pairs).fetchall()
    messages: set[str] = set()
    if fresh:
        known = {"lids": [row[0] for row in fresh], "phones": [row[1] for row in fresh]}
        messages = {str(row[0]) for row in conn.execute(SENDERS, known).fetchall()}
        conn.execute(REACTIONS, known)
    return Learnt(len(fresh), messages)


def phones_of(conn: psycopg.Connection, lids: Iterable[str]) -> dict[str, str]:
    """The phone JIDs of those of the LIDs that are known."""
    rows = conn.execute("select lid, phone from public.jid_aliases where lid = any(%s)", (list(lids),)).fetchall()
    return {str(lid): str(phone) for lid, phone in rows}
