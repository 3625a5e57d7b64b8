"""A history as a phone sends it, written by its field numbers: bytes, knowing nothing of how they will be read."""

from __future__ import annotations

import struct
import zlib


def field(number: int, value: int | str | bytes | float) -> bytes:
    """One field on the wire: a varint, a double, or what has a length."""
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def key(stanza: str, sender: str | None = None, chat: str | None = None) -> bytes:
    parts = field(3, stanza)
    parts += field(1, chat) if chat else b""
    return parts + (field(4, sender) if sender else b"")


def message(stanza: str, content: bytes, *, at: int, sender: str, more: bytes = b"") -> bytes:
    """A WebMessageInfo; `content` is a Message's own bytes."""
    return field(1, key(stanza, sender)) + field(2, content) + field(3, at) + more


def conversation(chat: str, *messages: bytes, name: str | None = None, more: bytes = b"") -> bytes:
    parts = field(1, chat) + b"".join(field(2, field(1, each)) for each in messages)
    return parts + (field(13, name) if name else b"") + more


def history(*conversations: bytes, more: bytes = b"") -> bytes:
    """The inline payload: deflated, of the kind sent when a device is linked."""
    return zlib.compress(field(1, 0) + b"".join(field(2, each) for each in conversations) + more)
