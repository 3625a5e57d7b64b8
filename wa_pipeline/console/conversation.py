"""A stretch of conversation as the API gives it and the pages show it."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel

from wa_pipeline.archive.views import people
from wa_pipeline.archive.views.conversation import Said, Stretch
from wa_pipeline.console.models import Message, Time
from wa_pipeline.console.reading import Reader, message_of
from wa_pipeline.storage import SignedUrl


class Reaction(BaseModel):
    """Somebody's reaction; the last they gave."""

    emoji: str
    sender: str
    sender_name: str | None
    at: Time


class Version(BaseModel):
    """A text the message had before it was edited."""

    text: str | None
    until: Time | None


class Answered(BaseModel):
    """What a message answers; `id` is null where only the quotation is known, `guessed` where it was inferred."""

    id: UUID | None
    sender: str | None
    sender_name: str | None
    kind: str | None
    text: str | None
    guessed: bool


class Segment(BaseModel):
    """Words of a recording, and the seconds in which they were said."""

    start: float
    end: float
    text: str


class SaidMessage(Message):
    """A message in its conversation."""

    sender_name: str | None
    from_me: bool
    system: bool
    subkind: str | None
    attachment: str | None
    edited: bool
    edited_at: str | None
    deleted: bool
    deleted_at: str | None
    answers: Answered | None
    reactions: list[Reaction]
    versions: list[Version]
    segments: list[Segment]


class Conversation(BaseModel):
    """Messages of one chat, oldest first; `older` and `newer`: the message to go on from, null at the chat's ends."""

    chat_id: str
    items: list[SaidMessage]
    older: UUID | None
    newer: UUID | None


def conversation_of(stretch: Stretch, reader: Reader) -> Conversation:
    """With links signed in one go, names, and the words of recordings in time."""
    items = [said.item for said in stretch.items]
    links = reader.links(items)
    heard = [item.media.id for item in items if item.media and item.media.asr_text]
    senders = {item.sender for item in items} | {each.sender for said in stretch.items for each in said.reactions}
    segments = reader.read(lambda conn: people.segments_of(conn, heard))
    names = reader.read(lambda conn: people.names_of(conn, senders))
    return Conversation(
        chat_id=stretch.chat_id,
        items=[_said(said, links, names, segments) for said in stretch.items],
        older=stretch.oldest,
        newer=stretch.newest,
    )


def segments_in(raw: list[dict[str, object]]) -> list[Segment]:
    """Those pieces that are whole."""
    found = []
    for piece in raw:
        start, end, text = piece.get("start"), piece.get("end"), piece.get("text")
        if isinstance(start, int | float) and isinstance(end, int | float) and isinstance(text, str):
            found.append(Segment(start=float(start), end=float(end), text=text.strip()))
    return found


def _said(
    said: Said, links: dict[str, SignedUrl], names: dict[str, str], segments: dict[UUID, list[dict[str, object]]]
) -> SaidMessage:
    message = message_of(said.item, links)
    answers = said.answers
    return SaidMessage(
        **message.model_dump(),
        sender_name=said.sender_name or names.get(said.item.sender),
        from_me=said.from_me,
        system=said.system,
        subkind=said.subkind,
        attachment=said.attachment,
        edited=said.edited,
        edited_at=said.edited_at,
        deleted=said.deleted,
        deleted_at=said.deleted_at,
        answers=Answered.model_validate(answers, from_attributes=True) if answers else None,
        reactions=[
            Reaction(emoji=each.emoji, sender=each.sender, sender_name=names.get(each.sender), at=each.at)
            for each in said.reactions
        ],
        versions=[Version(text=each.text, until=each.until) for each in said.versions],
        segments=segments_in(segments.get(said.item.media.id, [])) if said.item.media else [],
    )
