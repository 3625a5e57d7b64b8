"""Search over the messages' own text and the words inside their media, newest first.

Two steps, because no single plan serves every term. The newest rows are walked first, in their order, testing each: a
common term fills its page there at once. What that does not fill is asked of the trigram indexes, for the rows below;
they answer quickest exactly when the term is rare.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow
from psycopg.sql import SQL

from wa_pipeline.archive.cursor import BadCursor, Position, decode, encode
from wa_pipeline.archive.search_sql import Statement, Term, Where, ask_indexes, boundary, filtered, newest, walk
from wa_pipeline.archive.snippet import snippet
from wa_pipeline.errors import WaError

# Rows walked first, and at most in all: as many as are worth more than the index, or, for a term that no index knows,
# than reading everything.
FIRST_WALK = 1_000
WALK = 20_000
WALK_WITHOUT_INDEX = 50_000
MAX_LIMIT = 500

Run = Callable[[Statement], list[TupleRow]]


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


def search(conn: psycopg.Connection, query: SearchQuery) -> SearchPage:
    """A page of messages, newest first, each with its group, its media and where the term was found.

    One query covers messages.text, media.ocr_text and media.asr_text. `next_cursor` continues after the last item
    and is None on the last page. Raises `BadCursor` and `BadQuery`.
    """

    # Never prepared, whatever the connection's setting: a plan made for any term takes seconds for some.
    def run(statement: Statement) -> list[TupleRow]:
        return conn.execute(statement.sql, statement.values, prepare=False).fetchall()

    return _page(run, query)


def explain(conn: psycopg.Connection, query: SearchQuery) -> list[str]:
    """The plans of the statements this very search runs, in their order: purpose, then EXPLAIN (ANALYZE, BUFFERS)."""
    plans: list[str] = []

    def run(statement: Statement) -> list[TupleRow]:
        analysed = SQL("explain (analyze, buffers) ") + statement.sql
        lines = conn.execute(analysed, statement.values, prepare=False).fetchall()
        plans.append("\n".join([f"-- {statement.purpose}", *(str(line[0]) for line in lines)]))
        return conn.execute(statement.sql, statement.values, prepare=False).fetchall()

    _page(run, query)
    return plans


def _page(run: Run, query: SearchQuery) -> SearchPage:
    _check(query)
    where = filtered(query)
    after = decode(query.cursor) if query.cursor else None
    wanted = query.limit + 1
    rows = _term_rows(run, where, after, Term(query.q), wanted) if query.q else run(newest(where.below(after), wanted))
    items = [_item(row) for row in rows[: query.limit]]
    return SearchPage(items, encode(Position(items[-1].ts, items[-1].id)) if len(rows) > query.limit else None)


def _check(query: SearchQuery) -> None:
    named = {"term": query.q, "chat": query.chat_id, "sender": query.sender, "kind": query.kind}
    for name, text in named.items():
        if text is not None and "\x00" in text:
            raise BadQuery(reason=f"the {name} holds a NUL character")
        if text is not None and any("\ud800" <= sign <= "\udfff" for sign in text):
            raise BadQuery(reason=f"the {name} is not valid Unicode")
    if any(moment is not None and moment.tzinfo is None for moment in (query.since, query.until)):
        raise BadQuery(reason="since and until need a time zone")
    if not 1 <= query.limit <= MAX_LIMIT:
        raise BadQuery(reason=f"limit must be between 1 and {MAX_LIMIT}")


def _term_rows(run: Run, where: Where, after: Position | None, term: Term, wanted: int) -> list[TupleRow]:
    """The boundary of a walk is read before its rows, so that a row which arrives meanwhile is never given twice."""
    rows: list[TupleRow] = []
    top, walked, count = after, 0, FIRST_WALK
    while walked + count <= (WALK if term.indexed else WALK_WITHOUT_INDEX):
        rest = where.below(top)
        last = run(boundary(rest, count))
        bottom = Position(*last[0][:2]) if last else None
        rows += run(walk(rest.down_to(bottom), term, wanted - len(rows)))
        if bottom is None or len(rows) >= wanted:
            return rows
        top, walked = bottom, walked + count
        if not rows:
            break
        # Half as many again as would fill the page if they are like those walked; a walk stops once its page is full.
        count = 3 * (wanted - len(rows)) * walked // (2 * len(rows)) + 1
    return rows + run(ask_indexes(where.below(top), term, wanted - len(rows)))


def _item(row: TupleRow) -> MessageItem:
    message, (group_id, group_name), media, places = row[:8], row[8:10], row[10:19], row[19:]
    group = GroupRef(group_id, group_name) if group_id else None
    fields = {"text": message[6], "ocr_text": media[6], "asr_text": media[7]}
    return MessageItem(*(*message, group, MediaItem(*media) if media[0] else None, _match(fields, *places)))


def _match(fields: dict[str, str | None], length: int = 0, *places: int | None) -> Match | None:
    """PostgreSQL says where the term begins: its idea of case found the row, and Python's differs here and there."""
    for (field, text), place in zip(fields.items(), places, strict=False):
        if text and place:
            return Match(field, snippet(text, place - 1, place - 1 + length))
    return None


__all__ = [
    "MAX_LIMIT",
    "BadCursor",
    "BadQuery",
    "GroupRef",
    "Match",
    "MediaItem",
    "MessageItem",
    "SearchPage",
    "SearchQuery",
    "explain",
    "search",
]
