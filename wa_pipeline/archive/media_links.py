"""Where a media row's bytes are."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import psycopg


@dataclass(frozen=True)
class MediaFile:
    """A media row's file: what it holds, how large it is, where it lies."""

    sha256: str
    mime: str
    bytes: int
    storage_path: str


def storage_path_of(conn: psycopg.Connection, media_id: UUID) -> str | None:
    """`media.storage_path` of one row; None where there is no such row."""
    row = conn.execute("select storage_path from public.media where id = %s", [media_id]).fetchone()
    return str(row[0]) if row else None


def media_file(conn: psycopg.Connection, media_id: UUID) -> MediaFile | None:
    """The file of one row; None where there is no such row."""
    row = conn.execute(
        "select sha256, mime, bytes, storage_path from public.media where id = %s", [media_id]
    ).fetchone()
    return MediaFile(*row) if row else None


__all__ = ["MediaFile", "media_file", "storage_path_of"]
