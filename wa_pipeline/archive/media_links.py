"""Where a media row's bytes are."""

from __future__ import annotations

from uuid import UUID

import psycopg


def storage_path_of(conn: psycopg.Connection, media_id: UUID) -> str | None:
    """`media.storage_path` of one row; None where there is no such row."""
    row = conn.execute("select storage_path from public.media where id = %s", [media_id]).fetchone()
    return str(row[0]) if row else None


__all__ = ["storage_path_of"]
