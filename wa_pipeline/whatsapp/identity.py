"""What makes a message of a chat export the same message in another export of that chat.

Exports have no ids. A message is its minute, its sender, its text and its attachment; equal ones are numbered within
their export, so that four people's “ok” in one minute stay four, and overlapping exports merge to the larger count.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b, sha256
from typing import Final

from wa_pipeline.whatsapp.exports.message import DELETED, OMITTED, SYSTEM, ExportMessage
from wa_pipeline.whatsapp.exports.periods import MARKS

_MARK: Final = re.compile(f"[{MARKS}]")
_PHONE: Final = re.compile(r"\+?[\d\s().\-‐‑–]{7,}")
_NOT_DIGITS: Final = re.compile(r"[^\d]")
_ORDINAL: Final = re.compile(r"^\d{8}-")
_UNSAVED: Final = re.compile(r"^~\s+")
_DIGEST: Final = 12
"""Bytes of hash: at a billion messages of one chat, two differing ones share one with a chance of 1 in 10^11."""

OMITTED_MEDIA: Final = "\x1aomitted"
"""Stands for media left out of an export, whatever its language and platform call it."""
DELETED_TEXT: Final = "\x1adeleted"
"""Stands for the placeholder of a deleted message, which differs by language and by who reads it."""


def normalise_text(text: str | None) -> str:
    """The text for comparison only: composed (NFC), without direction marks, every run of white space one space."""
    if not text:
        return ""
    # Printable leaves nothing to take out: no line break, no mark, no space but the plain one.
    if not text.isprintable() or "  " in text or text[0] == " " or text[-1] == " ":
        text = " ".join(_MARK.sub("", text).split())
    return text if text.isascii() or unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def normalise_sender(sender: str | None) -> str:
    """The sender for comparison only; '' for system lines. A phone number is its digits, however it is grouped."""
    name = _UNSAVED.sub("", normalise_text(sender))
    if _PHONE.fullmatch(name):
        return "+" + _NOT_DIGITS.sub("", name)
    return name


def chat_key(title: str) -> str:
    """The chat's title as it stands in ids: composed, without marks, single spaces."""
    return normalise_text(title)


def export_chat_id(title: str) -> str:
    """The chat_id of an export that is not bound to a group yet."""
    return "export:" + sha256(chat_key(title).encode()).hexdigest()[:16]


def attachment_identity(name: str) -> str:
    """The file name without iOS's running number, which differs from export to export."""
    return _ORDINAL.sub("", normalise_text(name), count=1)


class _Names(dict[str | None, str]):
    """Sender as parsed to sender as compared."""

    def __missing__(self, sender: str | None) -> str:
        if len(self) >= 20_000:
            self.clear()
        self[sender] = name = normalise_sender(sender)
        return name


class ExportIds:
    """Gives the messages of one export, in file order, their wa_msg_id.

    One instance an export. It must remember every hash it gave, because a late message can belong to an earlier
    minute; a closed minute is therefore kept as bare bytes, about 20 a message.
    """

    def __init__(self, chat_key: str) -> None:
        self._prefix = f"exp|{chat_key}|"
        self._names = _Names()
        self._minute = -(1 << 62)
        self._counts: dict[bytes, int] = {}
        self._late: dict[int, dict[bytes, int]] = {}
        self._minutes, self._ends, self._digests = array("q"), array("q"), bytearray()

    def assign(self, message: ExportMessage) -> str:
        """`exp|<chat_key>|<hash>|<n>`, n being 0 for the first of equal messages in this export, 1 for the second."""
        minute, text, flags = message.minute, message.text, message.flags
        if minute != self._minute:
            self._turn_to(minute)
        if text is None:
            text = ""
        elif flags & DELETED:
            text = DELETED_TEXT
        elif not text.isascii() or not text.isprintable() or "  " in text or text[:1] == " " or text[-1:] == " ":
            text = normalise_text(text)
        if flags & OMITTED:
            text += "\x1f" + OMITTED_MEDIA
        elif message.attachment is not None:
            text += "\x1f" + attachment_identity(message.attachment)
        sender = "" if flags & SYSTEM else self._names[message.sender]
        hashed = blake2b(f"{minute}\x1f{sender}\x1f{text}".encode(), digest_size=_DIGEST)
        digest = hashed.digest()
        counts = self._counts
        if digest in counts:
            n = counts[digest]
            counts[digest] = n + 1
            return f"{self._prefix}{digest.hex()}|{n}"
        counts[digest] = 1
        return f"{self._prefix}{digest.hex()}|0"

    def assign_all(self, messages: Iterable[ExportMessage]) -> list[str]:
        """The ids of a batch, in order. What `assign` does, without a call for each plain message."""
        prefix, names, ids = self._prefix, self._names, []
        for message in messages:
            _, _, minute, sender, text, _, _, attachment, flags = message
            if flags or attachment is not None or text is None:
                ids.append(self.assign(message))
                continue
            if minute != self._minute:
                self._turn_to(minute)
            if not text.isascii() or not text.isprintable() or "  " in text or text[:1] == " " or text[-1:] == " ":
                text = normalise_text(text)
            digest = blake2b(f"{minute}\x1f{names[sender]}\x1f{text}".encode(), digest_size=_DIGEST).digest()
            n = self._counts.get(digest, 0)
            self._counts[digest] = n + 1
            ids.append(f"{prefix}{digest.hex()}|{n}")
        return ids

    def _turn_to(self, minute: int) -> None:
        """Close the minute at hand and take up another, which may have been closed before."""
        if self._minute not in self._late and self._counts:
            for digest, count in self._counts.items():
                self._digests += digest * count
            self._minutes.append(self._minute)
            self._ends.append(len(self._digests))
        self._minute = minute
        last = self._minutes[-1] if self._minutes else minute - 1
        if minute > last:
            self._counts = {}
        elif minute in self._late:
            self._counts = self._late[minute]
        else:
            self._counts = self._late[minute] = self._recall(minute)

    def _recall(self, minute: int) -> dict[bytes, int]:
        """The counts of a minute closed before; none where this is its first message."""
        counts: dict[bytes, int] = {}
        at = bisect_left(self._minutes, minute)
        if at < len(self._minutes) and self._minutes[at] == minute:
            start = self._ends[at - 1] if at else 0
            for place in range(start, self._ends[at], _DIGEST):
                digest = bytes(self._digests[place : place + _DIGEST])
                counts[digest] = counts.get(digest, 0) + 1
        return counts
