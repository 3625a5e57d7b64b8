"""Evolution API: `{event, instance, data, sender, apikey}`, with what Baileys says in `data`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import replace

from wa_pipeline.whatsapp.baileys import gathered, named_events
from wa_pipeline.whatsapp.baileys.messages import derived_update, message_events
from wa_pipeline.whatsapp.baileys.values import mapping, text
from wa_pipeline.whatsapp.events import Event, EventMedia, Normalised, Skip, Unreadable

SOURCE = "evolution"
_NAMES = {"groups.upsert", "group.update", "groups.update", "contacts.upsert", "contacts.update", "chats.upsert"}


def normalise_evolution(payload: object) -> Normalised:
    """The events of one webhook body. Raises `Unreadable` where it names no event."""
    if not isinstance(payload, dict) or not isinstance(payload.get("event"), str):
        raise Unreadable("the body names no event")
    return gathered(_events(payload), payload)


def _events(payload: Mapping[str, object]) -> Iterator[Event | Skip]:
    # `MESSAGES_UPSERT` where webhooks are told by event, `messages.upsert` elsewhere.
    name = str(payload["event"]).lower().replace("_", ".")
    data = payload.get("data")
    if name in ("messages.upsert", "send.message", "messages.set"):
        for info in data if isinstance(data, list) else [data]:
            for found in message_events(mapping(info), SOURCE, history=name == "messages.set"):
                yield _with_file(found, mapping(info)) if isinstance(found, Event) else found
    elif name in ("messages.update", "messages.edited", "messages.delete"):
        for item in data if isinstance(data, list) else [data]:
            yield from _update(name, mapping(item))
    elif name in ("connection.update", "qrcode.updated"):
        yield _session(mapping(data))
    elif name == "group.participants.update":
        yield from named_events("group-participants.update", data, SOURCE)
    elif name in _NAMES:
        plural = "groups.update" if name == "group.update" else name
        yield from named_events(plural, data if isinstance(data, list) else [data], SOURCE)
    else:
        yield Skip(name[:60])


def _update(name: str, item: Mapping[str, object]) -> Iterator[Event | Skip]:
    """Flattened by Evolution: `{keyId, remoteJid, fromMe, participant, status}`; deletions carry the message's key."""
    if name == "messages.delete":
        key = mapping(item.get("key")) or {**item}
        yield from derived_update(SOURCE, {"key": key, "update": {"messageStubType": 1, "key": key}})
    elif "key" in item:
        yield from derived_update(SOURCE, item if "update" in item else {"key": item["key"], "update": item})
    else:
        yield Skip("receipt")


def _with_file(event: Event, info: Mapping[str, object]) -> Event:
    """The bytes, or the address of the decrypted file, where Evolution was told to send them along."""
    media, message = event.media, mapping(info.get("message"))
    if media is None:
        return event
    if (coded := text(message.get("base64")) or text(info.get("base64"))) and (inline := _decoded(coded)):
        return replace(event, media=_changed(media, inline=inline))
    if url := text(message.get("mediaUrl")):
        return replace(event, media=_changed(media, fetch={"url": url}))
    return event


def _changed(media: EventMedia, **facts: object) -> EventMedia:
    return replace(media, **facts)  # type: ignore[arg-type]


def _decoded(coded: str) -> bytes | None:
    try:
        return base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError):
        return None


def _session(data: Mapping[str, object]) -> Event | Skip:
    code = text(mapping(data.get("qrcode")).get("code"))
    if code:
        return Event("session", SOURCE, status="connecting", raw={"qr": code})
    state = text(data.get("state"))
    if state == "open":
        return Event("session", SOURCE, status="connected")
    if state == "close":
        return Event("session", SOURCE, status="disconnected")
    return Event("session", SOURCE, status="connecting") if state == "connecting" else Skip("connection detail")
