"""A console served for real, over a real archive with a few messages and the local store with their files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from psycopg import sql
from starlette.types import ASGIApp

from tests.postgres import TemporaryServer
from tests.storage.serving import serving
from wa_pipeline.archive.media import NewMedia, add
from wa_pipeline.console import console_token, create_app
from wa_pipeline.settings import Settings, load_settings
from wa_pipeline.steps.context import Context
from wa_pipeline.storage import object_key, storage_path

PICTURE = b"\x89PNG\r\n\x1a\n not quite a picture"
VOICE = b"OggS not quite a voice note"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
GONE = b"never stored"


@dataclass
class Console:
    """A running console: `http` carries its token, `stranger` does not."""

    url: str
    token: str
    settings: Settings
    ctx: Context
    media: dict[str, UUID]
    group: UUID
    http: httpx.Client = field(init=False)
    stranger: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {self.token}"}, timeout=20)
        self.stranger = httpx.Client(base_url=self.url, timeout=20)

    def close(self) -> None:
        self.http.close()
        self.stranger.close()


@pytest.fixture(scope="module")
def console(
    pg_server: TemporaryServer, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Console]:
    """A console with six messages, shared by the tests of a file; they only read."""
    name = f"t_console_{uuid4().hex[:12]}"
    with psycopg.connect(pg_server.url("postgres"), autocommit=True) as conn:
        conn.execute(sql.SQL("create database {} template {}").format(*map(sql.Identifier, (name, migrated_template))))
        with (
            pytest.MonkeyPatch.context() as environment,
            running(pg_server.url(name), tmp_path_factory.mktemp("wa home"), environment) as served,
        ):
            yield served
        conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def own_console(database_url: str, wa_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    """A console of the test's own, for tests that change or break something."""
    with running(database_url, wa_home, monkeypatch) as served:
        yield served


@contextmanager
def running(database_url: str, home: Path, environment: pytest.MonkeyPatch, **more: str) -> Iterator[Console]:
    """Serves a console over the database; its settings name the port it really has, and whatever `more` says."""
    made: list[tuple[Context, dict[str, UUID], UUID]] = []

    def app(url: str) -> ASGIApp:
        for name in list(os.environ):
            if name.startswith(("WA_CONSOLE", "WA_PUBLIC", "SUPABASE_", "SIGNED_URL")):
                environment.delenv(name)
        environment.setenv("WA_HOME", str(home))
        environment.setenv("WA_CONSOLE_PORT", url.rpartition(":")[2])
        environment.setenv("WA_ALLOWED_HOSTS", "archive.lan, console.example")
        for name, value in more.items():
            environment.setenv(name, value)
        ctx = Context(load_settings(), database_url, database_url)
        media = _store_media(ctx)
        made.append((ctx, media, _insert(database_url, media)))
        return create_app(ctx)

    with serving(app) as url:
        ((ctx, media, group),) = made
        served = Console(url, console_token(ctx.settings), ctx.settings, ctx, media, group)
        try:
            yield served
        finally:
            served.close()
            ctx.close()


def _store_media(ctx: Context) -> dict[str, UUID]:
    """The rows and files of the media by name; GONE has a row but no file."""
    ctx.store.ensure_bucket()
    rows: dict[str, UUID] = {}
    described = {
        "picture": (PICTURE, "png", "image/png", {"width": 640, "height": 480, "ocr_text": "RECHNUNG Nr. 4711"}),
        "voice": (VOICE, "opus", "audio/ogg", {"duration_s": 6.25, "asr_text": "wir treffen uns am Leuchtturm"}),
        "svg": (SVG, "svg", "image/svg+xml", {}),
        "gone": (GONE, "jpg", "image/jpeg", {}),
    }
    with ctx.connect() as conn:
        for name, (body, ext, mime, more) in described.items():
            sha256 = hashlib.sha256(body).hexdigest()
            key = object_key(sha256, ext)
            if name != "gone":
                path = ctx.settings.home / name
                path.write_bytes(body)
                ctx.store.put(key, path, mime=mime)
            columns = {"sha256": sha256, "mime": mime, "bytes": len(body), "storage_path": storage_path(key), **more}
            names = ", ".join(columns)
            marks = ", ".join(["%s"] * len(columns))
            row = conn.execute(
                f"insert into public.media ({names}) values ({marks}) returning id",
                list(columns.values()),
            ).fetchone()
            assert row
            rows[name] = row[0]
    return rows


def store_media(console: Console, conn: psycopg.Connection, body: bytes, mime: str, ext: str, folder: Path) -> str:
    """Puts a file into the store and its row into the archive; the row's id."""
    sha256 = hashlib.sha256(body).hexdigest()
    key = object_key(sha256, ext)
    path = folder / sha256
    path.write_bytes(body)
    console.ctx.store.put(key, path, mime=mime)
    return str(add(conn, NewMedia(sha256, mime, len(body), None, None, None, storage_path(key), {}), []))


def _insert(database_url: str, media: dict[str, UUID]) -> UUID:
    with psycopg.connect(database_url) as conn:
        group = conn.execute(
            "insert into public.groups (wa_group_id, name) values ('1@g.us', 'Ruderclub') returning id"
        ).fetchone()
        assert group
        messages = [
            ("m1", "2024-03-01T10:00:00+00", "Ana", "text", "erste Nachricht <b>fett</b>", None),
            ("m2", "2024-03-02T10:00:00+02", "Ben", "image", None, media["picture"]),
            ("m3", "2024-03-03T10:00:00+00", "Ana", "audio", None, media["voice"]),
            ("m4", "2024-03-04T10:00:00+00", "Dvora", "text", "שלום לכולם", None),
            ("m5", "2024-03-05T10:00:00.5+00", "Ben", "image", "svg", media["svg"]),
            ("m6", "2024-03-06T10:00:00+00", "Ben", "image", "lost", media["gone"]),
        ]
        for wa_msg_id, ts, sender, kind, text, media_id in messages:
            conn.execute(
                "insert into public.messages (wa_msg_id, ts, chat_id, sender, kind, text, media_id, group_id)"
                " values (%s, %s, '1@g.us', %s, %s, %s, %s, %s)",
                [wa_msg_id, ts, sender, kind, text, media_id, group[0] if wa_msg_id != "m4" else None],
            )
        return UUID(str(group[0]))
