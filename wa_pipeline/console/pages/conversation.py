"""A conversation around a message, and the whole of a long text."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from wa_pipeline.archive.views.conversation import around, latest_of
from wa_pipeline.archive.views.groups import all_groups
from wa_pipeline.console.conversation import Conversation, conversation_of
from wa_pipeline.console.dependencies import ReaderHere, uuid_of
from wa_pipeline.console.pages.render import Pages, terms_of
from wa_pipeline.console.reading import Reader
from wa_pipeline.errors import MessageUnknown

BEFORE, AFTER = 30, 30


def routes(pages: Pages) -> APIRouter:
    """`/messages/{id}`, `/messages/{id}/text`, `/chat?id=…`."""
    router = APIRouter()

    @router.get("/messages/{message_id}")
    def conversation_page(message_id: str, reader: ReaderHere, q: str = "", mode: str = "") -> HTMLResponse:
        found = read(reader, message_id, BEFORE, AFTER)
        here = next(item for item in found.items if str(item.id) == str(uuid_of("message_id", message_id)))
        groups = reader.cached("groups", 10, all_groups)
        group = next((group for group in groups if group.wa_group_id == found.chat_id), None)
        title = group.name if group else (here.group.name if here.group else found.chat_id)
        return pages.page(
            "conversation.html",
            found=found,
            found_here=here.id,
            title=title,
            group=group,
            terms=terms_of(q, mode) if q else [],
            shown_ids={item.id for item in found.items},
        )

    @router.get("/messages/{message_id}/text")
    def text_page(message_id: str, reader: ReaderHere) -> HTMLResponse:
        (item,) = read(reader, message_id, 0, 0).items
        return pages.page("text.html", item=item)

    @router.get("/chat")
    def chat(id: str, reader: ReaderHere) -> Response:
        latest = reader.read(lambda conn: latest_of(conn, id.replace("\x00", "")))
        if latest is None:
            return pages.page("notice.html", 404, title="No messages", words="There are no messages of this chat yet.")
        return RedirectResponse(f"/messages/{latest}#m{latest}", 303)

    return router


def read(reader: Reader, message_id: str, before: int, after: int) -> Conversation:
    """The stretch around a message. Raises `MessageUnknown`."""
    wanted = uuid_of("message_id", message_id)
    found = reader.read(lambda conn: around(conn, wanted, before=before, after=after))
    if found is None:
        raise MessageUnknown(id=wanted)
    return conversation_of(found, reader)
