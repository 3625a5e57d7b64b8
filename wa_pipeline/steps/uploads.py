"""Exports that come through the browser: streamed into the export folder, then registered like any other."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import unicodedata
from pathlib import Path
from typing import BinaryIO, Self

from wa_pipeline.errors import DiskFull, UploadRefused, UploadTooLarge
from wa_pipeline.settings import Settings
from wa_pipeline.steps.exports import SUFFIXES

SPARE_BYTES = 256 << 20
NAME_BYTES = 180


class Upload:
    """A file on its way in. Nothing in the export folder looks like an export before `keep`.

    As a context manager it leaves no part behind. Raises `UploadRefused`, `UploadTooLarge`, `DiskFull`.
    """

    def __init__(self, settings: Settings, name: str, announced: int | None) -> None:
        self._folder = settings.exports_folder
        self._most = settings.upload_max_mb << 20
        self._name = safe_name(name)
        self._bytes = 0
        self._check(announced or 0)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (announced or 0) + SPARE_BYTES > shutil.disk_usage(self._folder).free:
            raise DiskFull(folder=self._folder)
        self._part = self._folder / f".{secrets.token_hex(8)}.part"
        descriptor = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file: BinaryIO = os.fdopen(descriptor, "wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)

    def write(self, block: bytes) -> None:
        """Add what came."""
        self._bytes += len(block)
        self._check(self._bytes)
        try:
            self._file.write(block)
        except OSError:
            raise DiskFull(folder=self._folder) from None

    def keep(self) -> Path:
        """Put the whole file where exports lie; its path. The name gets a number where it is taken."""
        if not self._bytes:
            raise UploadRefused(reason="the file is empty")
        self._file.flush()
        os.fsync(self._file.fileno())
        stem, suffix = Path(self._name).stem, Path(self._name).suffix
        for number in range(1000):
            target = self._folder / (f"{stem} ({number}){suffix}" if number else self._name)
            # A link fails where the name is taken; renaming would put the file in the other's place.
            try:
                os.link(self._part, target)
                return target
            except FileExistsError:
                continue
            except OSError:
                # A file system without links.
                if not target.exists():
                    return self._part.replace(target)
        raise UploadRefused(reason=f"there are too many files named {self._name!r}")

    def _check(self, size: int) -> None:
        if size > self._most:
            raise UploadTooLarge(megabytes=self._most >> 20)


def safe_name(name: str) -> str:
    """The file's name without folders and signs no file name should have; it tells the chat's title, so the rest stays.

    Raises `UploadRefused` where it is no .zip or .txt.
    """
    plain = re.sub(r"^.*[/\\]", "", unicodedata.normalize("NFC", name))
    plain = "".join(sign for sign in plain if sign.isprintable() or sign in "\u200e\u200f").strip().lstrip(".")
    path = Path(plain)
    if path.suffix.lower() not in SUFFIXES or not path.stem:
        raise UploadRefused(reason="an export is a .zip or .txt file")
    stem = path.stem.encode("utf-8", "ignore")[:NAME_BYTES].decode("utf-8", "ignore").strip()
    return (stem or "export") + path.suffix


__all__ = ["Upload", "safe_name"]
