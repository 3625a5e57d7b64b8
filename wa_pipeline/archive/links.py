"""Which message answers which."""

from __future__ import annotations

import psycopg

# A quoted message may arrive after the one that quotes it, so this is asked again and again; it only fills gaps.
LINK_QUOTED = """
update public.messages m set parent_id = p.id
from public.messages p
where m.parent_id is null and m.raw ? 'quoted_wa_msg_id'
  and p.wa_msg_id = m.raw->>'quoted_wa_msg_id' and p.id <> m.id
"""
# An Android export puts the words sent with several pictures into a message of their own, right behind the pictures.
# Asked from the pictures' side, by index, so that a million lines of text cost nothing.
LINK_CAPTIONS = """
with captions as (
  select n.id, p.id as picture
  from public.messages p
  join lateral (
    select m.id from public.messages m
    where m.chat_id = p.chat_id and m.ts between p.ts and p.ts + interval '2 seconds' and m.sender = p.sender
      and m.kind = 'text' and m.parent_id is null and (m.raw->>'seq')::bigint = (p.raw->>'seq')::bigint + 1
      and not (m.raw ?| array['quoted_wa_msg_id', 'system', 'deleted'])
    limit 1
  ) n on true
  where p.kind <> 'text' and p.kind in ('image', 'video') and p.text is null and p.raw->>'source' = 'export'
)
update public.messages m
set parent_id = c.picture,
    raw = m.raw || jsonb_build_object(
      'link', jsonb_build_object('rule', 'caption beside picture', 'score', %(score)s::real))
from captions c where m.id = c.id
"""
CAPTION_SCORE = 0.6
COUNTS = """
select count(*) filter (where parent_id is not null),
  count(*) filter (where parent_id is null and raw ? 'quoted_wa_msg_id') from public.messages
"""


def link_quoted(conn: psycopg.Connection) -> int:
    """Point replies at what they quote, where both are there."""
    return conn.execute(LINK_QUOTED).rowcount


def link_captions(conn: psycopg.Connection) -> int:
    """Point words right beside a picture of the same sender and moment at the picture, marked as a guess."""
    return conn.execute(LINK_CAPTIONS, {"score": CAPTION_SCORE}).rowcount


def counts(conn: psycopg.Connection) -> tuple[int, int]:
    """Messages with a parent; messages whose quoted message is not there."""
    row = conn.execute(COUNTS).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
