"""What a message holds by WAHA's documented fields, and by the few of its browser engine's own that say more."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from wa_pipeline.whatsapp.baileys.content import Content, read_content
from wa_pipeline.whatsapp.baileys.values import mapping, number, real, text
from wa_pipeline.whatsapp.events import EventMedia, MessageKind, Quoted
from wa_pipeline.whatsapp.jids import jid_of

Map = Mapping[str, object]

# `true_<chat>_<stanza>`, in groups with `_<participant>` behind it.
_ID: Final = re.compile(r"(true|false)_([^@\s]+@[^_\s]+)_([^_\s]+)(?:_(\S+))?")
_CARD_NAME: Final = re.compile(r"^FN[^:\n]*:(.+)$", re.MULTILINE | re.IGNORECASE)
_WEBJS: Final[dict[str, tuple[MessageKind, str | None]]] = {
    "chat": ("text", None),
    "image": ("image", None),
    "sticker": ("image", "sticker"),
    "video": ("video", None),
    "gif": ("video", "gif"),
    "ptv": ("video", "ptv"),
    "audio": ("audio", None),
    "ptt": ("audio", "voice"),
    "document": ("doc", None),
    "album": ("other", "album"),
    "poll_creation": ("other", "poll"),
    "event_creation": ("other", "event"),
    "call_log": ("other", "call"),
    "gp2": ("other", "system"),
    "notification_template": ("other", "system"),
    "e2e_notification": ("other", "system"),
}


class MessageId(NamedTuple):
    """WAHA's id of a message, taken apart. `chat` is None where the id is the bare stanza."""

    chat: str | None
    stanza: str
    from_me: bool | None = None
    participant: str | None = None


def read_id(value: object) -> MessageId | None:
    """The parts of a message id; None where there is none."""
    written = text(value) or text(mapping(value).get("_serialized"))
    if written is None:
        return None
    found = _ID.fullmatch(written)
    if found is None:
        # A bare stanza id has neither spaces nor parts.
        return None if "@" in written or len(written.split()) != 1 else MessageId(None, written)
    return MessageId(jid_of(found[2]), found[3], found[1] == "true", jid_of(found[4]))


def documented(payload: Map, chat: str) -> Content:
    """What a message of a chat holds, by the documented fields of its payload."""
    raw = mapping(payload.get("_data"))
    content = _content(payload, raw)
    mentioned = raw.get("mentionedJidList")
    content.mentions = [jid for jid in map(jid_of, mentioned) if jid] if isinstance(mentioned, list) else []
    flags = {"isForwarded": "forwarded", "isViewOnce": "view_once"}
    content.flags = [flag for name, flag in flags.items() if raw.get(name) is True]
    content.quoted = _quoted(payload, raw, chat)
    return content


def _content(payload: Map, raw: Map) -> Content:
    body = text(payload.get("body"))
    if place := mapping(payload.get("location")):
        return _place(place)
    if cards := payload.get("vCards"):
        return _cards(cards)
    kind, subkind = _WEBJS.get(str(raw.get("type")), (None, None))
    media = _media(payload, raw)
    if media is not None:
        return Content(kind or _kind_of_mime(media.mime), subkind, body, media)
    if kind == "other" and subkind == "poll":
        options = raw.get("pollOptions")
        names = [{"optionName": mapping(option).get("name")} for option in options] if isinstance(options, list) else []
        poll = read_content({"pollCreationMessage": {"name": raw.get("pollName") or body, "options": names}})
        return poll or Content("other", "poll", body)
    if kind is not None:
        return Content(kind, subkind, body)
    if payload.get("hasMedia") is True:
        return Content("other", "media", body)
    return Content("text", None, body) if body is not None else Content("other", text(raw.get("type")), None)


def _place(place: Map) -> Content:
    inner = {
        "degreesLatitude": _degrees(place.get("latitude")),
        "degreesLongitude": _degrees(place.get("longitude")),
        "name": place.get("name"),
        "address": place.get("address"),
        "comment": place.get("description"),
    }
    name = "liveLocationMessage" if place.get("live") is True else "locationMessage"
    return read_content({name: inner}) or Content("other", "location")


def _degrees(value: object) -> float | None:
    """WAHA's document has coordinates as text, its engines send numbers."""
    try:
        return real(float(value)) if isinstance(value, str) else real(value)
    except ValueError:
        return None


def _cards(cards: object) -> Content:
    told = [card for card in cards if isinstance(card, str)] if isinstance(cards, list) else []
    named = [
        {"displayName": found[1].strip() if (found := _CARD_NAME.search(card)) else None, "vcard": card}
        for card in told
    ]
    return read_content({"contactsArrayMessage": {"contacts": named}}) or Content("other", "contact")


def _media(payload: Map, raw: Map) -> EventMedia | None:
    media = mapping(payload.get("media"))
    url = text(media.get("url")) or text(payload.get("mediaUrl"))
    mime = text(media.get("mimetype")) or text(raw.get("mimetype"))
    if url is None and mime is None:
        return None
    return EventMedia(
        mime or "application/octet-stream",
        _hash(raw.get("filehash")),
        number(raw.get("size")),
        number(raw.get("width")) or None,
        number(raw.get("height")) or None,
        real(raw.get("duration")) or None,
        text(media.get("filename")) or text(raw.get("filename")),
        {"url": url} if url else None,
    )


def _hash(value: object) -> str | None:
    try:
        plain = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        return None
    return plain.hex() if len(plain) == 32 else None


def _kind_of_mime(mime: str) -> MessageKind:
    kinds: dict[str, MessageKind] = {"image": "image", "video": "video", "audio": "audio"}
    return kinds.get(mime.partition("/")[0].lower(), "doc")


def _quoted(payload: Map, raw: Map, chat: str) -> Quoted | None:
    told = mapping(payload.get("replyTo"))
    found = read_id(told.get("id")) or read_id(raw.get("quotedStanzaID"))
    if found is None:
        return None
    sender = jid_of(told.get("participant")) or jid_of(raw.get("quotedParticipant")) or found.participant
    return Quoted(found.stanza, None if found.chat == chat else found.chat, sender, text(told.get("body")))
