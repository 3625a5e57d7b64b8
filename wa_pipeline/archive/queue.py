"""The queue of media whose text is still to be taken: leases, attempts, results.

`select … for update skip locked` hands each entry to one worker; a lease says until when. A worker that dies keeps
nothing: its entries are due again once their lease has run out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from wa_pipeline.archive.db import literal

Step = Literal["ocr", "asr"]

MAX_ATTEMPTS = 3
BACKOFF = timedelta(minutes=2)

CLAIM = """
with due as (
  select e.media_id from public.media_enrichment e join public.media d on d.id = e.media_id
  where e.step = %(step)s and e.state in ('pending', 'running') and e.next_attempt_at <= now()
    and (e.state = 'pending' or e.lease_until < now()) and e.attempts < %(max)s
  order by (d.mime like 'video/%%'), d.created_at desc, e.media_id
  limit %(limit)s for update of e skip locked
), taken as (
  update public.media_enrichment e
  set state = 'running', attempts = attempts + 1, lease_owner = %(owner)s, lease_until = now() + %(lease)s,
      updated_at = now()
  from due where e.media_id = due.media_id and e.step = %(step)s
  returning e.media_id, e.attempts
)
select d.id, d.sha256, d.mime, d.bytes, d.storage_path, d.duration_s, taken.attempts
from taken join public.media d on d.id = taken.media_id
order by (d.mime like 'video/%%'), d.created_at desc, d.id
"""
# A file that took its worker down with it every time would otherwise be handed out for ever.
GIVE_UP = """
update public.media_enrichment
set state = 'failed', lease_owner = null, lease_until = null, updated_at = now(),
    error = coalesce(error, 'its worker died each of the ' || attempts || ' times it was tried')
where step = %(step)s and attempts >= %(max)s
  and (state = 'pending' or (state = 'running' and lease_until < now()))
"""
NAMES = r"""
select d.id, coalesce(
  (select m.raw->>'attachment' from public.messages m where m.media_id = d.id limit 1),
  left(d.sha256, 12) || coalesce(substring(d.storage_path from '\.[^./]*$'), ''))
from public.media d where d.id = any(%s)
"""
AGAIN = """
update public.media_enrichment
set state = 'pending', attempts = 0, error = null, next_attempt_at = now(), updated_at = now()
where step = %s and state = 'done' and (engine, engine_version) not in (select * from unnest(%s::text[], %s::text[]))
"""
TEXT = {"ocr": "ocr_text", "asr": "asr_text"}
# One statement, so that a file costs one round trip: on a connection that commits each by itself it is the transaction.
FINISH = """
with closed as (
  update public.media_enrichment
  set state = %(state)s, engine = %(engine)s, engine_version = %(version)s, language = %(language)s,
      confidence = %(confidence)s, duration_ms = %(ms)s, segments = %(segments)s,
      error = null, lease_owner = null, lease_until = null, updated_at = now()
  where {owned}
  returning media_id
)
update public.media set {column} = %(text)s where id = (select media_id from closed)
"""
OWNED = "media_id = %(media_id)s and step = %(step)s and state = 'running' and lease_owner = %(owner)s"


@dataclass(frozen=True)
class Claimed:
    """An entry in this worker's hands. `seconds` is the media's length where it has one."""

    media_id: UUID
    sha256: str
    mime: str
    bytes: int
    storage_path: str
    seconds: float
    attempts: int


@dataclass(frozen=True)
class Outcome:
    """What an engine made of a file."""

    text: str
    engine: str
    engine_version: str
    language: str | None
    confidence: float | None
    duration_ms: int
    segments: list[dict[str, object]] | None


def claim(conn: psycopg.Connection, step: Step, owner: str, limit: int, lease: timedelta) -> list[Claimed]:
    """Take up to `limit` due entries, newest media first and videos last. Commit at once: the lease is the claim."""
    values = {"step": step, "owner": owner, "limit": limit, "lease": lease, "max": MAX_ATTEMPTS}
    conn.execute(GIVE_UP, values)
    rows = conn.execute(CLAIM, values).fetchall()
    return [Claimed(*(*row[:5], float(row[5] or 0), row[6])) for row in rows]


def extend(conn: psycopg.Connection, step: Step, owner: str, media_ids: Sequence[UUID], lease: timedelta) -> None:
    """Keep entries that take longer than thought."""
    conn.execute(
        "update public.media_enrichment set lease_until = now() + %s where step = %s and lease_owner = %s"
        " and state = 'running' and media_id = any(%s)",
        (lease, step, owner, list(media_ids)),
    )


def give_back(conn: psycopg.Connection, step: Step, owner: str) -> int:
    """Return every entry this worker still holds, as if it had not been tried."""
    return conn.execute(
        "update public.media_enrichment set state = 'pending', attempts = greatest(attempts - 1, 0),"
        " lease_owner = null, lease_until = null, updated_at = now()"
        " where step = %s and lease_owner = %s and state = 'running'",
        (step, owner),
    ).rowcount


def finish(
    conn: psycopg.Connection, step: Step, owner: str, media_id: UUID, outcome: Outcome, *, blocked: bool
) -> bool:
    """Write the text and close the entry, both or neither. False: the lease was lost, nothing is written.

    `blocked` closes it without storing the text, and takes away what another engine read there before: it may hold
    the same words. No text found is '', so that NULL keeps meaning "not looked at".
    """
    statement = FINISH.format(owned=OWNED, column=TEXT[step])
    values = {
        "state": "blocked" if blocked else "done",
        "engine": outcome.engine,
        "version": outcome.engine_version,
        "language": outcome.language,
        "confidence": outcome.confidence,
        "ms": outcome.duration_ms,
        "segments": None if blocked or outcome.segments is None else Jsonb(outcome.segments),
        "text": None if blocked else outcome.text,
        "media_id": media_id,
        "step": step,
        "owner": owner,
    }
    return bool(conn.execute(literal(statement), values).rowcount)


def fail(
    conn: psycopg.Connection,
    step: Step,
    owner: str,
    media_id: UUID,
    reason: str,
    *,
    transient: bool,
    engine: str | None = None,
    duration_ms: int | None = None,
) -> bool:
    """Close the entry as failed with its reason; a transient failure is due again later, up to MAX_ATTEMPTS."""
    return bool(
        conn.execute(
            "update public.media_enrichment set error = %(reason)s, engine = coalesce(%(engine)s, engine),"
            " duration_ms = coalesce(%(ms)s, duration_ms), lease_owner = null, lease_until = null, updated_at = now(),"
            " state = case when %(transient)s and attempts < %(max)s then 'pending' else 'failed' end,"
            " next_attempt_at = now() + %(backoff)s * power(4, attempts - 1)"
            f" where {OWNED}",
            {
                "reason": reason,
                "engine": engine,
                "ms": duration_ms,
                "transient": transient,
                "max": MAX_ATTEMPTS,
                "backoff": BACKOFF,
                "media_id": media_id,
                "step": step,
                "owner": owner,
            },
        ).rowcount
    )


@dataclass(frozen=True)
class QueueCounts:
    """Entries of a step by state; `due` are those a worker would get at this moment."""

    due: int
    pending: int
    running: int
    done: int
    failed: int
    blocked: int


def counts(conn: psycopg.Connection, step: Step) -> QueueCounts:
    row = conn.execute(
        "select count(*) filter (where state in ('pending', 'running') and next_attempt_at <= now()"
        " and (state = 'pending' or lease_until < now())),"
        " count(*) filter (where state = 'pending'), count(*) filter (where state = 'running'),"
        " count(*) filter (where state = 'done'), count(*) filter (where state = 'failed'),"
        " count(*) filter (where state = 'blocked') from public.media_enrichment where step = %s",
        (step,),
    ).fetchone()
    assert row is not None
    return QueueCounts(*row)


def failed_by_reason(conn: psycopg.Connection, step: Step) -> dict[str, int]:
    rows = conn.execute(
        "select error, count(*) from public.media_enrichment where step = %s and state = 'failed'"
        " group by error order by count(*) desc, error",
        (step,),
    ).fetchall()
    return {str(reason): int(number) for reason, number in rows}


def read_again(conn: psycopg.Connection, step: Step, current: Collection[tuple[str, str]]) -> int:
    """Make what another engine or version than the `current` ones has read due again; how many.

    The text that is there stays until the new one takes its place.
    """
    engines, versions = [engine for engine, _ in current], [version for _, version in current]
    return conn.execute(AGAIN, (step, engines, versions)).rowcount


def names(conn: psycopg.Connection, media_ids: Sequence[UUID]) -> dict[str, str]:
    """What the files are called, by id: as they were sent where that is known, else the beginning of their hash."""
    return {str(media_id): str(name) for media_id, name in conn.execute(NAMES, (list(media_ids),)).fetchall()}
