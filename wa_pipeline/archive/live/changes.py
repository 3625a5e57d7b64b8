"""Edits, deletions and reactions: what is said about a message that is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import psycopg

# The text in place becomes a version before another may replace it: the first one, or that of the edit so far.
FIRST_TEXT = """
insert into public.message_versions as v (message_id, text, written_at, source)
select distinct m.id, m.text, case when m.raw ? 'edited' then (m.raw->'edited'->>'at')::timestamptz else m.ts end,
  m.raw->>'source'
from unnest(%(ids)s::text[]) e(wa_msg_id) join public.messages m using (wa_msg_id)
where m.text is not null and (not m.raw ? 'edited' or md5(m.text) = m.raw->'edited'->>'of')
on conflict (message_id, md5(coalesce(text, ''))) do nothing
"""
EDITED_TEXTS = """
insert into public.message_versions as v (message_id, text, written_at, source)
select distinct on (m.id, e.text) m.id, e.text, e.at, e.source
from unnest(%(ids)s::text[], %(texts)s::text[], %(ats)s::timestamptz[], %(sources)s::text[])
  as e(wa_msg_id, text, at, source) join public.messages m using (wa_msg_id)
order by m.id, e.text, e.at
on conflict (message_id, md5(coalesce(text, ''))) do update set written_at = excluded.written_at
where v.written_at is null or v.written_at > excluded.written_at
"""
# Times are written with one width in UTC, so that they compare as text; no time sorts before any.
MARK = "coalesce(m.raw->'edited'->>'at', '') || coalesce(m.raw->'edited'->>'of', '')"
LATEST = f"""
update public.messages m set text = n.text, raw = m.raw || jsonb_build_object('edited', n.mark)
from (
  select distinct on (e.wa_msg_id) e.wa_msg_id, e.text,
    jsonb_strip_nulls(jsonb_build_object('at', e.said, 'of', md5(e.text))) as mark,
    coalesce(e.said, '') || md5(e.text) as place
  from unnest(%(ids)s::text[], %(texts)s::text[], %(saids)s::text[]) as e(wa_msg_id, text, said)
  order by e.wa_msg_id, coalesce(e.said, '') || md5(e.text) desc
) n
where m.wa_msg_id = n.wa_msg_id and (not m.raw ? 'edited' or n.place >= {MARK})
  and (m.text is distinct from n.text or m.raw->'edited' is distinct from n.mark)
"""
# The text in place is no version of itself; each version held until the next was written.
IN_PLACE = """
delete from public.message_versions v using public.messages m
where m.wa_msg_id = any(%(ids)s) and v.message_id = m.id and v.text is not distinct from m.text
"""
UNTIL = """
update public.message_versions v set valid_until = n.until
from (
  select o.id, coalesce(lead(o.written_at) over (partition by o.message_id order by o.written_at nulls first, o.text),
    (m.raw->'edited'->>'at')::timestamptz) as until
  from public.messages m join public.message_versions o on o.message_id = m.id where m.wa_msg_id = any(%(ids)s)
) n where v.id = n.id and v.valid_until is distinct from n.until
"""
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


class Edit(NamedTuple):
    """A message's text as of `at`."""

    wa_msg_id: str
    text: str
    at: datetime | None
    source: str


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


def edit(conn: psycopg.Connection, edits: Sequence[Edit]) -> int:
    """Put the newest texts in place and the others among the versions; messages whose text changed."""
    values = {
        "ids": [each.wa_msg_id for each in edits],
        "texts": [each.text for each in edits],
        "ats": [each.at for each in edits],
        "saids": [said(each.at) for each in edits],
        "sources": [each.source for each in edits],
    }
    conn.execute(FIRST_TEXT, values)
    conn.execute(EDITED_TEXTS, values)
    changed = conn.execute(LATEST, values).rowcount
    conn.execute(IN_PLACE, values)
    date_versions(conn, [each.wa_msg_id for each in edits])
    return changed


def date_versions(conn: psycopg.Connection, ids: Sequence[str]) -> None:
    """Work out until when each earlier text of these messages held."""
    conn.execute(UNTIL, {"ids": list(ids)})


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


def said(at: datetime | None) -> str | None:
    """A time as marks hold it: UTC, microseconds, always of one width."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
