"""The answers of the HTTP API, as OpenAPI shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, PlainSerializer, WithJsonSchema


def rfc3339(ts: datetime) -> str:
    """A time in UTC, with a Z."""
    return ts.astimezone(UTC).isoformat().replace("+00:00", "Z")


Time = Annotated[
    datetime, PlainSerializer(rfc3339, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"})
]


class Group(BaseModel):
    """The group a message belongs to."""

    id: UUID
    name: str


class Media(BaseModel):
    """A message's media; `signed_url` is null where its file is not in the store."""

    id: UUID
    mime: str
    bytes: int
    width: int | None
    height: int | None
    duration_s: float | None
    ocr_text: str | None
    asr_text: str | None
    signed_url: str | None
    expires_at: Time | None


class Match(BaseModel):
    """Where the terms were found, the words around the first, the places of all of them there as [begin, end] in
    characters, and the second of a recording in which it was said, where that is known."""

    field: Literal["text", "ocr_text", "asr_text"]
    snippet: str
    marks: list[tuple[int, int]]
    at_s: float | None


class Message(BaseModel):
    """One message."""

    id: UUID
    wa_msg_id: str
    ts: Time
    chat_id: str
    sender: str
    kind: str
    text: str | None
    parent_id: UUID | None
    group: Group | None
    media: Media | None
    match: Match | None


class Person(BaseModel):
    """Somebody who has written; `sender` is what the parameter of that name takes, `name` null where they gave none."""

    sender: str
    name: str | None


class Named(BaseModel):
    """Whom, and which groups, the term may mean by name: by all of it, or by a part of it, `rest` being what else to
    look for."""

    people: list[Person]
    groups: list[Group]
    rest: str


class MessagePage(BaseModel):
    """Messages, newest first; `next_cursor` leads to older ones and is null on the last page, `prev_cursor` back.
    `named` is null without a term and on further pages."""

    items: list[Message]
    next_cursor: str | None
    prev_cursor: str | None = None
    named: Named | None = None


class ErrorBody(BaseModel):
    """What went wrong, in one sentence."""

    code: str
    message: str


class Error(BaseModel):
    """The shape of every error."""

    error: ErrorBody


class Asked(BaseModel):
    """When the request was noted."""

    at: str


class Health(BaseModel):
    """Whether the database and the media store answer."""

    status: Literal["ok"]
