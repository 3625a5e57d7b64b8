"""A message as WAHA tells it: its id, its people, and what it holds.

The documented fields come first. What the engine itself said lies in `_data`; where that is WhatsApp's own message
(NOWEB: as Baileys has it, GOWS: as whatsmeow has it), it says more and is read instead. WEBJS keeps a map of its own
there, of which quotation, mentions and the file's hash are used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from wa_pipeline.whatsapp.baileys.messages import message_events
from wa_pipeline.whatsapp.baileys.values import mapping, moment, text
from wa_pipeline.whatsapp.events import Event, Skip
from wa_pipeline.whatsapp.jids import is_lid, is_phone, jid_of, kind_of_jid, person_and_alias
from wa_pipeline.whatsapp.waha_content import MessageId, documented, read_id

Map = Mapping[str, object]
SOURCE: Final = "waha"
NO_KEY: Final = Skip("no key")

# How Go writes the names of fields that JavaScript writes in camel case.
_GO_NAMES: Final = {
    "URL": "url", "ID": "id", "PTT": "ptt", "JPEGThumbnail": "jpegThumbnail", "fileSHA256": "fileSha256",
    "fileEncSHA256": "fileEncSha256", "stanzaID": "stanzaId", "remoteJID": "remoteJid", "mentionedJID": "mentionedJid",
}  # fmt: skip


class Head(NamedTuple):
    """What all of WAHA's payloads about a message share."""

    chat: str
    stanza: str
    from_me: bool
    sender: str | None
    alias: str | None
    name: str | None

    def event(self, what: str, *, stanza: str | None = "", target: str | None = None, **facts: object) -> Event:
        return Event(
            what,  # type: ignore[arg-type]
            SOURCE,
            self.chat,
            self.stanza if stanza == "" else stanza,
            target,
            self.sender,
            self.alias,
            self.name,
            self.from_me,
            **facts,  # type: ignore[arg-type]
        )


def read_head(payload: Map) -> Head | None:
    """Chat, stanza and people of a payload; None where it does not say which message it is."""
    found = read_id(payload.get("id"))
    if found is None:
        return None
    told = payload.get("fromMe")
    from_me = told if isinstance(told, bool) else bool(found.from_me)
    chat = found.chat or jid_of(payload.get("to") if from_me else payload.get("from"))
    if chat is None:
        return None
    raw = mapping(payload.get("_data"))
    info = mapping(raw.get("Info"))
    name = text(raw.get("pushName")) or text(info.get("PushName")) or text(raw.get("notifyName"))
    sender, alias = _people(payload, found, chat, from_me=from_me)
    return Head(chat, found.stanza, from_me, sender, alias, name)


def _people(payload: Map, found: MessageId, chat: str, *, from_me: bool) -> tuple[str | None, str | None]:
    raw = mapping(payload.get("_data"))
    key, info = mapping(raw.get("key")), mapping(raw.get("Info"))
    if kind_of_jid(chat) in ("person", "lid"):
        other = jid_of(key.get("remoteJidAlt")) or jid_of(info.get("SenderAlt"))
        return (None, None) if from_me else person_and_alias(chat, other)
    told = (found.participant, jid_of(payload.get("participant")), jid_of(payload.get("author")))
    other = jid_of(key.get("participantAlt")) or jid_of(info.get("SenderAlt"))
    return person_and_alias(next(filter(None, told), None), other)


def alias_event(head: Head) -> Iterator[Event]:
    """The two JIDs of the sender, where the payload carries both."""
    if is_lid(head.alias) and is_phone(head.sender):
        yield Event("alias", SOURCE, sender=head.alias, sender_alt=head.sender)


def message_of(payload: Map) -> Iterator[Event | Skip]:
    """The events of a message."""
    head = read_head(payload)
    if head is None:
        yield NO_KEY
        return
    info = _engine_message(payload, head)
    if info is not None:
        for found in message_events(info, SOURCE):
            yield _with_file(found, payload) if isinstance(found, Event) and found.event == "message" else found
        return
    yield from alias_event(head)
    content = documented(payload, head.chat)
    yield head.event(
        "message",
        ts=moment(payload.get("timestamp")),
        kind=content.kind,
        subkind=content.subkind,
        text=content.text,
        media=content.media,
        quoted=content.quoted,
        mentions=tuple(content.mentions),
        flags=tuple(content.flags),
        raw=content.raw,
    )


def _engine_message(payload: Map, head: Head) -> Map | None:
    """WhatsApp's own message as Baileys would give it; None where the engine does not pass it on."""
    raw = mapping(payload.get("_data"))
    ours = {"remoteJid": head.chat, "id": head.stanza, "fromMe": head.from_me, "participant": head.sender}
    more = {"pushName": head.name, "messageTimestamp": payload.get("timestamp")}
    key = {**ours, "participantAlt": head.alias, "remoteJidAlt": head.alias}
    if mapping(raw.get("message")):
        return {**more, "key": key, "message": raw["message"]}
    if mapping(raw.get("Message")):
        return {**more, "key": key, "message": _respelt(raw["Message"], 0)}
    return None


def _respelt(value: object, depth: int) -> object:
    """Go's field names in Baileys' spelling."""
    if depth > 200:
        return None
    if isinstance(value, dict):
        return {_GO_NAMES.get(name, name): _respelt(inner, depth + 1) for name, inner in value.items()}
    return [_respelt(inner, depth + 1) for inner in value] if isinstance(value, list) else value


def _with_file(event: Event, payload: Map) -> Event:
    """The file as the gateway has it, already decrypted, rather than as it lies at WhatsApp's."""
    url = text(mapping(payload.get("media")).get("url")) or text(payload.get("mediaUrl"))
    if event.media is None or url is None:
        return event
    name = event.media.filename or text(mapping(payload.get("media")).get("filename"))
    return replace(event, media=replace(event.media, fetch={"url": url}, filename=name))
