"""media_fetch: files that messages name and whose bytes are still to come."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple
from uuid import UUID

import psycopg

if TYPE_CHECKING:
    from wa_pipeline.sealing import Sealer

# What is done or under way stays; a download that was given up gets the address that came last.
QUEUE = """
insert into public.media_fetch as f (message_id, source, sha256, mime, bytes, locator_enc)
select * from unnest(%(messages)s::uuid[], %(sources)s::text[], %(sha256s)s::char(64)[], %(mimes)s::text[],
  %(sizes)s::bigint[], %(locators)s::text[])
on conflict (message_id) do update set locator_enc = excluded.locator_enc, source = excluded.source, state = 'pending',
  attempts = 0, error = null, next_attempt_at = now(), updated_at = now()
where f.state in ('failed', 'expired', 'gone')
"""
# Here rather than in the table's own index: a file that comes in by any way serves all that wait for it.
ARRIVED = """
update public.messages m set media_id = d.id
from public.media_fetch f join public.media d on d.sha256 = f.sha256
where f.state in ('pending', 'failed', 'expired', 'gone') and m.id = f.message_id and m.media_id is null
"""
SERVED = """
update public.media_fetch f set state = 'done', locator_enc = null, error = null, updated_at = now()
from public.messages m
where f.state in ('pending', 'failed', 'expired', 'gone') and m.id = f.message_id and m.media_id is not null
"""


CLAIM = """
with due as (
  select f.id from public.media_fetch f
  where f.state in ('pending', 'running') and f.next_attempt_at <= now()
    and (f.state = 'pending' or f.lease_until < now())
  order by f.created_at desc, f.id limit %(limit)s for update of f skip locked
)
update public.media_fetch f set state = 'running', attempts = attempts + 1, lease_owner = %(owner)s,
  lease_until = now() + %(lease)s, updated_at = now()
from due, public.messages m where f.id = due.id and m.id = f.message_id
returning f.id, f.sha256, f.mime, f.locator_enc, f.source, m.chat_id, m.wa_msg_id, m.sender, m.raw->>'sender_lid',
  coalesce(m.raw->>'from_me' = 'true', false)
"""
FINISH = """
with closed as (
  update public.media_fetch set state = 'done', sha256 = %(sha256)s, locator_enc = null, error = null,
    lease_owner = null, lease_until = null, updated_at = now()
  where id = %(id)s and state = 'running' and lease_owner = %(owner)s returning message_id
)
update public.messages m set media_id = %(media_id)s from closed where m.id = closed.message_id
"""
FAIL = """
update public.media_fetch set error = %(reason)s, lease_owner = null, lease_until = null, updated_at = now(),
  state = case when %(transient)s and attempts < %(most)s then 'pending' else %(state)s end,
  locator_enc = case when %(state)s = 'gone' then null else locator_enc end,
  next_attempt_at = now() + interval '1 minute' * power(4, attempts - 1)
where id = %(id)s and state = 'running' and lease_owner = %(owner)s
"""
MAX_ATTEMPTS = 4
Ended = Literal["failed", "expired", "gone"]


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


class Fetch(NamedTuple):
    """A download in this worker's hands."""

    id: UUID
    sha256: str | None
    mime: str | None
    locator_enc: str | None
    source: str
    chat_id: str
    wa_msg_id: str
    sender: str
    sender_lid: str | None
    from_me: bool


def claim(conn: psycopg.Connection, owner: str, limit: int, lease: timedelta) -> list[Fetch]:
    """Take up to `limit` due downloads, newest first. Commit at once: the lease is the claim."""
    rows = conn.execute(CLAIM, {"owner": owner, "limit": limit, "lease": lease}).fetchall()
    return [Fetch(*row) for row in rows]


def finish(conn: psycopg.Connection, owner: str, fetch: Fetch, sha256: str, media_id: UUID) -> bool:
    """Link the message to its file and forget keys and address. False: the lease was lost, nothing is written."""
    values = {"id": fetch.id, "owner": owner, "sha256": sha256, "media_id": media_id}
    return bool(conn.execute(FINISH, values).rowcount)


def fail(
    conn: psycopg.Connection, owner: str, fetch: Fetch, reason: str, state: Ended, *, transient: bool = False
) -> None:
    """Close a download that gave no file; one that may do later is due again, up to MAX_ATTEMPTS times, after a minute,
    then four times as long each time. What is gone for good needs no keys any more."""
    values = {"id": fetch.id, "owner": owner, "reason": reason, "transient": transient, "state": state}
    conn.execute(FAIL, {**values, "most": MAX_ATTEMPTS})


def give_back(conn: psycopg.Connection, owner: str) -> int:
    """Return every download this worker still holds, as if it had not been tried."""
    return conn.execute(
        "update public.media_fetch set state = 'pending', attempts = greatest(attempts - 1, 0), lease_owner = null,"
        " lease_until = null, updated_at = now() where lease_owner = %s and state = 'running'",
        (owner,),
    ).rowcount


def counts(conn: psycopg.Connection) -> tuple[int, int]:
    """Downloads that a worker would get at this moment; downloads that are not done, nor given up."""
    row = conn.execute(
        "select count(*) filter (where next_attempt_at <= now() and (state = 'pending' or lease_until < now())),"
        " count(*) from public.media_fetch where state in ('pending', 'running')"
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _sealed(sealer: Sealer, want: FetchWanted) -> str:
    inline = {"inline": base64.b64encode(want.inline).decode()} if want.inline is not None else {}
    return sealer.seal(json.dumps({**(want.locator or {}), **inline}))
