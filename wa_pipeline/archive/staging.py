"""Messages into the archive by the thousand: COPY into a staging table, compare, insert what is not there.

Everything here runs inside the caller's transaction, one a batch. Duplicates are refused by the unique constraint on
wa_msg_id; the comparison beforehand only spares the indexes the work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from wa_pipeline.archive.db import literal

COLUMNS = "wa_msg_id, ts, chat_id, sender, kind, text, media_id, group_id, raw"
CREATE = """
create temp table stage (
  wa_msg_id text, ts timestamptz, chat_id text, sender text, kind text, text text,
  media_id uuid, group_id uuid, raw jsonb
) on commit drop
"""
COPY_TO_STAGE = f"copy pg_temp.stage ({COLUMNS}) from stdin"
COPY_TO_MESSAGES = f"copy public.messages ({COLUMNS}) from stdin"
# The ids already there, read along (chat_id, ts): neighbours on disk, where wa_msg_id itself would be random reads.
MISSING = """
select unnest(string_to_array(%(ids)s, chr(10)))
except
select wa_msg_id from public.messages
where chat_id = %(chat)s and ts >= to_timestamp(%(low)s) and ts < to_timestamp(%(high)s)
"""
INSERT = f"""
insert into public.messages ({COLUMNS}) select {COLUMNS} from pg_temp.stage order by ts, (raw->>'seq')::bigint
on conflict (wa_msg_id) do nothing
"""
# What only the archive has and what only the export has, where one sender's minute holds both.
CONTESTED = """
with known as materialized (
  select wa_msg_id, sender, extract(epoch from date_trunc('minute', ts))::bigint as minute from public.messages
  where chat_id = %(chat)s and ts >= to_timestamp(%(low)s) and ts < to_timestamp(%(high)s)
    and wa_msg_id like 'exp|%%'
), gone as (
  select k.sender, k.minute from known k where k.wa_msg_id not in (select unnest(%(ids)s::text[]))
)
select distinct s.sender, g.minute from pg_temp.stage s
join gone g on g.sender = s.sender and g.minute = extract(epoch from date_trunc('minute', s.ts))::bigint
"""
STORED = """
select m.id, coalesce((m.raw->>'seq')::bigint, 0), m.text,
  array(select v.text from public.message_versions v where v.message_id = m.id and v.text is not null),
  coalesce((m.raw->>'edited')::boolean, false), coalesce((m.raw->>'deleted')::boolean, false),
  coalesce((m.raw->>'omitted')::boolean, false), m.raw->>'attachment', m.wa_msg_id
from public.messages m
where m.chat_id = %(chat)s and m.sender = %(sender)s
  and m.ts >= to_timestamp(%(minute)s) and m.ts < to_timestamp(%(minute)s + 60) and m.wa_msg_id like 'exp|%%'
order by 2
"""


class StoredRow(NamedTuple):
    """A message of the archive as alignment looks at it; `matched` = the export being read has it under its id."""

    id: str
    seq: int
    text: str | None
    versions: frozenset[str]
    edited: bool
    deleted: bool
    omitted: bool
    attachment: str | None
    matched: bool


@dataclass(frozen=True)
class Span:
    """The chat and the time a batch covers, epoch seconds, whole minutes; `high` is exclusive."""

    chat_id: str
    low: int
    high: int

    def values(self) -> dict[str, object]:
        return {"chat": self.chat_id, "low": self.low, "high": self.high}


def copy_straight(conn: psycopg.Connection, rows: bytes) -> int | None:
    """Rows given as COPY text of COLUMNS, straight into the archive; None, and nothing written, where one is there."""
    try:
        with conn.transaction():
            return _copy(conn, COPY_TO_MESSAGES, rows)
    except psycopg.errors.UniqueViolation:
        return None


def expect_many(conn: psycopg.Connection) -> None:
    """Plan this transaction's comparisons for batches. The stage has no statistics, nor has a table just loaded: taken
    for a row or two, ten thousand of them would be compared with ten thousand, one by one."""
    conn.execute("set local enable_nestloop = off")


def stage(conn: psycopg.Connection, rows: bytes) -> None:
    """Rows given as COPY text of COLUMNS, onto the stage."""
    conn.execute("drop table if exists pg_temp.stage")
    conn.execute(CREATE)
    _copy(conn, COPY_TO_STAGE, rows)


def missing_ids(conn: psycopg.Connection, span: Span, ids: Sequence[str]) -> set[str]:
    """Those of `ids` that the archive does not have in this chat and time.

    They go over as one text, since making an array of them costs more than the comparison; no id holds a line break.
    """
    return {str(row[0]) for row in conn.execute(MISSING, {**span.values(), "ids": "\n".join(ids)}).fetchall()}


def staged_ids(conn: psycopg.Connection) -> set[str]:
    return {str(row[0]) for row in conn.execute("select wa_msg_id from pg_temp.stage").fetchall()}


def contested_minutes(conn: psycopg.Connection, span: Span, ids: Sequence[str]) -> list[tuple[str, int]]:
    """(sender, minute in epoch seconds) pairs where both sides have something the other has not."""
    rows = conn.execute(CONTESTED, {**span.values(), "ids": list(ids)}).fetchall()
    return [(str(sender), int(minute)) for sender, minute in rows]


def stored_minute(
    conn: psycopg.Connection, chat_id: str, sender: str, minute: int, ids: set[str]
) -> tuple[list[StoredRow], dict[str, str]]:
    """The archive's messages of one sender's minute, and which of the export's `ids` each matched one bears."""
    rows = conn.execute(STORED, {"chat": chat_id, "sender": sender, "minute": minute}).fetchall()
    stored = [
        StoredRow(str(uid), seq, text, frozenset(versions), edited, deleted, omitted, attachment, wa_msg_id in ids)
        for uid, seq, text, versions, edited, deleted, omitted, attachment, wa_msg_id in rows
    ]
    return stored, {str(row[8]): str(row[0]) for row in rows if row[8] in ids}


def unstage(conn: psycopg.Connection, ids: Iterable[str]) -> None:
    conn.execute("delete from pg_temp.stage where wa_msg_id = any(%s)", (list(ids),))


def insert_staged(conn: psycopg.Connection) -> int:
    """Insert what is left on the stage; how many rows went in."""
    return conn.execute(INSERT).rowcount


def record_edit(conn: psycopg.Connection, message_id: str, old: str | None, new: str | None) -> None:
    """The newest text in place, the one it replaced among the versions."""
    keep_version(conn, message_id, old)
    conn.execute(
        """update public.messages set text = %s, raw = raw || '{"edited": true}' where id = %s""", (new, message_id)
    )


def keep_version(conn: psycopg.Connection, message_id: str, text: str | None) -> None:
    """Keep a text the message once had."""
    conn.execute(
        "insert into public.message_versions (message_id, text, source) values (%s, %s, 'export')"
        " on conflict do nothing",
        (message_id, text),
    )


def record_delete(conn: psycopg.Connection, message_id: str) -> None:
    """A mark; the original text stays."""
    conn.execute("""update public.messages set raw = raw || '{"deleted": true}' where id = %s""", (message_id,))


class Original(NamedTuple):
    """What an export knows of a message the archive has only as deleted, or only without its media."""

    text: str | None
    kind: str
    media_id: UUID | None
    raw: dict[str, object]


def restore_deleted(conn: psycopg.Connection, message_id: str, original: Original) -> None:
    """Give a message known only as deleted the words an earlier export still has; the mark stays."""
    conn.execute(
        "update public.messages set text = %s, kind = %s, media_id = coalesce(%s, media_id),"
        """ raw = (raw - 'subkind') || %s || '{"deleted": true}' where id = %s""",
        (original.text, original.kind, original.media_id, Jsonb(original.raw), message_id),
    )


def fill_media(conn: psycopg.Connection, message_id: str, original: Original) -> None:
    """Give a message whose media another export left out the file that this one has."""
    conn.execute(
        "update public.messages set kind = %s, media_id = coalesce(%s, media_id),"
        " raw = (raw - 'subkind' - 'omitted') || %s where id = %s",
        (original.kind, original.media_id, Jsonb(original.raw), message_id),
    )


def attach_media(conn: psycopg.Connection, media: dict[str, UUID]) -> int:
    """Give messages that are there without their media the media rows found for them, by wa_msg_id."""
    return conn.execute(
        "update public.messages m set media_id = a.media_id from unnest(%s::text[], %s::uuid[]) a(wa_msg_id, media_id)"
        " where m.wa_msg_id = a.wa_msg_id and m.media_id is null",
        (list(media), list(media.values())),
    ).rowcount


def with_media(conn: psycopg.Connection, ids: Sequence[str]) -> set[str]:
    """Which of these messages are in the archive and have their media."""
    rows = conn.execute(
        "select wa_msg_id from public.messages where wa_msg_id = any(%s) and media_id is not null", (list(ids),)
    ).fetchall()
    return {str(row[0]) for row in rows}


def _copy(conn: psycopg.Connection, statement: str, rows: bytes) -> int:
    with conn.cursor() as cursor:
        with cursor.copy(literal(statement)) as copy:
            copy.write(rows)
        return cursor.rowcount
