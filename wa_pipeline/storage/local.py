"""Media on this machine's disk: what is used where no SUPABASE_URL is set."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from wa_pipeline.errors import (
    BucketMissing,
    ContentMismatch,
    ObjectMissing,
)
from wa_pipeline.storage.disk import plainly
from wa_pipeline.storage.download import save
from wa_pipeline.storage.interface import (
    BucketState,
    SignedUrl,
    StoredObject,
    whole_seconds,
)
from wa_pipeline.storage.keys import BUCKET, CHUNK, checked, content_of, sha256_of
from wa_pipeline.storage.secret_file import read_or_make
from wa_pipeline.storage.signing import check_token, make_token

SIGN_PATH = "/storage/v1/object/sign"
LEFTOVER_AGE_S = 24 * 3600


class LocalStore:
    """Objects as files under `<root>/<bucket>/<key>`; links are served by the console at `base_url`."""

    def __init__(self, root: Path, *, signing_key: Path, base_url: str, bucket: str = BUCKET) -> None:
        self.bucket = bucket
        self.where = str(root)
        self._folder = root / bucket
        # Beside the bucket, on the same file system: a rename from here is atomic, and no listing sees it.
        self._drafts = root / ".incoming"
        self._signing_key = signing_key
        self._base_url = base_url.rstrip("/")

    def bucket_state(self) -> BucketState:
        """The bucket is a folder; nothing but a signed link leads into it, so it is never public."""
        there = self._folder.is_dir()
        return BucketState(there, False if there else None)

    def ensure_bucket(self) -> BucketState:
        """Makes the folder, readable by its owner alone, and clears drafts that a killed process left."""
        with plainly(self.where):
            for folder in (self._folder, self._drafts):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for draft in self._drafts.iterdir():
                if time.time() - draft.stat().st_mtime > LEFTOVER_AGE_S:
                    draft.unlink(missing_ok=True)
        return self.bucket_state()

    def put(self, key: str, path: Path, *, mime: str) -> bool:
        """See `MediaStore.put`. Copy, fsync, rename: a reader sees the whole object or none."""
        target = self._path(key)
        size = path.stat().st_size
        self._require_bucket()
        with plainly(self.where):
            if target.is_file():
                if target.stat().st_size == size:
                    return False
                _require_content(key, path)
            self._drafts.mkdir(mode=0o700, exist_ok=True)
            draft = self._drafts / secrets.token_hex(16)
            try:
                _copy_durably(path, draft)
                self._move_in(draft, target)
            finally:
                draft.unlink(missing_ok=True)
        return True

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """The file, opened for reading."""
        path = self._path(key)
        try:
            file = path.open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            self._require_bucket()
            raise ObjectMissing(key=key) from None
        with file:
            yield file

    def fetch(self, key: str, to: Path) -> None:
        """See `MediaStore.fetch`."""
        save(self.open(key), key, to)

    def exists(self, key: str) -> bool:
        """Whether the file is there."""
        there = self._path(key).is_file()
        if not there:
            self._require_bucket()
        return there

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Every object in the order of its key."""
        self._require_bucket()
        yield from _walk(self._folder, "", prefix)

    def delete(self, keys: Sequence[str]) -> int:
        """Unlinks the files, and the folders they leave empty."""
        paths = [self._path(key) for key in keys]
        self._require_bucket()
        deleted = 0
        with plainly(self.where):
            for path in paths:
                try:
                    path.unlink()
                except (FileNotFoundError, NotADirectoryError):
                    continue
                deleted += 1
                self._remove_empty(path.parent)
        return deleted

    def sign(self, keys: Sequence[str], *, ttl: timedelta) -> dict[str, SignedUrl]:
        """Links the console serves: `{base_url}/storage/v1/object/sign/{bucket}/{key}?token=…`."""
        expires = int(time.time()) + whole_seconds(ttl)
        self._require_bucket()
        secret = self._secret()
        return {
            key: SignedUrl(
                f"{self._base_url}{SIGN_PATH}/{self.bucket}/{quote(key)}"
                f"?token={make_token(secret, self.bucket, key, expires)}",
                datetime.fromtimestamp(expires, UTC),
            )
            for key in keys
            if self._path(key).is_file()
        }

    def verify(self, key: str, token: str) -> datetime:
        """When the link ends that this token belongs to; `LinkRefused` if it is not valid for this object."""
        return datetime.fromtimestamp(check_token(self._secret(), self.bucket, key, token), UTC)

    def path_of(self, key: str) -> Path:
        """The file of an object, for the console to send. `ObjectMissing` where there is none."""
        path = self._path(key)
        if not path.is_file():
            raise ObjectMissing(key=key)
        return path

    def close(self) -> None:
        """Nothing is held open."""

    def _path(self, key: str) -> Path:
        return self._folder / checked(key)

    def _secret(self) -> str:
        return read_or_make(self._signing_key)

    def _require_bucket(self) -> None:
        if not self._folder.is_dir():
            raise BucketMissing(bucket=self.bucket, where=self.where)

    def _move_in(self, draft: Path, target: Path) -> None:
        # Deleting the last object of a folder removes the folder, perhaps between our mkdir and our rename.
        for last in (False, False, True):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                draft.replace(target)
                break
            except FileNotFoundError:
                if last:
                    raise
        _sync_folder(target.parent)
        _sync_folder(target.parent.parent)

    def _remove_empty(self, folder: Path) -> None:
        while folder != self._folder:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent


def _require_content(key: str, path: Path) -> None:
    with path.open("rb") as file:
        if sha256_of(file) != content_of(key):
            raise ContentMismatch(file=path.name, key=key)


def _copy_durably(source: Path, to: Path) -> None:
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with source.open("rb") as reading, os.fdopen(descriptor, "wb") as writing:
        shutil.copyfileobj(reading, writing, CHUNK)
        writing.flush()
        os.fsync(writing.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _walk(folder: Path, above: str, prefix: str) -> Iterator[StoredObject]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    for entry in entries:
        key = above + entry.name
        if entry.is_dir(follow_symlinks=False):
            if (key + "/").startswith(prefix) or prefix.startswith(key + "/"):
                yield from _walk(Path(entry.path), key + "/", prefix)
        elif key.startswith(prefix):
            try:
                yield StoredObject(key, entry.stat(follow_symlinks=False).st_size)
            except FileNotFoundError:
                continue
