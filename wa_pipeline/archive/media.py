"""Media rows: one a content, and the queue entries that ask for their text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb


@dataclass(frozen=True)
class NewMedia:
    """What is known of a file when it comes in. `width`, `height` in pixels, `duration_s` in seconds."""

    sha256: str
    mime: str
    bytes: int
    width: int | None
    height: int | None
    duration_s: Decimal | None
    storage_path: str
    meta: dict[str, object]


def find(conn: psycopg.Connection, sha256: str) -> UUID | None:
    """The media row of these bytes. The value is bound as bpchar: a text-typed comparison loses the unique index."""
    row = conn.execute("select id from public.media where sha256 = %s::bpchar", (sha256,)).fetchone()
    return UUID(str(row[0])) if row else None


def add(conn: psycopg.Connection, media: NewMedia, steps: Sequence[str]) -> UUID:
    """The row of these bytes, made if it is not there, with a queue entry for each of `steps` ("ocr", "asr")."""
    conn.execute(
        "insert into public.media (sha256, mime, bytes, width, height, duration_s, storage_path, meta)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (sha256) do nothing",
        (
            media.sha256,
            media.mime,
            media.bytes,
            media.width,
            media.height,
            media.duration_s,
            media.storage_path,
            Jsonb(media.meta),
        ),
    )
    media_id = find(conn, media.sha256)
    assert media_id is not None
    _queue(conn, media_id, steps)
    return media_id


@dataclass(frozen=True)
class StoredMedia:
    id: UUID
    sha256: str
    mime: str
    bytes: int
    storage_path: str


def unprobed(conn: psycopg.Connection, limit: int) -> list[StoredMedia]:
    """Media rows nobody has looked into, oldest first: those another hand wrote (`meta.probed` is the mark)."""
    rows = conn.execute(
        "select d.id, d.sha256, d.mime, d.bytes, d.storage_path from public.media d"
        " where not d.meta ? 'probed' order by d.created_at, d.id limit %s",
        (limit,),
    ).fetchall()
    return [StoredMedia(*row) for row in rows]


def set_probe(conn: psycopg.Connection, media_id: UUID, media: NewMedia, steps: Sequence[str]) -> None:
    """Write what a later look at the bytes found, and queue the steps that apply."""
    conn.execute(
        "update public.media set mime = %s, width = coalesce(width, %s), height = coalesce(height, %s),"
        " duration_s = coalesce(duration_s, %s), meta = meta || %s where id = %s",
        (media.mime, media.width, media.height, media.duration_s, Jsonb(media.meta), media_id),
    )
    _queue(conn, media_id, steps)


def count(conn: psycopg.Connection) -> int:
    row = conn.execute("select count(*) from public.media").fetchone()
    return int(row[0]) if row else 0


def _queue(conn: psycopg.Connection, media_id: UUID, steps: Sequence[str]) -> None:
    for step in steps:
        conn.execute(
            "insert into public.media_enrichment (media_id, step) values (%s, %s) on conflict do nothing",
            (media_id, step),
        )
