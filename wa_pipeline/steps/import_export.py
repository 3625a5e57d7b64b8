"""An export into the archive: parsed while the database works, a transaction a batch, the same rows however often."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing, suppress
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg

from wa_pipeline.archive import audit, blocks, export_chats, groups, import_runs, staging
from wa_pipeline.errors import (
    ExportError,
    ExportGone,
    ExportUnknown,
    GroupBlocked,
    TimeZoneNeeded,
    UnknownTimeZone,
    UntitledExport,
    WaError,
)
from wa_pipeline.steps.chats import check_zone, resolve_chat
from wa_pipeline.steps.context import Context, Progress
from wa_pipeline.steps.import_names import Renames
from wa_pipeline.steps.import_report import ImportReport
from wa_pipeline.steps.import_writer import Writer
from wa_pipeline.steps.intake import Intake, open_intake
from wa_pipeline.steps.prepare import Batch, whole_minutes, without_blocked
from wa_pipeline.steps.soundness import Soundness
from wa_pipeline.steps.write_batch import Target
from wa_pipeline.whatsapp.exports import Export, ExportMessage, open_export
from wa_pipeline.whatsapp.identity import ExportIds

NOT_THERE = "named in the chat, but not in the export"


def import_export(ctx: Context, export_key: str, progress: Progress | None = None) -> ImportReport:
    """Import a registered export and note in import_runs what came of it.

    Running it again, after success or after a kill at any moment, leaves the rows that one undisturbed run leaves.
    Raises an `ExportError` (one sentence, with the file's name) and records it.
    """
    with ctx.connect() as conn:
        run = import_runs.get(conn, export_key)
        if run is None:
            raise ExportUnknown(key=export_key)
        import_runs.begin(conn, export_key)
    try:
        return _import(ctx, export_key, run.path, run.options, progress, dry_run=False)
    except BaseException as error:
        reason = str(error) if isinstance(error, WaError) else f"interrupted: {type(error).__name__}"
        with suppress(psycopg.Error, WaError), ctx.connect() as conn:
            import_runs.fail(conn, export_key, reason)
            audit.log(conn, "error", {"what": "import", "export": export_key, "reason": reason})
        raise


def rehearse_export(
    ctx: Context, path: Path, options: dict[str, str], progress: Progress | None = None
) -> ImportReport:
    """What importing this file would do, without writing anything: all of it in one transaction, rolled back."""
    return _import(ctx, "", path, options, progress, dry_run=True)


def zone_of(path: Path, name: str | None) -> ZoneInfo:
    """The time zone an export is read in. Raises `TimeZoneNeeded` without a name, `UnknownTimeZone` for a wrong one."""
    if not name:
        raise TimeZoneNeeded(file=path.name)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownTimeZone(file=path.name, tz=name) from None


def _import(
    ctx: Context, export_key: str, path: Path, options: dict[str, str], progress: Progress | None, *, dry_run: bool
) -> ImportReport:
    began = time.monotonic()
    if not path.exists():
        raise ExportGone(file=path.name, path=path.parent)
    zone = zone_of(path, options.get("tz") or ctx.settings.export_tz)
    report = ImportReport(path.name, export_key, tz=zone.key)
    with ExitStack() as stack:
        export = stack.enter_context(open_export(path, date_order=options.get("date_order")))
        sound = Soundness(export, zone)
        conn = stack.enter_context(ctx.connect())
        if dry_run:
            stack.enter_context(conn.transaction(force_rollback=True))
        batches = whole_minutes(sound.messages())
        first = next(batches, [])
        report.date_order = export.date_order
        with conn.transaction():
            lists = blocks.load_blocks(conn)
            target = _target(conn, export, export_key, first, options.get("group"), report, lists)
            if not target.held or "group" in options:
                sound.require()
            zone_known = target.held and check_zone(conn, target.chat_id, first, report.file, report.tz)
        intake = None if dry_run or not export.media else stack.enter_context(open_intake(ctx))
        media_conn = stack.enter_context(ctx.connect()) if intake else None
        ids = ExportIds(report.chat)
        writer = stack.enter_context(
            closing(Writer(conn, target, report, sound, zone_known=zone_known, threaded=not dry_run))
        )
        names = Renames(export)
        for messages in chain([first] if first else [], batches):
            batch = without_blocked(messages, lists, ids)
            report.read(messages, batch)
            names.note(messages)
            if dry_run:
                _look_for_media(export, batch, report)
            else:
                _take_media(media_conn, intake, export, batch, report, sound)
            writer.submit(batch)
            if progress:
                progress({"messages": report.messages, "inserted": report.inserted, "media": report.media})
        writer.wait()
        report.seconds = time.monotonic() - began
        _finish(conn, target, report, names.changes(export.title))
    return report


def _target(
    conn: psycopg.Connection,
    export: Export,
    export_key: str,
    first: list[ExportMessage],
    group: str | None,
    report: ImportReport,
    lists: blocks.Blocks,
) -> Target:
    """The chat the export goes to. Raised within the caller's transaction, a refusal leaves no trace of it."""
    if not export.title:
        raise UntitledExport(file=report.file)
    chat = resolve_chat(conn, export.title, first, group, report.file)
    if chat.chat_id in lists.groups:
        raise GroupBlocked(file=report.file, group=chat.chat_id)
    report.chat, report.chat_id = chat.chat_key, chat.chat_id
    import_runs.set_chat(
        conn, export_key, chat_key=chat.chat_key, chat_id=chat.chat_id, tz=report.tz, date_order=report.date_order
    )
    return Target(
        export_key,
        report.file,
        report.tz,
        chat.chat_id,
        groups.ensure_group(conn, chat.chat_id, export.title),
        export_chats.has_messages(conn, chat.chat_id),
        export_chats.has_live_messages(conn, chat.chat_id),
    )


def _take_media(
    conn: psycopg.Connection | None,
    intake: Intake | None,
    export: Export,
    batch: Batch,
    report: ImportReport,
    sound: Soundness,
) -> None:
    """Store the files of a batch's messages before the messages, so that a message never points at nothing."""
    named = {i: m.attachment for i, m in zip(batch.ids, batch.messages, strict=True) if m.attachment}
    if conn is None or intake is None:
        for name in named.values():
            report.skip(NOT_THERE, name)
        return
    there = staging.with_media(conn, list(named))
    conn.commit()
    for wa_msg_id, name in named.items():
        if wa_msg_id in there:
            report.media += 1
        elif export.find_media(name) is None:
            report.skip(NOT_THERE, name)
        else:
            sound.require()
            try:
                with export.open_media(name) as stream:
                    batch.media[wa_msg_id] = intake.take_in(conn, stream, name=name).id
                report.media += 1
            except ExportError:
                report.skip("damaged in the export", name)


def _look_for_media(export: Export, batch: Batch, report: ImportReport) -> None:
    """What `_take_media` would count, without opening a file."""
    for name in (message.attachment for message in batch.messages if message.attachment):
        if export.find_media(name) is None:
            report.skip(NOT_THERE, name)
        else:
            report.media += 1


def _finish(conn: psycopg.Connection, target: Target, report: ImportReport, changes: list[groups.NameChange]) -> None:
    """The last transaction: names, the run's outcome, the audit row."""
    with conn.transaction():
        groups.record_names(conn, target.chat_id, changes, "export")
        import_runs.finish(conn, target.export_key, report.as_dict())
        detail: dict[str, object] = {"export": report.export_key, "chat_id": report.chat_id}
        counted = ("messages", "inserted", "duplicates", "linked", "edited", "deleted", "media")
        audit.log(conn, "ingest", detail | {name: getattr(report, name) for name in counted})
