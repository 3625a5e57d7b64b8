"""Deliveries as workers post them, landed, and the archive as it stands after."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import psycopg

from tests.data.baileys_expected import ALICE, GROUP
from wa_pipeline.archive.inbox import Arrival, land

SECOND = 1731000000


def upsert(*infos: dict[str, Any]) -> dict[str, Any]:
    return {"event": "messages.upsert", "data": {"type": "notify", "messages": list(infos)}}


def info(
    stanza: str,
    content: dict[str, Any] | None,
    *,
    at: int = SECOND,
    sender: str = ALICE,
    chat: str = GROUP,
    **more: Any,
) -> dict[str, Any]:
    key = {"remoteJid": chat, "fromMe": False, "id": stanza, "participant": sender}
    return {"key": key, "message": content, "messageTimestamp": at, "pushName": "Alice", **more}


def says(stanza: str, text: str, **more: Any) -> dict[str, Any]:
    return upsert(info(stanza, {"conversation": text}, **more))


def edits(target: str, text: str, *, at: int, stanza: str = "", **more: Any) -> dict[str, Any]:
    key = {"remoteJid": more.get("chat", GROUP), "id": target}
    inner = {"key": key, "type": 14, "editedMessage": {"conversation": text}, "timestampMs": at * 1000}
    return upsert(info(stanza or f"E{at}{target}", {"protocolMessage": inner}, at=at, **more))


def revokes(target: str, *, at: int, **more: Any) -> dict[str, Any]:
    key = {"remoteJid": more.get("chat", GROUP), "id": target}
    return upsert(info(f"R{at}{target}", {"protocolMessage": {"key": key, "type": 0}}, at=at, **more))


def reacts(target: str, emoji: str, *, at: int, **more: Any) -> dict[str, Any]:
    inner = {"key": {"remoteJid": GROUP, "id": target}, "text": emoji, "senderTimestampMs": at * 1000}
    return upsert(info(f"L{at}{target}", {"reactionMessage": inner}, at=at, **more))


def replies(stanza: str, text: str, to: str, **more: Any) -> dict[str, Any]:
    context = {"stanzaId": to, "participant": ALICE, "quotedMessage": {"conversation": "?"}}
    return upsert(info(stanza, {"extendedTextMessage": {"text": text, "contextInfo": context}}, **more))


def put(conn: psycopg.Connection, *payloads: object) -> None:
    """Land payloads, each a delivery of its own even where it came before."""
    before = count(conn)
    arrivals = [
        Arrival(source_of(payload), json.dumps(payload).encode(), f"{conn.info.dbname}-{before}-{number}")
        for number, payload in enumerate(payloads)
    ]
    land(conn, arrivals)


def source_of(payload: object) -> str:
    return str(payload.get("source", "baileys")) if isinstance(payload, dict) else "baileys"


def by_evolution(payload: dict[str, Any]) -> dict[str, Any]:
    """The same message as Evolution posts it."""
    [message] = payload["data"]["messages"]
    return {"source": "evolution", "event": "messages.upsert", "instance": "main", "data": message}


def count(conn: psycopg.Connection) -> int:
    row = conn.execute("select coalesce(max(id), 0) from public.wa_inbox").fetchone()
    assert row is not None
    return int(row[0])


STATE = {
    "messages": (
        "select m.wa_msg_id, m.ts, m.chat_id, m.sender, m.kind, m.text, p.wa_msg_id, g.wa_group_id, d.sha256, m.raw"
        " from public.messages m left join public.messages p on p.id = m.parent_id"
        " left join public.groups g on g.id = m.group_id left join public.media d on d.id = m.media_id order by 1"
    ),
    "versions": (
        "select m.wa_msg_id, v.text, v.written_at, v.valid_until, v.source from public.message_versions v"
        " join public.messages m on m.id = v.message_id order by 1, 2"
    ),
    "reactions": (
        "select r.chat_id, r.target_wa_msg_id, r.sender, r.emoji, r.ts, m.wa_msg_id from public.message_reactions r"
        " left join public.messages m on m.id = r.message_id order by 1, 2, 3"
    ),
    "media_fetch": (
        "select m.wa_msg_id, f.state, f.sha256, f.mime, f.bytes from public.media_fetch f"
        " join public.messages m on m.id = f.message_id order by 1"
    ),
    "aliases": "select lid, phone from public.jid_aliases order by 1",
    "groups": "select wa_group_id, name, monitor, last_seen_ts from public.groups order by 1",
    "open": "select count(*) from public.wa_inbox where state = 'new'",
}


def state(conn: psycopg.Connection) -> dict[str, Sequence[tuple[Any, ...]]]:
    """Everything that events are to leave behind, without what only says when it was written down."""
    return {name: conn.execute(query).fetchall() for name, query in STATE.items()}


def empty(conn: psycopg.Connection) -> None:
    """The archive as it was before the first delivery. Of a few rows, deleting them is a fraction of truncating."""
    for table in ("wa_inbox", "messages", "message_reactions", "jid_aliases", "group_names"):
        conn.execute(f"delete from public.{table}")
    conn.execute("update public.groups set name = wa_group_id, last_seen_ts = null where monitor")
