"""Messages: searched, one by one, and in their conversation."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import WithJsonSchema

from wa_pipeline.archive.search import MAX_LIMIT, SearchQuery
from wa_pipeline.archive.search_terms import MODES
from wa_pipeline.archive.views.conversation import around
from wa_pipeline.console.conversation import Conversation, conversation_of
from wa_pipeline.console.dependencies import ERRORS, PathId, ReaderHere, uuid_of
from wa_pipeline.console.models import MessagePage
from wa_pipeline.console.parameters import KINDS, MAX_TERM, number, search_query
from wa_pipeline.errors import MessageUnknown

MOST_AROUND = 200

router = APIRouter(prefix="/api/messages", tags=["messages"], responses=ERRORS)

# Parsed by hand, so that an empty field of a form is none and each error is one sentence; documented as what they are.
Term = Annotated[str | None, WithJsonSchema({"type": "string", "maxLength": MAX_TERM})]
Id = Annotated[str | None, WithJsonSchema({"type": "string", "format": "uuid"})]
Kind = Annotated[str | None, WithJsonSchema({"type": "string", "enum": list(KINDS)})]
Flag = Annotated[str | None, WithJsonSchema({"type": "boolean"})]
HowRead = Annotated[str | None, WithJsonSchema({"type": "string", "enum": list(MODES), "default": MODES[0]})]
Time = Annotated[str | None, WithJsonSchema({"type": "string", "format": "date-time"})]
Limit = Annotated[str | None, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 50})]
Around = Annotated[str | None, WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MOST_AROUND, "default": 25})]


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
    group_name: Term = None,
    has_media: Flag = None,
    mode: HowRead = None,
) -> SearchQuery:
    """The search a query string asks for; `since` is inclusive, `until` exclusive."""
    return search_query(
        q=q, chat_id=chat_id, group_id=group_id, sender=sender, kind=kind,
        since=since, until=until, limit=limit, cursor=cursor, group_name=group_name, has_media=has_media, mode=mode,
    )  # fmt: skip


@router.get("")
def messages(query: Annotated[SearchQuery, Depends(query_of)], reader: ReaderHere) -> MessagePage:
    """Messages, newest first: all, or those whose text, or whose media's words, hold `q`."""
    return reader.messages(query)


@router.get("/{message_id}/context")
def context(message_id: PathId, reader: ReaderHere, before: Around = None, after: Around = None) -> Conversation:
    """A message with those before and after it in its chat, oldest first, and what was said about each of them."""
    wanted = uuid_of("message_id", message_id)
    asked = {
        "before": number("before", before, 0, MOST_AROUND, 25),
        "after": number("after", after, 0, MOST_AROUND, 25),
    }
    found = reader.read(lambda conn: around(conn, wanted, **asked))
    if found is None:
        raise MessageUnknown(id=wanted)
    return conversation_of(found, reader)
