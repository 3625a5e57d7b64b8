"""WAHA: `{id, event, session, me, engine, payload}`, one webhook body an event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final

from wa_pipeline.whatsapp.baileys import gathered, named_events
from wa_pipeline.whatsapp.baileys.values import mapping, moment, text
from wa_pipeline.whatsapp.events import Event, Normalised, SessionStatus, Skip, Unreadable
from wa_pipeline.whatsapp.jids import is_lid, is_phone, jid_of, kind_of_jid
from wa_pipeline.whatsapp.waha_content import MessageId, read_id
from wa_pipeline.whatsapp.waha_message import NO_KEY, SOURCE, Head, alias_event, message_of, read_head

Map = Mapping[str, object]
Found = Iterator[Event | Skip]

_STATUSES: Final[dict[str, SessionStatus]] = {
    "WORKING": "connected",
    "STARTING": "connecting",
    "SCAN_QR_CODE": "connecting",
    "PASSKEY_REQUIRED": "connecting",
    "PASSKEY_CONFIRMATION_REQUIRED": "connecting",
    "STOPPED": "disconnected",
    "FAILED": "disconnected",
}
_CHANGES: Final = {"join": "add", "leave": "leave", "promote": "promote", "demote": "demote"}
_SKIPPED: Final = {
    "message.ack": "receipt",
    "message.ack.group": "receipt",
    "poll.vote": "poll vote",
    "poll.vote.failed": "poll vote",
    "event.response": "event response",
    "event.response.failed": "event response",
    "presence.update": "presence",
    "call.received": "call",
    "call.accepted": "call",
    "call.rejected": "call",
    "chat.archive": "chat state",
    "label.upsert": "label",
    "label.deleted": "label",
    "label.chat.added": "label",
    "label.chat.deleted": "label",
    # Told again, and better, by session.status and group.v2.*.
    "state.change": "connection detail",
    "group.join": "told by group.v2",
    "group.leave": "told by group.v2",
}


def normalise_waha(payload: object) -> Normalised:
    """The events of one webhook body. Raises `Unreadable` where it names no event."""
    if not isinstance(payload, dict) or not isinstance(payload.get("event"), str):
        raise Unreadable("the body names no event")
    return gathered(_events(payload), payload)


def _events(body: Map) -> Found:
    name, payload = str(body["event"]), mapping(body.get("payload"))
    read = _READERS.get(name)
    if read is None:
        yield Skip(_SKIPPED.get(name) or name[:60] or "no event name")
    elif not payload:
        yield Skip("empty")
    else:
        yield from read(payload, body)


def _message(payload: Map, body: Map) -> Found:
    yield from message_of(payload)


def _waiting(payload: Map, body: Map) -> Found:
    """WhatsApp's “waiting for this message”: its content comes later, as a message of the same id."""
    head = read_head(payload)
    if head is None:
        yield NO_KEY
        return
    yield from alias_event(head)
    yield head.event("undecryptable", ts=moment(payload.get("timestamp")), kind="other", subkind="undecryptable")


def _edited(payload: Map, body: Map) -> Found:
    head = read_head(payload)
    if head is None:
        yield NO_KEY
        return
    yield from alias_event(head)
    target = read_id(payload.get("editedMessageId"))
    stanza = head.stanza if target and target.stanza != head.stanza else None
    at = moment(payload.get("timestamp"))
    words = payload.get("body")
    told = words if isinstance(words, str) else None
    yield head.event("edit", stanza=stanza, target=(target or head).stanza, ts=at, text=told)


def _revoked(payload: Map, body: Map) -> Found:
    """`after` is the revocation, told by whoever revoked; `before` the message, where WAHA still has it."""
    after, before = mapping(payload.get("after")), mapping(payload.get("before"))
    told = read_head(after) or read_head(before)
    if told is None:
        yield NO_KEY
        return
    target: MessageId | Head = read_id(payload.get("revokedMessageId")) or read_head(before) or told
    yield from alias_event(told)
    own = told.stanza if told.stanza != target.stanza else None
    yield told.event("delete", stanza=own, target=target.stanza, ts=moment(after.get("timestamp")))


def _reaction(payload: Map, body: Map) -> Found:
    head, reaction = read_head(payload), mapping(payload.get("reaction"))
    target = read_id(reaction.get("messageId"))
    if head is None or target is None:
        yield NO_KEY if head is None else Skip("reaction to nothing")
        return
    if head.sender is None:
        head = head._replace(sender=_me(body) or jid_of(payload.get("participant")))
    if head.sender is None:
        yield Skip("reaction to nothing")
        return
    yield from alias_event(head)
    told = payload.get("timestamp")
    # Seconds with a fraction, by which two reactions of one second are told apart.
    at = moment(round(told * 1000)) if isinstance(told, float) and abs(told) < 1e11 else moment(told)
    yield head.event("reaction", target=target.stanza, ts=at, text=text(reaction.get("text")) or "")


def _group(payload: Map, body: Map) -> Found:
    group, raw = mapping(payload.get("group")), mapping(payload.get("_data"))
    jid, subject = jid_of(group.get("id")), text(group.get("subject"))
    if jid is None or kind_of_jid(jid) != "group":
        yield NO_KEY
        return
    if subject:
        # Since when it bears the name, where the engine says so; else the time it was told.
        at = moment(raw.get("subjectTime")) or moment(payload.get("timestamp"))
        yield Event("group", SOURCE, jid, ts=at, name=subject)
    else:
        yield Skip("group setting")
    yield from _aliases(group.get("participants"))


def _leave(payload: Map, body: Map) -> Found:
    jid, me = jid_of(mapping(payload.get("group")).get("id")), _me(body)
    if jid is None:
        yield NO_KEY
        return
    at = moment(payload.get("timestamp"))
    yield Event("participants", SOURCE, jid, ts=at, subkind="leave", mentions=(me,) if me else ())


def _participants(payload: Map, body: Map) -> Found:
    jid = jid_of(mapping(payload.get("group")).get("id"))
    if jid is None:
        yield NO_KEY
        return
    people = payload.get("participants")
    told = people if isinstance(people, list) else []
    mentions = tuple(filter(None, (jid_of(mapping(person).get("id")) for person in told)))
    change = text(payload.get("type")) or ""
    at = moment(payload.get("timestamp"))
    yield Event("participants", SOURCE, jid, ts=at, subkind=_CHANGES.get(change, change or None), mentions=mentions)
    yield from _aliases(people)


def _aliases(people: object) -> Found:
    for item in people if isinstance(people, list) else []:
        person = mapping(item)
        lid, phone = jid_of(person.get("id")), jid_of(person.get("pn"))
        if is_lid(lid) and is_phone(phone):
            yield Event("alias", SOURCE, sender=lid, sender_alt=phone)


def _session(payload: Map, body: Map) -> Found:
    status = _STATUSES.get(text(payload.get("status")) or "")
    if status is None:
        yield Skip("connection detail")
        return
    me = mapping(body.get("me"))
    told = {"number": (_me(body) or "").partition("@")[0], "name": text(me.get("pushName"))}
    yield Event(
        "session",
        SOURCE,
        ts=_since(payload) or moment(body.get("timestamp")),
        status=status,
        raw={name: value for name, value in told.items() if value},
    )


def _since(payload: Map) -> datetime | None:
    """When the session came to the state it is in, by its own list of states."""
    points = payload.get("statuses")
    for point in reversed(points if isinstance(points, list) else []):
        if mapping(point).get("status") == payload.get("status"):
            return moment(mapping(point).get("timestamp"))
    return None


def _me(body: Map) -> str | None:
    """The account's own phone JID, else its LID."""
    me = mapping(body.get("me"))
    known = [jid for jid in (jid_of(me.get(name)) for name in ("id", "jid", "lid")) if jid]
    return next(filter(is_phone, known), None) or next(iter(known), None)


def _engine(payload: Map, body: Map) -> Found:
    """What the engine itself emitted: Baileys' events, where that is the engine."""
    name = text(payload.get("event"))
    found = list(named_events(name, payload.get("data"), SOURCE)) if name and body.get("engine") == "NOWEB" else []
    yield from found or [Skip("engine event")]


_READERS: Final[dict[str, Callable[[Map, Map], Found]]] = {
    "message": _message,
    "message.any": _message,
    "message.waiting": _waiting,
    "message.edited": _edited,
    "message.revoked": _revoked,
    "message.reaction": _reaction,
    "group.v2.join": _group,
    "group.v2.update": _group,
    "group.v2.leave": _leave,
    "group.v2.participants": _participants,
    "session.status": _session,
    "engine.event": _engine,
}
