"""The index of the search, kept by triggers: its backlog worked off, its agreement with the archive, its size."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from wa_pipeline.archive.db import literal

BATCH = 1_000
"""As many as `search_put` puts into the index at once; more would go back into the backlog."""

TAKE = f"""
delete from public.message_search_backlog where ctid = any(array(
  select ctid from public.message_search_backlog limit {BATCH} for update skip locked))
returning message_id
"""
# Whoever is writing one of these at this moment might not see ours, nor we theirs: those stay for the next time, and
# nobody waits for anybody.
HOLD_MESSAGES = "select id, media_id from public.messages where id = any(%s) for share skip locked"
HOLD_MEDIA = "select id from public.media where id = any(%s) for share skip locked"
PUT_BACK = """
insert into public.message_search_backlog select id from public.messages where id = any(%s)
"""
# Left over where a message was written and deleted while nobody looked, or by another hand.
COMPARED = """
select m.id, s.message_id is null as missing,
  s.message_id is not null and (s.ts, s.chat_id, s.group_id, s.sender, s.kind, s.has_media, s.norm) is distinct from (
    m.ts, m.chat_id, m.group_id, m.sender, m.kind, m.media_id is not null,
    public.search_norm(m.text, d.ocr_text, d.asr_text)) as stale
from public.messages m left join public.media d on d.id = m.media_id
left join public.message_search s on s.message_id = m.id
where not exists (select from public.message_search_backlog b where b.message_id = m.id)
"""
ORPHANS = "from public.message_search s where not exists (select from public.messages m where m.id = s.message_id)"
# Every piece between spaces once: a tenth of all there are.
WORDS = """
select distinct word from (select distinct piece from public.message_search s, string_to_table(s.norm, ' ') piece) p
cross join lateral public.search_words(p.piece) word
"""
UNKNOWN = f"from ({WORDS}) u where not exists (select from public.message_search_words w where w.word = u.word)"
LEARN = f"insert into public.message_search_words (word) select word {UNKNOWN}"
FORGET = f"""
delete from public.message_search_words w where not exists (select from ({WORDS}) u where u.word = w.word)
"""
FORGET_TWICE = """
delete from public.message_search_words w using public.message_search_words o
where o.word = w.word and o.ctid < w.ctid
"""
STATE = f"""
with compared as materialized ({COMPARED})
select (select count(*) from public.messages), (select count(*) from public.message_search),
  (select count(distinct message_id) from public.message_search_backlog),
  (select count(*) from compared where missing), (select count(*) from compared where stale),
  (select count(*) {ORPHANS}), (select count(*) {UNKNOWN})
"""
WRONG_TO_BACKLOG = f"""
with wrong as (select id from ({COMPARED}) c where missing or stale),
  out as (delete from public.message_search s using wrong w where s.message_id = w.id)
insert into public.message_search_backlog select id from wrong
"""
SIZES = """
select c.relname::text, pg_relation_size(c.oid) from pg_class c
left join pg_index i on i.indexrelid = c.oid
where coalesce(i.indrelid, c.oid) in ('public.message_search'::regclass, 'public.message_search_words'::regclass)
order by 2 desc, 1
"""


@dataclass(frozen=True)
class IndexState:
    """Messages, rows of the index, messages that wait in the backlog; and what is wrong: messages in neither, rows
    that say something else than their message, rows without one, words of rows that are not known as words."""

    messages: int
    indexed: int
    waiting: int
    missing: int
    stale: int
    orphans: int
    unknown: int

    @property
    def ok(self) -> bool:
        return not (self.missing or self.stale or self.orphans or self.unknown)


def waiting(conn: psycopg.Connection) -> bool:
    """Whether anything is in the backlog."""
    return conn.execute("select 1 from public.message_search_backlog limit 1").fetchone() is not None


def fill_batch(conn: psycopg.Connection) -> int:
    """Put up to BATCH messages of the backlog into the index, in a transaction of its own; how many. 0: none is there,
    or others are at work on all that are."""
    with conn.transaction():
        ids = [row[0] for row in conn.execute(TAKE).fetchall()]
        held = conn.execute(HOLD_MESSAGES, (ids,)).fetchall()
        media = {row[0] for row in conn.execute(HOLD_MEDIA, ([its for _, its in held if its],)).fetchall()}
        ready = [message_id for message_id, its in held if its is None or its in media]
        conn.execute("select public.search_put(%s::uuid[])", (ready,))
        if len(ready) < len(ids):
            conn.execute(PUT_BACK, (list(set(ids) - set(ready)),))
        return len(ready)


def settle(conn: psycopg.Connection) -> None:
    """After many rows: statistics for the planner, and no list of new rows left to be read through. In autocommit."""
    conn.execute("vacuum (analyze) public.message_search, public.message_search_words")
    conn.execute("vacuum public.message_search_backlog")


def state(conn: psycopg.Connection) -> IndexState:
    """The index compared with the archive, row by row."""
    row = conn.execute(literal(STATE)).fetchone()
    assert row is not None
    return IndexState(*row)


def set_right(conn: psycopg.Connection) -> int:
    """Rows without a message go; messages that are missing or told wrongly go into the backlog. How many of both."""
    gone = conn.execute(literal(f"delete {ORPHANS}")).rowcount
    return gone + conn.execute(literal(WRONG_TO_BACKLOG)).rowcount


def reindex(conn: psycopg.Connection) -> None:
    """Build every index of the table anew while it is used, and the list of its words. In autocommit.

    A writer does not write a word that it has seen there, even if that is forgotten a moment later. The building waits
    for all who have written till then, so that their words are there to be learnt.
    """
    conn.execute(literal(FORGET))
    conn.execute(literal(FORGET_TWICE))
    conn.execute("reindex table concurrently public.message_search")
    conn.execute(literal(LEARN))


def sizes(conn: psycopg.Connection) -> dict[str, int]:
    """Bytes of the table and of each of its indexes, the largest first."""
    return {str(name): int(size) for name, size in conn.execute(SIZES).fetchall()}


__all__ = [
    "BATCH",
    "IndexState",
    "fill_batch",
    "reindex",
    "set_right",
    "settle",
    "sizes",
    "state",
    "waiting",
]
