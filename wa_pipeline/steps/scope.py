"""What is let in: monitored groups, direct chats only where asked for, nobody on the block lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

import psycopg

from wa_pipeline.archive import groups
from wa_pipeline.archive.blocks import Blocks, load_blocks
from wa_pipeline.settings import Settings
from wa_pipeline.whatsapp.events import Event
from wa_pipeline.whatsapp.jids import kind_of_jid

NOT_MONITORED = "not monitored"


@dataclass
class Scope:
    """The rules as they are at this moment, with the groups they are about."""

    everything: bool
    direct: bool
    blocks: Blocks
    groups: dict[str, tuple[UUID, bool]] = field(default_factory=dict)

    def refusal(self, event: Event) -> str | None:
        """Why an event of a chat is left out; None where it is let in."""
        chat = event.chat_id or ""
        kind = kind_of_jid(chat)
        if kind == "group":
            if chat in self.blocks.groups:
                return "blocked group"
            if not self.everything and not self.groups[chat][1]:
                return NOT_MONITORED
        elif kind in ("broadcast", "newsletter"):
            return "status broadcast" if kind == "broadcast" else "newsletter"
        elif kind in ("person", "lid"):
            if not self.direct:
                return "direct chat"
        else:
            return "unknown kind of chat"
        return self._blocked(event)

    def group_id(self, chat_id: str) -> UUID | None:
        found = self.groups.get(chat_id)
        return found[0] if found else None

    def _blocked(self, event: Event) -> str | None:
        names = (event.sender, event.sender_alt, event.sender_name)
        numbers = ((jid or "").partition("@")[0] for jid in (event.sender, event.sender_alt))
        if any(self.blocks.sender(name) for name in (*names, *numbers) if name):
            return "blocked sender"
        filename = event.media.filename if event.media else None
        if self.blocks.keyword(event.text) or self.blocks.keyword(filename):
            return "blocked keyword"
        return None


def load_scope(conn: psycopg.Connection, settings: Settings) -> Scope:
    return Scope(settings.ingest_scope == "all", settings.ingest_direct, load_blocks(conn))


def know_groups(conn: psycopg.Connection, scope: Scope, chats: Iterable[str]) -> None:
    """Give every group among the chats its row, monitor off, and note which are monitored."""
    wanted = sorted({chat for chat in chats if kind_of_jid(chat) == "group"})
    scope.groups = groups.ensure_groups(conn, wanted)
