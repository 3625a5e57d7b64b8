"""From an event to the row it asks for, with the rank that decides between two tellings of one message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final
from uuid import UUID

from wa_pipeline.archive.live.messages import Told
from wa_pipeline.whatsapp.events import Event
from wa_pipeline.whatsapp.jids import is_lid, wa_msg_id

# Sources that carry WhatsApp's own message say more than those that retell it.
_SOURCES: Final = {"baileys": 4, "evolution": 3, "waha": 2, "gowa": 1}
_AHEAD: Final = timedelta(days=1)
_SYSTEM: Final = frozenset({"system"})
_IN_ORDER: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=True, default=str)


def telling_of(event: Event, group_id: UUID | None, phones: Mapping[str, str], received_at: datetime) -> Told:
    """The row a message or an undecryptable placeholder asks for. `phones`: phone JIDs by LID."""
    assert event.chat_id
    assert event.stanza_id
    sender = sender_of(event, phones)
    raw = _raw(event, sender)
    ts = plausible(event.ts, received_at)
    if ts is None:
        raw["ts_from"] = "arrival"
        ts = received_at
    sha256 = event.media.sha256 if event.media else None
    raw["told"] = _rank(event, raw)
    return Told(
        wa_msg_id(event.chat_id, event.stanza_id),
        ts,
        event.chat_id,
        sender,
        event.kind,
        event.text,
        group_id,
        raw,
        sha256,
    )


def plausible(ts: datetime | None, received_at: datetime) -> datetime | None:
    """The time an event tells; None where it cannot be so: what is dated ahead would hold against all that follows."""
    return None if ts is None or ts > received_at + _AHEAD else ts


def sender_of(event: Event, phones: Mapping[str, str]) -> str:
    """The phone JID where it is known; `me` for one's own words where no address is given; '' for WhatsApp's."""
    sender = event.sender
    if sender is None:
        return "me" if event.from_me else ""
    return phones.get(sender, sender)


def _raw(event: Event, sender: str) -> dict[str, object]:
    raw: dict[str, object] = {"source": event.source, **event.raw}
    if event.subkind:
        raw["subkind"] = event.subkind
    if event.subkind in _SYSTEM:
        raw["system"] = True
    if event.sender_name:
        raw["sender_name"] = event.sender_name
    lid = next((jid for jid in (event.sender, event.sender_alt) if jid is not None and is_lid(jid)), None)
    if lid and lid != sender:
        raw["sender_lid"] = lid
    if event.from_me:
        raw["from_me"] = True
    if event.mentions:
        raw["mentions"] = list(event.mentions)
    # Whether it came with the history says nothing about the message.
    if flags := sorted(set(event.flags) - {"history"}):
        raw["flags"] = flags
    if event.media and event.media.filename:
        raw["attachment"] = event.media.filename
    _add_parent(event, raw)
    return raw


def _add_parent(event: Event, raw: dict[str, object]) -> None:
    assert event.chat_id
    if event.quoted:
        quoted = event.quoted
        here = quoted.chat_id in (None, event.chat_id)
        if here:
            raw["quoted_wa_msg_id"] = wa_msg_id(event.chat_id, quoted.stanza_id)
        facts = {"sender": quoted.sender, "text": quoted.text, "chat": None if here else quoted.chat_id}
        raw["quoted"] = {name: value for name, value in facts.items() if value is not None}
    elif event.album_parent:
        raw["quoted_wa_msg_id"] = wa_msg_id(event.chat_id, event.album_parent)
        raw["album"] = True


def _rank(event: Event, raw: Mapping[str, object]) -> str:
    """Compares as text: content before placeholders, then the source that says most, then a hash of what is said."""
    rich = 0 if event.event == "undecryptable" else 2 if event.text or event.media or event.subkind else 1
    ts = event.ts.isoformat() if event.ts and "ts_from" not in raw else ""
    kept = {name: value for name, value in raw.items() if name not in ("ts_from", "sender_lid")}
    media = event.media.sha256 if event.media else None
    said = _IN_ORDER.encode([ts, event.kind, event.text, media, kept])
    return f"{rich}{_SOURCES.get(event.source, 0)}{blake2b(said.encode(), digest_size=8).hexdigest()}"
