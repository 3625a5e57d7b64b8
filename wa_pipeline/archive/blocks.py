"""The block lists: groups, senders and keywords that are refused before anything is written."""

from __future__ import annotations

import re
from dataclasses import dataclass

import psycopg


@dataclass(frozen=True)
class Blocks:
    """The three lists as one question. Keywords match as substrings in any case; senders match whole, in any case."""

    groups: frozenset[str]
    senders: frozenset[str]
    keywords: re.Pattern[str] | None

    def sender(self, name: str | None) -> bool:
        return name is not None and name.casefold() in self.senders

    def keyword(self, text: str | None) -> bool:
        return bool(self.keywords and text and self.keywords.search(text))


def load_blocks(conn: psycopg.Connection) -> Blocks:
    """The lists as they are; a change is seen by the next batch of work, not by one under way."""
    groups = conn.execute("select wa_group_id from public.block_groups").fetchall()
    senders = conn.execute("select sender from public.block_senders").fetchall()
    keywords = [str(row[0]) for row in conn.execute("select keyword from public.block_keywords").fetchall()]
    words = "|".join(re.escape(keyword) for keyword in sorted(filter(None, keywords), key=len, reverse=True))
    return Blocks(
        frozenset(str(row[0]) for row in groups),
        frozenset(str(row[0]).casefold() for row in senders),
        re.compile(words, re.IGNORECASE) if words else None,
    )


def block_sender(conn: psycopg.Connection, sender: str, reason: str) -> None:
    """Put a sender on the block list; what is in the archive of theirs stays."""
    conn.execute(
        "insert into public.block_senders (sender, reason) values (%s, %s) on conflict (sender) do nothing",
        (sender, reason),
    )
