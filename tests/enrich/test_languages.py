"""The language of a chat's voice notes is expected of the next one only when it has been stable."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

import psycopg
import pytest

from wa_pipeline.archive.languages import stable_languages, texts_around_pictures


def note(conn: psycopg.Connection, chat: str, language: str | None, minute: int) -> UUID:
    """A voice note in a chat; heard in `language`, or waiting where that is None."""
    media, sha256 = uuid4(), uuid4().hex * 2
    conn.execute(
        "insert into public.media (id, sha256, mime, bytes, storage_path) values (%s, %s, 'audio/ogg', 1, 'x')",
        (media, sha256),
    )
    conn.execute(
        "insert into public.messages (wa_msg_id, ts, chat_id, sender, kind, media_id)"
        " values (%s, timestamptz '2024-01-01' + make_interval(mins => %s), %s, 'Ann', 'audio', %s)",
        (f"{chat}|{media}", minute, chat, media),
    )
    conn.execute(
        "insert into public.media_enrichment (media_id, step, state, language) values (%s, 'asr', %s, %s)",
        (media, "done" if language else "pending", language),
    )
    return media


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        (["de"] * 5, "de"),
        (["de"] * 4, None),
        (["de"] * 19 + ["nl"], "de"),
        (["de"] * 5 + ["en"] * 5, None),
        (["en"] * 40 + ["de"] * 30, "de"),
        ([], None),
    ],
)
def test_nine_in_ten_of_the_last_notes_decide(database_url: str, heard: Sequence[str], expected: str | None) -> None:
    with psycopg.connect(database_url) as conn:
        for minute, language in enumerate(heard):
            note(conn, "a@g.us", language, minute)
        for minute in range(8):
            note(conn, "b@g.us", "fr", minute)
        waiting = note(conn, "a@g.us", None, 1000)
        assert stable_languages(conn, [waiting]).get(waiting) == expected


def test_chats_with_pictures_tell_what_is_written_in_them_and_others_do_not(database_url: str) -> None:
    with psycopg.connect(database_url) as conn:
        for chat, kind in (("a@g.us", "image"), ("b@g.us", "audio")):
            media = note(conn, chat, None, 1)
            conn.execute("update public.messages set kind = %s, text = 'ሰላም' where media_id = %s", (kind, media))
        assert texts_around_pictures(conn) == ["ሰላም"]
        conn.execute("update public.messages set kind = 'doc'")
        assert texts_around_pictures(conn) == []
