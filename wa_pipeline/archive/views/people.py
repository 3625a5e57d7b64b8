"""The names people go by, and the words of recordings in time: what messages carry beside their columns."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import psycopg

# Only a few of a sender's messages are looked at: one who never had a name must not cost a walk through them all.
NAMES = """
select s, n.name from unnest(%s::text[]) s
cross join lateral (
  select name from (
    select raw->>'sender_name' as name from public.messages where sender = s order by ts desc limit 20) newest
  where name is not null limit 1) n
"""
SEGMENTS = """
select media_id, segments from public.media_enrichment
where step = 'asr' and media_id = any(%s) and segments is not null
"""


def names_of(conn: psycopg.Connection, senders: Collection[str]) -> dict[str, str]:
    """The name each of these senders last gave; those without one are left out."""
    jids = [sender for sender in set(senders) if "@" in sender]
    return dict(conn.execute(NAMES, (jids,)).fetchall()) if jids else {}


def segments_of(conn: psycopg.Connection, media_ids: Collection[UUID]) -> dict[UUID, list[dict[str, object]]]:
    """What was heard in each recording, as `{start, end, text}`, seconds from its beginning."""
    if not media_ids:
        return {}
    rows = conn.execute(SEGMENTS, (list(media_ids),)).fetchall()
    return {media_id: segments for media_id, segments in rows if isinstance(segments, list)}


__all__ = ["names_of", "segments_of"]
