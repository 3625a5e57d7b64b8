"""One line of a chat export, and the marks it can carry."""

from __future__ import annotations

from typing import NamedTuple

EDITED = 1
"""WhatsApp wrote “<This message was edited>” behind the text."""
DELETED = 2
"""The text is WhatsApp's placeholder for a deleted message."""
OMITTED = 4
"""A picture, voice note or file was here, but the export was made without media."""
SYSTEM = 8
"""WhatsApp said it, not a person: joined, left, subject changed, encryption notice."""
CALL = 16
"""A call, missed or taken."""


class ExportMessage(NamedTuple):
    """One message of a chat export, system lines included.

    A named tuple because a million of them are made: a tuple costs a quarter of an object with attributes.
    """

    seq: int
    """0-based position among the file's messages."""
    ts: int
    """Epoch seconds UTC. Minute-precision exports have second 0."""
    minute: int
    """Epoch minutes UTC, the first of the two readings in an ambiguous autumn hour. For identity only."""
    sender: str | None
    """Display name as written, without direction marks and the `~ ` of unsaved contacts; None for system lines."""
    text: str | None
    """The body as it was written, without attachment and edit markers; None where there is none."""
    kind: str
    """text, image, video, audio, doc or other."""
    subkind: str | None
    """system, sticker, gif, voice, ptv, poll, location, contact, call, deleted, omitted, null; None for plain."""
    attachment: str | None
    """File name as the text names it; the file itself may be missing."""
    flags: int
    """EDITED, DELETED, OMITTED, SYSTEM, CALL added together."""
