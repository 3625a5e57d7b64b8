"""Small pictures, made once and kept under WA_HOME."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

from anyio import CapacityLimiter

from wa_pipeline.archive.media_links import MediaFile
from wa_pipeline.errors import BadObjectKey, NoThumbnail, StoreError
from wa_pipeline.extract.thumbnailer import Thumbnailer
from wa_pipeline.storage import LocalStore, MediaStore, key_of

# Of these a picture can be made, and each is one a browser cannot be made to run.
TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/avif", "image/tiff"})
MOST_BYTES = 64 << 20
MOST_KEPT = 50_000
_LOOK_EVERY = 500


class Thumbnails:
    """Makes what is asked for and remembers it, failures too: each lies as a small file beside the pictures."""

    def __init__(self, store: MediaStore, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._maker = Thumbnailer()
        self._made = 0
        # A page asks for dozens at once; they take turns, and leave the threads to other requests while they wait.
        self.turn = CapacityLimiter(1)

    def of(self, file: MediaFile) -> Path:
        """The small picture (WebP) of a media file. `NoThumbnail` where there can be none."""
        if file.mime not in TYPES:
            raise NoThumbnail(reason=f"it is {file.mime}")
        if file.bytes > MOST_BYTES:
            raise NoThumbnail(reason=f"it is larger than {MOST_BYTES >> 20} MB")
        target = self._folder / file.sha256[:2] / f"{file.sha256}.webp"
        failed = target.with_suffix(".none")
        if target.is_file():
            return target
        reason = failed.read_text() if failed.is_file() else self._make(file, target)
        if reason is None:
            return target
        failed.write_text(reason)
        raise NoThumbnail(reason=reason)

    def close(self) -> None:
        """Ends the worker."""
        self._maker.close()

    def _make(self, file: MediaFile, target: Path) -> str | None:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._made += 1
        if self._made % _LOOK_EVERY == 1:
            self._forget_oldest()
        try:
            key = key_of(file.storage_path)
            if isinstance(self._store, LocalStore):
                return self._maker.make(self._store.path_of(key), target)
            with tempfile.TemporaryDirectory() as folder:
                source = Path(folder) / "source"
                self._store.fetch(key, source)
                return self._maker.make(source, target)
        except (BadObjectKey, StoreError) as error:
            # Not remembered: the file may come.
            raise NoThumbnail(reason=str(error).rstrip(".")) from None

    def _forget_oldest(self) -> None:
        kept = [(path.stat().st_mtime, path) for path in self._folder.glob("*/*") if path.is_file()]
        for _, path in sorted(kept)[: max(0, len(kept) - MOST_KEPT)]:
            with suppress(OSError):
                path.unlink()
