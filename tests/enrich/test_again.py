"""Read again by a better engine: the text that is there is never lost on the way."""

from __future__ import annotations

import psycopg
import pytest

from tests.commands.shell import wa
from tests.enrich.test_queue import Taker, entries, picture, texts
from tests.enrich.test_queue import take as take
from tests.extract import material
from wa_pipeline.archive import queue
from wa_pipeline.steps.again import read_again
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.enrich import enrich
from wa_pipeline.steps.failures import list_failures


def made_by_an_older_engine(ctx: Context) -> None:
    with ctx.connect() as conn:
        conn.execute("update media_enrichment set engine_version = '3.0 eng'")
        conn.execute("update media set ocr_text = 'as the old one read it'")


def test_what_this_machine_has_read_is_not_read_again(archive: Context, take: Taker) -> None:
    from pathlib import Path
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        files = [
            material.docx(Path(folder) / "a.docx", "one"),
            material.pdf(Path(folder) / "layer.pdf", "two"),
            material.pdf(Path(folder) / "scan.pdf", material.picture()),
        ]
        take(picture("three"), b"plain words in a file\n" * 9, *(file.read_bytes() for file in files))
    assert enrich(archive, "ocr").done == 5
    assert read_again(archive, ["ocr"]) == 0


def test_the_old_text_stays_until_the_new_one_is_there(archive: Context, take: Taker) -> None:
    take(picture("fresh words"))
    enrich(archive, "ocr")
    made_by_an_older_engine(archive)
    assert read_again(archive, ["asr", "ocr"]) == 1
    assert texts(archive) == ["as the old one read it"]
    assert entries(archive, "state, attempts") == [("pending", 0)]
    assert enrich(archive, "ocr").done == 1
    assert "fresh words" in (texts(archive)[0] or "")
    assert read_again(archive, ["ocr"]) == 0


def test_the_old_text_remains_where_the_new_attempt_fails(archive: Context, take: Taker) -> None:
    take(picture("fresh words"))
    enrich(archive, "ocr")
    made_by_an_older_engine(archive)
    with archive.connect() as conn:
        conn.execute("update media set storage_path = 'wa-media/' || repeat('0', 64) || '/original.png'")
    read_again(archive, ["ocr"])
    assert enrich(archive, "ocr").failed == 1
    assert texts(archive) == ["as the old one read it"]
    assert len(list_failures(archive)) == 1


def test_a_keyword_blocked_since_takes_the_old_text_away(archive: Context, take: Taker) -> None:
    take(picture("secret garden"))
    enrich(archive, "ocr")
    made_by_an_older_engine(archive)
    with archive.connect() as conn:
        conn.execute("insert into block_keywords (keyword) values ('secret')")
    read_again(archive, ["ocr"])
    assert enrich(archive, "ocr").blocked == 1
    assert texts(archive) == [None]


def test_newest_first_and_voice_notes_before_videos(archive: Context) -> None:
    with archive.connect() as conn:
        for place, mime in enumerate(["audio/ogg", "video/mp4", "audio/ogg", "video/mp4", "audio/ogg"]):
            _waiting(conn, place, mime)
        conn.commit()
        order = [(entry.mime, entry.bytes) for entry in queue.claim(conn, "asr", "me", 4, queue.BACKOFF)]
    assert order == [("audio/ogg", 4), ("audio/ogg", 2), ("audio/ogg", 0), ("video/mp4", 3)]


def _waiting(conn: psycopg.Connection, place: int, mime: str) -> None:
    """A recording that came in `place` minutes after the first; its size says which it is."""
    row = conn.execute(
        "insert into media (sha256, mime, bytes, storage_path, created_at)"
        " values (repeat(%s, 64), %s, %s, 'x', timestamptz '2024-01-01' + make_interval(mins => %s)) returning id",
        (str(place), mime, place, place),
    ).fetchone()
    assert row is not None
    conn.execute("insert into media_enrichment (media_id, step) values (%s, 'asr')", row)


@pytest.mark.usefixtures("beside")
def test_the_command_reads_a_step_again(archive: Context, take: Taker) -> None:
    take(picture("fresh words"))
    enrich(archive, "ocr")
    made_by_an_older_engine(archive)
    ended = wa("retry", "--older", "ocr", "--json")
    assert (ended.code, ended.json) == (0, {"retried": 1, "failed": 0})
    assert "fresh words" in (texts(archive)[0] or "")
    assert wa("retry", "--older", "ocr", "ocr:x").code == 2
