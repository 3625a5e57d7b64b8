"""One batch of an export into the archive, in one transaction: compared, aligned, inserted, counted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from wa_pipeline.archive import groups, import_runs, meeting, staging
from wa_pipeline.steps.chats import check_zone
from wa_pipeline.steps.meet import Met, meet_minutes
from wa_pipeline.steps.prepare import Batch, copy_text, raw_of
from wa_pipeline.steps.soundness import Soundness
from wa_pipeline.whatsapp.align import Change, Incoming, Pair, Stored, align
from wa_pipeline.whatsapp.exports import DELETED, EDITED, OMITTED


@dataclass(frozen=True)
class Target:
    """Where an export's messages go. `held` = the chat had messages before; `live` = some from WhatsApp itself."""

    export_key: str
    file: str
    tz: str
    chat_id: str
    group_id: UUID
    held: bool
    live: bool


@dataclass
class BatchCounts:
    """What became of a batch's messages; `same_zone` = some were found where the archive has them."""

    inserted: int = 0
    duplicates: int = 0
    linked: int = 0
    edited: int = 0
    deleted: int = 0
    ambiguous: int = 0
    same_zone: bool = False


def write_batch(
    conn: psycopg.Connection, target: Target, batch: Batch, rows: bytes | None, sound: Soundness, *, zone_known: bool
) -> BatchCounts:
    """Take the batch in; nothing of it is there unless all of it is.

    `rows` is the batch as COPY text where the chat held nothing before, None where it is to be compared first.
    Raises `TimeZoneShift` before anything is written where the chat's own messages stand at other times.
    """
    counts = BatchCounts(same_zone=zone_known)
    if not batch.messages:
        return counts
    with conn.transaction():
        if rows is None:
            _compare_and_insert(conn, target, batch, counts, sound)
        else:
            _insert(conn, batch, rows, counts)
        import_runs.add_inserted(conn, target.export_key, counts.inserted)
        latest = max(message.ts for message in batch.messages)
        groups.touch_last_seen(conn, target.group_id, datetime.fromtimestamp(latest, UTC))
    return counts


def _insert(conn: psycopg.Connection, batch: Batch, rows: bytes, counts: BatchCounts) -> None:
    """Into a chat that held nothing: straight in, unless somebody else is importing it at this moment."""
    inserted = staging.copy_straight(conn, rows)
    if inserted is None:
        staging.stage(conn, rows)
        inserted = staging.insert_staged(conn)
    counts.inserted = inserted
    counts.duplicates = len(batch.messages) - inserted


def _compare_and_insert(
    conn: psycopg.Connection, target: Target, batch: Batch, counts: BatchCounts, sound: Soundness
) -> None:
    span = batch.span(target.chat_id)
    staging.expect_many(conn)
    missing = staging.missing_ids(conn, span, batch.ids)
    if target.live:
        missing -= meeting.absorbed_ids(conn, span.chat_id, span.low, span.high)
    counts.duplicates = len(batch.messages) - len(missing)
    if batch.media:
        staging.attach_media(conn, batch.media)
    if not missing:
        return
    sound.require()
    if not counts.same_zone:
        counts.same_zone = check_zone(conn, target.chat_id, batch.messages, target.file, target.tz)
    staging.stage(conn, copy_text(batch.only(missing), target.chat_id, target.group_id))
    aligned = _align(conn, span, batch, counts)
    inserted = staging.insert_staged(conn)
    counts.duplicates += len(missing) - aligned - inserted
    met = Met()
    if target.live:
        meet_minutes(conn, span.chat_id, sorted({m.ts - m.ts % 60 for m in batch.messages}), met)
    counts.linked, counts.ambiguous = met.linked, counts.ambiguous + met.unsure
    counts.inserted = inserted - met.linked


def _align(conn: psycopg.Connection, span: staging.Span, batch: Batch, counts: BatchCounts) -> int:
    """Recognise messages that changed since an earlier export; how many were taken off the stage."""
    contested = staging.contested_minutes(conn, span, batch.ids)
    if not contested:
        return 0
    ids = set(batch.ids)
    staged = staging.staged_ids(conn)
    minutes = _by_minute(batch)
    aligned = 0
    for sender, minute in contested:
        places = minutes[sender, minute]
        rows, matches = staging.stored_minute(conn, span.chat_id, sender, minute, ids)
        fresh = [_incoming(batch, n, matches) for n in places if batch.ids[n] in matches or batch.ids[n] in staged]
        found = align([Stored(*row) for row in rows], fresh, matches)
        counts.ambiguous += found.ambiguous
        by_id = {batch.ids[n]: n for n in places}
        for pair in found.pairs:
            _apply(conn, pair, batch, by_id[pair.incoming.wa_msg_id], counts)
        staging.unstage(conn, [pair.incoming.wa_msg_id for pair in found.pairs])
        aligned += len(found.pairs)
    return aligned


def _by_minute(batch: Batch) -> dict[tuple[str, int], list[int]]:
    minutes: dict[tuple[str, int], list[int]] = defaultdict(list)
    for n, message in enumerate(batch.messages):
        minutes[message.sender or "", message.ts - message.ts % 60].append(n)
    return minutes


def _incoming(batch: Batch, n: int, matches: dict[str, str]) -> Incoming:
    message, wa_msg_id = batch.messages[n], batch.ids[n]
    return Incoming(
        wa_msg_id,
        message.seq,
        message.text,
        bool(message.flags & EDITED),
        bool(message.flags & DELETED),
        bool(message.flags & OMITTED),
        message.attachment,
        wa_msg_id in matches,
    )


def _apply(conn: psycopg.Connection, pair: Pair, batch: Batch, n: int, counts: BatchCounts) -> None:
    message = batch.messages[n]
    original = staging.Original(message.text, message.kind, batch.media.get(batch.ids[n]), raw_of(message))
    match pair.change:
        case Change.EDITED:
            staging.record_edit(conn, pair.stored.id, pair.stored.text, message.text)
            counts.edited += 1
            return
        case Change.DELETED:
            staging.record_delete(conn, pair.stored.id)
            counts.deleted += 1
            return
        case Change.ORIGINAL_OF_EDITED:
            staging.keep_version(conn, pair.stored.id, message.text)
        case Change.ORIGINAL_OF_DELETED:
            staging.restore_deleted(conn, pair.stored.id, original)
        case Change.MEDIA_FOUND:
            staging.fill_media(conn, pair.stored.id, original)
        case Change.SAME:
            pass
    counts.duplicates += 1
