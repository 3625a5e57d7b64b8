"""The statements of the search: the walk over the newest rows, the question to the indexes, and the backlog."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg.sql import SQL

from wa_pipeline.archive.db import literal
from wa_pipeline.archive.search_terms import Piece, Terms
from wa_pipeline.archive.search_where import Where

COLUMNS = """
  m.id, m.wa_msg_id, m.ts, m.chat_id, m.sender, m.kind, m.text, m.parent_id, g.id, g.name,
  d.id, d.mime, d.bytes, d.width, d.height, d.duration_s, d.ocr_text, d.asr_text, d.storage_path
"""
FIELDS = ("m.text", "d.ocr_text", "d.asr_text")
JOINS = "left join public.media d on d.id = m.media_id left join public.groups g on g.id = m.group_id"
BACKLOG_COUNTED = 5_000
"""Rows of the backlog that are read one by one; more of them are looked up in the indexes the seed has."""
# Compiling, or calling other processes to help, takes longer than the search. A row's grams must never be worked out
# to test it, which reading a table whole, or forgetting which rows of a page were meant, would do.
BEGIN = f"""
select set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true),
  set_config('enable_seqscan', 'off', true), set_config('work_mem', '64MB', true),
  (select count(*) from (select from public.message_search_backlog limit {BACKLOG_COUNTED + 1}) b)
"""
SAMPLED = 50
"""Pages of the table, of some forty rows each."""
MOMENTS = [n / SAMPLED for n in range(SAMPLED + 1)]
SHARE = (
    f"least(1, {SAMPLED}.0 * current_setting('block_size')::int"
    " / greatest(1, pg_relation_size('public.message_search')))::float8"
)
# Chinese and the like put no space before a word of another script, either.
_BEGINS = "(?:(?<![[:alpha:]])|(?<=[\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3040-\\u30ff\\u3400-\\u9fff]))"
MOST_NEAR = 64
NEAR = """
select asked.number, near.word from unnest(%(numbers)s::int[], %(words)s::text[]) asked(number, word)
cross join lateral (select word from public.search_near(asked.word) word limit %(most)s) near
"""
_HOLDS_GRAMS = "public.search_grams({0}) @> {1}"
_HOLDS_NEAR = "{0} ~ lower(%(r{1})s::text)"
WORDS_OF_BACKLOG = """
join public.messages m on m.id = b.message_id left join public.media d on d.id = m.media_id
cross join lateral (select public.search_norm(m.text, d.ocr_text, d.asr_text) as norm offset 0) n
"""


@dataclass(frozen=True)
class Statement:
    """A statement with its values, and what it is for, so that plans can be read."""

    purpose: str
    sql: SQL
    values: Mapping[str, object]


@dataclass(frozen=True)
class Matching:
    """The conditions of some terms, put together from constants, and the values for their placeholders."""

    terms: Terms

    @property
    def values(self) -> dict[str, object]:
        named: dict[str, object] = {}
        for number, piece in enumerate(self.terms.pieces):
            named[f"t{number}"] = piece.text
            named[f"r{number}"] = _pattern(piece)
            for name, text in zip(_likes(piece, number), piece.any_of, strict=True):
                named[name] = "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"
        return named | {f"x{number}": text for number, text in enumerate(self.terms.without)}

    def tested(self, norm: str, *, asked: bool = False) -> str:
        """The test of a row's words; of a row that was `asked` for only what that left open: what trigrams have found
        has been compared already."""
        compared = asked and not self._all_grams
        wanted = [
            _tested(piece, number, norm)
            for number, piece in enumerate(self.terms.pieces)
            if piece.near or not (compared and piece.has_trigrams)
        ]
        without = [f"strpos({norm}, lower(%(x{number})s::text)) = 0" for number in range(len(self.terms.without))]
        return " and ".join([*wanted, *without]) or "true"

    @property
    def _all_grams(self) -> bool:
        return all(piece.has_grams for piece in self.terms.pieces)

    def asked(self, norm: str, *, hidden: bool = False) -> str:
        """What the indexes over `norm` are asked: never less than what the test lets through. `hidden`: what exactly
        is kept from the planner, which then thinks alike of every term.

        One index or the other, never both: trigrams have every row they find checked again, for all conditions there
        are, and working out the grams of thousands of rows takes seconds.
        """
        value = "(select {})" if hidden else "{}"
        pieces = list(enumerate(self.terms.pieces))
        if self._all_grams:
            wanted = (value.format(f"public.search_wanted(lower(%(t{number})s::text))") for number, _ in pieces)
            return " and ".join(_HOLDS_GRAMS.format(norm, grams) for grams in wanted)
        conditions = []
        for number, piece in pieces:
            if piece.has_trigrams:
                likes = (value.format(f"lower(%({name})s::text)") for name in _likes(piece, number))
                conditions.append("(" + " or ".join(f"{norm} like {like}" for like in likes) + ")")
        return " and ".join(conditions)

    @property
    def loosely_asked(self) -> bool:
        """Whether grams are asked for a term longer than they are: common ones find several times as many rows."""
        return any(piece.has_grams and len(piece.text) > 3 for piece in self.terms.pieces)

    def looked_up(self) -> tuple[str, str] | None:
        """Conditions on a message's text and on media's for the indexes that the seed has; None where they know
        nothing of any piece."""
        known = [(len(piece.text), number) for number, piece in enumerate(self.terms.pieces) if piece.has_trigrams]
        if not known:
            return None
        _, number = max(known)
        names = _likes(self.terms.pieces[number], number)
        text, ocr, asr = (
            " or ".join(f"{column} ilike %({name})s" for name in names) for column in ("m.text", "ocr_text", "asr_text")
        )
        return f"({text})", f"({ocr} or {asr})"


def _tested(piece: Piece, number: int, norm: str) -> str:
    return _HOLDS_NEAR.format(norm, number) if piece.near else f"strpos({norm}, lower(%(t{number})s::text)) > 0"


def _likes(piece: Piece, number: int) -> list[str]:
    return [f"l{number}", *(f"l{number}_{at}" for at in range(len(piece.near)))]


def _pattern(piece: Piece) -> str:
    """A regular expression: the piece as it stands, or one of the words near to it at the beginning of a word."""
    text = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", piece.text)
    return f"{text}|{_BEGINS}(?:{'|'.join(piece.near)})" if piece.near else text


def begin() -> Statement:
    """Settings for the rest of the transaction, and how much the backlog holds, counted up to BACKLOG_COUNTED + 1."""
    return Statement("begin", literal(BEGIN), {})


def near(terms: Terms) -> Statement:
    """The words there are that each forgiving piece may have meant, MOST_NEAR at most: (number of the piece, word)."""
    asked = [(number, piece.text) for number, piece in enumerate(terms.pieces) if piece.forgiving]
    values = {"numbers": [at for at, _ in asked], "words": [text for _, text in asked], "most": MOST_NEAR}
    return Statement("near words", literal(NEAR), values)


def newest(where: Where, wanted: int, *, indexed: bool) -> Statement:
    """The places of the first rows, whatever they say; `indexed`: all messages are in the index of the search, which
    has an order for each filter."""
    if indexed:
        sql = f"select s.ts, s.message_id from public.message_search s where {where.on_index} {where.order()}"
    else:
        sql = f"select m.ts, m.id from public.messages m where {where.on_messages} {where.order('m.id', 'm.ts')}"
    return _limited("newest", sql, where.values, wanted)


def touch(count: int) -> Statement:
    """Reads the newest `count` rows, as a walk does."""
    rows = "select s.norm from public.message_search s order by s.ts desc, s.message_id desc limit %(count)s"
    return Statement("touch", literal(f"select count(*) filter (where norm = '') from ({rows}) s"), {"count": count})


def walk(where: Where, matching: Matching, count: int, wanted: int) -> Statement:
    """The places of rows that match among the first `count`, found by testing each in order, as (ts, id, True, whether
    it is the last of them); and the last in any case, so that the search can go on below it."""
    hit, last = f"({matching.tested('s.norm')})", "n = %(count)s"
    rows = (
        f"select s.ts, s.message_id, {hit} as hit from public.message_search s where {where.on_index}"
        f" {where.order()} limit %(count)s"
    )
    numbered = f"select s.*, row_number() over ({where.order()}) as n from ({rows}) s"
    sql = f"select s.ts, s.message_id, hit, {last} from ({numbered}) s where hit or {last} {where.order()}"
    return _limited(f"walk of {count:,}", sql, {**where.values, **matching.values, "count": count}, wanted)


def sample(matching: Matching) -> Statement:
    """Rows of a few pages of the table, always the same ones, and how many of them match; the share of all pages that
    these are; and moments, in order, between any two of which about as many rows lie."""
    hits = f"count(*) filter (where {matching.tested('s.norm')})"
    moments = "percentile_disc(%(moments)s::float8[]) within group (order by s.ts)"
    rows = f"public.message_search s tablesample system (100 * {SHARE}) repeatable (0)"
    sql = f"select count(*), {hits}, {SHARE}, {moments} from {rows}"
    return Statement("sample", literal(sql), {**matching.values, "moments": MOMENTS})


def ask_indexes(where: Where, matching: Matching, wanted: int, *, stretch: bool = False) -> Statement:
    """The places of rows that match, found by their trigrams and grams; of a `stretch` that is short against all there
    is, by their time as well.

    The fence (`offset 0`) makes the indexes answer for that alone; filters and order come after.
    """
    asked = f"{matching.asked('s.norm', hidden=True)} and {where.span}" if stretch else matching.asked("s.norm")
    fenced = f"select * from public.message_search s where {asked} offset 0"
    sql = (
        f"select s.ts, s.message_id from ({fenced}) s"
        f" where {where.on_index} and {matching.tested('s.norm', asked=True)} {where.order()}"
    )
    return _limited("stretch" if stretch else "indexes", sql, {**where.values, **matching.values}, wanted)


def ask_backlog(where: Where, matching: Matching, wanted: int, *, long: bool) -> Statement:
    """The places of matching rows of the backlog. A `long` one is looked up in the seed's indexes, if those can."""
    known = matching.looked_up() if long else None
    ids = "select distinct message_id from public.message_search_backlog"
    if known:
        ids = (
            f"select h.id as message_id from (select m.id from public.messages m where {known[0]}"
            f" union select m.id from (select id from public.media where {known[1]} offset 0) d"
            " join public.messages m on m.media_id = d.id offset 0) h"
            " where exists (select from public.message_search_backlog b where b.message_id = h.id)"
        )
    sql = (
        f"select m.ts, m.id from ({ids}) b {WORDS_OF_BACKLOG}"
        f" where {where.on_messages} and {matching.tested('n.norm')} {where.order('m.id', 'm.ts')}"
    )
    return _limited("long backlog" if known else "backlog", sql, {**where.values, **matching.values}, wanted)


def whole(ids: Sequence[UUID], terms: Terms | None) -> Statement:
    """The whole rows, newest first, each with where every piece begins and ends in each of FIELDS (from 1; begin 0 =
    absent)."""
    places = ""
    values: dict[str, object] = {"ids": list(ids)}
    if terms:
        values |= Matching(terms).values
        for number, piece in enumerate(terms.pieces):
            for field in FIELDS:
                begin, end = _place(piece, number, f"lower({field})")
                places += f", {begin}, {end}"
    sql = (
        f"select {COLUMNS}{places} from public.messages m {JOINS} where m.id = any(%(ids)s)"
        " order by m.ts desc, m.id desc"
    )
    return Statement("whole rows", literal(sql), values)


def _place(piece: Piece, number: int, text: str) -> tuple[str, str]:
    if piece.near:
        found = f"regexp_instr({text}, lower(%(r{number})s::text), 1, 1, {{}})"
        return found.format(0), found.format(1)
    begin = f"strpos({text}, lower(%(t{number})s::text))"
    return begin, f"{begin} + char_length(lower(%(t{number})s::text))"


def _limited(purpose: str, sql: str, values: Mapping[str, object], wanted: int) -> Statement:
    return Statement(purpose, literal(f"{sql} limit %(wanted)s"), {**values, "wanted": wanted})


__all__ = [
    "BACKLOG_COUNTED",
    "Matching",
    "Statement",
    "ask_backlog",
    "ask_indexes",
    "begin",
    "near",
    "newest",
    "sample",
    "touch",
    "walk",
    "whole",
]
