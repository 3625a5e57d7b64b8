"""The words found in one file."""

from __future__ import annotations

from uuid import UUID

import psycopg

from wa_pipeline.errors import ObjectMissing

WORDS = "select ocr_text, asr_text from public.media where id = %s"


def words_of(conn: psycopg.Connection, media_id: UUID) -> tuple[str | None, str | None]:
    """What was read in a file and what was heard; None = not looked at, "" = nothing there. Raises `ObjectMissing`."""
    row = conn.execute(WORDS, (media_id,)).fetchone()
    if row is None:
        raise ObjectMissing(key=media_id)
    return row[0], row[1]


__all__ = ["words_of"]
