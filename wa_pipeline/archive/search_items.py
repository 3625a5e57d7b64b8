"""What a search gives: messages with their group, their media, and where and why each matched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from psycopg.rows import TupleRow

from wa_pipeline.archive.search_terms import Terms
from wa_pipeline.archive.snippet import marked, second_of

Field = Literal["text", "ocr_text", "asr_text"]
Segments = Sequence[Mapping[str, object]]


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
    """Where the terms were found: `snippet` is the words around the first, `marks` the places of all of them in it, as
    (begin, end) in characters; `at_s` the second of a recording in which it was said, where that is known."""

    field: Field
    snippet: str
    marks: tuple[tuple[int, int], ...] = ()
    at_s: float | None = None


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


def item_of(row: TupleRow, terms: Terms | None, segments: Mapping[UUID, Segments]) -> MessageItem:
    """A row of `search_sql.whole` as a message. `segments`: the timed words of recordings, by media id."""
    message, (group_id, group_name), media, places = row[:8], row[8:10], row[10:19], row[19:]
    group = GroupRef(group_id, group_name) if group_id else None
    match = None
    if terms:
        fields: dict[Field, str | None] = {"text": message[6], "ocr_text": media[6], "asr_text": media[7]}
        match = _match(fields, terms, places, segments.get(media[0], ()))
    return MessageItem(*(*message, group, MediaItem(*media) if media[0] else None, match))


def _match(fields: Mapping[Field, str | None], terms: Terms, places: TupleRow, segments: Segments) -> Match | None:
    """The first field that holds a piece. PostgreSQL says where the piece begins: its idea of case found the row, and
    Python's differs here and there."""
    texts = [piece.text for piece in terms.pieces]
    for place, (field, text) in enumerate(fields.items()):
        for number in range(len(texts)):
            begin, end = places[6 * number + 2 * place : 6 * number + 2 * place + 2]
            if text and begin:
                return _found(field, text, begin - 1, end - 1, texts, segments)
    return None


def _found(field: Field, text: str, begin: int, end: int, texts: list[str], segments: Segments) -> Match:
    snippet, marks = marked(text, begin, end, texts)
    return Match(field, snippet, marks, second_of(text, begin, segments) if field == "asr_text" else None)


__all__ = ["Field", "GroupRef", "Match", "MediaItem", "MessageItem", "Segments", "item_of"]
