"""What the search is held against: every row looked at, and SQLite's FTS5 over the same words."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

import psycopg

from tests.search.mistyped import one_letter_away
from wa_pipeline.archive.db import literal
from wa_pipeline.archive.search_terms import parse

ROWS = """
select m.ts, m.id, concat_ws(' ', m.text, d.ocr_text, d.asr_text) from public.messages m
left join public.media d on d.id = m.media_id order by m.ts, m.id
"""
LOOK_AT_ALL = """
select m.id from public.messages m left join public.media d on d.id = m.media_id
left join public.groups g on g.id = m.group_id
where {} order by m.ts desc, m.id desc
"""
HOLDS = "(coalesce(m.text, '') ilike %s or coalesce(d.ocr_text, '') ilike %s or coalesce(d.asr_text, '') ilike %s)"
NARROWED = {
    "chat_id": "m.chat_id = %s", "group_id": "m.group_id = %s", "sender": "m.sender = %s", "kind": "m.kind = %s",
    "since": "m.ts >= %s", "until": "m.ts < %s", "has_media": "(m.media_id is not null) = %s",
    "group_name": "g.name = %s",
}  # fmt: skip


def look_at_all(conn: psycopg.Connection, asked: Mapping[str, str]) -> tuple[list[UUID], float]:
    """Every message that answers the question (a group by its whole name), newest first, by an ILIKE for each field and
    term; and the milliseconds it took."""
    terms = parse(asked.get("q", ""), "words" if asked.get("mode") == "words" else "substring")
    conditions, values = ["true"], []
    for holds, texts in ((HOLDS, [piece.text for piece in terms.pieces]), (f"not {HOLDS}", terms.without)):
        for text in texts:
            conditions.append(holds)
            values += ["%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"] * 3
    for name, condition in NARROWED.items():
        if name in asked:
            conditions.append(condition)
            values.append(asked[name])
    began = time.perf_counter()
    rows = conn.execute(literal(LOOK_AT_ALL.format(" and ".join(conditions))), values).fetchall()
    return [row[0] for row in rows], (time.perf_counter() - began) * 1_000


SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
WORD = re.compile(rf"[^\W\d_{SPACELESS}]{{4,}}")


def look_for_mistyped(conn: psycopg.Connection, typed: Sequence[str]) -> dict[str, list[UUID]]:
    """For each mistyped word all messages with it, or with a word that begins with one a letter away, newest first.

    All words of all messages are read one by one.
    """
    with conn.transaction(), conn.cursor(name="words") as cursor:
        cursor.itersize = 20_000
        cursor.execute(ROWS)
        rows = [(row[1], row[2].lower()) for row in cursor]
    words = {word for _, text in rows for word in WORD.findall(text) if len(word) <= 24}
    found: dict[str, list[UUID]] = {}
    for each in typed:
        meant = "|".join(word for word in words if one_letter_away(word, each))
        begin = rf"(?:(?<![^\W\d_])|(?<=[{SPACELESS}]))"
        pattern = re.compile(rf"{each}|{begin}(?:{meant})" if meant else each)
        found[each] = [key for key, text in reversed(rows) if pattern.search(text)]
    return found


class Fts5:
    """The messages' words in an FTS5 table with one of its tokenizers; rowids in the order of time."""

    def __init__(self, conn: psycopg.Connection, file: Path, tokenizer: str) -> None:
        self._db = sqlite3.connect(file)
        self._db.execute(f"create virtual table t using fts5(words, tokenize='{tokenizer}')")
        began = time.perf_counter()
        with conn.transaction(), conn.cursor(name="rows") as cursor:
            cursor.itersize = 20_000
            cursor.execute(ROWS)
            self._db.executemany("insert into t (words) values (?)", ((row[2],) for row in cursor))
        self._db.commit()
        self.seconds = time.perf_counter() - began
        self.megabytes = file.stat().st_size / 1e6

    def page(self, term: str) -> float:
        """Milliseconds for the newest fifty rows with this term."""
        began = time.perf_counter()
        self._ask("select rowid from t where words match ? order by rowid desc limit 51", term)
        return (time.perf_counter() - began) * 1_000

    def count(self, term: str) -> int:
        """How many rows it finds."""
        return int(self._ask("select count(*) from t where words match ?", term)[0][0])

    def _ask(self, sql: str, term: str) -> list[tuple[int]]:
        quoted = '"' + term.replace('"', '""') + '"'
        return self._db.execute(sql, (quoted,)).fetchall()


__all__ = ["Fts5", "look_at_all", "look_for_mistyped"]
