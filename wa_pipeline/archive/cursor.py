"""Where a page of the search ended, as text that can be handed out and taken back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from wa_pipeline.errors import WaError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LAYOUT = struct.Struct(">q16s4s")


class BadCursor(WaError):
    """The cursor is not one that this search gave; leave it out to start from the newest message."""


@dataclass(frozen=True)
class Position:
    """A place in the order (ts desc, id desc)."""

    ts: datetime
    id: UUID


def encode(position: Position, *, newer: bool = False) -> str:
    """38 URL-safe characters: the microsecond, the id, and a check that both arrived as they left.

    It leads to what is older than the position, or, with `newer`, to what is newer.
    """
    moment = (position.ts - EPOCH) // MICROSECOND
    packed = LAYOUT.pack(moment, position.id.bytes, _check(moment, position.id.bytes, newer))
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode(cursor: str) -> Position:
    """The place a cursor to older rows stands for. Raises `BadCursor` for anything else, altered cursors included."""
    position, newer = decode_either(cursor)
    if newer:
        raise BadCursor
    return position


def decode_either(cursor: str) -> tuple[Position, bool]:
    """The place a cursor of `encode` stands for, and whether it leads to newer rows. Raises `BadCursor` otherwise."""
    try:
        packed = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        moment, row_id, check = LAYOUT.unpack(packed)
        position = Position(EPOCH + moment * MICROSECOND, UUID(bytes=row_id))
    except (UnicodeEncodeError, binascii.Error, struct.error, OverflowError):
        raise BadCursor from None
    # The decoder skips signs it does not know, so only the one true spelling is accepted.
    for newer in (False, True):
        if check == _check(moment, row_id, newer) and encode(position, newer=newer) == cursor:
            return position, newer
    raise BadCursor


def _check(moment: int, row_id: bytes, newer: bool) -> bytes:
    person = b"wa search newer" if newer else b"wa search"
    return hashlib.blake2b(struct.pack(">q16s", moment, row_id), digest_size=4, person=person).digest()


__all__ = ["BadCursor", "Position", "decode", "decode_either", "encode"]
