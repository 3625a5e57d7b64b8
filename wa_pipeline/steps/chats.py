"""Which chat of the archive an export is."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

import psycopg

from wa_pipeline.archive import export_chats
from wa_pipeline.archive.export_chats import ExportChat, Sample
from wa_pipeline.errors import AmbiguousChat, NotAGroupId, SameTitleOtherPeople, TimeZoneShift
from wa_pipeline.steps.meet import meet_chat
from wa_pipeline.whatsapp.exports import DELETED, SYSTEM, ExportMessage
from wa_pipeline.whatsapp.identity import chat_key, export_chat_id

SAMPLE_SIZE = 200
TELLING_LENGTH = 8
MINUTES_A_DAY = 24 * 60
GROUP_JID = re.compile(r"^[0-9]+(-[0-9]+)?@g\.us$")


def resolve_chat(
    conn: psycopg.Connection, title: str, messages: Sequence[ExportMessage], group: str | None, file: str
) -> ExportChat:
    """The chat an export belongs to, made or bound to `group` (a JID) as needed, in the caller's transaction.

    A title is a chat as long as the same people are in it; a renamed chat is recognised by what it holds. Raises
    `SameTitleOtherPeople` and `AmbiguousChat` where only the user can tell.
    """
    if group is not None and not GROUP_JID.match(group):
        raise NotAGroupId(group=group)
    senders = sorted({message.sender for message in messages if message.sender})
    known = export_chats.by_title(conn, title)
    mine = [chat for chat in known if _same_people(conn, chat, senders)]
    if group is not None:
        return _chat_of_group(conn, title, group, mine, taken=bool(known))
    if len(mine) > 1:
        raise AmbiguousChat(file=file, title=title)
    if mine:
        return mine[0]
    if known:
        raise SameTitleOtherPeople(file=file, title=title)
    return _renamed_chat(conn, messages) or _added(conn, chat_key(title), title, export_chat_id(title))


def check_zone(conn: psycopg.Connection, chat_id: str, messages: Sequence[ExportMessage], file: str, tz: str) -> bool:
    """Whether these messages are where the archive has them; True once at least one is, False where none is known.

    Raises `TimeZoneShift` where they are there, but a whole number of quarter hours away.
    """
    apart = export_chats.minutes_apart(conn, chat_id, telling_sample(messages))
    shift, times = next(
        (item for item in apart.most_common() if item[0] and item[0] % 15 == 0 and abs(item[0]) != MINUTES_A_DAY),
        (0, 0),
    )
    if times >= 2 and times > apart[0]:
        raise TimeZoneShift(file=file, tz=tz, shift=_hours(abs(shift)))
    return apart[0] > 0


def telling_sample(messages: Sequence[ExportMessage]) -> Sample:
    """Up to SAMPLE_SIZE messages whose words occur once in these, spread evenly over them."""
    written = [
        m
        for m in messages
        if m.sender and m.text and len(m.text) >= TELLING_LENGTH and not m.flags & (DELETED | SYSTEM)
    ]
    often = Counter(message.text for message in written)
    telling = [message for message in written if often[message.text] == 1]
    chosen = telling[:: max(1, len(telling) // SAMPLE_SIZE)][:SAMPLE_SIZE]
    return Sample([m.ts for m in chosen], [m.sender or "" for m in chosen], [m.text or "" for m in chosen])


def _same_people(conn: psycopg.Connection, chat: ExportChat, senders: Sequence[str]) -> bool:
    return not export_chats.has_messages(conn, chat.chat_id) or export_chats.shares_a_sender(
        conn, chat.chat_id, senders
    )


def _chat_of_group(
    conn: psycopg.Connection, title: str, group: str, mine: Sequence[ExportChat], *, taken: bool
) -> ExportChat:
    of_group = export_chats.by_chat_id(conn, group)
    if of_group:
        return next((chat for chat in of_group if chat.title == title), of_group[0])
    unbound = next((chat for chat in mine if not chat.bound), None)
    if unbound:
        bound = export_chats.bind(conn, unbound, group)
        meet_chat(conn, group)
        return bound
    key = f"{chat_key(title)}~{hashlib.sha256(group.encode()).hexdigest()[:8]}" if taken else chat_key(title)
    return _added(conn, key, title, group)


def _renamed_chat(conn: psycopg.Connection, messages: Sequence[ExportMessage]) -> ExportChat | None:
    """A chat under another title that already holds most of what is telling in this one."""
    sample = telling_sample(messages)
    best = export_chats.chats_holding(conn, sample).most_common(1)
    if not best or best[0][1] < 3 or best[0][1] * 2 < len(sample.ts):
        return None
    return export_chats.by_chat_id(conn, best[0][0])[0]


def _added(conn: psycopg.Connection, key: str, title: str, chat_id: str) -> ExportChat:
    chat = ExportChat(key, title, chat_id)
    export_chats.add(conn, chat)
    return chat


def _hours(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
