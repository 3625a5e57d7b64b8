"""Media bytes: one interface, kept on this disk or in Supabase Storage. Nothing heavy is imported here."""

from __future__ import annotations

from wa_pipeline.storage.interface import (
    BucketState,
    MediaStore,
    SignedUrl,
    StoredObject,
    require_private,
)
from wa_pipeline.storage.keys import BUCKET, key_of, object_key, storage_path
from wa_pipeline.storage.local import SIGN_PATH, LocalStore
from wa_pipeline.storage.opening import open_store
from wa_pipeline.storage.secret_file import read_or_make

__all__ = [
    "BUCKET",
    "SIGN_PATH",
    "BucketState",
    "LocalStore",
    "MediaStore",
    "SignedUrl",
    "StoredObject",
    "key_of",
    "object_key",
    "open_store",
    "read_or_make",
    "require_private",
    "storage_path",
]
