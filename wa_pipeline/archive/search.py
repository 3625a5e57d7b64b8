"""Search over the messages' own text and the words inside their media, newest first.

All words of a message stand in one row of message_search, which triggers keep true; what came by the thousand waits in
a backlog, which is searched as well. In steps, because no single plan serves every term. The newest rows are walked
first, in their order, testing each: a common term fills its page there at once. What that does not fill is asked of the
trigrams and grams, for the rows below: for all of them at once if the term is rare, otherwise for longer and longer
stretches, since what takes time is to fetch what they find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg.sql import SQL

from wa_pipeline.archive import search_people, search_sql, search_steps
from wa_pipeline.archive.cursor import BadCursor, Position, decode_either, encode
from wa_pipeline.archive.db import literal
from wa_pipeline.archive.search_items import Field, GroupRef, Match, MediaItem, MessageItem, item_of
from wa_pipeline.archive.search_names import Named, Names
from wa_pipeline.archive.search_sql import Matching, Statement
from wa_pipeline.archive.search_steps import Outlook, Step, next_step
from wa_pipeline.archive.search_terms import MODES, SEPARATOR, BadQuery, Mode, Terms, parse
from wa_pipeline.archive.search_where import Where, filtered
from wa_pipeline.archive.views.people import segments_of

FOUND_LOOSELY = 2
READ_LOOSELY = 0.1
"""Rows that grams find for each that holds the term, where it is longer than they are; and entries that are read, of
all rows, to see which have every gram of a few common ones."""
WARMED = 20_000
"""Rows that are read ahead. New ones lie wherever there is room in the table, each on another page."""
MAX_LIMIT = 500

Run = Callable[[Statement], list[TupleRow]]


@dataclass(frozen=True)
class SearchQuery:
    """What to look for. `since` is inclusive, `until` exclusive; docs/search.md says how `q` and `mode` are read.

    `sender` is an address, a phone number or a name; `group_name` part of a group's name, of one it had as well.
    """

    q: str | None = None
    chat_id: str | None = None
    group_id: UUID | None = None
    sender: str | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    cursor: str | None = None
    group_name: str | None = None
    has_media: bool | None = None
    mode: Mode = "substring"


@dataclass(frozen=True)
class SearchPage:
    """`next_cursor` leads to older messages, `prev_cursor` to newer ones; None where there are none to be had.

    `named`: whom, and which groups, the term may mean by name; None where that was not asked.
    """

    items: list[MessageItem]
    next_cursor: str | None
    prev_cursor: str | None = None
    named: Named | None = None


def search(conn: psycopg.Connection, query: SearchQuery, names: Names | None = None) -> SearchPage:
    """A page of messages, newest first, each with its group, its media and where the terms were found. `names`: those
    of the archive; the first page then says who and what bears the term as a name.

    Reads one state of the archive throughout; on a connection that is in a transaction, what that transaction sees.
    Raises `BadCursor` and `BadQuery`.
    """

    # Never prepared, whatever the connection's setting: a plan made for any term takes seconds for some.
    def run(statement: Statement) -> list[TupleRow]:
        return conn.execute(statement.sql, statement.values, prepare=False).fetchall()

    with _one_state(conn):
        page = _page(conn, run, query)
    if names is None or not query.q or query.cursor:
        return page
    return replace(page, named=names.bearing(parse(query.q, query.mode)))


def warm(conn: psycopg.Connection) -> None:
    """Have PostgreSQL read the newest rows, so that the first search after a start does not wait for the disk."""
    with _one_state(conn):
        for statement in (search_sql.begin(), search_sql.touch(WARMED)):
            conn.execute(statement.sql, statement.values, prepare=False)


def explain(conn: psycopg.Connection, query: SearchQuery) -> list[str]:
    """The plans of the statements this very search runs, in their order: purpose, then EXPLAIN (ANALYZE, BUFFERS)."""
    plans: list[str] = []

    def run(statement: Statement) -> list[TupleRow]:
        analysed = SQL("explain (analyze, buffers) ") + statement.sql
        lines = conn.execute(analysed, statement.values, prepare=False).fetchall()
        plans.append("\n".join([f"-- {statement.purpose}", *(str(line[0]) for line in lines)]))
        return conn.execute(statement.sql, statement.values, prepare=False).fetchall()

    with _one_state(conn):
        _page(conn, run, query)
    return plans


@contextmanager
def _one_state(conn: psycopg.Connection) -> Iterator[None]:
    """A message goes from the backlog into the index at some moment: each question of a search must be asked on the
    same side of it. Rolled back, so that nothing of the search's settings stays."""
    idle = conn.info.transaction_status == TransactionStatus.IDLE
    with conn.transaction(force_rollback=True):
        if idle:
            conn.execute("set transaction isolation level repeatable read, read only")
        yield


def _page(conn: psycopg.Connection, run: Run, query: SearchQuery) -> SearchPage:
    _check(query)
    terms = _resolved(run, parse(query.q, query.mode)) if query.q else None
    after, newer = decode_either(query.cursor) if query.cursor else (None, False)

    def ask(sql: str, values: Mapping[str, object]) -> list[TupleRow]:
        return conn.execute(literal(sql), values, prepare=False).fetchall()

    where = filtered(
        query,
        senders=search_people.senders_of(ask, query.sender) if query.sender is not None else None,
        groups=search_people.groups_of(ask, query.group_name) if query.group_name is not None else None,
        newer=newer,
    )
    wanted = query.limit + 1
    ((*_, waiting),) = run(search_sql.begin())
    if terms:
        places = _matching(run, where, after, terms, wanted, waiting)
    else:
        places = _places(run(search_sql.newest(where.beyond(after), wanted, indexed=not waiting)))
    kept, more = places[: query.limit], len(places) > query.limit
    if newer:
        kept.reverse()
    rows = run(search_sql.whole([place.id for place in kept], terms)) if kept else []
    heard = [row[10] for row in rows if row[17]] if terms else []
    segments = segments_of(conn, heard)
    items = [item_of(row, terms, segments) for row in rows]
    older = kept and (more or newer)
    newest = kept and (more if newer else after is not None)
    return SearchPage(
        items,
        next_cursor=encode(kept[-1]) if older else None,
        prev_cursor=encode(kept[0], newer=True) if newest else None,
    )


def _resolved(run: Run, terms: Terms) -> Terms:
    """With the words there are that the forgiving pieces may have meant."""
    if not any(piece.forgiving for piece in terms.pieces):
        return terms
    return terms.with_near([(number, word) for number, word in run(search_sql.near(terms))])


def _check(query: SearchQuery) -> None:
    named = {
        "term": query.q, "chat": query.chat_id, "sender": query.sender, "kind": query.kind, "group": query.group_name,
    }  # fmt: skip
    for name, text in named.items():
        if text is not None and "\x00" in text:
            raise BadQuery(reason=f"the {name} holds a NUL character")
        if text is not None and any("\ud800" <= sign <= "\udfff" for sign in text):
            raise BadQuery(reason=f"the {name} is not valid Unicode")
    if query.q and SEPARATOR in query.q:
        raise BadQuery(reason="the term holds a unit separator (U+001F)")
    if query.mode not in MODES:
        raise BadQuery(reason=f"mode must be one of {', '.join(MODES)}")
    if any(moment is not None and moment.tzinfo is None for moment in (query.since, query.until)):
        raise BadQuery(reason="since and until need a time zone")
    if not 1 <= query.limit <= MAX_LIMIT:
        raise BadQuery(reason=f"limit must be between 1 and {MAX_LIMIT}")


def _matching(
    run: Run, where: Where, after: Position | None, terms: Terms, wanted: int, waiting: int
) -> list[Position]:
    """The first places that match, those of the backlog among them if any are `waiting` there."""
    matching = Matching(terms)
    places = _indexed(run, where, after, matching, wanted)
    if waiting:
        long = waiting > search_sql.BACKLOG_COUNTED
        late = _places(run(search_sql.ask_backlog(where.beyond(after), matching, wanted, long=long)))
        both = {*places, *late}
        places = sorted(both, key=lambda place: (place.ts, place.id.int), reverse=not where.newer)
    return places[:wanted]


def _indexed(run: Run, where: Where, after: Position | None, matching: Matching, wanted: int) -> list[Position]:
    """The first places that match among the rows of the index."""
    places: list[Position] = []
    rest, walked, step = where.beyond(after), 0, Step(search_steps.FIRST_WALK, walk=True)
    outlook: Outlook | None = None
    edge: Position | None = None
    while step.count is not None:
        missing = wanted - len(places)
        if step.walk or outlook is None:
            passed = run(search_sql.walk(rest, matching, step.count, missing))
            places += _places([(ts, key) for ts, key, hit, _ in passed if hit])
            edge = Position(*passed[-1][:2]) if passed and passed[-1][3] else None
        else:
            edge = outlook.beyond(edge, step.count, newer=where.newer)
            if edge is None:
                break
            places += _places(run(search_sql.ask_indexes(rest.up_to(edge), matching, missing, stretch=True)))
        if len(places) >= wanted or edge is None:
            return places
        rest, walked = where.beyond(edge), walked + step.count
        outlook = outlook or _outlook(run, where, matching)
        step = next_step(outlook, walked=walked, hits=len(places), needed=wanted - len(places))
    return places + _places(run(search_sql.ask_indexes(rest, matching, wanted - len(places))))


def _outlook(run: Run, where: Where, matching: Matching) -> Outlook:
    ((rows, hits, share, moments),) = run(search_sql.sample(matching))
    found = hits * (FOUND_LOOSELY if matching.loosely_asked else 1)
    return Outlook(
        rows=round(rows / share) + 1,
        found=round(found / share),
        read=round((found + rows * READ_LOOSELY if found and matching.loosely_asked else found) / share),
        moments=moments or (),
        near=matching.terms.has_near,
        filtered=bool(where.conditions),
    )


def _places(rows: list[TupleRow]) -> list[Position]:
    return [Position(*row) for row in rows]


__all__ = [
    "MAX_LIMIT",
    "BadCursor",
    "BadQuery",
    "Field",
    "GroupRef",
    "Match",
    "MediaItem",
    "MessageItem",
    "SearchPage",
    "SearchQuery",
    "explain",
    "search",
    "warm",
]
