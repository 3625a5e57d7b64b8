"""The texts of edited messages: the newest in place, every other one among the versions.

What is known of them merges without asking what came first, and lies in `raw.edited`: `at` and `of`, when the text in
place was written and its hash; `texts`, for each text an edit gave the earliest time and who told of it; `first`, the
hash of the text the message had before any edit, as the telling of the greatest rank has it. The versions follow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5
from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

LOCK = """
select id, wa_msg_id, text, ts, raw->>'source', raw->'edited' from public.messages
where wa_msg_id = any(%(ids)s) order by wa_msg_id for update
"""
VERSIONS = "select message_id, text, written_at, source from public.message_versions where message_id = any(%(ids)s)"
IN_PLACE = """
update public.messages m set text = n.text, raw = m.raw || jsonb_build_object('edited', n.mark)
from unnest(%(ids)s::uuid[], %(texts)s::text[], %(marks)s::jsonb[]) as n(id, text, mark)
where m.id = n.id and (m.text is distinct from n.text or m.raw->'edited' is distinct from n.mark)
returning m.wa_msg_id
"""
NOT_VERSIONS = """
delete from public.message_versions v where v.message_id = any(%(messages)s) and not exists (
  select from unnest(%(ids)s::uuid[], %(texts)s::text[]) as n(id, text) where n.id = v.message_id and n.text = v.text)
"""
KEEP_VERSIONS = """
insert into public.message_versions as v (message_id, text, written_at, valid_until, source)
select * from unnest(%(ids)s::uuid[], %(texts)s::text[], %(ats)s::timestamptz[], %(untils)s::timestamptz[],
  %(sources)s::text[])
on conflict (message_id, md5(coalesce(text, ''))) do update
set written_at = excluded.written_at, valid_until = excluded.valid_until, source = excluded.source
where (v.written_at, v.valid_until, v.source) is distinct from
  (excluded.written_at, excluded.valid_until, excluded.source)
"""
NO_TIME = "~"
"""Stands for a time nobody told: behind every time."""


class Edit(NamedTuple):
    """A message's text as of `at`."""

    wa_msg_id: str
    text: str
    at: datetime | None
    source: str


class Version(NamedTuple):
    """A text the message had, from when until when."""

    text: str
    written_at: datetime | None
    valid_until: datetime | None
    source: str | None


@dataclass
class Edited:
    """What is known of one message's texts; `words` are they themselves, by their hash."""

    at: str = ""
    of: str = ""
    first: str | None = None
    texts: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)

    def edit(self, text: str, at: datetime | None, source: str) -> None:
        """Take an edit in: the latest by (time, hash) is in place, and each text is as old as its earliest edit."""
        of = self.learn(text)
        self.texts[of] = min(f"{said(at) or NO_TIME}|{source}", self.texts.get(of, f"{NO_TIME}|~"))
        self.at, self.of = max((self.at, self.of), (said(at) or "", of))

    def was(self, text: str, source: str) -> None:
        """Take in a text the message had at a time nobody told."""
        of = self.learn(text)
        self.texts[of] = min(f"{NO_TIME}|{source}", self.texts.get(of, f"{NO_TIME}|~"))

    def learn(self, text: str) -> str:
        of = digest(text)
        self.words[of] = text
        return of

    def mark(self) -> dict[str, object]:
        known: dict[str, object] = {"at": self.at, "of": self.of, "first": self.first, "texts": self.texts}
        return {name: value for name, value in known.items() if value}

    def versions(self, ts: datetime, source: str | None) -> list[Version]:
        """All texts but the one in place. `ts` and `source` are the message's own, and so its first text's."""
        dated: list[tuple[str, str, str | None]] = []
        for of in sorted({*self.texts, self.first or self.of} - {self.of}):
            told, _, teller = self.texts.get(of, f"{NO_TIME}|").partition("|")
            own = said(ts) if of == self.first else None
            at, who = (own, source) if own and own <= told else (told, teller or None)
            if of in self.words:
                dated.append((at if at != NO_TIME else "", self.words[of], who))
        dated.sort()
        ends = [*(at for at, *_ in dated[1:]), self.at]
        return [
            Version(text, _moment(at), _moment(end), who) for (at, text, who), end in zip(dated, ends, strict=False)
        ]


def edit(conn: psycopg.Connection, edits: Sequence[Edit]) -> int:
    """Put the newest texts in place and the others among the versions; messages whose text changed."""
    return settle(conn, edits=edits)


def settle(
    conn: psycopg.Connection,
    *,
    edits: Sequence[Edit] = (),
    firsts: Mapping[str, str | None] | None = None,
    earlier: Sequence[tuple[str, str]] = (),
) -> int:
    """Take in edits; by wa_msg_id the first texts of edited messages; texts that exports say they had. Returns of how
    many messages anything changed."""
    firsts = firsts or {}
    had_once: dict[str, list[str]] = defaultdict(list)
    for wa_msg_id, text in earlier:
        had_once[wa_msg_id].append(text)
    told: dict[str, list[Edit]] = defaultdict(list)
    for each in edits:
        told[each.wa_msg_id].append(each)
    rows = conn.execute(LOCK, {"ids": sorted({*told, *firsts, *had_once})}).fetchall()
    had: dict[UUID, list[tuple[str, datetime | None, str | None]]] = defaultdict(list)
    for message_id, *version in conn.execute(VERSIONS, {"ids": [row[0] for row in rows]}).fetchall():
        had[message_id].append((version[0], version[1], version[2]))
    places: list[tuple[UUID, str | None, Jsonb]] = []
    versions: list[tuple[UUID, Version]] = []
    for message_id, wa_msg_id, text, ts, source, mark in rows:
        known = _known(text, mark, had[message_id])
        for each in told[wa_msg_id]:
            known.edit(each.text, each.at, each.source)
        for once in had_once[wa_msg_id]:
            known.was(once, "export")
        if wa_msg_id in firsts:
            first = firsts[wa_msg_id]
            known.first = None if first is None else known.learn(first)
        places.append((message_id, known.words.get(known.of, text), Jsonb(known.mark())))
        versions += [(message_id, version) for version in known.versions(ts, source)]
    return _write(conn, places, versions) if places else 0


def _known(text: str | None, mark: object, versions: Sequence[tuple[str, datetime | None, str | None]]) -> Edited:
    """From the row: what is in place counts only as what the last edit made it, lest it was altered since."""
    known = Edited()
    for version, at, source in versions:
        if version is not None:
            known.texts[known.learn(version)] = f"{said(at) or NO_TIME}|{source or ''}"
    if isinstance(mark, dict) and isinstance(mark.get("texts"), dict):
        known.at, known.of = mark.get("at", ""), mark.get("of", "")
        known.first, known.texts = mark.get("first"), dict(mark["texts"])
        if text is not None and digest(text) == known.of:
            known.learn(text)
    elif text is not None:
        known.of = known.learn(text)
        if mark is None:
            known.first, known.of = known.of, ""
    return known


def _write(
    conn: psycopg.Connection,
    places: Sequence[tuple[UUID, str | None, Jsonb]],
    versions: Sequence[tuple[UUID, Version]],
) -> int:
    ids, texts, marks = zip(*places, strict=True)
    changed = conn.execute(IN_PLACE, {"ids": list(ids), "texts": list(texts), "marks": list(marks)}).rowcount
    values = {
        "ids": [message_id for message_id, _ in versions],
        "texts": [version.text for _, version in versions],
        "ats": [version.written_at for _, version in versions],
        "untils": [version.valid_until for _, version in versions],
        "sources": [version.source for _, version in versions],
    }
    conn.execute(NOT_VERSIONS, {"messages": list(ids), **values})
    conn.execute(KEEP_VERSIONS, values)
    return changed


def digest(text: str) -> str:
    """The hash PostgreSQL's index over versions is made of."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def said(at: datetime | None) -> str | None:
    """A time as marks hold it: UTC, microseconds, always of one width, so that times compare as text."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _moment(told: str) -> datetime | None:
    return datetime.fromisoformat(told) if told else None
