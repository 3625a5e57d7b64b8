"""Who wrote a message, who is who, and what groups are called, wherever Baileys says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wa_pipeline.whatsapp.baileys.values import listed, mapping, text
from wa_pipeline.whatsapp.events import Event, Skip
from wa_pipeline.whatsapp.jids import is_lid, is_phone, jid_of, kind_of_jid, person_and_alias

Map = Mapping[str, object]


def people_of(key: Map, info: Map, chat: str) -> tuple[str | None, str | None]:
    """(sender, the same person's other JID) of a message key, under the names the versions of Baileys use."""
    if kind_of_jid(chat) in ("person", "lid"):
        if key.get("fromMe") is True:
            return None, None
        return person_and_alias(chat, _first(key, "remoteJidAlt", "senderPn", "senderLid"))
    participant = jid_of(key.get("participant")) or jid_of(info.get("participant"))
    return person_and_alias(participant, _first(key, "participantAlt", "participantPn", "participantLid", "senderPn"))


def _first(key: Map, *names: str) -> str | None:
    return next((jid for jid in (jid_of(key.get(name)) for name in names) if jid), None)


def group_names(data: object, source: str) -> Iterator[Event | Skip]:
    """Only names out of chats: the messages a chat's state carries come as events of their own."""
    for item in listed(data):
        chat = mapping(item)
        jid, name = jid_of(chat.get("id")), text(chat.get("name"))
        if jid and name and kind_of_jid(jid) == "group":
            yield Event("group", source, jid, name=name)
        else:
            yield Skip("chat state")


def aliases_in(data: object, source: str) -> Iterator[Event]:
    """The LIDs and phone numbers of contacts or participants that are told with both."""
    for item in listed(data):
        person = mapping(item)
        known = [jid_of(person.get(name)) for name in ("id", "lid", "phoneNumber", "jid", "pn")]
        yield from alias(next(filter(is_lid, known), None), next(filter(is_phone, known), None), source)


def alias(lid: str | None, phone: str | None, source: str) -> Iterator[Event]:
    if is_lid(lid) and is_phone(phone):
        yield Event("alias", source, sender=lid, sender_alt=phone)
