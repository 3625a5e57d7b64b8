"""The archive opened for reading alone: PostgreSQL itself refuses every write on these connections."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wa_pipeline.archive.db import open_pool
from wa_pipeline.archive.media_links import MediaFile
from wa_pipeline.console.reading import Reader
from wa_pipeline.errors import BadObjectKey, NoThumbnail, StoreError
from wa_pipeline.extract.thumbnailer import Thumbnailer
from wa_pipeline.steps.context import Context
from wa_pipeline.storage import MediaStore, key_of

CONNECTIONS = 2


class Archive:
    """Messages through `reader`, small pictures through `picture`."""

    def __init__(self, reader: Reader, store: MediaStore) -> None:
        self.reader = reader
        self._store = store
        self._maker = Thumbnailer()

    def picture(self, file: MediaFile) -> bytes:
        """A small WebP of a picture, made by a process that a hostile file can do no more than end. `NoThumbnail`."""
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "source", Path(folder) / "small.webp"
            try:
                self._store.fetch(key_of(file.storage_path), source)
            except (BadObjectKey, StoreError) as error:
                raise NoThumbnail(reason=str(error).rstrip(".")) from None
            reason = self._maker.make(source, target)
            if reason is not None:
                raise NoThumbnail(reason=reason)
            return target.read_bytes()

    def close(self) -> None:
        """Ends the process that makes pictures."""
        self._maker.close()


@contextmanager
def reading_only(ctx: Context) -> Iterator[Archive]:
    """The archive of a context, its connections in read-only transactions."""
    pool = open_pool(ctx.archive_url, size=CONNECTIONS, read_only=True)
    archive = Archive(Reader(pool, ctx.store, ctx.settings.signed_url_ttl), ctx.store)
    try:
        yield archive
    finally:
        archive.close()
        pool.close()


__all__ = ["Archive", "reading_only"]
