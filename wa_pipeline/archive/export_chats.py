"""Which chat an export belongs to: the table of chat keys, and the questions asked before one is chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from wa_pipeline.archive import groups

SECONDS_IN_26_HOURS = 26 * 3600


@dataclass(frozen=True)
class ExportChat:
    """A chat known from exports. `chat_key` stays in its messages' ids for good; `chat_id` may become a group's JID."""

    chat_key: str
    title: str
    chat_id: str

    @property
    def bound(self) -> bool:
        return not self.chat_id.startswith("export:")


@dataclass(frozen=True)
class Sample:
    """A few telling messages of an export, to be looked for in the archive: epoch seconds, sender, text."""

    ts: Sequence[int]
    senders: Sequence[str]
    texts: Sequence[str]


def by_title(conn: psycopg.Connection, title: str) -> list[ExportChat]:
    """The chats first seen under this title, or known to have borne it."""
    rows = conn.execute(
        "select chat_key, title, chat_id from public.export_chats where title = %(title)s"
        " or chat_id in (select wa_group_id from public.group_names where name = %(title)s)"
        " order by title <> %(title)s, created_at",
        {"title": title},
    ).fetchall()
    return [ExportChat(*row) for row in rows]


def by_chat_id(conn: psycopg.Connection, chat_id: str) -> list[ExportChat]:
    rows = conn.execute(
        "select chat_key, title, chat_id from public.export_chats where chat_id = %s order by created_at", (chat_id,)
    ).fetchall()
    return [ExportChat(*row) for row in rows]


def add(conn: psycopg.Connection, chat: ExportChat) -> None:
    group_id = groups.ensure_group(conn, chat.chat_id, chat.title)
    conn.execute(
        "insert into public.export_chats (chat_key, title, chat_id, group_id, bound_at)"
        " values (%s, %s, %s, %s, case when %s then now() end) on conflict (chat_key) do nothing",
        (chat.chat_key, chat.title, chat.chat_id, group_id, chat.bound),
    )


def bind(conn: psycopg.Connection, chat: ExportChat, jid: str) -> ExportChat:
    """Bind an export's chat to its live group: rows merge, the binding is recorded, ids stay what they are."""
    group_id = groups.join_groups(conn, chat.chat_id, jid, chat.title)
    conn.execute(
        "update public.export_chats set chat_id = %s, group_id = %s, bound_at = now() where chat_id = %s",
        (jid, group_id, chat.chat_id),
    )
    return ExportChat(chat.chat_key, chat.title, jid)


def has_messages(conn: psycopg.Connection, chat_id: str) -> bool:
    return conn.execute("select 1 from public.messages where chat_id = %s limit 1", (chat_id,)).fetchone() is not None


def has_live_messages(conn: psycopg.Connection, chat_id: str) -> bool:
    """Whether anything in the chat came from WhatsApp itself rather than from an export."""
    if not has_messages(conn, chat_id) or chat_id.startswith("export:"):
        return False
    row = conn.execute(
        "select 1 from public.messages where chat_id = %s and wa_msg_id like %s limit 1",
        (chat_id, chat_id.replace("_", r"\_") + "|%"),
    ).fetchone()
    return row is not None


def shares_a_sender(conn: psycopg.Connection, chat_id: str, senders: Sequence[str]) -> bool:
    row = conn.execute(
        "select 1 from unnest(%s::text[]) s(sender) where exists"
        " (select 1 from public.messages m where m.chat_id = %s and m.sender = s.sender)"
        " or s.sender in (select m.raw->'export'->>'sender' from public.messages m"
        "   where m.chat_id = %s and m.raw ? 'export') limit 1",
        (list(senders), chat_id, chat_id),
    ).fetchone()
    return row is not None


def chats_holding(conn: psycopg.Connection, sample: Sample) -> Counter[str]:
    """How many of the sampled messages each known export chat holds, at their own minute."""
    rows = conn.execute(
        "select m.chat_id, count(distinct s.n) from unnest(%s::bigint[], %s::text[], %s::text[])"
        " with ordinality s(ts, sender, text, n) join public.messages m on m.sender = s.sender"
        " and m.ts >= to_timestamp(s.ts - s.ts %% 60) and m.ts < to_timestamp(s.ts - s.ts %% 60 + 60)"
        " and m.text = s.text where m.chat_id in (select chat_id from public.export_chats) group by m.chat_id",
        (list(sample.ts), list(sample.senders), list(sample.texts)),
    ).fetchall()
    return Counter({str(chat_id): int(count) for chat_id, count in rows})


def minutes_apart(conn: psycopg.Connection, chat_id: str, sample: Sample) -> Counter[int]:
    """For each sampled message found in the chat within 26 hours: how many minutes later the export puts it."""
    rows = conn.execute(
        "select s.ts, m.ts from unnest(%s::bigint[], %s::text[], %s::text[]) s(ts, sender, text)"
        " join public.messages m on m.chat_id = %s and s.sender in (m.sender, m.raw->'export'->>'sender')"
        " and m.ts between to_timestamp(s.ts - %s) and to_timestamp(s.ts + %s) and m.text = s.text",
        (*map(list, (sample.ts, sample.senders, sample.texts)), chat_id, SECONDS_IN_26_HOURS, SECONDS_IN_26_HOURS),
    ).fetchall()
    return Counter(ours // 60 - _minute(theirs) for ours, theirs in rows)


def _minute(ts: datetime) -> int:
    return int(ts.astimezone(UTC).timestamp()) // 60


def foreign_chats(conn: psycopg.Connection, titles: Sequence[str]) -> int:
    """How many chats the archive has messages of, besides exports under these titles."""
    row = conn.execute(
        "select count(*) from public.groups g where exists (select 1 from public.messages m where m.group_id = g.id)"
        " and not exists (select 1 from public.export_chats e where e.group_id = g.id and e.title = any(%s))",
        (list(titles),),
    ).fetchone()
    return int(row[0]) if row else 0
