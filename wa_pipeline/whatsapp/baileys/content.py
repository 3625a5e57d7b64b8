"""A message's content: wrappers taken off, its kind, its words, its file, what it answers."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from wa_pipeline.whatsapp.baileys.values import data, mapping, number, real, text
from wa_pipeline.whatsapp.events import EventMedia, MessageKind, Quoted
from wa_pipeline.whatsapp.jids import jid_of

Map = Mapping[str, object]
DEEPEST: Final = 50

# Each holds `message`, the content proper; the value is the flag it leaves.
_WRAPPERS: Final[dict[str, str | None]] = {
    "ephemeralMessage": "ephemeral",
    "viewOnceMessage": "view_once",
    "viewOnceMessageV2": "view_once",
    "viewOnceMessageV2Extension": "view_once",
    "documentWithCaptionMessage": None,
    "editedMessage": None,
    "deviceSentMessage": None,
    "associatedChildMessage": None,
    "lottieStickerMessage": None,
    "groupMentionedMessage": None,
    "botInvokeMessage": None,
    "pollCreationMessageV4": None,
    "pollCreationOptionImageMessage": None,
    "eventCoverImage": None,
    "groupStatusMessage": "status",
    "groupStatusMessageV2": "status",
    "groupStatusMentionMessage": None,
    "statusMentionMessage": None,
    "statusAddYours": None,
    "questionMessage": None,
    "questionReplyMessage": None,
    "limitSharingMessage": None,
    "botTaskMessage": None,
    "botForwardedMessage": "forwarded",
    "spoilerMessage": "spoiler",
    "commentMessage": None,
}
_BESIDE: Final = frozenset(
    {"messageContextInfo", "senderKeyDistributionMessage", "fastRatchetKeySenderKeyDistributionMessage"}
)
_PHONE: Final = re.compile(r"^TEL[^:\n]*:(.+)$", re.MULTILINE | re.IGNORECASE)


@dataclass
class Content:
    """What a message holds; the fields are those of `Event`."""

    kind: MessageKind = "other"
    subkind: str | None = None
    text: str | None = None
    media: EventMedia | None = None
    raw: dict[str, object] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    quoted: Quoted | None = None
    album_parent: str | None = None
    mentions: list[str] = field(default_factory=list)


def unwrap(message: Map) -> tuple[str, Map, list[str], Map]:
    """(type, its map, flags, message context) of the innermost content; type is '' where there is none."""
    flags: list[str] = []
    context: Map = {}
    for _ in range(DEEPEST):
        context = mapping(message.get("messageContextInfo")) or context
        # Over what the message has, which is little, rather than over all the wrappers there are.
        for name, value in message.items():
            inner = mapping(mapping(value).get("message")) if name in _WRAPPERS else {}
            if inner:
                flag = _WRAPPERS[name]
                flags += [flag] if flag and flag not in flags else []
                message = inner
                break
        else:
            name = next((key for key, value in message.items() if key not in _BESIDE and value is not None), "")
            value = message.get(name)
            return name, {"text": value} if isinstance(value, str) else mapping(value), flags, context
    return "too_deep", {}, flags, context


def read_content(message: Map) -> Content | None:
    """The content of a message; None where it holds nothing to keep (keys alone, or a kind that is never a message)."""
    return content_of(*unwrap(message))


def content_of(name: str, inner: Map, flags: list[str], context: Map) -> Content | None:
    """The content of what `unwrap` found, as `read_content` gives it."""
    if not name:
        return None
    reader = _READERS.get(name)
    content = reader(inner) if reader else _unknown(name, inner)
    _read_context(content, mapping(inner.get("contextInfo")))
    content.flags = list(dict.fromkeys(flags + content.flags))
    association = mapping(context.get("messageAssociation"))
    content.album_parent = text(mapping(association.get("parentMessageKey")).get("id"))
    return content


def words_of(message: Map) -> str | None:
    """The text a message would be searched by, as for a quotation."""
    name, inner, _, _ = unwrap(message)
    reader = _READERS.get(name)
    return (reader(inner) if reader else _unknown(name, inner)).text if name else None


def _read_context(content: Content, context: Map) -> None:
    if not context:
        return
    if stanza_id := text(context.get("stanzaId")):
        quoted = mapping(context.get("quotedMessage"))
        content.quoted = Quoted(
            stanza_id,
            jid_of(context.get("remoteJid")),
            jid_of(context.get("participant")),
            words_of(quoted) if quoted else None,
        )
    mentioned = context.get("mentionedJid")
    content.mentions = [jid for jid in map(jid_of, mentioned) if jid] if isinstance(mentioned, list) else []
    if context.get("isForwarded") is True or number(context.get("forwardingScore")):
        content.flags.append("forwarded")
    if number(context.get("expiration")) and "ephemeral" not in content.flags:
        content.flags.append("ephemeral")


def _plain(inner: Map) -> Content:
    return Content("text", None, text(inner.get("text")))


def _extended(inner: Map) -> Content:
    link = {"url": text(inner.get("matchedText")) or text(inner.get("canonicalUrl")), "title": text(inner.get("title"))}
    raw: dict[str, object] = {"link_preview": {k: v for k, v in link.items() if v}} if any(link.values()) else {}
    return Content("text", None, text(inner.get("text")), raw=raw)


def _file(kind: MessageKind, media_type: str, default: str) -> Callable[[Map], Content]:
    def read(inner: Map) -> Content:
        content = Content(kind, None, text(inner.get("caption")), media=_media(inner, media_type, default))
        if kind == "video":
            content.subkind = "gif" if inner.get("gifPlayback") is True else None
        if kind == "audio":
            content.subkind = "voice" if inner.get("ptt") is True else None
        if inner.get("viewOnce") is True:
            content.flags.append("view_once")
        if kind == "doc" and (title := text(inner.get("title"))) and title != text(inner.get("fileName")):
            content.raw["title"] = title
        if number(inner.get("pageCount")):
            content.raw["pages"] = number(inner.get("pageCount"))
        return content

    return read


def _media(inner: Map, media_type: str, default: str) -> EventMedia:
    key = data(inner.get("mediaKey"))
    sha256, enc_sha256 = data(inner.get("fileSha256")), data(inner.get("fileEncSha256"))
    fetch = {
        "url": text(inner.get("url")),
        "direct_path": text(inner.get("directPath")),
        "media_key": base64.b64encode(key).decode() if key else None,
        "enc_sha256": enc_sha256.hex() if enc_sha256 and len(enc_sha256) == 32 else None,
        "media_type": media_type,
    }
    known = {name: value for name, value in fetch.items() if value}
    return EventMedia(
        text(inner.get("mimetype")) or default,
        sha256.hex() if sha256 and len(sha256) == 32 else None,
        number(inner.get("fileLength")),
        number(inner.get("width")) or None,
        number(inner.get("height")) or None,
        real(inner.get("seconds")) or None,
        text(inner.get("fileName")),
        known if key and ("url" in known or "direct_path" in known) else None,
    )


def _ptv(inner: Map) -> Content:
    content = _file("video", "video", "video/mp4")(inner)
    content.subkind = "ptv"
    return content


def _sticker(inner: Map) -> Content:
    content = Content("image", "sticker", None, media=_media(inner, "sticker", "image/webp"))
    if inner.get("isAnimated") is True:
        content.flags.append("animated")
    return content


def _location(subkind: str) -> Callable[[Map], Content]:
    def read(inner: Map) -> Content:
        latitude, longitude = real(inner.get("degreesLatitude")), real(inner.get("degreesLongitude"))
        words = [text(inner.get(name)) for name in ("name", "address", "caption", "comment")]
        raw: dict[str, object] = {}
        if latitude is not None and longitude is not None:
            raw = {"latitude": latitude, "longitude": longitude}
        return Content("other", subkind, "\n".join(filter(None, words)) or None, raw=raw)

    return read


def _contact(inner: Map) -> Content:
    card = text(inner.get("vcard")) or ""
    words = [text(inner.get("displayName")), *(found.strip() for found in _PHONE.findall(card))]
    return Content("other", "contact", "\n".join(filter(None, words)) or None)


def _contacts(inner: Map) -> Content:
    cards = inner.get("contacts")
    found = [_contact(mapping(card)).text for card in cards] if isinstance(cards, list) else []
    return Content("other", "contact", "\n".join(filter(None, [text(inner.get("displayName")), *found])) or None)


def _poll(inner: Map) -> Content:
    options = inner.get("options")
    names = [text(mapping(option).get("optionName")) for option in options] if isinstance(options, list) else []
    chosen = [name for name in names if name]
    words = "\n".join(filter(None, [text(inner.get("name")), *chosen]))
    return Content("other", "poll", words or None, raw={"options": chosen} if chosen else {})


def _event(inner: Map) -> Content:
    words = [inner.get("name"), inner.get("description"), mapping(inner.get("location")).get("name")]
    raw = {name: number(inner.get(name)) for name in ("startTime", "endTime") if number(inner.get(name))}
    return Content("other", "event", "\n".join(filter(None, map(text, words))) or None, raw=dict(raw))


def _album(inner: Map) -> Content:
    counts = {"images": number(inner.get("expectedImageCount")), "videos": number(inner.get("expectedVideoCount"))}
    return Content("other", "album", None, raw={"expected": {k: v for k, v in counts.items() if v}})


def _unknown(name: str, inner: Map) -> Content:
    """A kind there is no reader for: its name, and whatever words it carries where messages carry theirs."""
    subkind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.removesuffix("Message")).lower()
    found: list[str] = []
    _gather(inner, found, 0)
    return Content("other", subkind, "\n".join(dict.fromkeys(found)) or None)


_WORDY: Final = frozenset(
    [
        "text", "contentText", "footerText", "caption", "title", "description", "selectedDisplayText", "displayText",
        "hydratedContentText", "buttonText", "body", "name", "groupName", "orderTitle", "message", "note", "footer",
        "conversation", "eventTitle",
    ]
)  # fmt: skip


def _gather(value: object, found: list[str], depth: int) -> None:
    if depth > 8 or len(found) > 100:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _WORDY and isinstance(inner, str) and inner.strip():
                found.append(inner)
            elif key != "contextInfo" and isinstance(inner, (dict, list)):
                _gather(inner, found, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _gather(inner, found, depth + 1)


_READERS: Final[dict[str, Callable[[Map], Content]]] = {
    "conversation": _plain,
    "extendedTextMessage": _extended,
    "imageMessage": _file("image", "image", "image/jpeg"),
    "videoMessage": _file("video", "video", "video/mp4"),
    "ptvMessage": _ptv,
    "audioMessage": _file("audio", "audio", "audio/ogg"),
    "documentMessage": _file("doc", "document", "application/octet-stream"),
    "stickerMessage": _sticker,
    "locationMessage": _location("location"),
    "liveLocationMessage": _location("live_location"),
    "contactMessage": _contact,
    "contactsArrayMessage": _contacts,
    "pollCreationMessage": _poll,
    "pollCreationMessageV2": _poll,
    "pollCreationMessageV3": _poll,
    "pollCreationMessageV5": _poll,
    "pollCreationMessageV6": _poll,
    "eventMessage": _event,
    "albumMessage": _album,
}
