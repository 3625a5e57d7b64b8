"""The HTTP API."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from pydantic import WithJsonSchema

from wa_pipeline.archive.search import MAX_LIMIT, SearchQuery
from wa_pipeline.console.models import Error, Health, MessagePage
from wa_pipeline.console.parameters import KINDS, MAX_TERM, search_query
from wa_pipeline.console.reading import Reader
from wa_pipeline.errors import BadParameter

ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": Error} for status in (400, 401, 403, 404, 500, 503)}

router = APIRouter(responses=ERRORS)

# Parsed by hand, so that an empty field of a form is none and each error is one sentence; documented as what they are.
Term = Annotated[str | None, WithJsonSchema({"type": "string", "maxLength": MAX_TERM})]
Id = Annotated[str | None, WithJsonSchema({"type": "string", "format": "uuid"})]
Kind = Annotated[str | None, WithJsonSchema({"type": "string", "enum": list(KINDS)})]
Time = Annotated[str | None, WithJsonSchema({"type": "string", "format": "date-time"})]
Limit = Annotated[str | None, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 50})]


def reader_of(request: Request) -> Reader:
    """The reader of the application that is being served."""
    reader: Reader = request.app.state.reader
    return reader


def query_of(
    q: Term = None,
    chat_id: Term = None,
    group_id: Id = None,
    sender: Term = None,
    kind: Kind = None,
    since: Time = None,
    until: Time = None,
    limit: Limit = None,
    cursor: Term = None,
) -> SearchQuery:
    """The search a query string asks for; `since` is inclusive, `until` exclusive."""
    return search_query(
        q=q, chat_id=chat_id, group_id=group_id, sender=sender, kind=kind,
        since=since, until=until, limit=limit, cursor=cursor,
    )  # fmt: skip


ReaderHere = Annotated[Reader, Depends(reader_of)]


@router.get("/api/messages")
def messages(query: Annotated[SearchQuery, Depends(query_of)], reader: ReaderHere) -> MessagePage:
    """Messages, newest first: all, or those whose text, or whose media's words, hold `q`."""
    return reader.messages(query)


@router.get("/media/{media_id}", status_code=307, response_class=RedirectResponse)
def media(media_id: str, reader: ReaderHere) -> RedirectResponse:
    """Signs a link to a media file and leads there."""
    try:
        link = reader.media_link(UUID(media_id))
    except ValueError:
        raise BadParameter(name="media_id", reason="a UUID is wanted") from None
    return RedirectResponse(link.url, 307)


@router.get("/healthz")
def healthz(reader: ReaderHere) -> Health:
    """Whether the database and the media store answer; needs no token."""
    reader.check()
    return Health(status="ok")
