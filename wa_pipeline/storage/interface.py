"""What a media store is, whatever keeps the bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from wa_pipeline.errors import BucketMissing, BucketPublic


@dataclass(frozen=True)
class BucketState:
    """Whether the bucket is there; `public` is None where there is none."""

    exists: bool
    public: bool | None


@dataclass(frozen=True)
class StoredObject:
    """An object of the store and its size in bytes."""

    key: str
    bytes: int


@dataclass(frozen=True)
class SignedUrl:
    """A link that needs nothing but itself, until `expires_at` (aware, UTC, whole seconds)."""

    url: str
    expires_at: datetime


class MediaStore(Protocol):
    """Media bytes by content. Every method may raise a `StoreError`; `transient` on it says whether to try again."""

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        ...

    @property
    def where(self) -> str:
        """The folder or host, for messages."""
        ...

    def bucket_state(self) -> BucketState:
        """Whether the bucket exists and whether the world can read it."""
        ...

    def ensure_bucket(self) -> BucketState:
        """Creates the bucket, private, where there is none. A bucket found public is reported, never flipped."""
        ...

    def put(self, key: str, path: Path, *, mime: str) -> bool:
        """Stores the file under its key, whole or not at all. True: stored here; False: it was there already.

        An object of the same key and size counts as the same content. One of another size is damaged: it is
        replaced if the file's sha256 is the one in the key, else `ContentMismatch`. Refuses a public bucket.
        """
        ...

    def open(self, key: str) -> AbstractContextManager[BinaryIO]:
        """The object as a stream, in constant memory. `ObjectMissing` where there is none."""
        ...

    def fetch(self, key: str, to: Path) -> None:
        """Writes the object to the file `to`, whole or not at all; `ObjectDamaged` if its sha256 is not the key's."""
        ...

    def exists(self, key: str) -> bool:
        """Whether there is an object of this key."""
        ...

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Every object whose key begins with `prefix`, however many there are."""
        ...

    def delete(self, keys: Sequence[str]) -> int:
        """Deletes objects; returns how many there were. Those already gone are no error."""
        ...

    def sign(self, keys: Sequence[str], *, ttl: timedelta) -> dict[str, SignedUrl]:
        """A link per key, valid for `ttl` (rounded up to seconds); keys without an object are left out."""
        ...

    def close(self) -> None:
        """Gives back connections; the store is of no use afterwards."""
        ...


def require_private(store: MediaStore) -> None:
    """Raises `BucketMissing` or `BucketPublic` unless the bucket is there and private."""
    state = store.bucket_state()
    if not state.exists:
        raise BucketMissing(bucket=store.bucket, where=store.where)
    if state.public:
        raise BucketPublic(bucket=store.bucket, where=store.where)


def whole_seconds(ttl: timedelta) -> int:
    """A link's life in seconds, rounded up. Raises ValueError unless it is positive."""
    seconds = -(-ttl // timedelta(seconds=1))
    if seconds < 1:
        raise ValueError(f"a signed link must live for at least a second, not {ttl}")
    return seconds
