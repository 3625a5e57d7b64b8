"""What the archive holds, without what differs between two runs of the same work: ids and the hour it was done."""

from __future__ import annotations

import hashlib

from wa_pipeline.steps.context import Context

TABLES = {
    "groups": "select wa_group_id, name, monitor, last_seen_ts from groups order by 1",
    "messages": "select m.wa_msg_id, m.ts, m.chat_id, m.sender, m.kind, m.text, d.sha256, g.wa_group_id, p.wa_msg_id,"
    " m.raw from messages m left join media d on d.id = m.media_id left join groups g on g.id = m.group_id"
    " left join messages p on p.id = m.parent_id order by 1",
    "media": "select sha256, mime, bytes, width, height, duration_s, storage_path, ocr_text, asr_text, meta"
    " from media order by 1",
    "media_enrichment": "select d.sha256, e.step, e.state, e.attempts from media_enrichment e"
    " join media d on d.id = e.media_id order by 1, 2",
    "message_versions": "select m.wa_msg_id, v.text, v.source from message_versions v"
    " join messages m on m.id = v.message_id order by 1, 2",
    "group_names": "select wa_group_id, name, at, source from group_names order by 1, 3, 2",
    "export_chats": "select chat_key, title, chat_id from export_chats order by 1",
    "import_runs": "select export_key, state, chat_key, messages, inserted, media, system, senders, first_ts, last_ts"
    " from import_runs order by 1",
    "audit_log": "select kind, detail->>'export', detail->>'messages' from audit_log where kind <> 'error'"
    " order by 1, 2",
}


def checksums(ctx: Context) -> dict[str, str]:
    """A hash of each table's rows."""
    with ctx.connect() as conn:
        # Tables just filled have no statistics; without them these joins may be tried row by row, for minutes.
        conn.execute("analyze")
        return {
            table: hashlib.sha256(repr(conn.execute(query).fetchall()).encode()).hexdigest()[:16]
            for table, query in TABLES.items()
        }


def texts(ctx: Context) -> list[tuple[str, str | None]]:
    """(sender, text) of every message, oldest first."""
    with ctx.connect() as conn:
        return conn.execute("select sender, text from messages order by ts, (raw->>'seq')::bigint").fetchall()


def one(ctx: Context, query: str) -> object:
    with ctx.connect() as conn:
        row = conn.execute(query).fetchone()
    assert row is not None
    return row[0]
