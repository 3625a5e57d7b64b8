"""The history a phone sends along in a notification: deflated, in WhatsApp's own binary form, newest first."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any, Final

from wa_pipeline.whatsapp.history_fields import CONTENT, history_type
from wa_pipeline.whatsapp.sane import sane

INLINE: Final = "initialHistBootstrapInlinePayload"
"""The notification's field that holds it."""
UNPACKED: Final = "history"
"""What takes its place in a delivery that is kept, so that a replay reads it again: as `messaging-history.set`."""
MOST: Final = 32 << 20
"""Bytes unpacked at most; a phone sends a few hundred kilobytes this way and offers what is larger as a file."""


class UnreadableHistory(Exception):
    """It is no history, or larger than MOST; `args[0]` says which, in a few words."""


def unpack_history(packed: bytes) -> dict[str, object]:
    """The data of Baileys' event `messaging-history.set`: messages, chats, contacts. Raises `UnreadableHistory`."""
    from google.protobuf.message import DecodeError

    history: Any = history_type()()
    try:
        history.ParseFromString(_inflated(packed))
        told = _plain(history)
    except (zlib.error, DecodeError, RecursionError):
        raise UnreadableHistory("history that cannot be read") from None
    talks = told.get("conversations", [])
    names = {person.get("id"): person.get("pushname") for person in told.get("pushnames", [])}
    messages = [
        _completed(held["message"], talk.get("id"), names)
        for talk in talks
        for held in talk.get("messages", [])
        if "message" in held
    ]
    chats = [{"id": talk.get("id"), "name": talk.get("name") or talk.get("displayName")} for talk in talks]
    people = [{"lid": talk.get("lidJid"), "pn": talk.get("pnJid")} for talk in talks]
    return {
        "messages": messages,
        "chats": [chat for chat in chats if chat["name"]],
        "contacts": told.get("phoneNumberToLidMappings", []) + [pair for pair in people if all(pair.values())],
    }


def _inflated(packed: bytes) -> bytes:
    inflating = zlib.decompressobj()
    plain = inflating.decompress(packed, MOST)
    if inflating.unconsumed_tail:
        raise UnreadableHistory("history too large")
    if not inflating.eof:
        raise UnreadableHistory("history that cannot be read")
    return plain


def _plain(message: Any) -> dict[str, Any]:
    """The fields that are there, by name: bytes as base64, as in JSON. Protobuf's own way to JSON takes text that is no
    UTF-8, which the parser hands out as bytes, for words about bytes."""
    found = {field.name: _value(field, value) for field, value in message.ListFields()}
    if not found and message.DESCRIPTOR.name == CONTENT and _holds_what_is_not_named(message):
        return {"futureMessage": {}}
    return found


def _value(field: Any, value: Any) -> Any:
    if field.is_repeated:
        return [_one(field, each) for each in value]
    return _one(field, value)


def _one(field: Any, value: Any) -> Any:
    if field.message_type is not None:
        return _plain(value)
    if field.type == field.TYPE_BYTES:
        return base64.b64encode(value).decode()
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return sane(value) if isinstance(value, str) else value


def _holds_what_is_not_named(message: Any) -> bool:
    from google.protobuf.unknown_fields import UnknownFieldSet

    return len(UnknownFieldSet(message)) > 0


def _completed(info: dict[str, Any], chat: str | None, names: Mapping[str | None, str | None]) -> dict[str, Any]:
    """A message with what the history says elsewhere: its chat, its sender's name."""
    key = info.setdefault("key", {})
    key.setdefault("remoteJid", chat)
    if name := names.get(key.get("participant") or info.get("participant")):
        info.setdefault("pushName", name)
    return info
