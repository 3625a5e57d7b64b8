"""GOWA (go-whatsapp-web-multidevice): `{event, device_id, payload}`, one webhook body an event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from wa_pipeline.whatsapp.baileys import gathered
from wa_pipeline.whatsapp.baileys.values import mapping, moment, text
from wa_pipeline.whatsapp.events import Event, Normalised, Quoted, Skip, Unreadable
from wa_pipeline.whatsapp.gowa_content import content_of, holds_address, without_addresses
from wa_pipeline.whatsapp.jids import is_lid, is_phone, jid_of, kind_of_jid, person_and_alias

Map = Mapping[str, object]
Found = Iterator[Event | Skip]
SOURCE: Final = "gowa"
_NO_KEY: Final = Skip("no key")

_CHANGES: Final = {"join": "add", "leave": "leave", "promote": "promote", "demote": "demote"}
_SKIPPED: Final = {
    "message.ack": "receipt",
    # Taken away on one's own devices only; everybody else goes on seeing it.
    "message.deleted": "deleted for oneself",
    "call.offer": "call",
    "newsletter.joined": "newsletter",
    "newsletter.left": "newsletter",
    "newsletter.message": "newsletter",
    "newsletter.mute": "newsletter",
    "chat_presence": "presence",
}


def normalise_gowa(payload: object) -> Normalised:
    """The events of one webhook body. Raises `Unreadable` where it names no event."""
    if not isinstance(payload, dict) or not isinstance(payload.get("event"), str):
        raise Unreadable("the body names no event")
    found = gathered(_events(payload), payload)
    if not holds_address(payload):
        return found
    return Normalised(found.events, found.skips, without_addresses(found.clean or payload))


def _events(body: Map) -> Found:
    name, payload = str(body["event"]), mapping(body.get("payload"))
    read = _READERS.get(name)
    if read is None:
        yield Skip(_SKIPPED.get(name) or name[:60] or "no event name")
    elif not payload:
        yield Skip("empty")
    else:
        yield from read(payload, body)


class _Head(NamedTuple):
    """What all payloads about a message share."""

    chat: str
    stanza: str | None
    sender: str | None
    alias: str | None
    name: str | None
    from_me: bool
    ts: datetime | None

    def aliases(self) -> Found:
        if is_lid(self.alias) and is_phone(self.sender):
            yield Event("alias", SOURCE, sender=self.alias, sender_alt=self.sender)

    def event(self, what: str, *, target: str | None = None, **facts: object) -> Event:
        return Event(
            what,  # type: ignore[arg-type]
            SOURCE,
            self.chat,
            self.stanza,
            target,
            self.sender,
            self.alias,
            self.name,
            self.from_me,
            self.ts,
            **facts,  # type: ignore[arg-type]
        )


def _head(payload: Map, body: Map) -> _Head | None:
    chat = jid_of(payload.get("chat_id"))
    if chat is None:
        return None
    from_me = payload.get("is_from_me") is True
    sender, alias = person_and_alias(jid_of(payload.get("from")), jid_of(payload.get("from_lid")))
    if from_me and kind_of_jid(chat) in ("person", "lid"):
        sender = alias = None
    name = text(payload.get("from_name"))
    at = _instant(payload.get("timestamp")) or _instant(body.get("timestamp"))
    return _Head(chat, text(payload.get("id")), sender, alias, name, from_me, at)


def _instant(value: object) -> datetime | None:
    """RFC 3339, or seconds since 1970."""
    if not isinstance(value, str):
        return moment(value)
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo and found.year >= 1970 else None
    except (ValueError, OverflowError):
        return moment(value)


def _message(payload: Map, body: Map) -> Found:
    head = _head(payload, body)
    if head is None or head.stanza is None:
        yield _NO_KEY
        return
    yield from head.aliases()
    content = content_of(payload)
    quoted = text(payload.get("replied_to_id"))
    flags = tuple(name for name in ("view_once", "forwarded") if payload.get(name) is True)
    yield head.event(
        "message",
        kind=content.kind,
        subkind=content.subkind,
        text=content.text,
        media=content.media,
        quoted=Quoted(quoted, text=text(payload.get("quoted_body"))) if quoted else None,
        flags=flags,
        raw=content.raw,
    )


def _reaction(payload: Map, body: Map) -> Found:
    head, target = _head(payload, body), text(payload.get("reacted_message_id"))
    if head is None:
        yield _NO_KEY
        return
    sender = head.sender or jid_of(payload.get("from")) or jid_of(body.get("device_id"))
    if target is None or sender is None:
        yield Skip("reaction to nothing")
        return
    yield from head.aliases()
    yield head._replace(sender=sender).event("reaction", target=target, text=text(payload.get("reaction")) or "")


def _revoked(payload: Map, body: Map) -> Found:
    head, target = _head(payload, body), text(payload.get("revoked_message_id"))
    if head is None or target is None:
        yield _NO_KEY
        return
    yield from head.aliases()
    yield head._replace(chat=jid_of(payload.get("revoked_chat")) or head.chat).event("delete", target=target)


def _edited(payload: Map, body: Map) -> Found:
    head, target = _head(payload, body), text(payload.get("original_message_id"))
    if head is None or target is None:
        yield _NO_KEY
        return
    yield from head.aliases()
    words = payload.get("body")
    yield head.event("edit", target=target, text=words if isinstance(words, str) else None)


def _participants(payload: Map, body: Map) -> Found:
    chat, people = jid_of(payload.get("chat_id")), payload.get("jids")
    if chat is None:
        yield _NO_KEY
        return
    mentions = tuple(filter(None, map(jid_of, people))) if isinstance(people, list) else ()
    change = text(payload.get("type")) or ""
    subkind = _CHANGES.get(change, change or None)
    at = _instant(payload.get("timestamp")) or _instant(body.get("timestamp"))
    yield Event("participants", SOURCE, chat, ts=at, subkind=subkind, mentions=mentions)


def _joined(payload: Map, body: Map) -> Found:
    """The document shows no example of it: what names a group there is read, anything else is counted."""
    chat = jid_of(payload.get("chat_id")) or jid_of(payload.get("group_id")) or jid_of(payload.get("jid"))
    name = text(payload.get("name")) or text(payload.get("group_name")) or text(payload.get("subject"))
    if chat and name and kind_of_jid(chat) == "group":
        at = _instant(payload.get("timestamp")) or _instant(body.get("timestamp"))
        yield Event("group", SOURCE, chat, ts=at, name=name)
    else:
        yield Skip("group joined")


_READERS: Final[dict[str, Callable[[Map, Map], Found]]] = {
    "message": _message,
    "message.reaction": _reaction,
    "message.revoked": _revoked,
    "message.edited": _edited,
    "group.participants": _participants,
    "group.joined": _joined,
}
