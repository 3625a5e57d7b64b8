"""Search over the messages' own text and the words inside their media, newest first.

Two steps, because no single plan serves every term. The newest rows are walked first, in index order, testing each:
a common term fills its page there at once. Only a term that did not fill it asks the trigram indexes for what lies
below, and those answer quickest exactly when the term is rare.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composed

from wa_pipeline.archive.db import literal
from wa_pipeline.errors import WaError

WALK = 10_000
MAX_LIMIT = 500
SNIPPET_MARGIN = 60


class BadCursor(WaError):
    """The cursor is not one that this search gave; leave it out to start from the newest message."""


class BadQuery(WaError):
    """The search cannot be made: {reason}."""


@dataclass(frozen=True)
class SearchQuery:
    """What to look for. `since` is inclusive, `until` exclusive; `q` matches as a substring, in any case."""

    q: str | None = None
    chat_id: str | None = None
    group_id: UUID | None = None
    sender: str | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True)
class GroupRef:
    id: UUID
    name: str


@dataclass(frozen=True)
class MediaItem:
    id: UUID
    mime: str
    bytes: int
    width: int | None
    height: int | None
    duration_s: Decimal | None
    ocr_text: str | None
    asr_text: str | None
    storage_path: str


@dataclass(frozen=True)
class Match:
    """Where the term was found: `field` is text, ocr_text or asr_text; `snippet` is the words around it."""

    field: str
    snippet: str


@dataclass(frozen=True)
class MessageItem:
    id: UUID
    wa_msg_id: str
    ts: datetime
    chat_id: str
    sender: str
    kind: str
    text: str | None
    parent_id: UUID | None
    group: GroupRef | None
    media: MediaItem | None
    match: Match | None


@dataclass(frozen=True)
class SearchPage:
    items: list[MessageItem]
    next_cursor: str | None


@dataclass(frozen=True)
class _Position:
    """A place in the order (ts desc, id desc)."""

    ts: datetime
    id: UUID


COLUMNS = """
  m.id, m.wa_msg_id, m.ts, m.chat_id, m.sender, m.kind, m.text, m.parent_id, g.id, g.name,
  d.id, d.mime, d.bytes, d.width, d.height, d.duration_s, d.ocr_text, d.asr_text, d.storage_path
"""
JOINS = "left join public.media d on d.id = m.media_id left join public.groups g on g.id = m.group_id"
MATCHES = "(m.text ilike %(like)s or d.ocr_text ilike %(like)s or d.asr_text ilike %(like)s)"
NEWEST_FIRST = "order by m.ts desc, m.id desc"


def search(conn: psycopg.Connection, query: SearchQuery) -> SearchPage:
    """A page of messages, newest first, each with its group, its media and where the term was found.

    One query covers messages.text, media.ocr_text and media.asr_text. `next_cursor` continues after the last item
    and is None on the last page. Raises `BadCursor` and `BadQuery`.
    """
    limit = _checked(query)
    after = _decode(query.cursor) if query.cursor else None
    rows = _term_rows(conn, query, after, limit + 1) if query.q else _plain_rows(conn, query, after, limit + 1)
    items = [_item(row, query.q) for row in rows[:limit]]
    return SearchPage(items, _encode(items[-1]) if len(rows) > limit else None)


def explain(conn: psycopg.Connection, query: SearchQuery) -> list[str]:
    """The plans PostgreSQL makes for the steps of this query, as EXPLAIN (ANALYZE, BUFFERS) text, one entry a step."""
    plans = []
    after = _decode(query.cursor) if query.cursor else None
    for statement, values in _statements(query, after, query.limit + 1, boundary=None):
        lines = conn.execute(SQL("explain (analyze, buffers) ") + statement, values).fetchall()
        plans.append("\n".join(str(line[0]) for line in lines))
    return plans


def like_pattern(term: str) -> str:
    r"""An ILIKE pattern that finds `term` anywhere; `%`, `_` and `\` in it stand for themselves."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", term) + "%"


def _checked(query: SearchQuery) -> int:
    if query.q is not None and "\x00" in query.q:
        raise BadQuery(reason="the term holds a NUL character")
    if not 1 <= query.limit <= MAX_LIMIT:
        raise BadQuery(reason=f"limit must be between 1 and {MAX_LIMIT}")
    return query.limit


def _plain_rows(conn: psycopg.Connection, query: SearchQuery, after: _Position | None, wanted: int) -> list[TupleRow]:
    where, values = _filters(query, after)
    statement = literal(
        f"select {COLUMNS} from public.messages m {JOINS} where {where} {NEWEST_FIRST} limit %(wanted)s"
    )
    return conn.execute(statement, {**values, "wanted": wanted}).fetchall()


def _term_rows(conn: psycopg.Connection, query: SearchQuery, after: _Position | None, wanted: int) -> list[TupleRow]:
    boundary = _boundary(conn, query, after)
    walk, *rest = _statements(query, after, wanted, boundary)
    rows = conn.execute(*walk).fetchall()
    for statement, values in rest:
        if len(rows) < wanted:
            rows += conn.execute(statement, {**values, "wanted": wanted - len(rows)}).fetchall()
    return rows


def _boundary(conn: psycopg.Connection, query: SearchQuery, after: _Position | None) -> _Position | None:
    """The last of the newest WALK rows under the filters; None where there are not that many."""
    where, values = _filters(query, after)
    row = conn.execute(
        literal(f"select m.ts, m.id from public.messages m where {where} {NEWEST_FIRST} offset %(skip)s limit 1"),
        {**values, "skip": WALK - 1},
    ).fetchone()
    return _Position(*row) if row else None


def _statements(
    query: SearchQuery, after: _Position | None, wanted: int, boundary: _Position | None
) -> list[tuple[SQL | Composed, dict[str, object]]]:
    """The walk over the newest rows down to `boundary`, then the question to the indexes below it."""
    where, values = _filters(query, after)
    values |= {"like": like_pattern(query.q or ""), "wanted": wanted}
    if boundary is None:
        return [(_walk(where), values)]
    values |= {"boundary_ts": boundary.ts, "boundary_id": boundary.id}
    above = f"{where} and (m.ts, m.id) >= (%(boundary_ts)s, %(boundary_id)s)"
    below = f"{where} and (m.ts, m.id) < (%(boundary_ts)s, %(boundary_id)s)"
    return [(_walk(above), values), (_ask_indexes(below), values)]


def _walk(where: str) -> SQL:
    return literal(
        f"with newest as materialized (select m.* from public.messages m where {where})"
        f" select {COLUMNS} from newest m {JOINS} where {MATCHES} {NEWEST_FIRST} limit %(wanted)s"
    )


def _ask_indexes(where: str) -> SQL:
    """Each arm is a fence (`offset 0`): its trigram index is asked for the term alone, the order comes after."""
    in_media = (
        "select m.id from (select id from public.media where {column} ilike %(like)s offset 0) d"
        " join public.messages m on m.media_id = d.id where {where}"
    )
    return literal(
        "with hits as materialized ("
        f"select m.id from (select * from public.messages where text ilike %(like)s offset 0) m where {where}"
        f" union {in_media.format(column='ocr_text', where=where)}"
        f" union {in_media.format(column='asr_text', where=where)})"
        f" select {COLUMNS} from hits h join public.messages m on m.id = h.id {JOINS} {NEWEST_FIRST} limit %(wanted)s"
    )


def _filters(query: SearchQuery, after: _Position | None) -> tuple[str, dict[str, object]]:
    conditions = ["true"]
    values: dict[str, object] = {}
    for column in ("chat_id", "group_id", "sender", "kind"):
        value = getattr(query, column)
        if value is not None:
            conditions.append(f"m.{column} = %({column})s")
            values[column] = value
    if query.since is not None:
        conditions.append("m.ts >= %(since)s")
        values["since"] = query.since
    if query.until is not None:
        conditions.append("m.ts < %(until)s")
        values["until"] = query.until
    if after is not None:
        conditions.append("(m.ts, m.id) < (%(after_ts)s, %(after_id)s)")
        values |= {"after_ts": after.ts, "after_id": after.id}
    return " and ".join(conditions), values


def _item(row: TupleRow, term: str | None) -> MessageItem:
    message, (group_id, group_name), media = row[:8], row[8:10], row[10:]
    fields = {"text": message[6], "ocr_text": media[6], "asr_text": media[7]}
    group = GroupRef(group_id, group_name) if group_id else None
    return MessageItem(
        *(*message, group, MediaItem(*media) if media[0] else None, _match(fields, term) if term else None)
    )


def _match(fields: dict[str, str | None], term: str) -> Match | None:
    for field, text in fields.items():
        found = re.search(re.escape(term), text, re.IGNORECASE) if text else None
        if text and found:
            return Match(field, _snippet(text, found.start(), found.end()))
    return None


def _snippet(text: str, start: int, end: int) -> str:
    """The words around text[start:end], cut at spaces where there are any near, on one line."""
    left = max(0, start - SNIPPET_MARGIN)
    right = min(len(text), end + SNIPPET_MARGIN)
    if left and (space := text.find(" ", left, start)) != -1:
        left = space + 1
    if right < len(text) and (space := text.rfind(" ", end, right)) != -1:
        right = space
    words = " ".join(text[left:right].split())
    return ("…" if left else "") + words + ("…" if right < len(text) else "")


def _encode(item: MessageItem) -> str:
    position = json.dumps([item.ts.astimezone(UTC).isoformat(), str(item.id)])
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def _decode(cursor: str) -> _Position:
    try:
        ts, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        position = _Position(datetime.fromisoformat(ts), UUID(row_id))
    except (ValueError, TypeError, AttributeError):
        raise BadCursor from None
    if position.ts.tzinfo is None:
        raise BadCursor
    return position
