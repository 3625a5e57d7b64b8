"""MIME type by content: the name is believed only when the content says nothing."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from wa_pipeline.extract.results import DOCX, PPTX, XLSX

_ENDS = 64 * 1024
_UNKNOWN = ("application/octet-stream", "bin")
_OFFICE = (
    (b"word/document.xml", DOCX, "docx"),
    (b"xl/workbook.xml", XLSX, "xlsx"),
    (b"ppt/presentation.xml", PPTX, "pptx"),
)
_TEXT_OPENINGS = (
    (b"BEGIN:VCARD", "text/vcard", "vcf"),
    (b"BEGIN:VCALENDAR", "text/calendar", "ics"),
    (b"<!DOCTYPE HTML", "text/html", "html"),
    (b"<HTML", "text/html", "html"),
    (b"<SVG", "image/svg+xml", "svg"),
)
# What a text file's name may add to the finding that it is text.
_TEXT_NAMES = {
    "csv": "text/csv",
    "md": "text/markdown",
    "json": "application/json",
    "xml": "text/xml",
}
# WhatsApp's own spelling first: it calls its voice notes .opus, and filetype's .ogg would rename them.
_EXTENSIONS = {
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "video/mp4": "mp4",
    "video/3gpp": "3gp",
    "audio/mpeg": "mp3",
}
_NAMES = mimetypes.MimeTypes(filenames=())
_MORE_NAMES = {
    "opus": "audio/ogg",
    "webp": "image/webp",
    "heic": "image/heic",
    "docx": DOCX,
    "xlsx": XLSX,
    "pptx": PPTX,
    "ics": "text/calendar",
    "vcf": "text/vcard",
}


def identify(path: Path, name: str | None = None) -> tuple[str, str]:
    """(MIME type, extension) of the file; `name` is what it was called, by default the path's own name.

    Reads no more than the first and the last 64 KiB. `OSError` when the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_ENDS)
        size = file.seek(0, 2)
        file.seek(max(len(head), size - _ENDS))
        tail = file.read(_ENDS)
    return by_content(head, tail, name or path.name) or by_name(name or path.name)


def by_content(head: bytes, tail: bytes, name: str) -> tuple[str, str] | None:
    """The type the bytes give away, or None."""
    if head[:4] == b"OggS":
        return ("audio/ogg", "opus") if b"OpusHead" in head[:200] else ("audio/ogg", "ogg")
    if head[:5] == b"#!AMR":
        return "audio/amr", "amr"
    if b"%PDF-" in head[:1024]:
        return "application/pdf", "pdf"
    if head[:4] == b"PK\x03\x04":
        return _zip(head + tail)
    return _by_filetype(head) or _text(head, name) or _by_puremagic(head)


def by_name(name: str) -> tuple[str, str]:
    """What the extension says; application/octet-stream when it says nothing either."""
    ext = Path(name).suffix.lower().removeprefix(".")
    mime = _MORE_NAMES.get(ext) or _NAMES.guess_type(f"x.{ext}")[0]
    return (mime, ext) if mime else _UNKNOWN


def _zip(ends: bytes) -> tuple[str, str]:
    for member, mime, ext in _OFFICE:
        if member in ends:
            return mime, ext
    return "application/zip", "zip"


def _by_filetype(head: bytes) -> tuple[str, str] | None:
    import filetype

    found = filetype.guess(head)
    if found is None:
        return None
    mime, ext = str(found.mime), str(found.extension)
    mime = {
        "audio/x-wav": "audio/wav",
        "audio/x-flac": "audio/flac",
        "image/apng": "image/png",
    }.get(mime, mime)
    if head[4:8] == b"ftyp" and mime == "video/x-m4v":
        mime = "video/mp4"
    return mime, _EXTENSIONS.get(mime, "png" if mime == "image/png" else ext)


def _by_puremagic(head: bytes) -> tuple[str, str] | None:
    import puremagic

    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return None
    for match in matches:
        # Two- and three-byte signatures turn up in any file by chance.
        if match.mime_type and match.confidence >= 0.5 and len(match.byte_match) >= 4:
            return match.mime_type, match.extension.removeprefix(".") or "bin"
    return None


def _text(head: bytes, name: str) -> tuple[str, str] | None:
    if not head or not _is_text(head):
        return None
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].upper()
    for opening, mime, ext in _TEXT_OPENINGS:
        if start.startswith(opening):
            return mime, ext
    if start.startswith(b"<?XML") and b"<SVG" in head.upper():
        return "image/svg+xml", "svg"
    ext = Path(name).suffix.lower().removeprefix(".")
    return (_TEXT_NAMES[ext], ext) if ext in _TEXT_NAMES else ("text/plain", "txt")


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return len(head) % 2 == 0 and head.count(b"\x00") > len(head) // 8
    if any(byte < 9 or (13 < byte < 32 and byte != 27) for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character cut in two by the end of what was read is no reason to doubt the rest.
        return error.start >= len(head) - 3 and len(head) == _ENDS
    return True
