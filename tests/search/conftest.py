"""A small archive written row by row, and what a search that looks at every row would find in it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.postgres import TemporaryServer
from wa_pipeline.archive import search_steps
from wa_pipeline.archive.db import connect
from wa_pipeline.archive.search import MessageItem, SearchQuery, search

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)

# Every field of every message, tested one by one, in an order of Python's making: no joins by OR, no limit, no index.
LOOK_AT_ALL = """
select m.id, m.ts, m.text ilike %(like)s, d.ocr_text ilike %(like)s, d.asr_text ilike %(like)s
from public.messages m left join public.media d on d.id = m.media_id
"""


@dataclass
class Archive:
    """The rows written so far, through a connection whose work is undone at the end."""

    conn: psycopg.Connection
    written: int = 0
    media: dict[str, UUID] = field(default_factory=dict)
    groups: dict[str, UUID] = field(default_factory=dict)

    def say(
        self,
        text: str | None = None,
        *,
        ocr: str | None = None,
        asr: str | None = None,
        media: UUID | None = None,
        at: datetime | None = None,
        minutes: int | None = None,
        chat: str = "garden@g.us",
        sender: str = "ann",
        kind: str = "text",
        group: str | None = None,
    ) -> UUID:
        """Write one message, with media of its own where words in it are given; one a minute unless told when."""
        if media is None and (ocr is not None or asr is not None):
            media = self.picture(ocr=ocr, asr=asr)
        moment = at or NOON + timedelta(minutes=self.written if minutes is None else minutes)
        key = uuid4()
        self.conn.execute(
            "insert into public.messages (id, wa_msg_id, ts, chat_id, sender, kind, text, media_id, group_id)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (key, str(key), moment, chat, sender, kind, text, media, self.group(group) if group else None),
        )
        self.written += 1
        return key

    def picture(self, *, ocr: str | None = None, asr: str | None = None) -> UUID:
        """Write one media row."""
        key = uuid4()
        sha = hashlib.sha256(key.bytes).hexdigest()
        self.conn.execute(
            "insert into public.media"
            " (id, sha256, mime, bytes, width, height, duration_s, storage_path, ocr_text, asr_text)"
            " values (%s, %s, 'image/jpeg', 10, 4, 3, 1.5, %s, %s, %s)",
            (key, sha, f"wa-media/{sha}/original.jpg", ocr, asr),
        )
        return key

    def group(self, name: str) -> UUID:
        """The group of this name, written at its first use."""
        if name not in self.groups:
            self.groups[name] = uuid4()
            self.conn.execute(
                "insert into public.groups (id, wa_group_id, name) values (%s, %s, %s)",
                (self.groups[name], f"{name}@g.us", name),
            )
        return self.groups[name]

    def clear(self) -> None:
        self.conn.rollback()
        self.written = 0
        self.groups.clear()

    def find(self, term: str | None = None, **asked: Any) -> list[MessageItem]:
        """The first page, 50 messages unless told."""
        return search(self.conn, SearchQuery(term, **asked)).items

    def find_all(self, query: SearchQuery) -> list[MessageItem]:
        """Every page after the other; no page but the last is short, and the last has no cursor."""
        items: list[MessageItem] = []
        while True:
            page = search(self.conn, query)
            items += page.items
            if page.next_cursor is None:
                return items
            assert len(page.items) == query.limit
            query = replace(query, cursor=page.next_cursor)

    def look_at_all(self, term: str) -> dict[UUID, str]:
        """Which messages hold the term by ILIKE, newest first, each with the first field that does."""
        like = "%" + term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        rows = self.conn.execute(LOOK_AT_ALL, {"like": like}).fetchall()
        rows.sort(key=lambda row: (row[1], row[0].int), reverse=True)
        fields = ("text", "ocr_text", "asr_text")
        return {
            row[0]: next(name for name, holds in zip(fields, row[2:], strict=True) if holds)
            for row in rows
            if any(row[2:])
        }


@pytest.fixture(scope="module")
def module_database(pg_server: TemporaryServer, migrated_template: str) -> Iterator[str]:
    """One archive database for all tests of a module, since a test undoes its own work."""
    name = f"search_{uuid4().hex[:12]}"
    with psycopg.connect(pg_server.url("postgres"), autocommit=True) as conn:
        conn.execute(f"create database {name} template {migrated_template}".encode())
    yield pg_server.url(name)
    with psycopg.connect(pg_server.url("postgres"), autocommit=True) as conn:
        conn.execute(f"drop database {name} with (force)".encode())


@pytest.fixture
def archive(module_database: str) -> Iterator[Archive]:
    with connect(module_database) as conn:
        yield Archive(conn)
        conn.rollback()


Way = Literal["walk", "stretch", "rest"]
Steps = Callable[[int, Way], None]


@pytest.fixture
def set_steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Sets how many rows are walked first, and which way the search prefers to go on, whatever there is to be found."""

    def set_them(first: int, way: Way) -> None:
        costs = {"walk": {"READ": 1e9}, "stretch": {"WALKED": 1e9, "FILTERED": 1e9, "READ": 0, "SPANNED": 0}}
        worth = {"WORTH": 1e9 if way == "rest" else 0}
        for name, value in {"FIRST_WALK": first, "GROWTH": 2, **worth, **costs.get(way, {})}.items():
            monkeypatch.setattr(search_steps, name, value)

    return set_them


@pytest.fixture(params=["walk", "stretch", "rest"])
def short_steps(request: pytest.FixtureRequest, set_steps: Steps) -> Way:
    """Steps so short that every one has its turn in a small archive."""
    set_steps(2, request.param)
    way: Way = request.param
    return way
