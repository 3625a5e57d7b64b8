"""The tools an assistant gets. Each reads; none writes, sends or signs a link."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from mcp.server.mcpserver import Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from pydantic import Field

from wa_pipeline import __version__
from wa_pipeline.archive.media_links import media_file
from wa_pipeline.archive.views.conversation import around
from wa_pipeline.archive.views.groups import all_groups
from wa_pipeline.archive.views.people import segments_of
from wa_pipeline.archive.views.words import words_of
from wa_pipeline.assistant.archive import Archive
from wa_pipeline.assistant.untrusted import NOTICE, found, meant, said, words
from wa_pipeline.console.conversation import conversation_of, segments_in
from wa_pipeline.console.dependencies import uuid_of
from wa_pipeline.console.models import rfc3339
from wa_pipeline.console.parameters import search_query
from wa_pipeline.console.reading import message_of
from wa_pipeline.errors import MessageUnknown, NoThumbnail, ObjectMissing, WaError

INSTRUCTIONS = (
    "An archive of somebody's WhatsApp groups, to be read and never written. `search` finds messages by words in their"
    " text, in pictures and documents, and in what was spoken; `read_context` shows what was said before and after."
    f" {NOTICE}"
)
READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

MessageId = Annotated[str, Field(description="`id` of a message, as `search` gives it")]
MediaId = Annotated[str, Field(description="`media.id` of a message")]
Around = Annotated[int, Field(ge=0, le=50)]
Time = Annotated[str | None, Field(description="2024-01-31 or 2024-01-31T12:00:00Z")]


def make(archive: Archive) -> MCPServer:
    """The server over an open archive."""
    server: MCPServer = MCPServer(
        "wa_pipeline", version=__version__, instructions=INSTRUCTIONS, log_level="ERROR", subscriptions=False
    )
    for tool in (_search(archive), _read_context(archive), _list_groups(archive), _transcript(archive)):
        server.add_tool(tool, annotations=READS, structured_output=False)
    server.add_tool(_picture(archive), annotations=READS, structured_output=False)
    return server


def _search(archive: Archive) -> Callable[..., str]:
    def search(
        query: Annotated[
            str, Field(description='a substring; "…" a phrase, -word left out; empty for the newest')
        ] = "",
        mode: Annotated[str, Field(description="substring, words (each by itself) or typo (nearly the same)")] = "",
        chat_id: str | None = None,
        group_id: Annotated[str | None, Field(description="of a group under `named`")] = None,
        sender: Annotated[str | None, Field(description="a name, a phone number, or the sender as stored")] = None,
        kind: Annotated[str | None, Field(description="text, image, video, audio, doc or other")] = None,
        since: Time = None,
        until: Time = None,
        limit: Annotated[int, Field(ge=1, le=50)] = 20,
        cursor: Annotated[str | None, Field(description="`next_cursor` of the answer before")] = None,
    ) -> str:
        """Find messages by words in their text, in their pictures and documents, or spoken in them; newest first.

        `named`: whom and which groups the query may mean by name. For what was said there, search once more for `rest`
        with that `sender` or `group_id`.
        """
        with _sentences():
            asked = search_query(
                q=query, chat_id=chat_id, group_id=group_id, sender=sender, kind=kind, since=since, until=until,
                limit=str(limit), cursor=cursor, mode=mode,
            )  # fmt: skip
            page = archive.reader.found(asked)
        return _told(
            named=meant(page.named) if page.named else None,
            messages=[found(message_of(item, {})) for item in page.items],
            next_cursor=page.next_cursor,
        )

    return search


def _read_context(archive: Archive) -> Callable[..., str]:
    def read_context(message_id: MessageId, before: Around = 10, after: Around = 10) -> str:
        """A message and those around it in its chat, oldest first, with replies, reactions, edits and deletions."""
        with _sentences():
            wanted = uuid_of("message_id", message_id)
            stretch = archive.reader.read(lambda conn: around(conn, wanted, before=before, after=after))
            if stretch is None:
                raise MessageUnknown(id=wanted)
            talk = conversation_of(stretch, archive.reader)
        return _told(
            chat_id=talk.chat_id,
            messages=[said(item) for item in talk.items],
            older=_text(talk.older),
            newer=_text(talk.newer),
        )

    return read_context


def _list_groups(archive: Archive) -> Callable[..., str]:
    def list_groups() -> str:
        """The groups of the archive: their chat_id, how many messages each holds, when something was last said."""
        with _sentences():
            rows = archive.reader.read(all_groups)
        return _told(
            groups=[
                {
                    "chat_id": row.wa_group_id,
                    "monitored": row.monitor,
                    "messages": row.messages,
                    "last_seen_ts": rfc3339(row.last_seen_ts) if row.last_seen_ts else None,
                    "untrusted": {"name": words(row.name)},
                }
                for row in rows
                if not row.sample
            ]
        )

    return list_groups


def _picture(archive: Archive) -> Callable[..., list[Any]]:
    def fetch_picture(media_id: MediaId) -> list[Any]:
        """A small copy (at most 480 pixels each way) of a message's picture, and the words read in it."""
        with _sentences():
            wanted = uuid_of("media_id", media_id)
            file = archive.reader.read(lambda conn: media_file(conn, wanted))
            if file is None:
                raise ObjectMissing(key=wanted)
            if not file.mime.startswith("image/"):
                raise NoThumbnail(reason=f"it is {file.mime}")
            picture = archive.picture(file)
            read, _ = archive.reader.read(lambda conn: words_of(conn, wanted))
        return [_told(untrusted={"words_in_picture": words(read)}), Image(data=picture, format="webp")]

    return fetch_picture


def _transcript(archive: Archive) -> Callable[..., str]:
    def fetch_transcript(media_id: MediaId) -> str:
        """All words of a recording, with the seconds at which each piece is said, or of a picture or document."""
        with _sentences():
            wanted = uuid_of("media_id", media_id)
            read, heard = archive.reader.read(lambda conn: words_of(conn, wanted))
            pieces = archive.reader.read(lambda conn: segments_of(conn, [wanted])).get(wanted, [])
        told = [{"start": each.start, "end": each.end, "text": words(each.text)} for each in segments_in(pieces)]
        return _told(
            looked_at=read is not None or heard is not None,
            untrusted={"spoken": words(heard, 200_000), "in_time": told, "read": words(read, 200_000)},
        )

    return fetch_transcript


@contextmanager
def _sentences() -> Iterator[None]:
    """What went wrong in one sentence, as everywhere; anything else is told as a fault without its words."""
    try:
        yield
    except WaError as error:
        raise ToolError(str(error)) from None
    except (OperationalError, PoolTimeout):
        raise ToolError("The database cannot be reached at the moment.") from None


def _told(**answer: object) -> str:
    return json.dumps({"notice": NOTICE, **answer}, ensure_ascii=False)


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None


__all__ = ["INSTRUCTIONS", "make"]
