"""The statements of the search: filters, the walk over the newest rows, and the question to the trigram indexes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from psycopg.sql import SQL

from wa_pipeline.archive.cursor import Position
from wa_pipeline.archive.db import literal

COLUMNS = """
  m.id, m.wa_msg_id, m.ts, m.chat_id, m.sender, m.kind, m.text, m.parent_id, g.id, g.name,
  d.id, d.mime, d.bytes, d.width, d.height, d.duration_s, d.ocr_text, d.asr_text, d.storage_path
"""
FIELDS = ("m.text", "d.ocr_text", "d.asr_text")
JOINS = "left join public.media d on d.id = m.media_id left join public.groups g on g.id = m.group_id"
NEWEST_FIRST = "order by m.ts desc, m.id desc"
# `offset 0` keeps this a look-up by key: the planner would rather read all media for a few hundred messages.
MEDIA_BY_KEY = """
  left join lateral (select ocr_text, asr_text from public.media where id = m.media_id offset 0) d on true
"""


class Filters(Protocol):
    """What narrows a search beside its term."""

    @property
    def chat_id(self) -> str | None: ...
    @property
    def group_id(self) -> UUID | None: ...
    @property
    def sender(self) -> str | None: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def since(self) -> datetime | None: ...
    @property
    def until(self) -> datetime | None: ...


@dataclass(frozen=True)
class Where:
    """Conditions on messages `m`, put together from constants, and the values for their placeholders."""

    sql: str
    values: Mapping[str, object]

    def below(self, place: Position | None) -> Where:
        """Only what comes after `place` in the order of the search."""
        return self._beside(place, "<", "top")

    def down_to(self, place: Position | None) -> Where:
        """Only what comes before `place`, itself included."""
        return self._beside(place, ">=", "bottom")

    def _beside(self, place: Position | None, comparison: str, name: str) -> Where:
        if place is None:
            return self
        condition = f"(m.ts, m.id) {comparison} (%({name}_ts)s, %({name}_id)s)"
        return Where(f"{self.sql} and {condition}", {**self.values, f"{name}_ts": place.ts, f"{name}_id": place.id})


@dataclass(frozen=True)
class Statement:
    """A statement with its values, and what it is for, so that plans can be read."""

    purpose: str
    sql: SQL
    values: Mapping[str, object]


class Term:
    r"""A term as PostgreSQL is asked for it: anywhere in a text, in any case; `%`, `_` and `\` stand for themselves."""

    def __init__(self, text: str) -> None:
        # ILIKE folds the case of every text it looks at, which costs four times the search. Without case in the term
        # LIKE finds the same rows. U+0307 has no case, but ICU folds İ to i and just that.
        self.cased = any(
            sign.lower() != sign or sign.upper() != sign or sign == "\u0307" or unicodedata.category(sign) == "Cn"
            for sign in text
        )
        # pg_trgm takes three letters or digits in a row, or the edge of a word that is whole within the term.
        self.indexed = bool(re.search(r"[^\W_]{3}|[^\W_]{2}[\W_]|[\W_][^\W_]", text))
        self.values = {"term": text, "like": "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"}

    def within(self, *columns: str) -> str:
        """The condition that one of the columns holds the term."""
        operator = "ilike" if self.cased else "like"
        return "(" + " or ".join(f"{column} {operator} %(like)s" for column in columns) + ")"

    def places(self) -> str:
        """Its length and its first place in each of FIELDS (from 1; 0 = absent), counted as ILIKE sees the texts."""
        fold = "lower({})" if self.cased else "{}"
        term = fold.format("%(term)s::text")
        return ", ".join([f"char_length({term})", *(f"strpos({fold.format(field)}, {term})" for field in FIELDS)])


def filtered(query: Filters) -> Where:
    """The conditions of a query's filters; since inclusive, until exclusive."""
    conditions = ["true"]
    values: dict[str, object] = {}
    for name, condition in (
        ("chat_id", "m.chat_id = %(chat_id)s"),
        ("group_id", "m.group_id = %(group_id)s"),
        ("sender", "m.sender = %(sender)s"),
        ("kind", "m.kind = %(kind)s"),
        ("since", "m.ts >= %(since)s"),
        ("until", "m.ts < %(until)s"),
    ):
        value = getattr(query, name)
        if value is not None:
            conditions.append(condition)
            values[name] = value
    return Where(" and ".join(conditions), values)


def newest(where: Where, wanted: int) -> Statement:
    """The newest rows, whatever they say."""
    return _full("newest", f"select m.id from public.messages m where {where.sql} {NEWEST_FIRST}", where, wanted)


def boundary(where: Where, count: int) -> Statement:
    """The place of the last of the newest `count` rows; no row where there are not that many.

    For the rest of a transaction it turns JIT compilation off, where that is on: the planner takes the look-ups of
    media for dearer than they are, and compiling a walk takes longer than the walk.
    """
    place = f"select m.ts, m.id from public.messages m where {where.sql} {NEWEST_FIRST} offset %(skip)s limit 1"
    sql = f"select ts, id, set_config('jit', 'off', true) from ({place}) place"
    return Statement(f"boundary of {count:,}", literal(sql), {**where.values, "skip": count - 1})


def walk(where: Where, term: Term, wanted: int) -> Statement:
    """Rows that hold the term, found by testing each in order."""
    matches = term.within(*FIELDS)
    sql = f"select m.id from public.messages m {MEDIA_BY_KEY} where {where.sql} and {matches} {NEWEST_FIRST}"
    return _full("walk", sql, where, wanted, term)


def ask_indexes(where: Where, term: Term, wanted: int) -> Statement:
    """Rows that hold the term, found by its trigrams.

    Each arm is a fence (`offset 0`): the index is asked for the term alone, filters and order come after. A term
    without trigrams gets no fence, since then a filter's index is the better way in.
    """
    fence = "offset 0" if term.indexed else ""
    in_text = f"select m.id, m.ts from (select * from public.messages m where {term.within('m.text')} {fence}) m"
    in_media = f"select id from public.media where {term.within('ocr_text', 'asr_text')} {fence}"
    hits = (
        f"{in_text} where {where.sql}"
        f" union select m.id, m.ts from ({in_media}) d join public.messages m on m.media_id = d.id where {where.sql}"
    )
    return _full("indexes", f"select m.id from ({hits}) m {NEWEST_FIRST}", where, wanted, term)


def _full(purpose: str, ids: str, where: Where, wanted: int, term: Term | None = None) -> Statement:
    """The whole rows of the first `wanted` of the ids, so that nothing else is read, joined or sorted at full width."""
    columns = f"{COLUMNS}, {term.places()}" if term else COLUMNS
    sql = (
        f"select {columns} from ({ids} limit %(wanted)s) h join public.messages m on m.id = h.id {JOINS} {NEWEST_FIRST}"
    )
    return Statement(purpose, literal(sql), {**where.values, **(term.values if term else {}), "wanted": wanted})


__all__ = ["Filters", "Statement", "Term", "Where", "ask_indexes", "boundary", "filtered", "newest", "walk"]
