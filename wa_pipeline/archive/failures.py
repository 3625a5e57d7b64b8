"""What could not be done, and why: imports, media, deliveries nobody can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg


@dataclass(frozen=True)
class FailureRow:
    """One failure. `id` is what `wa retry` takes: `import:<export_key>`, `<step>:<media id>`, `fetch:<id>` or
    `inbox:<id>`."""

    id: str
    what: str
    name: str
    reason: str | None
    attempts: int
    at: datetime


DEAD_LETTERS = 200
"""Of deliveries, the newest so many are listed: a worker gone wrong may leave a hundred thousand."""
LIST = f"""
select 'import:' || export_key, 'import', file, reason, attempts, coalesce(finished_at, created_at)
from public.import_runs where state = 'failed'
union all
select e.step || ':' || e.media_id, e.step, coalesce(
    (select m.raw->>'attachment' from public.messages m where m.media_id = e.media_id limit 1), d.storage_path),
  e.error, e.attempts, e.updated_at
from public.media_enrichment e join public.media d on d.id = e.media_id where e.state = 'failed'
union all
select 'fetch:' || f.id, 'fetch', coalesce(f.mime, 'media'), f.error, f.attempts, f.updated_at
from public.media_fetch f where f.state in ('failed', 'expired', 'gone')
union all
(select 'inbox:' || i.id, 'delivery', i.source, i.error, 1, i.received_at from public.wa_inbox i
 where i.state = 'dead' and (i.payload is not null or i.body is not null)
 order by i.received_at desc limit {DEAD_LETTERS})
order by 6 desc, 1
"""
DUE_AGAIN = "state = 'pending', attempts = 0, error = null, next_attempt_at = now(), updated_at = now()"


def failures(conn: psycopg.Connection) -> list[FailureRow]:
    """Everything that failed for good, latest first."""
    return [FailureRow(*(*row,)) for row in conn.execute(LIST).fetchall()]


def retry(conn: psycopg.Connection, ids: Sequence[str] | None) -> int:
    """Make failures due again, those of `ids` or all; how many."""
    wanted = {"ids": list(ids) if ids is not None else None}
    media = conn.execute(
        f"update public.media_enrichment set {DUE_AGAIN} where state = 'failed'"
        " and (%(ids)s::text[] is null or step || ':' || media_id = any(%(ids)s))",
        wanted,
    ).rowcount
    fetches = conn.execute(
        f"update public.media_fetch set {DUE_AGAIN} where state in ('failed', 'expired', 'gone')"
        " and (%(ids)s::text[] is null or 'fetch:' || id = any(%(ids)s))",
        wanted,
    ).rowcount
    imports = conn.execute(
        "update public.import_runs set state = 'waiting', reason = null where state = 'failed'"
        " and (%(ids)s::text[] is null or 'import:' || export_key = any(%(ids)s))",
        wanted,
    ).rowcount
    # What is no JSON has no payload to interpret, whatever program reads it.
    deliveries = conn.execute(
        "update public.wa_inbox set state = 'new', error = null where state = 'dead' and payload is not null"
        " and (%(ids)s::text[] is null or 'inbox:' || id = any(%(ids)s))",
        wanted,
    ).rowcount
    return media + fetches + imports + deliveries


def failed_imports(conn: psycopg.Connection, ids: Sequence[str] | None) -> list[str]:
    """Keys of the imports among these failures (all where `ids` is None)."""
    rows = conn.execute(
        "select export_key from public.import_runs where state = 'failed'"
        " and (%(ids)s::text[] is null or 'import:' || export_key = any(%(ids)s)) order by created_at",
        {"ids": list(ids) if ids is not None else None},
    ).fetchall()
    return [str(row[0]) for row in rows]
