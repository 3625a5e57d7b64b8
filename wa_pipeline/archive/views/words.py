"""The words found in a file, and where it was sent."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import psycopg

from wa_pipeline.errors import ObjectMissing

WORDS = "select ocr_text, asr_text from public.media where id = %s"
MESSAGES = (
    "select distinct on (media_id) media_id, id from public.messages where media_id = any(%s) order by media_id, ts"
)


def words_of(conn: psycopg.Connection, media_id: UUID) -> tuple[str | None, str | None]:
    """What was read in a file and what was heard; None = not looked at, "" = nothing there. Raises `ObjectMissing`."""
    row = conn.execute(WORDS, (media_id,)).fetchone()
    if row is None:
        raise ObjectMissing(key=media_id)
    return row[0], row[1]


def messages_with(conn: psycopg.Connection, media_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The first message that carried each of these files; files of no message are left out."""
    return dict(conn.execute(MESSAGES, (list(media_ids),)).fetchall())


__all__ = ["messages_with", "words_of"]
