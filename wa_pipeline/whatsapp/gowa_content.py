"""What a message holds as GOWA tells it: its words, its file, its card, its place."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from wa_pipeline.whatsapp.baileys.content import Content, read_content
from wa_pipeline.whatsapp.baileys.values import mapping, number, text
from wa_pipeline.whatsapp.events import EventMedia, MessageKind

Map = Mapping[str, object]

_FILES: Final[dict[str, tuple[MessageKind, str | None, str]]] = {
    "image": ("image", None, "image/jpeg"),
    "sticker": ("image", "sticker", "image/webp"),
    "video": ("video", None, "video/mp4"),
    "video_note": ("video", "ptv", "video/mp4"),
    "audio": ("audio", None, "audio/ogg"),
    "document": ("doc", None, "application/octet-stream"),
}
# What is passed on as WhatsApp has it, under GOWA's name for it.
_CONTENTS: Final = {
    "contact": "contactMessage",
    "location": "locationMessage",
    "live_location": "liveLocationMessage",
    "list": "listMessage",
    "order": "orderMessage",
    "poll": "pollCreationMessage",
}


def content_of(payload: Map) -> Content:
    """The content of a message."""
    body = text(payload.get("body"))
    for name, (kind, subkind, mime) in _FILES.items():
        if told := payload.get(name):
            media = _media(told, mime)
            return Content(kind, subkind, body or text(mapping(told).get("caption")), media)
    for name, theirs in _CONTENTS.items():
        if inner := mapping(payload.get(name)):
            return _worded(read_content({theirs: inner}), body)
    if isinstance(cards := payload.get("contacts_array"), list):
        return _worded(read_content({"contactsArrayMessage": {"contacts": cards}}), body)
    return Content("text", None, body) if body is not None else Content("other", "unknown")


def _worded(content: Content | None, body: str | None) -> Content:
    found = content or Content()
    found.text = found.text or body
    return found


def _media(told: object, default: str) -> EventMedia:
    """A file as a path on the gateway, or as a map with its path, or with its address at WhatsApp.

    That address is of no use without the key, which GOWA keeps to itself: the gateway has to be asked for the file.
    """
    about = mapping(told)
    place = text(told) or text(about.get("path")) or text(about.get("url"))
    name = text(about.get("filename"))
    guessed = mimetypes.guess_type(name or _path(place))[0]
    fetch = {"resend": "yes"} if place is None or _is_whatsapps(place) else {"url": place}
    return EventMedia(
        text(about.get("mimetype")) or guessed or default,
        size=number(about.get("file_size")) or None,
        filename=name,
        fetch=fetch,
    )


def _path(place: str | None) -> str:
    try:
        return urlsplit(place or "").path
    except ValueError:
        return ""


def _is_whatsapps(place: str) -> bool:
    try:
        host = urlsplit(place).hostname or ""
    except ValueError:
        return True
    return host == "whatsapp.net" or host.endswith(".whatsapp.net")


def holds_address(body: Map) -> bool:
    """Whether a body names a file by an address that gives access."""
    payload = mapping(body.get("payload"))
    return any("url" in mapping(payload.get(name)) for name in _FILES)


def without_addresses(body: object) -> object:
    """The body without the files' addresses."""
    payload = mapping(mapping(body).get("payload"))
    kept = {
        name: {key: value for key, value in inner.items() if key != "url"}
        if name in _FILES and isinstance(inner, dict)
        else inner
        for name, inner in payload.items()
    }
    return {**mapping(body), "payload": kept}
