"""Object keys: `{sha256}/original.<ext>`, the seed's layout, so that equal bytes are one object."""

from __future__ import annotations

import hashlib
import re
from typing import BinaryIO

from wa_pipeline.errors import BadObjectKey

BUCKET = "wa-media"
CHUNK = 1 << 20

_KEY = re.compile(
    r"(?!.*(?:^|/)\.{1,2}(?:/|$))[A-Za-z0-9._-]{1,200}(?:/[A-Za-z0-9._-]{1,200}){0,7}",
    re.ASCII,
)
_CONTENT_KEY = re.compile(r"([0-9a-f]{64})/")


def object_key(sha256: str, ext: str) -> str:
    """`{sha256}/original.<ext>`; an extension that is not 1–8 of a–z and 0–9 becomes `bin`."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError(f"not a sha256: {sha256!r}")
    cleaned = ext.strip().lstrip(".").lower()
    return f"{sha256}/original.{cleaned if re.fullmatch(r'[a-z0-9]{1,8}', cleaned) else 'bin'}"


def storage_path(key: str) -> str:
    """What `media.storage_path` holds for a key: the bucket, then the key."""
    return f"{BUCKET}/{key}"


def key_of(storage_path: str) -> str:
    """The key in a `media.storage_path`. Raises `BadObjectKey` where it names no object of our bucket."""
    bucket, _, key = storage_path.partition("/")
    if bucket != BUCKET:
        raise BadObjectKey(key=storage_path)
    return checked(key)


def checked(key: str) -> str:
    """The key itself, if both back ends take it and it stays inside the bucket; else `BadObjectKey`."""
    if not _KEY.fullmatch(key):
        raise BadObjectKey(key=key)
    return key


def content_of(key: str) -> str | None:
    """The sha256 a key promises; None for a key that does not name its content."""
    found = _CONTENT_KEY.match(key)
    return found.group(1) if found else None


def sha256_of(stream: BinaryIO) -> str:
    """The hex sha256 of what is left in a stream."""
    digest = hashlib.sha256()
    while block := stream.read(CHUNK):
        digest.update(block)
    return digest.hexdigest()
