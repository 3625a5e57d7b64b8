"""The one way in for media: a stream is hashed, looked into, stored, and known by its content."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO
from uuid import UUID

import psycopg

from wa_pipeline.archive import media as rows
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.engines import open_extractor
from wa_pipeline.steps.workspace import workspace
from wa_pipeline.storage import object_key, storage_path
from wa_pipeline.whatsapp.decrypt import DecryptFailed

if TYPE_CHECKING:
    from wa_pipeline.extract import Extractor, Probe

CHUNK = 1 << 20


@dataclass(frozen=True)
class MediaRef:
    """A file the archive holds. `created` is False where these bytes were there already."""

    id: UUID
    sha256: str
    mime: str
    bytes: int
    created: bool


class Intake:
    """Takes streams in, one after the other. Holds a worker that looks into files; use it as a context manager."""

    def __init__(self, ctx: Context, extractor: Extractor, folder: Path) -> None:
        self._ctx = ctx
        self._extractor = extractor
        self._folder = folder

    def take_in(
        self, conn: psycopg.Connection, stream: BinaryIO, *, name: str, expected: str | None = None
    ) -> MediaRef:
        """Hash, probe, upload, then upsert the media row and queue the steps that apply, in that order.

        `expected`: the SHA-256 the bytes must have; others raise `DecryptFailed`, and nothing of them is kept.

        A crash in between leaves at most an object that the same bytes will find again. `conn` must be outside a
        transaction that other work depends on: the row is committed here. Raises `StoreError`, `OSError`.
        """
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix="intake-") as spool:
            sha256, size = _spool(stream, spool.file)
            if expected not in (None, sha256):
                raise DecryptFailed("it is not the file that was announced")
            path = Path(spool.name)
            known = rows.find(conn, sha256)
            if known is not None:
                conn.commit()
                return MediaRef(known, sha256, "", size, created=False)
            conn.commit()
            probe = self._extractor.probe(path, name)
            key = object_key(sha256, probe.ext)
            self._ctx.store.put(key, path, mime=probe.mime)
        media_id = rows.add(conn, media_row(sha256, size, storage_path(key), probe), steps_of(probe))
        conn.commit()
        return MediaRef(media_id, sha256, probe.mime, size, created=True)


@contextmanager
def open_intake(ctx: Context) -> Iterator[Intake]:
    """An intake with a worker and a folder of its own."""
    with open_extractor(ctx) as extractor, workspace(ctx.settings.home) as folder:
        yield Intake(ctx, extractor, folder)


def steps_of(probe: Probe) -> tuple[str, ...]:
    """The steps that may find words in such a file."""
    from wa_pipeline.extract import steps_for

    return steps_for(probe.mime)


def media_row(sha256: str, size: int, path: str, probe: Probe) -> rows.NewMedia:
    """A file's row, with what was found by looking into it."""
    meta: dict[str, object] = {"probed": True}
    if probe.phash:
        meta["phash"] = probe.phash
    if probe.note:
        meta["note"] = probe.note
    return rows.NewMedia(sha256, probe.mime, size, probe.width, probe.height, probe.duration_s, path, meta)


def _spool(stream: BinaryIO, to: IO[bytes]) -> tuple[str, int]:
    digest = hashlib.sha256()
    size = 0
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
        to.write(chunk)
        size += len(chunk)
    to.flush()
    return digest.hexdigest(), size
