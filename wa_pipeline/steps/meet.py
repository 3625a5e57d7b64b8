"""Export rows and live rows of the same messages become one, whichever came first: the live one, knowing all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psycopg

from wa_pipeline.archive import meeting
from wa_pipeline.archive.live import texts
from wa_pipeline.archive.meeting import Row
from wa_pipeline.whatsapp.identity import normalise_sender
from wa_pipeline.whatsapp.meeting import Exported, Live, Pair, meet, text_key

AT_ONCE = 5_000
MEDIA = frozenset({"image", "video", "audio", "doc"})


@dataclass
class Met:
    """Export rows that were taken into live ones, and those whose sender may be another."""

    linked: int = 0
    unsure: int = 0


def meet_messages(conn: psycopg.Connection, wa_msg_ids: Iterable[str]) -> Met:
    """Meet live messages that have come or changed with what exports hold of their minutes."""
    met = Met()
    wanted = list(wa_msg_ids)
    chats = meeting.chats_with_exports(conn, list({name.partition("|")[0] for name in wanted}))
    if chats:
        mine = [name for name in wanted if name.partition("|")[0] in chats]
        for chat, minutes in sorted(meeting.minutes_of(conn, mine).items()):
            meet_minutes(conn, chat, sorted(minutes), met)
    return met


def meet_chat(conn: psycopg.Connection, chat_id: str) -> Met:
    """Meet all that exports hold of a chat with what is live of it."""
    met = Met()
    minutes = meeting.export_minutes(conn, chat_id)
    for at in range(0, len(minutes), AT_ONCE):
        _meet(conn, chat_id, minutes[at : at + AT_ONCE], met)
    return met


def meet_minutes(conn: psycopg.Connection, chat_id: str, minutes: Sequence[int], met: Met) -> None:
    """Meet some minutes (epoch seconds). Who somebody is, learnt here, lets rows of other minutes meet as well."""
    if _meet(conn, chat_id, minutes, met):
        rest = meet_chat(conn, chat_id)
        met.linked += rest.linked


def _meet(conn: psycopg.Connection, chat_id: str, minutes: Sequence[int], met: Met) -> bool:
    """Whether anybody was learnt."""
    exported = meeting.rows(conn, chat_id, minutes, exported=True)
    if not exported:
        return False
    live = meeting.rows(conn, chat_id, sorted({row.minute for row in exported}), exported=False)
    if not live:
        return False
    known = {normalise_sender(name): jid for name, jid in meeting.people(conn, chat_id)}
    found = meet([_live(row) for row in live], [_exported(row) for row in exported], known)
    met.unsure += found.unsure
    if found.pairs:
        _keep_texts(conn, found.pairs, live, exported)
        meeting.absorb(conn, [(pair.live.id, pair.exported.id, pair.exported.slot) for pair in found.pairs])
        met.linked += len(found.pairs)
    return bool(found.people)


def _keep_texts(conn: psycopg.Connection, pairs: Sequence[Pair], live: Sequence[Row], exported: Sequence[Row]) -> None:
    """Texts only the export knew become versions of the live message."""
    ids = {row.id: row.wa_msg_id for row in live}
    has = {row.id: set(row.texts) for row in live}
    told = {row.id: row.texts for row in exported if row.raw.get("edited")}
    earlier = [
        (ids[pair.live.id], text)
        for pair in pairs
        for text in told.get(pair.exported.id, ())
        if text_key(text) not in {text_key(each) for each in has[pair.live.id]}
    ]
    if earlier:
        texts.settle(conn, earlier=earlier)


def _exported(row: Row) -> Exported:
    raw = row.raw
    return Exported(
        row.id,
        row.minute,
        row.sender,
        _keys(row),
        (int(raw.get("seq") or 0), row.wa_msg_id),
        row.kind in MEDIA or "omitted" in raw or "attachment" in raw,
        row.sha256,
        bool(raw.get("edited")),
        raw.get("subkind") == "deleted",
        "omitted" in raw,
    )


def _live(row: Row) -> Live:
    raw, held = row.raw, row.raw.get("export")
    return Live(
        row.id,
        row.minute,
        row.sender,
        _keys(row),
        (row.ts, row.wa_msg_id),
        row.kind in MEDIA,
        row.sha256,
        "edited" in raw,
        "deleted" in raw,
        raw.get("sender_name"),
        frozenset(held if isinstance(held, dict) else ()),
    )


def _keys(row: Row) -> frozenset[str]:
    return frozenset(filter(None, map(text_key, row.texts)))
