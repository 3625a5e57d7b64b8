"""Which language the voice notes of a chat are in, once that is plain, and what its people write."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import psycopg

HEARD, ENOUGH, SHARE = 30, 5, 0.9

# Through messages_kind_ts_idx and messages_chat_ts_id_idx: a chat's last notes, not all of them.
STABLE = """
select distinct on (asked.media_id) asked.media_id, latest.language
from (select distinct m.media_id, m.chat_id from public.messages m where m.media_id = any(%(ids)s)) asked
join lateral (
  select mode() within group (order by heard.language) as language, count(*) as notes,
    max(heard.of_language) as most
  from (
    select e.language, count(*) over (partition by e.language) as of_language
    from (
      select o.media_id from public.messages o
      where o.chat_id = asked.chat_id and o.kind in ('audio', 'video') and o.media_id is not null
        and exists (select from public.media_enrichment d
                    where d.media_id = o.media_id and d.step = 'asr' and d.state = 'done' and d.language is not null)
      order by o.ts desc limit %(heard)s
    ) last join public.media_enrichment e on e.media_id = last.media_id and e.step = 'asr'
  ) heard
) latest on latest.notes >= %(enough)s and latest.most >= latest.notes * %(share)s
order by asked.media_id, latest.notes desc
"""
WRITTEN = 50
# Through messages_chat_ts_id_idx, back from the newest: what is written there at this time.
TEXTS = """
select asked.media_id, string_agg(left(said.text, 500), ' ')
from (select distinct m.media_id, m.chat_id from public.messages m where m.media_id = any(%(ids)s)) asked
join lateral (
  select o.text from public.messages o where o.chat_id = asked.chat_id and o.text is not null
  order by o.ts desc limit %(written)s
) said on true
group by asked.media_id
"""


PICTURES = 300
# Through messages_kind_ts_idx.
LATEST = """
select media_id from public.messages where kind in ('image', 'video') and media_id is not null
order by ts desc limit %(pictures)s
"""


def texts_around_pictures(conn: psycopg.Connection) -> list[str]:
    """What is written in the chats that the last few hundred pictures and videos were sent in, a text each."""
    ids = [UUID(str(media_id)) for (media_id,) in conn.execute(LATEST, {"pictures": PICTURES}).fetchall()]
    return list(dict.fromkeys(texts_around(conn, ids).values())) if ids else []


def stable_languages(conn: psycopg.Connection, media_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The language (ISO 639-1) each of these can be expected in: that of nine in ten of its chat's last notes heard.

    Media of chats with fewer than five notes heard, or with several languages, are absent.
    """
    values = {"ids": list(media_ids), "heard": HEARD, "enough": ENOUGH, "share": SHARE}
    return {UUID(str(media_id)): str(language) for media_id, language in conn.execute(STABLE, values).fetchall()}


def texts_around(conn: psycopg.Connection, media_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The last texts of the chats each of these was sent in, as one; media of chats without any are absent."""
    rows = conn.execute(TEXTS, {"ids": list(media_ids), "written": WRITTEN}).fetchall()
    return {UUID(str(media_id)): str(text) for media_id, text in rows}
