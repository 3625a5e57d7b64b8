"""What a live source said, in one model for all of them (docs/events.md shows how each source is read).

A payload is normalised to events; events are applied to the archive. Between the two lies only this file, so a source
can be added without knowing the archive and the archive changed without knowing the sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

EventKind = Literal[
    "message", "undecryptable", "edit", "delete", "reaction", "group", "participants", "alias", "session"
]
MessageKind = Literal["text", "image", "video", "audio", "doc", "other"]
SessionStatus = Literal["connected", "connecting", "disconnected"]


class Quoted(NamedTuple):
    """The message a reply answers, as the reply carries it."""

    stanza_id: str
    chat_id: str | None = None
    """Where it stands when that is another chat; None for the same."""
    sender: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class EventMedia:
    """A file a message carries. Sizes in bytes, pixels, seconds."""

    mime: str
    sha256: str | None = None
    """Of the plain bytes, 64 lower-case hex digits, where it is known before the download."""
    size: int | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    filename: str | None = None
    fetch: Mapping[str, str] | None = field(default=None, repr=False)
    """How to get it: `url`; or `direct_path` or `url` with `media_key` (base64), `enc_sha256` (hex) and `media_type`
    (image, video, audio, document, sticker). Secret, so it is sealed and never shown."""
    inline: bytes | None = field(default=None, repr=False)
    """The plain bytes, where the payload holds them."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. Fields that a kind does not need are None or empty.

    message, undecryptable: chat_id, stanza_id, sender, ts, kind and what it holds.
    edit: target_stanza_id, text, ts (and stanza_id of the edit itself where it has one).
    delete: target_stanza_id, ts, sender (who deleted).
    reaction: target_stanza_id, sender, ts, text (the emoji; '' takes it back).
    group: chat_id and name, with ts where the source says since when (None: as of arrival, for lists).
    participants: chat_id, mentions (who), subkind (add, remove, promote, demote, leave). It leads to no row.
    alias: sender (…@lid) and sender_alt (…@s.whatsapp.net).
    session: status, and number, name and qr in `raw` where told; or, without status, the worker's `credentials`.
    """

    event: EventKind
    source: str
    chat_id: str | None = None
    """JID without device suffix: …@g.us, …@s.whatsapp.net, …@lid, …@newsletter, status@broadcast."""
    stanza_id: str | None = None
    target_stanza_id: str | None = None
    sender: str | None = None
    """JID without device suffix."""
    sender_alt: str | None = None
    """The same person's other JID (LID or phone), where the event carries both."""
    sender_name: str | None = None
    """Name as the sender gives it (push name)."""
    from_me: bool = False
    ts: datetime | None = None
    """Aware, UTC. When the source says it happened, never when it arrived; None where it does not say."""
    kind: MessageKind = "text"
    subkind: str | None = None
    """The truth behind `kind`: sticker, gif, voice, ptv, poll, location, contact, event, call, system, album, …"""
    text: str | None = None
    """As it was written; for polls, locations, contacts and the like the words there are to search for."""
    name: str | None = None
    """A group's subject."""
    status: SessionStatus | None = None
    media: EventMedia | None = None
    quoted: Quoted | None = None
    album_parent: str | None = None
    """Stanza id of the album a picture belongs to."""
    mentions: Sequence[str] = ()
    flags: Sequence[str] = ()
    """view_once, ephemeral, forwarded, history, broadcast …"""
    credentials: Mapping[str, object] | None = field(default=None, repr=False)
    """What a worker needs to log in again. Secret, so it is sealed and never shown."""
    raw: Mapping[str, object] = field(default_factory=dict)
    """More that is worth keeping, JSON-ready and without secrets: coordinates, poll options, link titles …"""


class Skip(NamedTuple):
    """Part of a payload that leads to no event, and why, in one or two words (`receipt`, `presence`, `poll vote`)."""

    reason: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Normalised:
    """What a payload says."""

    events: Sequence[Event]
    skips: Sequence[Skip] = ()
    clean: object | None = None
    """The payload without its secrets (media keys, addresses, tokens); None where it holds none and may stay."""


class Unreadable(Exception):
    """The payload cannot be interpreted at all; `args[0]` says why in one sentence without content."""
