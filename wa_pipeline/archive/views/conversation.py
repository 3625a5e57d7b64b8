"""A stretch of one chat around a message, with all that has been said about each message of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.sql import SQL

from wa_pipeline.archive.search import GroupRef, MediaItem, MessageItem

COLUMNS = """
select m.id, m.wa_msg_id, m.ts, m.chat_id, m.sender, m.kind, m.text, m.parent_id, g.id, g.name,
  d.id, d.mime, d.bytes, d.width, d.height, d.duration_s, d.ocr_text, d.asr_text, d.storage_path,
  m.raw->>'sender_name', m.raw->>'from_me' = 'true', m.raw->>'system' = 'true', m.raw->>'subkind', m.raw->>'attachment',
  m.raw->'edited', m.raw->'deleted', coalesce((m.raw->>'seq')::bigint, 0), m.raw->'quoted',
  p.id, p.sender, p.raw->>'sender_name', p.kind, left(p.text, 300), m.raw->'link' is not null
from public.messages m
left join public.groups g on g.id = m.group_id
left join public.media d on d.id = m.media_id
left join public.messages p on p.id = m.parent_id
"""
ONE = COLUMNS + "where m.id = %(id)s"
# An export tells minutes only, and its own order decides within one. The index gives the minutes, which bound the work;
# only those that share one are sorted.
SEQ = "coalesce((m.raw->>'seq')::bigint, 0)"
BEFORE = COLUMNS + (
    f"where m.chat_id = %(chat)s and m.ts <= %(ts)s and (m.ts, {SEQ}, m.id) < (%(ts)s, %(seq)s, %(id)s)"
    f" order by m.ts desc, {SEQ} desc, m.id desc limit %(limit)s"
)
AFTER = COLUMNS + (
    f"where m.chat_id = %(chat)s and m.ts >= %(ts)s and (m.ts, {SEQ}, m.id) > (%(ts)s, %(seq)s, %(id)s)"
    f" order by m.ts, {SEQ}, m.id limit %(limit)s"
)
REACTIONS = """
select message_id, emoji, sender, ts from public.message_reactions
where message_id = any(%s) and emoji <> '' order by ts, sender
"""
VERSIONS = """
select message_id, text, valid_until from public.message_versions
where message_id = any(%s) order by coalesce(written_at, valid_until, recorded_at), id
"""
LATEST = f"select m.id from public.messages m where m.chat_id = %s order by m.ts desc, {SEQ} desc, m.id desc limit 1"


@dataclass(frozen=True)
class Reaction:
    emoji: str
    sender: str
    at: datetime


@dataclass(frozen=True)
class Version:
    """A text the message had before; `until` where it is known."""

    text: str | None
    until: datetime | None


@dataclass(frozen=True)
class Answered:
    """What a message answers. `id` is None where that message is not in the archive, only its quotation."""

    id: UUID | None
    sender: str | None
    sender_name: str | None
    kind: str | None
    text: str | None
    guessed: bool


@dataclass(frozen=True)
class Said:
    """A message in its chat. `edited_at`, `deleted_at`: None where it was, at a time nobody told."""

    item: MessageItem
    sender_name: str | None
    from_me: bool
    system: bool
    subkind: str | None
    attachment: str | None
    edited: bool
    edited_at: str | None
    deleted: bool
    deleted_at: str | None
    answers: Answered | None
    reactions: list[Reaction]
    versions: list[Version]


@dataclass(frozen=True)
class Stretch:
    """Messages of a chat, oldest first; `oldest` and `newest` are where to go on, None at the chat's ends."""

    chat_id: str
    items: list[Said]
    oldest: UUID | None
    newest: UUID | None


def around(conn: psycopg.Connection, message_id: UUID, *, before: int, after: int) -> Stretch | None:
    """The message with at most so many before and after it; None where there is no such message."""
    row = conn.execute(ONE, {"id": message_id}).fetchone()
    if row is None:
        return None
    here = {"chat": row[3], "ts": row[2], "id": row[0], "seq": row[26]}
    older = conn.execute(SQL(BEFORE), {**here, "limit": before + 1}, prepare=False).fetchall()
    newer = conn.execute(SQL(AFTER), {**here, "limit": after + 1}, prepare=False).fetchall()
    rows = [*reversed(older[:before]), row, *newer[:after]]
    oldest = rows[0][0] if len(older) > before else None
    newest = rows[-1][0] if len(newer) > after else None
    return Stretch(row[3], _said(conn, rows), oldest, newest)


def latest_of(conn: psycopg.Connection, chat_id: str) -> UUID | None:
    """The newest message of a chat."""
    row = conn.execute(LATEST, (chat_id,)).fetchone()
    return row[0] if row else None


def _said(conn: psycopg.Connection, rows: Sequence[tuple[Any, ...]]) -> list[Said]:
    ids = [row[0] for row in rows]
    reactions: dict[UUID, list[Reaction]] = {}
    for message_id, emoji, sender, ts in conn.execute(REACTIONS, (ids,)).fetchall():
        reactions.setdefault(message_id, []).append(Reaction(emoji, sender, ts))
    versions: dict[UUID, list[Version]] = {}
    for message_id, text, until in conn.execute(VERSIONS, (ids,)).fetchall():
        versions.setdefault(message_id, []).append(Version(text, until))
    return [_one(row, reactions.get(row[0], []), versions.get(row[0], [])) for row in rows]


def _one(row: tuple[Any, ...], reactions: list[Reaction], versions: list[Version]) -> Said:
    group = GroupRef(row[8], row[9]) if row[8] else None
    media = MediaItem(*row[10:19]) if row[10] else None
    edited, deleted = row[24], row[25]
    return Said(
        item=MessageItem(*(*row[:8], group, media, None)),
        sender_name=row[19],
        from_me=bool(row[20]),
        system=bool(row[21]),
        subkind=row[22],
        attachment=row[23],
        edited=bool(edited),
        edited_at=_time_in(edited),
        deleted=bool(deleted),
        deleted_at=_time_in(deleted),
        answers=_answered(row),
        reactions=reactions,
        versions=versions,
    )


def _answered(row: tuple[Any, ...]) -> Answered | None:
    if row[28]:
        return Answered(*(*row[28:33], bool(row[33])))
    quoted = row[27]
    if not isinstance(quoted, dict):
        return None
    text, sender = quoted.get("text"), quoted.get("sender")
    return Answered(None, str(sender) if sender else None, None, None, str(text)[:300] if text else None, False)


def _time_in(mark: object) -> str | None:
    """Imports say `true`, live messages `{at}`."""
    at = mark.get("at") if isinstance(mark, dict) else None
    return str(at) if at else None


__all__ = ["Answered", "Reaction", "Said", "Stretch", "Version", "around", "latest_of"]
