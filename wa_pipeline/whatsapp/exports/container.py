"""The file an export comes in: a zip of the chat's text and its media, or the text alone. Nothing in it is trusted."""

from __future__ import annotations

import io
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, BinaryIO, Final, Protocol, cast

from wa_pipeline.errors import (
    ExportEmpty,
    ExportEncrypted,
    ExportMemberMissing,
    ExportMemberTooLarge,
    ExportNotAZip,
    ExportNotFound,
    ExportTruncated,
    ExportTwoChats,
    ExportUnsafeMember,
    ExportWithoutChat,
    ExportWrongEncoding,
    ExportZipBomb,
)
from wa_pipeline.whatsapp.exports.periods import MARKS
from wa_pipeline.whatsapp.exports.text import looks_like_a_chat, mentions
from wa_pipeline.whatsapp.exports.title import is_bare, stem_of, title_in

MAX_MEMBER: Final = 2_000_000_000
"""WhatsApp sends no file over 2 GB."""
MAX_TOTAL: Final = 200_000_000_000
MAX_MEMBERS: Final = 500_000
MAX_RATIO: Final = 150
"""Chat text packs 5 to 20 times; what packs harder than this was made to."""
_RATIO_COUNTS_FROM: Final = 8_000_000
_JUNK: Final = re.compile(r"(?:^|/)(?:__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._)")
_MARK: Final = re.compile(f"[{MARKS}]")


class Container(Protocol):
    """Where the chat's text and media are read from."""

    text_name: str
    """Name of the text file."""
    media: Mapping[str, int]
    """Name of each other file to its size in bytes."""

    def open_text(self) -> BinaryIO: ...
    def open_media(self, name: str) -> BinaryIO: ...
    def close(self) -> None: ...


def media_key(name: str) -> str:
    """The form in which a name in the text and a name in the zip are compared: composed, without marks and case."""
    return unicodedata.normalize("NFC", _MARK.sub("", name)).strip().casefold()


class TextFile:
    """A chat's .txt without media."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text_name = path.name
        self.media: Mapping[str, int] = {}

    def open_text(self) -> BinaryIO:
        return cast(BinaryIO, self.path.open("rb"))

    def open_media(self, name: str) -> BinaryIO:
        raise ExportMemberMissing(file=self.path.name, member=name)

    def close(self) -> None:
        """There is nothing to close."""


class ZipExport:
    """A zip as WhatsApp makes it, checked before anything is unpacked."""

    def __init__(self, path: Path) -> None:
        self.path, self.file = path, path.name
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise _damaged(path, error) from None
        try:
            self._members = {_name(info): info for info in self._checked(self._zip.infolist())}
            self.text_name = self._find_text()
        except BaseException:
            self._zip.close()
            raise
        folder = self.text_name.rpartition("/")[0]
        self.media: Mapping[str, int] = {
            name.removeprefix(f"{folder}/") if folder else name: info.file_size
            for name, info in self._members.items()
            if name != self.text_name
        }
        self._folder = f"{folder}/" if folder else ""

    def _checked(self, infos: list[zipfile.ZipInfo]) -> Iterator[zipfile.ZipInfo]:
        if len(infos) > MAX_MEMBERS:
            raise ExportZipBomb(file=self.file, reason=f"{len(infos):,} members")
        total, packed = sum(info.file_size for info in infos), self.path.stat().st_size
        if total > MAX_TOTAL or (total > _RATIO_COUNTS_FROM and total > MAX_RATIO * packed):
            raise ExportZipBomb(file=self.file, reason=f"{packed:,} bytes to {total:,}")
        for info in infos:
            name = _name(info)
            parts = re.split(r"[/\\]", name)
            if ".." in parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:[/\\]", name) or "\0" in name:
                raise ExportUnsafeMember(file=self.file, member=name, reason="which points outside the zip")
            if stat.S_ISLNK(info.external_attr >> 16):
                raise ExportUnsafeMember(file=self.file, member=name, reason="which is a symbolic link")
            if info.is_dir() or _JUNK.search(name):
                continue
            if info.flag_bits & 0x1:
                raise ExportEncrypted(file=self.file)
            if info.file_size > MAX_MEMBER:
                raise ExportMemberTooLarge(file=self.file, member=name)
            if info.file_size > _RATIO_COUNTS_FROM and info.file_size > MAX_RATIO * max(info.compress_size, 1):
                raise ExportZipBomb(
                    file=self.file, reason=f"{name}: {info.compress_size:,} bytes to {info.file_size:,}"
                )
            yield info

    def _find_text(self) -> str:
        texts = [name for name in self._members if name.lower().endswith(".txt")]
        named = [name for name in texts if is_bare(name) or title_in(name)]
        chats = [name for name in named or texts if self._is_chat(name, certain=bool(named))]
        if len(chats) > 1:
            chats = self._without_attachments(chats)
        if not chats:
            if named and not self._members[named[0]].file_size:
                raise ExportEmpty(file=f"{self.file}: {named[0]}")
            raise ExportWithoutChat(file=self.file)
        if len(chats) > 1:
            raise ExportTwoChats(file=self.file, count=len(chats), names=", ".join(sorted(chats)[:4]))
        return chats[0]

    def _is_chat(self, name: str, *, certain: bool) -> bool:
        try:
            with self._open(name) as stream:
                return looks_like_a_chat(stream, self.file)
        except ExportWrongEncoding:
            if certain:
                raise
            return False

    def _without_attachments(self, chats: list[str]) -> list[str]:
        """Leave out the exports that were themselves sent as documents in the chat this zip is named after."""
        own = [name for name in chats if stem_of(name) == stem_of(self.file) or (is_bare(name) and "/" not in name)]
        if len(own) != 1:
            return chats
        with self._open(own[0]) as stream:
            sent = mentions(stream, [name.rpartition("/")[2] for name in chats if name != own[0]])
        return own if sent else chats

    def _open(self, name: str) -> BinaryIO:
        info = self._members.get(name)
        if info is None:
            raise ExportMemberMissing(file=self.file, member=name)
        try:
            return cast(BinaryIO, io.BufferedReader(_Checked(self._zip.open(info), self.path), 1 << 16))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise _damaged(self.path, error) from None

    def open_text(self) -> BinaryIO:
        return self._open(self.text_name)

    def open_media(self, name: str) -> BinaryIO:
        return self._open(self._folder + name if self._folder + name in self._members else name)

    def close(self) -> None:
        self._zip.close()


class _Checked(io.RawIOBase):
    """A member's bytes: never more than declared (zipfile sees to that), and damage told in one sentence."""

    def __init__(self, member: IO[bytes], path: Path) -> None:
        self._member, self._path = member, path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._member.read(len(buffer))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
            raise _damaged(self._path, error) from None
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._member.close()
        super().close()


def _name(info: zipfile.ZipInfo) -> str:
    """The member's name; UTF-8 that was not declared as such is recognised."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _damaged(path: Path, error: Exception) -> ExportTruncated | ExportNotAZip:
    with path.open("rb") as stream:
        zip_start = stream.read(4).startswith(b"PK")
    reason = str(error).rstrip(".") or type(error).__name__
    return ExportTruncated(file=path.name, reason=reason) if zip_start else ExportNotAZip(file=path.name)


def open_container(path: Path) -> Container:
    """Open a .zip or .txt; what it is, its first bytes say. Raises ExportError subclasses."""
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise ExportNotFound(file=path.name or str(path)) from None
    if not start:
        raise ExportEmpty(file=path.name)
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ZipExport(path)
    if path.suffix.lower() == ".zip":
        raise ExportNotAZip(file=path.name)
    return TextFile(path)
