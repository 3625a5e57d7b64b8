"""One WebMessageInfo to events: a message, or what a message says about another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from wa_pipeline.whatsapp.baileys import stubs
from wa_pipeline.whatsapp.baileys.content import content_of, unwrap, words_of
from wa_pipeline.whatsapp.baileys.people import aliases_in, group_names, people_of
from wa_pipeline.whatsapp.baileys.values import data, enum, listed, mapping, moment, text
from wa_pipeline.whatsapp.events import Event, Skip
from wa_pipeline.whatsapp.history import INLINE, UNPACKED, UnreadableHistory, unpack_history
from wa_pipeline.whatsapp.jids import is_lid, is_phone, jid_of, kind_of_jid

Map = Mapping[str, object]

_PROTOCOL: Final = {"REVOKE": 0, "EPHEMERAL_SETTING": 3, "HISTORY_SYNC_NOTIFICATION": 5, "MESSAGE_EDIT": 14}
_REVOKE, _EDIT = 0, 14
_AHEAD: Final = timedelta(days=1)
_NEVER_MESSAGES: Final = {
    "pollUpdateMessage": "poll vote",
    "encEventResponseMessage": "event response",
    "eventResponseMessage": "event response",
    "encReactionMessage": "encrypted reaction",
    "encCommentMessage": "encrypted comment",
    "secretEncryptedMessage": "encrypted edit",
    "pinInChatMessage": "pin",
    "keepInChatMessage": "keep",
    "messageHistoryBundle": "history bundle",
    "messageHistoryNotice": "history notice",
    "groupRootKeyShare": "keys only",
    "stickerSyncRmrMessage": "sticker sync",
}


def message_events(info: Map, source: str, *, history: bool = False) -> Iterator[Event | Skip]:
    """The events of one message as `messages.upsert` and the history carry it."""
    key = mapping(info.get("key"))
    chat, stanza = jid_of(key.get("remoteJid")), text(key.get("id"))
    if chat is None or stanza is None:
        yield Skip("no key")
        return
    sender, alias = people_of(key, info, chat)
    if alias and is_lid(alias) and is_phone(sender):
        yield Event("alias", source, sender=alias, sender_alt=sender)
    base = _Base(source, chat, stanza, sender, alias, text(info.get("pushName")), key.get("fromMe") is True)
    ts = moment(info.get("messageTimestamp"))
    for reaction in listed(info.get("reactions")):
        yield derived_reaction(source, {"key": key, "reaction": reaction})
    message = mapping(info.get("message"))
    stub = enum(info.get("messageStubType"), stubs.NAMES)
    if message:
        yield from _content_events(base, message, ts, history=history)
    elif stub == stubs.CIPHERTEXT:
        yield base.event("undecryptable", ts=ts, kind="other", subkind="undecryptable")
    elif stub == stubs.REVOKE:
        yield base.event("delete", stanza=None, target=stanza, ts=None)
    elif stub:
        yield from _stub_events(base, stub, info.get("messageStubParameters"), ts)
    else:
        yield Skip("empty message")


def history_events(told: Map, source: str) -> Iterator[Event | Skip]:
    """The events of a history: its messages, the names of its groups, who is who."""
    for info in listed(told.get("messages")):
        # Some versions wrap each message of the history once more.
        inner = mapping(mapping(info).get("message"))
        whole = inner if "key" in inner else mapping(info)
        yield from message_events(whole, source, history=True)
    yield from group_names(told.get("chats"), source)
    yield from aliases_in(told.get("contacts"), source)


class _Base:
    """What all events of one message share."""

    def __init__(
        self, source: str, chat: str, stanza: str, sender: str | None, alias: str | None, name: str | None, mine: bool
    ) -> None:
        self._source, self._chat, self._stanza = source, chat, stanza
        self.sender, self._alias, self._name, self._mine = sender, alias, name, mine

    @property
    def source(self) -> str:
        return self._source

    @property
    def chat(self) -> str:
        return self._chat

    def event(self, event: str, *, stanza: str | None = "", target: str | None = None, **facts: object) -> Event:
        return Event(
            event,  # type: ignore[arg-type]
            self._source,
            self._chat,
            self._stanza if stanza == "" else stanza,
            target,
            self.sender,
            self._alias,
            self._name,
            self._mine,
            **facts,  # type: ignore[arg-type]
        )


def _content_events(base: _Base, message: Map, ts: datetime | None, *, history: bool) -> Iterator[Event | Skip]:
    name, inner, flags, context = unwrap(message)
    if name == "protocolMessage":
        yield from _protocol_events(base, inner, ts)
    elif name == "reactionMessage":
        yield reaction_event(base, mapping(inner.get("key")), inner, ts)
    elif name in _NEVER_MESSAGES:
        yield Skip(_NEVER_MESSAGES[name])
    else:
        content = content_of(name, inner, flags, context)
        if content is None:
            yield Skip("keys only")
            return
        told = [*content.flags, "history"] if history else content.flags
        yield base.event(
            "message",
            ts=ts,
            kind=content.kind,
            subkind=content.subkind,
            text=content.text,
            media=content.media,
            quoted=content.quoted,
            album_parent=content.album_parent,
            mentions=tuple(content.mentions),
            flags=tuple(told),
            raw=content.raw,
        )


def _protocol_events(base: _Base, inner: Map, ts: datetime | None) -> Iterator[Event | Skip]:
    target = text(mapping(inner.get("key")).get("id"))
    kind = enum(inner.get("type"), _PROTOCOL)
    if target and (kind == _EDIT or (kind is None and inner.get("editedMessage"))):
        words = words_of(mapping(inner.get("editedMessage")))
        yield base.event("edit", target=target, ts=_by_sender(inner.get("timestampMs"), ts), text=words)
    elif target and kind == _REVOKE:
        yield base.event("delete", target=target, ts=ts)
    elif notification := mapping(inner.get("historySyncNotification")):
        yield from _notified_history(notification, base.source)
    else:
        yield Skip("protocol message")


def _by_sender(value: object, server: datetime | None) -> datetime | None:
    """A time by the sender's own clock; the server's where that clock is more than a day ahead, or says nothing."""
    own = moment(value)
    if own is None or (server is not None and own - server > _AHEAD):
        return server
    return own


def _notified_history(notification: Map, source: str) -> Iterator[Event | Skip]:
    """What the notification holds itself; most only tell of a file, whose content a worker emits as the history."""
    packed, unpacked = data(notification.get(INLINE)), mapping(notification.get(UNPACKED))
    try:
        told = unpack_history(packed) if packed else unpacked
    except UnreadableHistory as error:
        yield Skip(error.args[0])
        return
    if told:
        yield from history_events(told, source)
    else:
        yield Skip("history notification")


def reaction_event(base: _Base, target: Map, reaction: Map, ts: datetime | None) -> Event | Skip:
    """The reaction to the message that `target` is the key of; an empty text takes it back."""
    stanza = text(target.get("id"))
    if stanza is None or base.sender is None:
        return Skip("reaction to nothing")
    at = _by_sender(reaction.get("senderTimestampMs"), ts)
    return base.event("reaction", target=stanza, ts=at, text=text(reaction.get("text")) or "")


def _stub_events(base: _Base, stub: int, parameters: object, ts: datetime | None) -> Iterator[Event]:
    given = parameters if isinstance(parameters, list) else []
    if stub == stubs.SUBJECT and given and isinstance(given[0], str) and kind_of_jid(base.chat) == "group":
        yield Event("group", base.source, base.chat, ts=ts, name=given[0])
    yield base.event(
        "message",
        ts=ts,
        kind="other",
        subkind=stubs.subkind_of(stub),
        text=stubs.sentence_of(stub, given),
        raw={"stub": stub},
    )


def derived_reaction(source: str, item: Map) -> Event | Skip:
    """An entry of `messages.reaction`: `key` is the target's, `reaction.key` says who reacted."""
    target, reaction = mapping(item.get("key")), mapping(item.get("reaction"))
    own = mapping(reaction.get("key"))
    chat = jid_of(target.get("remoteJid")) or jid_of(own.get("remoteJid"))
    if chat is None:
        return Skip("no key")
    sender, alias = people_of(own, {}, chat)
    base = _Base(source, chat, text(own.get("id")) or "", sender, alias, None, own.get("fromMe") is True)
    return reaction_event(base, target, reaction, None)


def derived_update(source: str, item: Map) -> Iterator[Event | Skip]:
    """An entry of `messages.update`: the outer key is the target of an edit or a revoke; receipts are skipped."""
    key, update = mapping(item.get("key")), mapping(item.get("update"))
    chat, target = jid_of(key.get("remoteJid")), text(key.get("id"))
    if chat is None or target is None:
        yield Skip("no key")
        return
    own = mapping(update.get("key")) or key
    sender, alias = people_of(own, {}, chat)
    base = _Base(source, chat, target, sender, alias, None, own.get("fromMe") is True)
    edited = mapping(mapping(mapping(update.get("message")).get("editedMessage")).get("message"))
    stub = enum(update.get("messageStubType"), stubs.NAMES)
    if edited:
        ts = moment(update.get("messageTimestamp"))
        yield base.event("edit", stanza=None, target=target, ts=ts, text=words_of(edited))
    elif stub == stubs.REVOKE:
        yield base.event("delete", stanza=None, target=target, ts=None)
    elif mapping(update.get("message")):
        yield from message_events({**update, "key": key}, source)
    else:
        yield Skip("receipt")
