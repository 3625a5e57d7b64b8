"""The search page: one form, its hits with their pictures and sound, fresh results while one types."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from wa_pipeline.archive.search import BadCursor, BadQuery
from wa_pipeline.archive.views import people
from wa_pipeline.archive.views.groups import all_groups
from wa_pipeline.console.conversation import Segment, segments_in
from wa_pipeline.console.dependencies import ReaderHere
from wa_pipeline.console.models import Message, MessagePage, Named
from wa_pipeline.console.pages.render import Pages, person, terms_of
from wa_pipeline.console.parameters import KINDS, search_query
from wa_pipeline.console.reading import Reader
from wa_pipeline.errors import BadParameter

FIELDS = ("q", "chat_id", "group_id", "sender", "kind", "since", "until", "mode", "has_media")


def routes(pages: Pages) -> APIRouter:
    """`/`; with `part=results` only what is found."""
    router = APIRouter()

    @router.get("/")
    def search_page(request: Request, reader: ReaderHere) -> HTMLResponse:
        asked = {name: request.query_params.get(name, "").strip() for name in FIELDS}
        found, problem = MessagePage(items=[], next_cursor=None), None
        try:
            found = reader.messages(search_query(**asked, limit="30", cursor=request.query_params.get("cursor")))
        except (BadParameter, BadQuery, BadCursor) as error:
            problem = str(error)
        part = request.query_params.get("part") == "results"
        values = {
            "asked": asked,
            "page": found,
            "problem": problem,
            "older": beside(asked, found.next_cursor),
            "newer": beside(asked, found.prev_cursor),
            "meant": meant(asked, found.named),
            "terms": terms_of(asked["q"], asked["mode"]) if asked["q"] else [],
            "first": not any(asked.values()),
            **said_about(found.items, reader),
        }
        if not part:
            groups = reader.cached("groups", 10, all_groups)
            values |= {"kinds": KINDS, "groups": [group for group in groups if group.messages]}
        return pages.page("results.html" if part else "search.html", 400 if problem else 200, **values)

    return router


def meant(asked: Mapping[str, str], named: Named | None) -> list[tuple[str, str, str]]:
    """Groups and people of that name, as (word before it, name, address of what was said there); none where the search
    is narrowed to one already."""
    if named is None:
        return []
    groups = [] if asked["group_id"] or asked["chat_id"] else named.groups
    senders = [] if asked["sender"] else named.people
    there = [("In", group.name, {"group_id": str(group.id)}) for group in groups]
    there += [("From", person(each.sender, each.name), {"sender": each.sender}) for each in senders]
    return [(word, name, _narrowed(asked, named.rest, to)) for word, name, to in there]


def _narrowed(asked: Mapping[str, str], rest: str, to: Mapping[str, str]) -> str:
    return "/?" + urlencode({name: value for name, value in {**asked, "q": rest, **to}.items() if value})


def said_about(items: list[Message], reader: Reader) -> dict[str, object]:
    """Names of senders, and the words of recordings in time, for a page of messages."""
    names = reader.read(lambda conn: people.names_of(conn, {item.sender for item in items}))
    heard = [item.media.id for item in items if item.media and item.media.asr_text]
    raw = reader.read(lambda conn: people.segments_of(conn, heard))
    segments: dict[UUID, list[Segment]] = {media_id: segments_in(pieces) for media_id, pieces in raw.items()}
    return {"names": names, "segments": segments}


def beside(asked: Mapping[str, str], cursor: str | None, path: str = "/") -> str | None:
    """The address of the page a cursor leads to; None where there is none."""
    if cursor is None:
        return None
    return f"{path}?" + urlencode({**{name: value for name, value in asked.items() if value}, "cursor": cursor})
