"""An export into the archive: parsed while the database works, a transaction a batch, the same rows however often."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zipfile import BadZipFile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg

from wa_pipeline.archive import audit, blocks, export_chats, groups, import_runs, staging
from wa_pipeline.archive.import_runs import timestamp
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
from wa_pipeline.steps.chats import resolve_chat
from wa_pipeline.steps.context import Context, Progress
from wa_pipeline.steps.media import Intake, open_intake
from wa_pipeline.steps.prepare import Batch, whole_minutes, without_blocked
from wa_pipeline.steps.write_batch import BatchCounts, Target, write_batch
from wa_pipeline.whatsapp.exports import SYSTEM, Export, ExportMessage, open_export
from wa_pipeline.whatsapp.identity import ExportIds

IN_FLIGHT = 2
EXAMPLES = 5


@dataclass
class ImportReport:
    """What became of an export; `as_dict` is the object `wa import --json` prints for it.

    `messages` counts every header, system lines included; messages = inserted + duplicates + linked + edited +
    deleted + what was blocked.
    """

    file: str
    export_key: str
    chat: str = ""
    chat_id: str = ""
    messages: int = 0
    inserted: int = 0
    duplicates: int = 0
    linked: int = 0
    edited: int = 0
    deleted: int = 0
    media: int = 0
    system: int = 0
    first_ts: int | None = None
    last_ts: int | None = None
    people: set[str] = field(default_factory=set)
    date_order: str = ""
    tz: str = ""
    seconds: float = 0.0
    skipped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def skip(self, reason: str, name: str | None = None, count: int = 1) -> None:
        self.skipped[reason] += count
        if name and len(self.examples.setdefault(reason, [])) < EXAMPLES:
            self.examples[reason].append(name)

    def read(self, messages: list[ExportMessage], batch: Batch) -> None:
        """Count what was read, blocked messages included: they are in the file, and said to be left out."""
        self.messages += len(messages)
        for reason, count in batch.blocked.items():
            self.skip(reason, count=count)
        self.people.update({message.sender for message in messages if message.sender})
        self.system += sum(1 for message in messages if message.flags & SYSTEM)
        times = [message.ts for message in messages]
        self.first_ts = min(times if self.first_ts is None else [self.first_ts, *times])
        self.last_ts = max(times if self.last_ts is None else [self.last_ts, *times])

    def written(self, counts: BatchCounts) -> None:
        for name in ("inserted", "duplicates", "linked", "edited", "deleted"):
            setattr(self, name, getattr(self, name) + getattr(counts, name))
        if counts.ambiguous:
            self.skip(
                "changed since an earlier export, several alike in one minute: kept as they are", count=counts.ambiguous
            )

    def as_dict(self) -> dict[str, object]:
        return {
            "file": self.file,
            "export_key": self.export_key,
            "chat": self.chat,
            "chat_id": self.chat_id,
            "messages": self.messages,
            "inserted": self.inserted,
            "duplicates": self.duplicates,
            "linked": self.linked,
            "edited": self.edited,
            "deleted": self.deleted,
            "media": self.media,
            "first_ts": timestamp(self.first_ts),
            "last_ts": timestamp(self.last_ts),
            "senders": len(self.people),
            "system": self.system,
            "date_order": self.date_order,
            "tz": self.tz,
            "seconds": round(self.seconds, 3),
            "skipped": [
                {"reason": reason, "count": count, **({"names": names} if (names := self.examples.get(reason)) else {})}
                for reason, count in self.skipped.items()
            ],
        }


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
        with ctx.connect() as conn:
            import_runs.fail(conn, export_key, reason)
            audit.log(conn, "error", {"what": "import", "export": export_key, "reason": reason})
        raise


def rehearse_export(
    ctx: Context, path: Path, options: dict[str, str], progress: Progress | None = None
) -> ImportReport:
    """What importing this file would do, without writing anything: all of it in one transaction, rolled back."""
    return _import(ctx, "", path, options, progress, dry_run=True)


def _import(
    ctx: Context, export_key: str, path: Path, options: dict[str, str], progress: Progress | None, *, dry_run: bool
) -> ImportReport:
    began = time.monotonic()
    if not path.exists():
        raise ExportGone(file=path.name, path=path.parent)
    zone = _zone(path, options.get("tz") or ctx.settings.export_tz)
    report = ImportReport(path.name, export_key, tz=zone.key)
    with ExitStack() as stack:
        export = stack.enter_context(open_export(path, date_order=options.get("date_order")))
        conn = stack.enter_context(ctx.connect())
        if dry_run:
            stack.enter_context(conn.transaction(force_rollback=True))
        batches = whole_minutes(export.messages(zone))
        first = next(batches, [])
        report.date_order = export.date_order
        with conn.transaction():
            target = _target(conn, export, export_key, first, options.get("group"), report)
            lists = blocks.load_blocks(conn)
        if target.chat_id in lists.groups:
            raise GroupBlocked(file=path.name, group=target.chat_id)
        intake = None if dry_run or not export.media else stack.enter_context(open_intake(ctx))
        ids = ExportIds(report.chat)
        writer = _Writer(conn, target, report, threaded=not dry_run)
        stack.enter_context(closing(writer))
        renames = _Renames(export)
        prepared = ctx.connect() if intake else nullcontext()
        media_conn = stack.enter_context(prepared)
        for messages in _chained(first, batches):
            batch = without_blocked(messages, lists, ids)
            report.read(messages, batch)
            renames.note(messages)
            if intake and media_conn:
                _take_media(media_conn, intake, export, batch, report)
            writer.submit(batch)
            if progress:
                progress({"messages": report.messages, "inserted": report.inserted, "media": report.media})
        writer.wait()
        report.seconds = time.monotonic() - began
        _finish(conn, target, report, renames.changes(export.title))
    return report


def _zone(path: Path, name: str | None) -> ZoneInfo:
    if not name:
        raise TimeZoneNeeded(file=path.name)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownTimeZone(file=path.name, tz=name) from None


def _target(
    conn: psycopg.Connection,
    export: Export,
    export_key: str,
    first: list[ExportMessage],
    group: str | None,
    report: ImportReport,
) -> Target:
    if not export.title:
        raise UntitledExport(file=report.file)
    chat = resolve_chat(conn, export.title, first, group, report.file)
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


def _take_media(conn: psycopg.Connection, intake: Intake, export: Export, batch: Batch, report: ImportReport) -> None:
    """Store the files of a batch's messages before the messages, so that a message never points at nothing."""
    named = {i: m.attachment for i, m in zip(batch.ids, batch.messages, strict=True) if m.attachment}
    there = staging.with_media(conn, list(named))
    conn.commit()
    for wa_msg_id, name in named.items():
        if wa_msg_id in there:
            report.media += 1
        elif name not in export.media:
            report.skip("named in the chat, but not in the export", name)
        else:
            try:
                with export.open_media(name) as stream:
                    batch.media[wa_msg_id] = intake.take_in(conn, stream, name=name).id
                report.media += 1
            except (ExportError, BadZipFile, EOFError) as error:
                report.skip(f"cannot be read from the export ({type(error).__name__})", name)


class _Writer:
    """Writes batches in order on a thread of its own, at most IN_FLIGHT behind the parser."""

    def __init__(self, conn: psycopg.Connection, target: Target, report: ImportReport, *, threaded: bool) -> None:
        self._conn = conn
        self._target = target
        self._report = report
        self._pool = ThreadPoolExecutor(1, "archive") if threaded else None
        self._pending: list[Future[BatchCounts]] = []
        self._zone_known = False

    def submit(self, batch: Batch) -> None:
        if self._pool is None:
            self._count(self._write(batch))
            return
        while len(self._pending) >= IN_FLIGHT:
            self._count(self._pending.pop(0).result())
        self._pending.append(self._pool.submit(self._write, batch))

    def wait(self) -> None:
        while self._pending:
            self._count(self._pending.pop(0).result())

    def close(self) -> None:
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _write(self, batch: Batch) -> BatchCounts:
        counts = write_batch(self._conn, self._target, batch, zone_known=self._zone_known)
        self._zone_known = counts.same_zone
        return counts

    def _count(self, counts: BatchCounts) -> None:
        self._report.written(counts)


class _Renames:
    """The names a chat has had, gathered from its system lines while they pass."""

    def __init__(self, export: Export) -> None:
        self._export = export
        self._times: dict[int, int] = {}
        self._seen = 0
        self._last = 0

    def note(self, messages: list[ExportMessage]) -> None:
        by_seq = {message.seq: message.ts for message in messages} if len(self._export.renames) > self._seen else {}
        for seq, _, _ in self._export.renames[self._seen :]:
            if seq in by_seq:
                self._times[seq] = by_seq[seq]
        self._seen = len(self._times)
        self._last = max(self._last, messages[-1].ts)

    def changes(self, title: str | None) -> list[groups.NameChange]:
        changes = [
            groups.NameChange(datetime.fromtimestamp(self._times[seq], UTC), old, new)
            for seq, old, new in self._export.renames
            if seq in self._times
        ]
        if title:
            changes.append(groups.NameChange(datetime.fromtimestamp(self._last, UTC), None, title))
        return changes


def _finish(conn: psycopg.Connection, target: Target, report: ImportReport, changes: list[groups.NameChange]) -> None:
    """The last transaction: names, the run's outcome, the audit row."""
    with conn.transaction():
        groups.record_names(conn, target.chat_id, changes, "export")
        import_runs.finish(conn, target.export_key, report.as_dict())
        detail: dict[str, object] = {"export": report.export_key, "chat_id": report.chat_id}
        counted = ("messages", "inserted", "duplicates", "linked", "edited", "deleted", "media")
        audit.log(conn, "ingest", detail | {name: getattr(report, name) for name in counted})


def _chained(first: list[ExportMessage], rest: Iterator[list[ExportMessage]]) -> Iterator[list[ExportMessage]]:
    if first:
        yield first
    yield from rest
