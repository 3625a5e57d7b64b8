"""media_fetch: files that messages name and whose bytes are still to come."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import psycopg

if TYPE_CHECKING:
    from wa_pipeline.sealing import Sealer

# What is done or under way stays; a failed or expired download gets the address that came last.
QUEUE = """
insert into public.media_fetch as f (message_id, source, sha256, mime, bytes, locator_enc)
select * from unnest(%(messages)s::uuid[], %(sources)s::text[], %(sha256s)s::char(64)[], %(mimes)s::text[],
  %(sizes)s::bigint[], %(locators)s::text[])
on conflict (message_id) do update set locator_enc = excluded.locator_enc, source = excluded.source, state = 'pending',
  next_attempt_at = now(), updated_at = now()
where f.state in ('failed', 'expired')
"""
# Here rather than in the table's own index: a file that comes in by any way serves all that wait for it.
ARRIVED = """
update public.messages m set media_id = d.id
from public.media_fetch f join public.media d on d.sha256 = f.sha256
where f.state in ('pending', 'failed', 'expired') and m.id = f.message_id and m.media_id is null
"""
SERVED = """
update public.media_fetch f set state = 'done', locator_enc = null, error = null, updated_at = now()
from public.messages m
where f.state in ('pending', 'failed', 'expired') and m.id = f.message_id and m.media_id is not null
"""


class FetchWanted(NamedTuple):
    """A file to download for a message. `locator`: address and keys; `inline`: the bytes, where they came along."""

    message_id: UUID
    source: str
    sha256: str | None
    mime: str
    size: int | None
    locator: Mapping[str, str] | None
    inline: bytes | None = None


def queue(conn: psycopg.Connection, sealer: Sealer, wants: Sequence[FetchWanted]) -> None:
    """Queue downloads, one a message, their addresses and keys sealed."""
    conn.execute(
        QUEUE,
        {
            "messages": [want.message_id for want in wants],
            "sources": [want.source for want in wants],
            "sha256s": [want.sha256 for want in wants],
            "mimes": [want.mime for want in wants],
            "sizes": [want.size for want in wants],
            "locators": [_sealed(sealer, want) for want in wants],
        },
    )


def link_arrived(conn: psycopg.Connection) -> int:
    """Give messages the files that have come in by another way; how many needed no download of their own."""
    conn.execute(ARRIVED)
    return conn.execute(SERVED).rowcount


def _sealed(sealer: Sealer, want: FetchWanted) -> str:
    inline = {"inline": base64.b64encode(want.inline).decode()} if want.inline is not None else {}
    return sealer.seal(json.dumps({**(want.locator or {}), **inline}))
