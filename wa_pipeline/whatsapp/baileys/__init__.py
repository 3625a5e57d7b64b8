"""Baileys' events, as the library emits them and as workers post them.

A body is `{"event": name, "data": …}`, a map of event names to data, or a list of either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from wa_pipeline.whatsapp.baileys.messages import derived_reaction, derived_update, history_events, message_events
from wa_pipeline.whatsapp.baileys.people import alias, aliases_in, group_names
from wa_pipeline.whatsapp.baileys.values import listed, mapping, moment, text
from wa_pipeline.whatsapp.events import Event, Normalised, SessionStatus, Skip, Unreadable
from wa_pipeline.whatsapp.jids import jid_of
from wa_pipeline.whatsapp.secrets import without_secrets

Map = Mapping[str, object]
Found = Iterator[Event | Skip]


def normalise_baileys(payload: object, source: str = "baileys") -> Normalised:
    """The events of one body. Raises `Unreadable` where it is none."""
    return gathered(_events(payload, source), payload)


def gathered(found: Found, payload: object) -> Normalised:
    """Events and counted skips, with the payload as it may be kept."""
    events: list[Event] = []
    skips: Counter[str] = Counter()
    for item in found:
        if isinstance(item, Event):
            events.append(item)
        else:
            skips[item.reason] += item.times
    clean, secret = without_secrets(payload)
    return Normalised(events, [Skip(reason, times) for reason, times in skips.items()], clean if secret else None)


def _events(payload: object, source: str) -> Found:
    if isinstance(payload, list):
        for item in payload:
            yield from _events(item, source)
        return
    if not isinstance(payload, dict):
        raise Unreadable("the body is neither an event nor a list of events")
    name = payload.get("event")
    if isinstance(name, str):
        yield from named_events(name, payload.get("data"), source)
    elif any(key in _EVENTS for key in payload):
        for key, data in payload.items():
            yield from named_events(str(key), data, source)
    else:
        raise Unreadable("the body names no event")


def named_events(name: str, data: object, source: str) -> Found:
    """The events of Baileys' event `name` with its data."""
    read = _EVENTS.get(name)
    if read is None:
        yield Skip(name[:60] or "no event name")
        return
    yield from read(data, source)


def _upsert(data: object, source: str) -> Found:
    for info in listed(mapping(data).get("messages")):
        yield from message_events(mapping(info), source)


def _updates(data: object, source: str) -> Found:
    for item in listed(data):
        yield from derived_update(source, mapping(item))


def _reactions(data: object, source: str) -> Found:
    for item in listed(data):
        yield derived_reaction(source, mapping(item))


def _history(data: object, source: str) -> Found:
    yield from history_events(mapping(data), source)


def _groups(data: object, source: str) -> Found:
    for item in listed(data):
        group = mapping(item)
        jid, subject = jid_of(group.get("id")), text(group.get("subject"))
        if jid and subject:
            yield Event("group", source, jid, ts=moment(group.get("subjectTime")), name=subject)
        else:
            yield Skip("group setting")
        yield from aliases_in(group.get("participants"), source)


def _participants(data: object, source: str) -> Found:
    change = mapping(data)
    jid = jid_of(change.get("id"))
    if jid is None:
        yield Skip("no key")
        return
    people = [
        mapping(person) if isinstance(person, dict) else {"id": person} for person in listed(change.get("participants"))
    ]
    mentions = tuple(filter(None, (jid_of(person.get("id")) for person in people)))
    yield Event("participants", source, jid, subkind=text(change.get("action")), mentions=mentions)
    yield from aliases_in(people, source)


def _mapping(data: object, source: str) -> Found:
    for item in listed(data) or [data]:
        pair = mapping(item)
        yield from alias(jid_of(pair.get("lid")), jid_of(pair.get("pn")), source)


def _connection(data: object, source: str) -> Found:
    state = mapping(data)
    statuses: dict[str | None, SessionStatus] = {
        "open": "connected",
        "connecting": "connecting",
        "close": "disconnected",
    }
    qr = text(state.get("qr"))
    status = statuses.get(text(state.get("connection"))) or ("connecting" if qr else None)
    if status is None:
        yield Skip("connection detail")
    else:
        yield Event("session", source, status=status, raw={"qr": qr} if qr else {})


def _creds(data: object, source: str) -> Found:
    """Part of a worker's credentials, whenever they change; who it is stands among them."""
    told = mapping(data)
    me = mapping(told.get("me"))
    if not told:
        yield Skip("empty")
        return
    number = (jid_of(me.get("id")) or "").partition("@")[0]
    known = {"number": number, "name": text(me.get("name"))}
    raw = {name: value for name, value in known.items() if value}
    yield Event("session", source, credentials=told, raw=raw)


_EVENTS: Final[dict[str, Callable[[object, str], Found]]] = {
    "messages.upsert": _upsert,
    "messages.update": _updates,
    "messages.reaction": _reactions,
    "messaging-history.set": _history,
    "chats.upsert": group_names,
    "chats.update": group_names,
    "groups.upsert": _groups,
    "groups.update": _groups,
    "group-participants.update": _participants,
    "contacts.upsert": aliases_in,
    "contacts.update": aliases_in,
    "lid-mapping.update": _mapping,
    "connection.update": _connection,
    "creds.update": _creds,
}
